"""match: article -> matches -> story -> alert -> deliveries, in one transaction for each article."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, text

from newswatch import failpoints
from newswatch.flag.matching import ENGINE_VERSION, Engine
from newswatch.group.assign import assign
from newswatch.model import AlertDecision, Match, MatchInput
from newswatch.notify.decide import named
from newswatch.pipeline.alerting import Alerted, open_alerts
from newswatch.pipeline.context import Context
from newswatch.store import articles, matches, stories
from newswatch.store.articles import WaitingVersion
from newswatch.store.published import from_row as published_from_row

log = structlog.get_logger("newswatch.match")

_BATCH = 20
_GIVE_UP_AFTER = 4
_ONE_AT_A_TIME = 0x6E77_6D61  # advisory lock: story assignment sees every article stored before


@dataclass(frozen=True, slots=True)
class Flagged:
    """What one article led to, for the report."""

    version: WaitingVersion
    story_id: int
    story_reason: str
    matches: tuple[Match, ...]
    alerts: tuple[tuple[Match, AlertDecision], ...]


class MatchStage:
    """Matches versions that no rule has seen, puts them into stories, opens alerts and queues deliveries."""

    name = "match"

    def __init__(self, context: Context) -> None:
        """Use the context's engine and routes, as they are at each tick."""
        self._context = context

    async def wait(self) -> None:
        """Return at once: nothing stays under way between ticks."""

    async def tick(self) -> int:
        """Work through one batch and return its size."""
        flagged, tried = await self._context.database.write(self._batch)
        if tried:
            failpoints.reached("match.after_commit")
        for one in flagged:
            self._report(one)
        if any(one.alerts for one in flagged):
            self._context.wake("deliver")
        if tried == _BATCH:
            self._context.wake("match")
        return tried

    def _batch(self, connection: Connection) -> tuple[list[Flagged], int]:
        if (
            connection.dialect.name == "postgresql"
            and not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME}).scalar()
        ):
            return [], 0
        waiting = articles.waiting(connection, _BATCH)
        flagged = []
        for version in waiting:
            try:
                with connection.begin_nested():
                    flagged.append(self._one(connection, version))
            except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError) as error:
                self._failed(connection, version, error)
        if waiting:
            failpoints.reached("match.before_commit")
        return flagged, len(waiting)

    def _failed(self, connection: Connection, version: WaitingVersion, error: Exception) -> None:
        """Count an error of ours on one article; it is tried again later and does not stop the others."""
        given_up = version.match_attempts + 1 >= _GIVE_UP_AFTER
        log.error(
            "matching failed",
            article=version.article_id,
            attempts=version.match_attempts + 1,
            given_up=given_up,
            exc_info=error,
        )
        self._context.metrics.worker_failures.labels("match").inc()
        articles.count_match_attempt(connection, version.version_id)
        if given_up:
            articles.mark_matched(connection, version.version_id, self._context.now())

    def _one(self, connection: Connection, version: WaitingVersion) -> Flagged:
        context, now = self._context, self._context.now()
        found = context.engine.match(_match_input(version))
        story_id, story_reason = self._story(connection, version)
        for match in found:
            matches.remember_rule(
                connection,
                rule_hash=match.rule_hash,
                rule_id=match.rule_id,
                name=match.rule_name,
                definition=_definition(context.engine, match.rule_id),
                now=now,
            )
            matches.store(
                connection,
                match,
                article_id=version.article_id,
                version_id=version.version_id,
                engine_version=ENGINE_VERSION,
                new_id=context.new_id,
                now=now,
            )
        opened = open_alerts(context, connection, _alerted(version), found, story_id)
        articles.mark_matched(connection, version.version_id, now)
        return Flagged(version, story_id, story_reason, found, opened)

    def _story(self, connection: Connection, version: WaitingVersion) -> tuple[int, str]:
        context, now = self._context, self._context.now()
        known = stories.of_article(connection, version.article_id) if version.seq > 1 else None
        if known is not None:
            return known, "stays in its story"
        settings = context.config.stories
        candidates = articles.story_candidates(
            connection,
            version.shingles,
            article_id=version.article_id,
            since=version.first_seen_at - timedelta(seconds=settings.window),
        )
        assignment = assign(version.shingles, candidates, settings)
        story_id = stories.assign(
            connection,
            assignment,
            article_id=version.article_id,
            headline=version.display_headline,
            language=version.language,
            new_id=context.new_id,
            now=now,
        )
        return story_id, assignment.reason

    def _report(self, one: Flagged) -> None:
        for match in one.matches:
            self._context.metrics.rule_matches.labels(match.rule_id).inc()
        for match, decision in one.alerts:
            if decision.suppressed is not None:
                self._context.metrics.notifications_suppressed.labels(decision.suppressed).inc()
            held_back = {"not_told": decision.suppressed} if decision.suppressed is not None else {}
            log.info(
                "flagged",
                rule=match.rule_id,
                severity=match.severity.value,
                headline=one.version.display_headline,
                source=one.version.source_name,
                why="; ".join(match.why[:3]),
                article=one.version.article_id,
                story=one.story_id,
                **(held_back or {"to": named(decision.destinations, decision.digests)}),
            )
        if one.matches and not one.alerts:
            log.info(
                "copy of a flagged story",
                headline=one.version.display_headline,
                source=one.version.source_name,
                reason=one.story_reason,
                story=one.story_id,
            )


def _definition(engine: Engine, rule_id: str) -> dict[str, object]:
    """Return what a match refers to when its rule has changed since."""
    compiled = engine.compiled(rule_id)
    if compiled is None:
        return {}
    rule = compiled.rule
    return {
        "query": rule.query,
        "languages": list(rule.languages),
        "fields": list(rule.fields),
        "threshold": rule.threshold,
        "severity": rule.severity.value,
        "tags": list(rule.tags),
    }


def _alerted(version: WaitingVersion) -> Alerted:
    return Alerted(
        article_id=version.article_id,
        language=version.language,
        backfill=version.backfill,
        published=published_from_row(version.row),
        first_seen_at=version.first_seen_at,
    )


def _match_input(version: WaitingVersion) -> MatchInput:
    return MatchInput(
        title=version.title or "",
        body=version.text,
        language=version.language,
        source=version.source_name or "",
        country=version.country or "",
        url=version.url or "",
        authors=version.authors,
        section=version.section or "",
        published_on=version.published_on or version.first_seen_at.date(),
    )
