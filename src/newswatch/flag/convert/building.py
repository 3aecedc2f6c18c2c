"""Pieces of a query of newswatch, made from what other tools say; and the list of what could not be carried over."""

import re
from collections.abc import Iterable

from newswatch.errors import Problem
from newswatch.flag import syntax
from newswatch.flag.normalise import fold
from newswatch.flag.query import MAX_DISTANCE
from newswatch.flag.reading import parts_of, position
from newswatch.flag.syntax import Node, Span, Unit

FIELDS = {
    "title": "title", "headline": "title", "head": "title", "hd": "title", "intitle": "title",
    "lead": "lead", "ingress": "lead", "lp": "lead",
    "body": "body", "content": "body", "fulltext": "text", "text": "text", "hlead": "hlead",
    "lang": "lang", "language": "lang", "la": "lang",
    "source": "source", "publisher": "source", "publication": "source", "sourcename": "source",
    "site": "url", "domain": "url", "url": "url", "inurl": "url",
    "author": "author", "byline": "author", "by": "author",
    "country": "country", "sourcecountry": "country", "section": "section", "category": "section",
    "raw": "raw",
}  # fmt: skip
"""What other tools call fields, and what those are here."""
DATES = frozenset({"date", "published", "pubdate", "published_at", "publication_date", "timestamp"})
LENGTHS = frozenset({"words", "word_count", "wordcount", "wc", "length"})


