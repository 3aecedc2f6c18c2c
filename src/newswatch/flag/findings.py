"""What lint finds: a stable code, the place, what is doubtful and what to do; and what a pack's author has accepted."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from newswatch.errors import Problem

CODES = {
    "adjacent-words": "words stand side by side without an operator or quotes",
    "always-run": "no term of the rule is necessary, so it is evaluated for every article",
    "always-true": "the rule, or a part of it, holds for every article",
    "contradiction": "the rule, or a part of it, can never hold",
    "covered": "a term adds nothing beside another one",
    "inside-words": "a short Chinese, Japanese or Korean term stands inside longer words that mean something else",
    "lone-minus": "a minus sign with a space behind it means NOT",
    "lower-case-operator": "a term looks like an operator",
    "mixed-operators": "AND and OR are mixed without parentheses",
    "no-effect": "a part of the rule changes nothing",
    "repeated": "the same alternative stands twice",
    "short-term": "a Latin term has one or two letters",
    "unreachable-threshold": "the weights cannot add up to what is asked for",
    "wide-wildcard": "a wildcard with few letters stands for very many words",
    # with --archive
    "frequent-presearch": "the rarest terms that the rule needs are not rare",
    "frequent-term": "a term stands in more than one of twenty recent articles",
    "many-forms": "a wildcard stood for very many words",
    "matches-much": "the rule matches a large part of recent articles",
    "matches-nothing": "the rule matches none of the recent articles",
    # about the pack and the configuration
    "route-names-nothing": "a route names a rule or tag that does not exist",
    "unrouted": "no route takes the rule's alerts",
    "untested": "no test of the pack expects the rule",
    "unused-ignore": "an entry of lint_ignore fits no finding",
}
"""What each code means."""

MEASURED = frozenset({"frequent-presearch", "frequent-term", "many-forms", "matches-much", "matches-nothing"})
"""Codes that only a look at the archive can give."""
ROUTED = frozenset({"route-names-nothing", "unrouted"})
"""Codes that only a look at the configured routes can give."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is allowed but hardly meant. `where` is a rule's id or "list NAME"; positions are in its query."""

    code: str
    where: str
    message: str
    remedy: str
    line: int | None = None
    column: int | None = None
    term: str = ""  # what it is about, where it is about a term

    def __str__(self) -> str:
        """Return one line: place, position, what is doubtful, what to do, and the code to accept it by."""
        return f"{Problem(self.where, self.message, self.remedy, self.line, self.column)} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that a pack's author has accepted, with the reason. `places` are rule ids and "list NAME"s."""

    finding: str
    places: frozenset[str]
    term: str
    reason: str
    where: str = ""  # the pack file and position, for the message about one that is not needed
    line: int | None = None
    column: int | None = None

    def fits(self, finding: Finding) -> bool:
        """Whether `finding` is accepted by this."""
        return (
            finding.code == self.finding
            and finding.where in self.places
            and (not self.term or finding.term == self.term)
        )


def settle(
    findings: Iterable[Finding], ignores: Sequence[Ignore], looked_for: Collection[str]
) -> tuple[list[Finding], list[tuple[Finding, str]]]:
    """Split findings into those that stand and those that are accepted, each with the reason.

    An entry that fits nothing is itself a finding, if its code is one of `looked_for`.
    """
    kept: list[Finding] = []
    accepted: list[tuple[Finding, str]] = []
    used: set[int] = set()
    for finding in findings:
        fitting = [number for number, ignore in enumerate(ignores) if ignore.fits(finding)]
        used.update(fitting)
        if fitting:
            accepted.append((finding, ignores[fitting[0]].reason))
        else:
            kept.append(finding)
    for number, ignore in enumerate(ignores):
        if number not in used and ignore.finding in looked_for:
            about = f" about {ignore.term}" if ignore.term else ""
            message = f"there is no finding {ignore.finding}{about} to ignore"
            kept.append(Finding("unused-ignore", ignore.where, message, "remove the entry", ignore.line, ignore.column))
    return kept, accepted
