"""Labelled texts: reading them, and scoring a rule's answers against their labels."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from newswatch.errors import Problem
from newswatch.languages import primary
from newswatch.model import MatchInput, Severity

_REQUIRED = ("title", "text", "label")
_OPTIONAL = ("id", "lang", "kind", "date", "tier", "severity", "source", "country", "url")


class Label(StrEnum):
    """What somebody says about a text: it is to be reported, it is not, or neither answer is wrong."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    BORDERLINE = "borderline"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text. `tier` says how near to the topic a negative is, `kind` what sort of text it is."""

    line: int
    id: str
    label: Label
    kind: str
    tier: str
    severity: Severity | None  # with which it is to be reported, if it is
    given: MatchInput


def read_labelled(lines: Iterable[bytes], where: str) -> Iterator[Labelled | Problem]:
    """Yield what JSON Lines hold: a text, or what is wrong with the line. Empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.strip():
            try:
                yield _labelled(number, json.loads(text))
            except RecursionError:
                yield Problem(where, "is nested too deeply", "give one flat object a line", number)
            except ValueError as error:  # JSON and UTF-8 errors are ValueErrors
                yield Problem(where, _reason(error), "the line is left out", number)


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} (column {error.colno})"
    return "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _labelled(line: int, row: Any) -> Labelled:
    from newswatch.extract.language import detect_language

    if not isinstance(row, dict):
        raise ValueError("is not an object")
    missing = [name for name in _REQUIRED if name not in row]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    values = {name: _text(row, name) for name in (*_REQUIRED, *_OPTIONAL)}
    try:
        label = Label(values["label"])
    except ValueError:
        raise ValueError(f"has the label {values['label']!r}; labels are {', '.join(Label)}") from None
    return Labelled(
        line=line,
        id=values["id"] or f"line {line}",
        label=label,
        kind=values["kind"] or "(no kind)",
        tier=values["tier"] or "(no tier)",
        severity=_severity(values["severity"], label),
        given=MatchInput(
            title=values["title"],
            body=values["text"],
            language=values["lang"] or detect_language(f"{values['title']}\n\n{values['text']}").tag,
            source=values["source"],
            country=values["country"],
            url=values["url"],
            published_on=_day(values["date"]),
        ),
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if name == "id" and isinstance(value, int):
        return str(value)
    raise ValueError(f"has a {name} that is no text")


def _severity(text: str, label: Label) -> Severity | None:
    if not text:
        return None
    if label is Label.NEGATIVE:
        raise ValueError(f"is negative, so it has no severity ({text!r})")
    try:
        return Severity(text)
    except ValueError:
        raise ValueError(f"has the severity {text!r}; severities are {', '.join(Severity)}") from None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(f"has the date {text!r}; write for example 2026-01-13") from None


@dataclass(slots=True)
class Counts:
    """Answers against labels, without borderline texts: true and false positives, false and true negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def add(self, *, wanted: bool, reported: bool) -> None:
        """Count one text."""
        if wanted:
            self.tp += reported
            self.fn += not reported
        else:
            self.fp += reported
            self.tn += not reported

    @property
    def precision(self) -> float | None:
        """The share of the reports that are right; None if nothing was reported."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """The share of the wanted texts that were reported; None if there were none."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both, 2 TP / (2 TP + FP + FN); None if nothing was wanted nor reported."""
        return self.f_beta(1)

    def f_beta(self, beta: float) -> float | None:
        """Return the mean that takes recall `beta` times as important as precision (van Rijsbergen, 1979)."""
        square = beta * beta
        return _ratio((1 + square) * self.tp, (1 + square) * self.tp + self.fp + square * self.fn)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


@dataclass(slots=True)
class Reported:
    """How many of how many texts were reported."""

    reported: int = 0
    texts: int = 0

    def add(self, *, reported: bool) -> None:
        """Count one text."""
        self.reported += reported
        self.texts += 1


@dataclass(frozen=True, slots=True)
class Mistake:
    """An answer that is not the label's. `why` says what speaks for the answer: the reasons, or what is missing."""

    text: Labelled
    reported: bool
    why: str


@dataclass(frozen=True, slots=True)
class Misjudged:
    """A report with another severity than the wanted one."""

    text: Labelled
    reported: Severity


@dataclass(slots=True)
class Score:
    """The result of an evaluation. Counted by language, by language (borderline), by tier (negatives), by severity."""

    languages: dict[str, Counts] = field(default_factory=dict)
    borderline: dict[str, Reported] = field(default_factory=dict)
    tiers: dict[str, Reported] = field(default_factory=dict)
    severities: Counter[Severity] = field(default_factory=Counter)
    confusion: Counter[tuple[Severity, Severity | None]] = field(default_factory=Counter)  # wanted and given
    mistakes: list[Mistake] = field(default_factory=list)
    misjudged: list[Misjudged] = field(default_factory=list)

    def add(self, text: Labelled, severity: Severity | None, why: str) -> None:
        """Count the answer to one text: the severity with which it was reported, None if it was not."""
        reported = severity is not None
        language = primary(text.given.language)
        if severity is not None:
            self.severities[severity] += 1
        if text.severity is not None:
            self.confusion[text.severity, severity] += 1
            if severity not in (None, text.severity):
                self.misjudged.append(Misjudged(text, severity))
        if text.label is Label.BORDERLINE:
            self.borderline.setdefault(language, Reported()).add(reported=reported)
            return
        wanted = text.label is Label.POSITIVE
        self.languages.setdefault(language, Counts()).add(wanted=wanted, reported=reported)
        if not wanted:
            self.tiers.setdefault(text.tier, Reported()).add(reported=reported)
        if wanted is not reported:
            self.mistakes.append(Mistake(text, reported, why))

    @property
    def overall(self) -> Counts:
        """The counts of all languages together."""
        every = self.languages.values()
        return Counts(*(sum(getattr(one, name) for one in every) for name in ("tp", "fp", "fn", "tn")))

    def mean(self, name: str) -> float | None:
        """Return the mean over languages of `precision`, `recall` or `f1`; None if no language has one."""
        values = [value for one in self.languages.values() if (value := getattr(one, name)) is not None]
        return sum(values) / len(values) if values else None
