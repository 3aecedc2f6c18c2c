"""Clauses of a suggested query: terms alone, together or near each other, and which of them find the examples."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import sqrt

from newswatch.flag import syntax
from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import Evaluator
from newswatch.flag.nearest import words_between
from newswatch.flag.normalise import fold, is_cjk
from newswatch.flag.proximity import neighbours
from newswatch.flag.syntax import Node, canonical

_DISTANCES = (3, 5, 10, 15, 20, 30)  # limits of NEAR that are offered
_CLAUSES = 6
_PAIRS = 60  # proximities that are looked at in the archive,
_LOOKED_AT = 200  # each in so many articles at most
_EXCLUSIONS = 4
_ENTITY = 1.5  # an entity stands for every way of writing it, so it finds what the examples do not show
_TOLERATED = 0.005  # share of the archive that a clause may find without being worse for it


@dataclass(slots=True, eq=False)
class Atom:
    """A term while its figures are gathered. Bits and numbers count articles from 0."""

    node: Node
    entity: bool
    root: Evaluator
    examples: int = 0  # bits
    others: int = 0  # bits
    count: int = 0  # mentions in the examples
    archive_count: int = 0
    archive: "array[int]" = field(default_factory=lambda: array("L"))
    bits: int = 0  # of the archive
    contrast: float = 0.0


@dataclass(frozen=True, slots=True)
class Joint:
    """Atoms that hold together; `distance` is the limit of NEAR, None for AND."""

    atoms: tuple[Atom, ...]
    distance: int | None = None
    near: int | None = None  # bits of the archive where the first two are near each other, None: not looked at

    @property
    def examples(self) -> int:
        """The examples that it finds, as bits."""
        return _all(atom.examples for atom in self.atoms)

    @property
    def others(self) -> int:
        """What it finds of what must not be found, as bits."""
        return _all(atom.others for atom in self.atoms)

    @property
    def archive(self) -> int:
        """The articles of the archive that it finds, or at most finds, as bits."""
        both = _all(atom.bits for atom in self.atoms)
        return both if self.near is None else both & self.near

    @property
    def node(self) -> Node:
        """The query."""
        if self.distance is None:
            nodes = tuple(atom.node for atom in self.atoms)
            return nodes[0] if len(nodes) == 1 else syntax.And(nodes)
        near = syntax.Near(self.atoms[0].node, self.atoms[1].node, distance=self.distance)
        return near if len(self.atoms) == 2 else syntax.And((near, *(atom.node for atom in self.atoms[2:])))


def _all(bits: Iterable[int]) -> int:
    found = -1
    for one in bits:
        found &= one
    return found


class Chooser:
    """Chooses the clauses that find the examples and little of an archive of so many articles."""

    def __init__(self, examples: Sequence[Document], archive: int) -> None:
        """Take the examples with the terms found in them."""
        self._documents = examples
        self._examples = len(examples)
        self._archive = archive

    def weight(self, atom: Atom) -> float:
        """Return how telling an atom is: its contrast, less where few of the examples have it."""
        known = _ENTITY if atom.entity else 1.0
        return known * atom.contrast * sqrt(atom.examples.bit_count() / self._examples)

    def joints(self, atoms: Sequence[Atom]) -> list[Joint]:
        """Return every clause of one or two terms that an example meets; terms that stand near each other are NEAR."""
        found = [Joint((atom,)) for atom in atoms]
        for one, other in combinations(atoms, 2):
            both = one.examples & other.examples
            if both and not nested(one, other):
                found.append(Joint((one, other), self._distance(one, other, both)))
        return found

    def looked_at(self, joints: list[Joint], look: Callable[[int], Document | None]) -> list[Joint]:
        """Tell for the proximities that could be best in how many articles of the archive their terms are near."""
        best = sorted(joints, key=lambda joint: (joint.examples.bit_count(), self._worth(joint, 0, 0)), reverse=True)
        worth = {id(one) for one in best if one.distance is not None and 0 < one.archive.bit_count() <= _LOOKED_AT}
        chosen = [one for one in best if id(one) in worth][:_PAIRS]
        documents = {
            number: look(number) for number in sorted({number for one in chosen for number in numbers_of(one.archive)})
        }
        near = {id(one): _near_in(one, documents) for one in chosen}
        return [replace(one, near=near.get(id(one))) for one in joints]

    def _distance(self, one: Atom, other: Atom, both: int) -> int | None:
        """Return the limit that holds for two terms in all examples that have both, None if they stand far apart."""
        most = 0
        for number in numbers_of(both):
            document = self._documents[number]
            least = _least_distance(document, one.root.spans(document), other.root.spans(document))
            if least is None:
                return None
            most = max(most, least)
        return next((limit for limit in _DISTANCES if limit >= most), None)

    def _worth(self, joint: Joint, found: int, known: int) -> tuple[float, float]:
        """Return what a clause adds, and what decides between equals: how telling its terms are.

        It adds the examples it finds beside `found`, less if it finds much of the archive beside `known`, something
        unwanted, or has a term that is hardly telling: that one is there by chance.
        """
        gained = (joint.examples & ~found).bit_count()
        extra = (joint.archive & ~known).bit_count() / (1 + _TOLERATED * self._archive)
        unwanted = joint.others.bit_count()
        weakest = min(self.weight(atom) for atom in joint.atoms)
        return gained**2 * weakest / ((1 + extra) * (1 + 4 * unwanted)), sum(map(self.weight, joint.atoms))

    def cover(self, joints: Sequence[Joint], atoms: Sequence[Atom]) -> list[Joint]:
        """Choose clauses one by one until every example is found, or nothing more is gained."""
        chosen: list[Joint] = []
        found = known = 0
        while joints and len(chosen) < _CLAUSES and found != (1 << self._examples) - 1:
            best = max(joints, key=lambda joint: self._worth(joint, found, known))
            if not best.examples & ~found:
                break
            best = self._narrowed(best, atoms, found, known)
            chosen.append(best)
            found |= best.examples
            known |= best.archive
        for one in tuple(chosen):  # what later ones find as well is not needed
            if not one.examples & ~any_of(other.examples for other in chosen if other is not one):
                chosen.remove(one)
        return chosen

    def _narrowed(self, joint: Joint, atoms: Sequence[Atom], found: int, known: int) -> Joint:
        """Return a clause with one term more where that is worth it."""
        if len(joint.atoms) != 2:
            return joint
        more = [Joint((*joint.atoms, atom), joint.distance, joint.near) for atom in atoms if atom not in joint.atoms]
        best = max(more, key=lambda one: self._worth(one, found, known), default=joint)
        return best if self._worth(best, found, known)[0] > self._worth(joint, found, known)[0] else joint

    def alternatives(self, joints: Sequence[Joint], chosen: Sequence[Joint]) -> list[Joint]:
        """Return the best clauses that were not chosen."""
        taken = {canonical(one.node) for one in chosen}
        others = [one for one in joints if canonical(one.node) not in taken]
        others.sort(key=lambda one: self._worth(one, 0, 0), reverse=True)
        return others[:_CLAUSES]

    def exclusions(self, clauses: Sequence[Joint], atoms: Iterable[Atom]) -> list[Atom]:
        """Return terms that no example has and that keep out what must not be found."""
        left = any_of(clause.others for clause in clauses)
        able = [atom for atom in atoms if atom.others and not atom.examples]
        chosen: list[Atom] = []
        while left and able and len(chosen) < _EXCLUSIONS:
            best = max(able, key=lambda atom: ((atom.others & left).bit_count(), atom.entity, -len(atom.archive)))
            if not best.others & left:
                break
            chosen.append(best)
            left &= ~best.others
        return chosen


def nested(one: Atom, other: Atom) -> bool:
    """Whether one of two terms is a part of the other."""
    if one.entity or other.entity:
        return False
    texts = [fold(canonical(atom.node)) for atom in (one, other)]
    return any(_within(texts[index], texts[1 - index]) for index in (0, 1))


def _within(part: str, whole: str) -> bool:
    return part in whole if is_cjk(part[0]) else f" {part} " in f" {whole} "


def _least_distance(document: Document, spans: list[Span], others: list[Span]) -> int | None:
    """Return how many words stand between two mentions at least, None if they are in different fields."""
    best: int | None = None
    for span in spans:
        for other in neighbours(span, others):
            words = words_between(document, span, other)
            if best is None or words < best:
                best = words
    return best if best is None or best <= _DISTANCES[-1] else None


def _near_in(joint: Joint, documents: Mapping[int, Document | None]) -> int:
    """Return in which articles the terms of a proximity are near each other, as bits."""
    one, other = (atom.root for atom in joint.atoms)
    found = 0
    for number in numbers_of(joint.archive):
        document = documents[number]
        if document is not None and joint.distance is not None:
            least = _least_distance(document, one.spans(document), other.spans(document))
            found |= (least is not None and least <= joint.distance) << number
    return found


def bits_of(numbers: "array[int]", size: int) -> int:
    """Return numbers below `size` as the bits of one integer."""
    buffer = bytearray(size // 8 + 1)
    for number in numbers:
        buffer[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(buffer, "little")


def numbers_of(bits: int) -> Iterator[int]:
    """Yield the numbers that bits stand for."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def any_of(bits: Iterable[int]) -> int:
    """Return every bit that is in one of `bits`."""
    found = 0
    for one in bits:
        found |= one
    return found
