"""Whether a publisher says that it corrects or takes back what it wrote. Pure.

Only marks that stand at the beginning of a title or in brackets count: "court corrects itself" is news.
"""

import re
from collections.abc import Iterable, Mapping

from newswatch.model import FeedEvent, KnownEntry, ParsedEntry

_OPEN, _CLOSE = r"[\[(【（〔<＜《]", r"[\])】）〕>＞》]"
# Reuters and AFP write "CORRECTED-" and "WITHDRAWAL-", Yonhap "[정정]" and "[전문취소]", Japanese papers "【訂正】",
# Xinhua "（更正）"; AP sends a "KILL".
_CORRECTED = (
    r"correct(?:ed|ion)s?|clarification|erratum|정정(?:\s?보도문?)?|바로잡습니다|訂正(?:とおわび)?|お詫びと訂正|更正"
)
_RETRACTED = (
    r"retract(?:ed|ion)|withdraw(?:n|al)|(?:mandatory )?kill|전문\s?취소|기사\s?(?:취소|삭제)|記事(?:取り?消し?|撤回)|"
    r"取り?消し|撤稿|撤回"
)


def _start(words: str) -> str:
    return rf"\A\W*(?:{words})(?=\s*[-–—:：|)\]】]|\s*\Z)"


def _mark(words: str) -> re.Pattern[str]:
    return re.compile(rf"{_start(words)}|{_OPEN}\s*(?:{words})\s*{_CLOSE}", re.IGNORECASE)


_WORDS = {"retraction": _RETRACTED, "correction": _CORRECTED}
_MARKS = {kind: _mark(words) for kind, words in _WORDS.items()}
_STARTS = {kind: re.compile(_start(words), re.IGNORECASE) for kind, words in _WORDS.items()}
_FIRST, _LAST = 2, 3  # paragraphs in which publishers print what they correct
_SHOWN = 200  # characters


def mark_of(title: str | None) -> str | None:
    """Return "correction" or "retraction" if a title says so, else None."""
    if not title:
        return None
    return next((kind for kind, mark in _MARKS.items() if mark.search(title)), None)


def notice(title: str | None, text: str) -> str | None:
    """Return what an article says of its own correction or retraction, such as "correction: Correction: The ferry…".

    Its title is looked at, and the first two and last three paragraphs, which must begin with the mark.
    """
    kind = mark_of(title)
    if kind is not None:
        return f"{kind}: {title}"
    paragraphs = text.split("\n\n")
    looked_at = [*paragraphs[:_FIRST], *paragraphs[max(_FIRST, len(paragraphs) - _LAST) :]]
    for kind, start in _STARTS.items():
        for paragraph in looked_at:
            if start.search(paragraph):
                return f"{kind}: {paragraph[:_SHOWN]}"
    return None


def corrections(values: Iterable[ParsedEntry], known: Mapping[str, KnownEntry]) -> list[FeedEvent]:
    """Return an event for each entry whose title has come to say that it corrects or takes something back.

    `values` are entries that are new or were edited; `known` says what they were before.
    """
    events = []
    for value in values:
        kind = mark_of(value.title)
        old = known.get(value.key)
        if kind is not None and (old is None or mark_of(old.title) != kind):
            before = f" (before: {old.title})" if old is not None and old.title else ""
            events.append(FeedEvent(kind, f"{value.title}{before}"))
    return events