class Builder:
    """Makes syntax trees and remembers what was lost on the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lost: list[Problem] = []
        self.remarks: list[str] = []

    def lose(self, at: int, message: str, remedy: str) -> None:
        """Remember what could not be carried over, once for each place and message."""
        line, column = position(self.text, at)
        problem = Problem("query", message, remedy, line, column)
        if problem not in self.lost:
            self.lost.append(problem)

    def term(self, text: str, at: Span) -> Node | None:
        """Return a word or phrase; None, and a loss, for one without letters."""
        if not fold(re.sub(r"[*?]", "", text)):
            self.lose(at[0], f"{text or 'an empty phrase'} has no letters", "it was left out")
            return None
        return syntax.Term(parts_of(text), 0, at)

    def all_of(self, items: Iterable[Node | None], at: Span) -> Node | None:
        """Return AND of what is there."""
        kept = [item for item in items if item is not None]
        return None if not kept else kept[0] if len(kept) == 1 else syntax.And(tuple(_flat(kept, syntax.And)), at)

    def any_of(self, items: Iterable[Node | None], at: Span) -> Node | None:
        """Return OR of what is there."""
        kept = [item for item in items if item is not None]
        return None if not kept else kept[0] if len(kept) == 1 else syntax.Or(tuple(_flat(kept, syntax.Or)), at)

    def near(
        self, left: Node, right: Node, at: Span, between: int, *, ordered: bool, negated: bool = False
    ) -> Node | None:
        """Return NEAR with at most `between` words between, or what comes next to it."""
        for side, other, swapped in ((left, right, False), (right, left, True)):
            if isinstance(side, syntax.And) and not negated:
                self.lose(at[0], "AND inside a proximity was spread over it", "check that each word must be near")
                pair = [
                    self.near(*((other, item) if swapped else (item, other)), at, between, ordered=ordered)
                    for item in side.items
                ]
                return self.all_of(pair, at)
            if not _has_mentions(side):
                self.lose(at[0], "a proximity of something without mentions became AND", "narrow it by hand")
                return self.all_of((left, right), at) if not negated else left
        if between > MAX_DISTANCE:
            self.lose(at[0], f"a distance above {MAX_DISTANCE} became AND", "use a smaller one")
            return self.all_of((left, right), at) if not negated else left
        if between == 0:
            phrases = [_joined(left, right, at), None if ordered else _joined(right, left, at)]
            if phrases[0] is not None:
                found = self.any_of(phrases, at)
                return syntax.Except(left, found, at) if negated and found is not None else found
            self.lose(at[0], "words right beside each other may have one word between them here", "use a phrase")
            between = 1
        return syntax.Near(left, right, Unit.WORDS, between, ordered, negated, at)

    def beside(self, left: Node, right: Node, at: Span, unit: Unit, *, ordered: bool, negated: bool) -> Node | None:
        """Return NEAR in one sentence or paragraph."""
        if not (_has_mentions(left) and _has_mentions(right)):
            self.lose(at[0], "a proximity of something without mentions became AND", "narrow it by hand")
            return left if negated else self.all_of((left, right), at)
        return syntax.Near(left, right, unit, 4, ordered, negated, at)

    def close_phrase(self, text: str, slop: int, at: Span) -> Node | None:
        """Return a phrase whose words may be so many others apart, in any order."""
        words = [self.term(word, at) for word in text.split()]
        if slop == 0 or len(words) < 2:
            return self.term(text, at)
        if len(words) == 2 and words[0] is not None and words[1] is not None:
            return self.near(words[0], words[1], at, slop, ordered=False)
        self.lose(at[0], "a loose phrase of three or more words keeps their order here", "add other orders with OR")
        return syntax.Term(parts_of(re.sub(r"[*?]", "", text)), min(slop, MAX_DISTANCE), at)

    def scoped(self, field: str, item: Node | None, at: Span) -> Node | None:
        """Return `item` in a field of another tool; None, and a loss, if there is no such field here."""
        name = FIELDS.get(field.lower())
        if item is None:
            return None
        if name is None:
            self.lose(at[0], f"there is no field {field} here; what it asks for was left out", "see docs/rules.md")
            return None
        if name == "hlead":
            return syntax.Or((syntax.Scope("title", item, at), syntax.Scope("lead", item, at)), at)
        if name in syntax.META_FIELDS and not all(
            isinstance(part, syntax.Term | syntax.And | syntax.Or | syntax.Not) for part in syntax.walk(item)
        ):
            self.lose(at[0], f"{field} takes words here; what it asks for was left out", "write it by hand")
            return None
        return syntax.Scope(name, item, at)

    def range(self, field: str, text: str, at: Span) -> Node | None:
        """Return [a TO b] or {a TO b} of a date or a length; None, and a loss, of anything else."""
        low, high = re.split(r"\s+to\s+", text[1:-1].strip(), maxsplit=1, flags=re.IGNORECASE)
        name = "published" if field.lower() in DATES else "words" if field.lower() in LENGTHS else ""
        pattern = r"\d{4}-\d\d-\d\d" if name == "published" else r"\d{1,9}"
        bounds = [(low, ">=" if text[0] == "[" else ">"), (high, "<=" if text[-1] == "]" else "<")]
        found: list[Node] = []
        for value, comparison in bounds:
            if value == "*":
                continue
            begin = re.match(pattern, value.strip('"'))
            if not name or begin is None:
                self.lose(at[0], f"{field}:{text} has no counterpart and was left out", "use published or words")
                return None
            found.append(syntax.Meta(name, comparison, begin[0], at))
        return self.all_of(found, at)


def _flat(items: Iterable[Node], kind: type[syntax.And] | type[syntax.Or]) -> Iterable[Node]:
    for item in items:
        if isinstance(item, kind):
            yield from item.items
        else:
            yield item


def _has_mentions(node: Node) -> bool:
    match node:
        case syntax.Or():
            return all(map(_has_mentions, node.items))
        case syntax.Scope():
            return node.name not in syntax.META_FIELDS and _has_mentions(node.item)
        case syntax.Term() | syntax.Regex() | syntax.Near() | syntax.Except():
            return True
        case _:
            return False


def _joined(left: Node, right: Node, at: Span) -> Node | None:
    """Return two terms as one phrase."""
    if isinstance(left, syntax.Term) and isinstance(right, syntax.Term) and not (left.slop or right.slop):
        return syntax.Term(_parts(left, right), 0, at)
    return None


def _parts(left: syntax.Term, right: syntax.Term) -> tuple[syntax.Part, ...]:
    parts = [*left.parts, " ", *right.parts]
    joined: list[syntax.Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
