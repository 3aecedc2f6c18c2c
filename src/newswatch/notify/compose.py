"""The facts of a message, the same for every channel. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from newswatch.languages import primary
from newswatch.model import (
    AlertReason,
    Match,
    MatchedArticle,
    Message,
    NotificationKind,
    Relation,
    Severity,
    StoryArticle,
)
from newswatch.notify.snippets import choose_snippets
from newswatch.notify.text import clean_line, web_url

MAX_HEADLINE = 300  # characters; longer ones are page furniture or an attack
MAX_OTHERS = 30  # members listed in a message; `article_count` always tells the true number
MAX_TERMS = 8
MAX_REASONS = 10
MAX_WHY = 6
_NO_HEADLINE = "(no headline)"
_RELATION_ORDER = {Relation.ORIGIN: 0, Relation.REPORT: 1, Relation.COPY: 2}


def compose(
    *,
    kind: NotificationKind,
    story_id: int,
    members: Sequence[StoryArticle],
    matched: Sequence[MatchedArticle],
    backfill: bool = False,
) -> Message:
    """Return what a notification says about a story.

    `members` are all articles of the story, `matched` those that met a rule, one for each (rule, article). The
    headline is that of the best article that met a rule: best source, then origin before report before copy, then
    earliest. All texts are cleaned to single lines. Counts are of distinct sources and languages. Never raises,
    whatever the texts contain; without members the headline says that there is none.
    """
    unique = {member.article_id: _cleaned(member) for member in members}
    ranked = sorted(unique.values(), key=_rank)
    hits = {item.article_id for item in matched}
    lead = next((member for member in ranked if member.article_id in hits), ranked[0] if ranked else _nobody(matched))
    others = _by_distinct_source([member for member in ranked if member.article_id != lead.article_id], lead)
    order = {member.article_id: place for place, member in enumerate([lead, *others])}
    best_first = sorted(matched, key=lambda item: (order.get(item.article_id, len(order)), item.article_id))
    reasons = _reasons([item.match for item in best_first])
    return Message(
        kind=kind,
        severity=max((reason.severity for reason in reasons), key=lambda s: s.rank, default=Severity.INFO),
        headline=lead.headline,
        url=lead.url,
        language=lead.language,
        source_name=lead.source_name,
        credited=lead.credited,
        published=lead.published,
        first_seen_at=lead.first_seen_at,
        story_id=story_id,
        article_count=max(1, len(unique)),
        source_count=max(1, len({source_key(member) for member in unique.values()})),
        languages=languages_of([lead, *others]),
        reasons=reasons,
        snippets=choose_snippets(
            best_first,
            languages={member.article_id: member.language for member in unique.values()},
            sources={member.article_id: member.source_name for member in unique.values()},
        ),
        others=tuple(others[:MAX_OTHERS]),
        backfill=backfill,
    )


def _rank(member: StoryArticle) -> tuple[int, int, datetime, int]:
    return member.tier, _RELATION_ORDER[member.relation], member.first_seen_at, member.article_id


def _cleaned(member: StoryArticle) -> StoryArticle:
    return StoryArticle(
        article_id=member.article_id,
        headline=clean_line(member.headline, MAX_HEADLINE) or _NO_HEADLINE,
        url=web_url(member.url),
        source_name=clean_line(member.source_name, 80) or None,
        language=clean_line(member.language, 20) or "und",
        relation=member.relation,
        published=member.published,
        first_seen_at=member.first_seen_at,
        tier=member.tier,
        credited=tuple(filter(None, (clean_line(name, 80) for name in member.credited[:5]))),
    )


def _nobody(matched: Sequence[MatchedArticle]) -> StoryArticle:
    title = clean_line(matched[0].title, MAX_HEADLINE) if matched else ""
    return StoryArticle(
        article_id=matched[0].article_id if matched else 0,
        headline=title or _NO_HEADLINE,
        url=None,
        source_name=None,
        language="und",
        relation=Relation.ORIGIN,
        published=None,
        first_seen_at=datetime.fromtimestamp(0, UTC),
    )


def source_key(member: StoryArticle) -> str:
    """Name a member's publisher: by name, else by the host of its address, else as one of its own."""
    if member.source_name:
        return member.source_name.casefold()
    if member.url:
        return (urlsplit(member.url).hostname or member.url).removeprefix("www.")
    return f"article {member.article_id}"


def languages_of(members: Iterable[StoryArticle]) -> tuple[str, ...]:
    """Return the primary tags of the known languages, each once: Chinese in another script is no further language."""
    return tuple(dict.fromkeys(primary(member.language) for member in members if member.language not in ("", "und")))


def _by_distinct_source(ranked: Iterable[StoryArticle], lead: StoryArticle) -> list[StoryArticle]:
    """Put the best article of each further publisher first, then the rest, so that a short list shows variety."""
    seen = {source_key(lead)}
    first: list[StoryArticle] = []
    rest: list[StoryArticle] = []
    for member in ranked:
        key = source_key(member)
        (rest if key in seen else first).append(member)
        seen.add(key)
    return first + rest


def _reasons(matches: Sequence[Match]) -> tuple[AlertReason, ...]:
    """Return one reason for each rule, gravest first, with the best score and what was found in any article."""
    by_rule: dict[str, list[Match]] = {}
    for match in matches:
        by_rule.setdefault(match.rule_id, []).append(match)
    reasons = [_reason(group) for group in by_rule.values()]
    reasons.sort(key=lambda reason: (-reason.severity.rank, -reason.score, reason.rule_id))
    return tuple(reasons[:MAX_REASONS])


def _reason(matches: Sequence[Match]) -> AlertReason:
    best = max(matches, key=lambda match: match.score)
    return AlertReason(
        rule_id=clean_line(best.rule_id, 120),
        rule_name=clean_line(best.rule_name, 120) or clean_line(best.rule_id, 120),
        severity=max((match.severity for match in matches), key=lambda severity: severity.rank),
        score=best.score,
        threshold=best.threshold,
        why=tuple(clean_line(line, 200) for line in best.why[:MAX_WHY]),
        terms=_terms([best, *(match for match in matches if match is not best)]),
    )


def _terms(matches: Sequence[Match]) -> tuple[str, ...]:
    """Return what was found as the articles write it, each entity or term once."""
    found: dict[str, str] = {}
    for match in matches:
        for evidence in match.evidence:
            words = clean_line(evidence.text, 60)
            if words:
                found.setdefault(evidence.entity or evidence.term.casefold(), words)
    return tuple(dict.fromkeys(found.values()))[:MAX_TERMS]
