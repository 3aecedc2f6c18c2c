"""What is new about a story since a destination was last told of it, and whether that is worth a message. Pure.

Worth one: more sources than 3, 10 or 30 (`alerts.followup_sources`), a report in a further language, a graver rule or
one that the story had not met, a first source of tier 1, a correction or retraction, and a revision after which no
article of the story meets a rule that it was told for. The clock never is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newswatch.languages import primary
from newswatch.model import Severity, StoryArticle
from newswatch.notify.compose import languages_of, source_key
from newswatch.notify.phrases import Phrases, phrases
from newswatch.notify.text import clean_line
from newswatch.notify.wording import NO_SOURCE, SEVERITY_WORDS, source_words

TOP_TIER = 1
_NAMED = 5  # rules or corrections in one message
_LANGUAGES = {"en": "English", "ja": "Japanese", "ko": "Korean", "zh": "Chinese"}
_CORRECTED = re.compile(
    # As agencies mark them: AP "Correction:", Reuters "CORRECTED-", Yonhap "[정정]", Kyodo "【訂正】".
    r"^\W{0,3}(?:correct(?:ion|ed)|retract(?:ion|ed)|clarification)\b|[\[【(（<＜〈]\s*(?:정정|바로잡|기사\s?취소|訂正|撤回|取り?消し)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """What a destination knows of a story once it is told."""

    sources: int
    languages: tuple[str, ...]  # primary tags
    severity: Severity
    top_sources: tuple[str, ...] = ()
    corrected: tuple[int, ...] = ()  # articles whose headline says that they correct or retract
    lost: tuple[str, ...] = ()  # rules that it was told for and that no article meets since one was revised

    def as_json(self) -> dict[str, Any]:
        """Return the value for its row."""
        return {
            "sources": self.sources,
            "languages": list(self.languages),
            "severity": self.severity.value,
            "top_sources": list(self.top_sources),
            "corrected": list(self.corrected),
            "lost": list(self.lost),
        }


def facts_from_json(row: Mapping[str, Any]) -> StoryFacts:
    """Return the value of a row."""
    return StoryFacts(
        row["sources"],
        tuple(row["languages"]),
        Severity(row["severity"]),
        tuple(row["top_sources"]),
        tuple(row["corrected"]),
        tuple(row.get("lost", ())),
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new: lines for people (none: nothing worth a message), and whether a graver rule is met."""

    lines: tuple[str, ...]
    graver: bool


def facts_of(members: Sequence[StoryArticle], severity: Severity, *, lost: Collection[str] = ()) -> StoryFacts:
    """Return what there is to know of a story with these articles now, which has `lost` rules that it was told for."""
    return StoryFacts(
        sources=max(1, len({source_key(member) for member in members})),
        languages=languages_of(members),
        severity=severity,
        top_sources=tuple(
            dict.fromkeys(
                clean_line(member.source_name, 80) or NO_SOURCE for member in members if member.tier <= TOP_TIER
            )
        ),
        corrected=tuple(member.article_id for member in members if is_correction(member.headline)),
        lost=tuple(sorted(lost)),
    )


def is_correction(headline: str) -> bool:
    """Tell whether a headline says that it corrects or retracts something."""
    return _CORRECTED.search(headline) is not None


def changes(
    before: StoryFacts,
    after: StoryFacts,
    members: Sequence[StoryArticle],
    *,
    new_rules: Collection[str],
    names: Mapping[str, str],
    thresholds: Sequence[int],
    language: str = "en",
) -> Changes:
    """Return what is worth telling. `new_rules` are the names of rules that were not told yet, `names` those of all.

    A story can also shrink, when it is split: that is no news.
    """
    lines: list[str] = []
    words = phrases(language)
    say = words.say
    graver = after.severity.rank > before.severity.rank
    if graver:
        old, new = (say(SEVERITY_WORDS[one.severity]) for one in (before, after))
        lines.append(say("severity: {old} → {new}", old=old, new=new))
    if new_rules:
        lines.append(say("also meets: {rules}", rules=_some([clean_line(name, 80) for name in new_rules], words)))
    fixed = [member for member in members if member.article_id in set(after.corrected) - set(before.corrected)]
    lines += [
        say("corrected: {headline} ({source})", headline=clean_line(one.headline, 160), source=_name(one, words))
        for one in fixed[:_NAMED]
    ]
    if gone := [clean_line(names.get(rule, rule), 80) for rule in after.lost if rule not in before.lost]:
        lines.append(say("no longer meets: {rules} (revised by the publisher)", rules=_some(gone, words)))
    for tag in after.languages:
        if tag not in before.languages and before.languages:
            first = next(member for member in members if primary(member.language) == tag)
            spoken = say(_LANGUAGES.get(tag, tag))
            lines.append(say("first {language} report: {source}", language=spoken, source=_name(first, words)))
    if not before.top_sources and after.top_sources:
        lines.append(say("first leading source: {source}", source=after.top_sources[0]))
    crossed = any(before.sources < threshold <= after.sources for threshold in thresholds)
    if after.sources > before.sources and (crossed or lines):
        lines.insert(1 if graver else 0, say("{old} → {new} sources", old=before.sources, new=after.sources))
    return Changes(tuple(lines), graver)


def _name(member: StoryArticle, words: Phrases) -> str:
    return source_words(clean_line(member.source_name, 80), words)


def _some(names: Sequence[str], words: Phrases) -> str:
    left, named = len(names) - _NAMED, ", ".join(names[:_NAMED])
    return words.say("{names} and {n} more", names=named, n=left) if left > 0 else named
