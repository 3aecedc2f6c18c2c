"""Whom a text credits: "according to Reuters", "연합뉴스에 따르면", "（共同）", "据新华社报道".

Each form of words is one pattern, and the name in it is where the span points. A name before or after a word of
telling is only taken when it is a news source, known or by its looks: people report, announce and claim things too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newswatch.extract.source_names import (
    EN_NAME,
    EN_PUBLISHER,
    EN_SOURCE,
    JA_KNOWN,
    JA_SOURCE,
    KO_SOURCE,
    ZH_SOURCE,
)
from newswatch.model import CreditedSource

_MAX_CREDITS = 8


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of words that credits. The pattern is only tried on paragraphs that contain one of the triggers."""

    name: str
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


def _form(name: str, triggers: str, pattern: str) -> _Form:
    return _Form(name, tuple(triggers.split()), re.compile(pattern))


_FORMS: dict[str, tuple[_Form, ...]] = {
    "en": (
        _form(
            "reports, citing",
            "citing quoting",
            rf"\b(?:reports?|reported|writes|wrote),?\s+(?:citing|quoting)\s+{EN_NAME}(?=[\s.,;:)]|$)",
        ),
        _form("citing", "iting quoting", rf"\b(?:[Cc]iting|quoting)\s+(?:a report (?:by|from|in)\s+)?{EN_SOURCE}"),
        _form("according to", "ccording", rf"\b[Aa]ccording to\s+(?:a report (?:by|from|in)\s+)?{EN_SOURCE}"),
        _form("told", "told interview", rf"\b(?:told|in an interview with)\s+{EN_SOURCE}"),
        _form(
            "reported",
            "reported reports wrote writes",
            rf"{EN_SOURCE}\s+(?:has |have |had |also |first |earlier )?(?:reported|reports|wrote|writes)\b",
        ),
        _form(
            "reported by",
            "reported published carried quoted cited",
            rf"\b(?:reported|published|carried|quoted|cited) by\s+{EN_SOURCE}",
        ),
        _form("via", "via", rf"\bvia\s+{EN_SOURCE}"),
        _form("dateline", ")", rf"^[^()\n]{{2,60}}\(\s*{EN_SOURCE}\s*\)\s*[-–—]"),
        _form("tail", ")", rf"\(\s*(?:Source:\s*)?{EN_SOURCE}\s*\)\s*$"),
    ),
    "ko": (
        _form("dateline", "=", rf"[(\[][가-힣·\s]{{1,14}}=\s*{KO_SOURCE}\s*[)\]]"),
        _form("에 따르면", "따르면", rf"{KO_SOURCE}(?:의? ?보도)?에 따르면"),
        _form("인용", "인용", rf"{KO_SOURCE}(?:을|를|의 보도를| 등을| 보도를) 인용"),
        _form(
            "보도", "보도 전했 전하", rf"{KO_SOURCE}(?:은|는|이|가|도)\s[^.\n]{{0,80}}?(?:보도|전)(?:했다|하였다|한 바)"
        ),
        _form("인터뷰", "인터뷰", rf"{KO_SOURCE}(?:과|와)의 인터뷰"),
    ),
    "ja": (
        _form("dateline", "【", rf"【[^】\n]{{1,20}}[=＝・\s]\s*{JA_SOURCE}】"),
        _form("dateline", "【", rf"【[^】\n=＝・\s]{{1,8}}(?P<name>{JA_KNOWN})】"),
        _form("dateline", "] ］ ） )", rf"^[\[［（(][^\]］）)\n【】]{{1,20}}[\s　]{JA_SOURCE}[\]］）)]"),
        _form("（）", "（ (", rf"[（(]{JA_SOURCE}[）)]"),
        _form("によると", "によ", rf"{JA_SOURCE}(?:の報道)?に(?:よると|よれば)"),
        _form("報じた", "報じ 伝え", rf"{JA_SOURCE}(?:は|が|も)[^。\n]{{0,80}}?(?:報じ|伝え)"),
        _form("引用", "引用", rf"{JA_SOURCE}(?:の報道)?を引用"),
    ),
    "zh": (
        _form(
            "据",
            "据 據 援引 引述",
            rf"(?:据|據|援引|引述){ZH_SOURCE}[^。\n]{{0,20}}?(?:报道|報道|報導|消息|称|稱)",
        ),
        _form(
            "电",
            "日电 日電 日讯 日訊",
            rf"^[（(]?{ZH_SOURCE}[\u4e00-\u9fff]{{0,8}}(?:\d{{1,2}}月)?\d{{1,2}}日[电電讯訊]",
        ),
        _form("讯", "讯 訊", rf"[（(]{ZH_SOURCE}[讯訊][）)]"),
        _form("报道称", "报道 報道 報導", rf"{ZH_SOURCE}(?:网站)?(?:\d{{1,2}}日)?(?:报道|報道|報導)(?:称|稱|说|說|，)"),
    ),
}
_REPORTER = re.compile(rf"(?<![\w’']){EN_PUBLISHER}\s+(?:reports|reported|writes),?\s+(?:citing|quoting)\b")
# Words that a pattern takes along although they are no part of the name
_BEFORE_NAME = re.compile(
    r"(?:the |(?:And|But|While|As|When|Also|However|Local|State|Japanese|South Korean|Chinese|US|U\.S\.)\s+|"
    r"(?:[A-Z][\w-]* ){0,3}[A-Z][\w-]*[’']s |"
    r"[据據](?=.{2}))+"
)


def find_credits(text: str, language: str, *, publisher: str | None = None) -> tuple[CreditedSource, ...]:
    """Return whom `text` credits, in order of appearance, each name once, at most eight.

    Offsets are code points in `text`. `language` is a BCP 47 primary tag; languages other than ko, ja and zh are read
    with the English forms, which also find agencies in their datelines. The publisher itself is not a credit.
    """
    own = _key(publisher or "")
    credits_by_key: dict[str, CreditedSource] = {}
    for credit in sorted(_credits(text, language), key=lambda found: (found.start, -found.end)):
        key = _key(credit.name)
        if key != own:
            credits_by_key.setdefault(key, credit)
    return tuple(credits_by_key.values())[:_MAX_CREDITS]


def find_reporter(text: str) -> str | None:
    """Return the publisher that the text itself names: the X of "X reports, citing Y"."""
    found = _REPORTER.search(text) if "citing" in text or "quoting" in text else None
    return found["name"] if found else None


def _credits(text: str, language: str) -> Iterator[CreditedSource]:
    candidates = _FORMS.get(language, _FORMS["en"])
    forms = [form for form in candidates if any(trigger in text for trigger in form.triggers)]
    offset = 0
    for line in text.split("\n"):
        for form in forms:
            if any(trigger in line for trigger in form.triggers):
                for hit in form.pattern.finditer(line):
                    start, end = hit.span("name")
                    if leading := _BEFORE_NAME.match(line, start, end):
                        start = leading.end()
                    if start < end:
                        yield CreditedSource(line[start:end], offset + start, offset + end, form.name)
        offset += len(line) + 1


def _key(name: str) -> str:
    return name.casefold().removeprefix("the ").replace(" ", "").rstrip(".")
