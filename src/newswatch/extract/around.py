"""What stands around a text: the standfirst that extractors leave out, and the lists of links that they take along."""

from collections.abc import Sequence
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from newswatch.extract.text import SENTENCE_END, one_line, weight

_LEAD_LEAST, _LEAD_MOST = 60, 2_000  # weight of a standfirst
_SAME_START = 40  # characters by which the stated lead is looked for
_LOOSE_MOST = 250  # weight of a line that may be a teaser
_LINKS = 3_000
_STARTS = etree.XPath("//body//text()[starts-with(normalize-space(.), $start)]")
_INLINE = frozenset({"a", "b", "em", "font", "i", "span", "strong", "mark", "small"})


def standfirst(tree: HtmlElement, stated: str | None, paragraphs: Sequence[str]) -> str | None:
    """Return the lead that the page shows above its text and that `paragraphs` lack, None if there is none.

    `stated` is what describes the article: the page's description, or the feed's summary. It is taken only if the page
    shows it as a paragraph of its own, with the page's words.
    """
    lead = one_line(stated or "")
    start = lead.rstrip("….")[:_SAME_START]
    if not _LEAD_LEAST <= weight(lead) <= _LEAD_MOST:
        return None
    text = _squeezed("".join(paragraphs))
    if _squeezed(start) in text:
        return None
    for node in _STARTS(tree, start=start):
        shown = one_line("".join(_block(node.getparent()).itertext()))
        if shown.startswith(start) and len(shown) <= 2 * len(lead) and SENTENCE_END.search(shown):
            return shown if _squeezed(shown) not in text else None
    return None


def loose_ends(tree: HtmlElement, paragraphs: Sequence[str], *, title: str | None = None) -> frozenset[int]:
    """Return the numbers of the lines at the beginning and end that are teasers of other articles.

    Such a line is no sentence and is the whole text of a link; so is what stands beyond it on the same side.
    """
    head = next((i for i, line in enumerate(paragraphs) if not _is_loose(line)), len(paragraphs))
    tail = next((i for i in range(len(paragraphs), 0, -1) if not _is_loose(paragraphs[i - 1])), 0)
    ends = {*paragraphs[:head], *paragraphs[tail:]} - {title}
    if head >= tail or not ends:
        return frozenset()
    links = ends.intersection(" ".join("".join(link.itertext()).split()) for link in islice(tree.iter("a"), _LINKS))
    before = max((i + 1 for i in range(head) if paragraphs[i] in links), default=0)
    behind = min((i for i in range(tail, len(paragraphs)) if paragraphs[i] in links), default=len(paragraphs))
    if behind < len(paragraphs) and behind > tail and weight(paragraphs[behind - 1]) < _LEAD_LEAST:
        behind -= 1  # the heading over them
    return frozenset((*range(before), *range(behind, len(paragraphs))))


def _is_loose(line: str) -> bool:
    return weight(line) <= _LOOSE_MOST and not SENTENCE_END.search(line)


def _block(element: HtmlElement) -> HtmlElement:
    """Return the element that makes a paragraph of this one."""
    while element.tag in _INLINE and element.getparent() is not None:
        element = element.getparent()
    return element


def _squeezed(text: str) -> str:
    return "".join(text.split())
