"""Takes the lines out of a text that are no part of the article, and records each of them.

Rules judge whole paragraphs, so line breaks inside paragraphs must be collapsed before.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from newswatch.extract.clean_rules import RULES
from newswatch.extract.site_lines import without_site_lines
from newswatch.extract.site_rules import is_removed
from newswatch.model import RemovedText, SiteRule

_EDGE_HEAD, _EDGE_TAIL = 4, 6  # paragraphs; where edge rules apply
_WIDGET_LONGEST = 40
_WORDLIKE = re.compile(  # three letters, two of a short sentence, or one character of a dense script
    r"[^\W\d_]{3}|[^\W\d_]{2}[.!?]|[\u0900-\u1cff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_SIZE_WIDGET = re.compile(r"^(?:[+\-−–↺⟲Aa%\d\s가]|px|pt)+$")
_NO_WORDS = re.compile(r"[\W_]+")
_SIGN_OFF_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The paragraphs that stay, and what was taken out."""

    paragraphs: tuple[str, ...]
    removed: tuple[RemovedText, ...]

    @property
    def walled(self) -> bool:
        """Whether a line said that the rest is for subscribers."""
        return any(line.reason == "paywall" for line in self.removed)


def clean_lines(
    paragraphs: Sequence[str],
    *,
    title: str | None = None,
    publishers: Iterable[str] = (),
    lines: Sequence[int] | None = None,
    loose: Collection[int] = (),
    site: frozenset[int] = frozenset(),
    rule: SiteRule | None = None,
) -> Cleaned:
    """Remove widgets, share bars, copyright tails, sign-offs and their like from an article's paragraphs.

    `title` and the names in `publishers` are removed where they stand alone at the edge. `lines` gives the input line
    (from 1) of each paragraph for the audit trail; by default paragraphs are counted. `loose` are the numbers (from 0)
    of paragraphs that are known to be teasers of other articles, `site` the lines that are known to be the site's,
    `rule` what an operator or we know of it.
    Long paragraphs are never removed: each rule has a longest length.
    """
    numbers = list(lines) if lines is not None else list(range(1, len(paragraphs) + 1))
    kept: list[str] = []
    places: list[int] = []
    removed: list[RemovedText] = []
    own = {bare for name in publishers if (bare := _bare(name))}
    heading, shortened = _bare(title or ""), (title or "").endswith("…")
    total = len(paragraphs)
    for index, paragraph in enumerate(paragraphs):
        at_head, at_tail = index < _EDGE_HEAD, index >= total - _EDGE_TAIL
        reason = _judge(paragraph, edge=at_head or at_tail)
        if reason is None and heading and at_head and _is_title(_bare(paragraph), heading, shortened=shortened):
            reason = "title_repeated"
        if reason is None and (at_head or at_tail) and len(paragraph) <= _SIGN_OFF_LONGEST and _bare(paragraph) in own:
            reason = "sign_off"
        if reason is None and rule is not None and is_removed(rule, paragraph):
            reason = "site_rule"
        if reason is None and index in loose:
            reason = "teaser"
        if reason is None:
            kept.append(paragraph)
            places.append(numbers[index])
        else:
            removed.append(RemovedText(paragraph, reason, numbers[index]))
    kept, printed = without_site_lines(kept, site, places)
    return Cleaned(tuple(kept), tuple(sorted((*removed, *printed), key=lambda line: line.line) if printed else removed))


def _judge(paragraph: str, *, edge: bool) -> str | None:
    """Return why the paragraph is no text, None if it is."""
    length = len(paragraph)
    if length < _WIDGET_LONGEST and (_SIZE_WIDGET.match(paragraph) or not _WORDLIKE.search(paragraph)):
        return "widget"
    for rule in RULES:
        if length <= rule.longest and (edge or not rule.edge) and rule.pattern.match(paragraph):
            return rule.reason
    return None


def _is_title(bare: str, heading: str, *, shortened: bool) -> bool:
    return bare == heading or (shortened and bare.startswith(heading))


def _bare(text: str) -> str:
    """Return `text` without case, punctuation and spaces, for comparing names and titles."""
    return _NO_WORDS.sub("", text).casefold()
