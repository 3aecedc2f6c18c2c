"""What a match tells people: its mentions in the original text, and why it is one, in words."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from newswatch.flag import combination, evaluation, naming, proximity
from newswatch.flag.compiling import CompiledRule
from newswatch.flag.document import Document, Span
from newswatch.flag.evaluation import Evaluator, Found
from newswatch.flag.syntax import Unit, number
from newswatch.model import Evidence

MAX_REASONS = 20
_NAMES = 4  # alternatives named in a reason before "…"


_in_order = itemgetter(0, 1, 2)  # start, longest first, term: by index, as names cost twice the time
_special = itemgetter(3, 5)  # entity, weight
_PLAIN = {(None, None)}


def distinct(found: Iterable[Found]) -> list[Found]:
    """Return the mentions in reading order, the same one once with its greatest weight.

    A mention inside a longer one of the same entity is left out.
    """
    different = sorted(dict.fromkeys(found), key=_in_order)
    if set(map(_special, different)) <= _PLAIN:
        return different
    best: dict[tuple[object, ...], Found] = {}
    for mention in different:
        known = best.setdefault(mention[:4], mention)
        if known is not mention and (mention.weight or 0.0) > (known.weight or 0.0):
            best[mention[:4]] = mention
    kept: list[Found] = []
    reach: dict[tuple[str, str], int] = {}  # where the mention of an entity that reaches farthest ends
    for mention in best.values():
        if mention.entity is not None:
            name, end = (mention.term, mention.entity), -mention.back
            if reach.get(name, -1) >= end:
                continue
            reach[name] = end
        kept.append(mention)
    return kept


def evidence(document: Document, mentions: Sequence[Found], most: int) -> tuple[Evidence, ...]:
    """Turn at most `most` of `mentions` into evidence, in reading order: one of every term first, then the earliest."""
    if len(mentions) > most:
        first: dict[tuple[object, ...], int] = {}
        for index, mention in enumerate(mentions):
            first.setdefault(mention[2:4], index)
        taken = set(sorted(first.values())[:most])
        for index in range(len(mentions)):
            if len(taken) >= most:
                break
            taken.add(index)
        mentions = [mentions[index] for index in sorted(taken)]
    known = document.cache.get
    return tuple([known(mention) or _evidence(document, mention) for mention in mentions])


def _evidence(document: Document, mention: Found) -> Evidence:
    found = Evidence(*document.quoted(mention.span), mention.term, mention.entity, mention.alias, mention.weight)
    document.cache[mention] = found
    return found


def reasons(compiled: CompiledRule, document: Document) -> tuple[str, ...]:
    """Return one line for each clause that `document` satisfies, at most MAX_REASONS."""
    root = compiled.root
    lines: list[str] = []
    for item in root.items if isinstance(root, combination.All) else (root,):
        line = reason(item, document)
        if line:
            lines.append(line)
    return tuple(dict.fromkeys(lines))[:MAX_REASONS]


def reason(node: Evaluator, document: Document) -> str:
    """Say in one line why `node` holds; empty for absences."""
    match node:
        case evaluation.Word():  # first, as most are
            return _mentioned(node, document)
        case combination.Never():
            return ""
        case combination.Any():
            return _one_of(node, document)
        case combination.Scored():
            sums: dict[str, float] = {}  # the same words may add up in several items
            for item in node.items:
                added = node.contribution(item, document)
                if added:
                    said = reason(item, document) or "absence"
                    sums[said] = sums.get(said, 0.0) + added
            parts = [f"{said} {'+' if added > 0 else ''}{number(added)}" for said, added in sums.items() if added]
            total = f"score {number(node.score(document))} {node.comparison} {number(node.number)}"
            return f"{total}: {', '.join(parts)}" if parts else total
        case combination.Counted():
            return (
                f"{reason(node.item, document) or 'mentions'}: {node.count(document)} {node.comparison} {node.number}"
            )
        case combination.Some():
            lines = [reason(item, document) for item in node.items if item.truth(document)]
            return f"{len(lines)} of {node.number} needed: {', '.join(filter(None, lines))}"
        case combination.Weighted():
            return reason(node.item, document)
        case combination.All():
            return " and ".join(filter(None, (reason(item, document) for item in node.items)))
        case proximity.Near():
            return _near(node, document)
        case combination.Fact():
            return node.shown
        case _:
            return _mentioned(node, document)


def _one_of(node: combination.Any, document: Document) -> str:
    met = node.met(document)
    if len(met) == 1:
        return reason(met[0], document)
    said = document.said.get(node)
    if said is None:
        if node.plain:
            said = _listed([_mentioned(item, document) for item in met])
        else:
            lines = [line for item in met if (line := reason(item, document))]
            said = _listed(lines) if all(map(_is_term, node.items)) else next(iter(lines), "")
        document.said[node] = said
    return said


def _is_term(node: Evaluator) -> bool:
    return isinstance(node, evaluation.Word | evaluation.Checked | naming.Named)


def _near(node: proximity.Near, document: Document) -> str:
    pairs = node.pairs(document)
    if not pairs:
        return ""
    left, right = min(pairs, key=lambda pair: max(pair[0][1], pair[1][1]) - min(pair[0][0], pair[1][0]))
    found: list[Found] = []
    node.left.collect(document, frozenset((left,)), None, found)
    node.right.collect(document, frozenset((right,)), None, found)
    longest: list[Span] = []
    for span in sorted({mention.span for mention in found}, key=lambda span: (span[0], -span[1])):
        if not longest or span[1] > longest[-1][1]:
            longest.append(span)
    where = f"within {node.distance} words" if node.unit is Unit.WORDS else f"in one {node.unit.name.lower()}"
    return f"{' + '.join(_in_quotes(document.original_text(span)) for span in longest[:6])} {where}"


def _mentioned(node: Evaluator, document: Document) -> str:
    said = document.said.get(node)  # many rules have terms and names in common
    if said is None:
        texts = dict.fromkeys([document.quoted(span)[3] for span in node.spans(document)[:50]])
        said = document.said[node] = _listed(list(map(_in_quotes, texts)))
    return said


def _listed(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    different = list(dict.fromkeys(texts))
    return ", ".join(different[:_NAMES]) + (" …" if len(different) > _NAMES else "")


def _in_quotes(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text}”" if len(text) <= 80 else f"“{text[:40]} … {text[-30:]}”"
