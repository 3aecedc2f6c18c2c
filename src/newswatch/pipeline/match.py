"""match: article -> matches -> story -> alert -> deliveries, in one transaction for a batch of articles."""

from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from newswatch import failpoints
from newswatch.flag.matching import Engine
from newswatch.model import AlertDecision, Match, MatchInput
from newswatch.notify.decide import named
from newswatch.pipeline.alerting import Alerted, open_alerts
from newswatch.pipeline.context import Context
from newswatch.pipeline.placing import ONE_AT_A_TIME, place
from newswatch.pipeline.withdrawing import withdraw
from newswatch.store import articles, matches, mentions, threads
from newswatch.store.articles import WaitingVersion
from newswatch.store.database import try_lock
from newswatch.store.published import from_row as published_from_row

log = structlog.get_logger("newswatch.match")

_BATCH = 100
_GIVE_UP_AFTER = 4
_OURS = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError)
"""What a mistake of ours raises; trouble of the database goes on to whoever runs the stage."""


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
        if not try_lock(connection, ONE_AT_A_TIME):
            return [], 0
        waiting = articles.waiting(connection, _BATCH)
        if not waiting:
            return [], 0
        try:
            with connection.begin_nested():
                flagged = self._flag(connection, waiting)
        except _OURS:
            flagged = [one for version in waiting for one in self._alone(connection, version)]
        failpoints.reached("match.before_commit")
        return flagged, len(waiting)

    def _alone(self, connection: Connection, version: WaitingVersion) -> list[Flagged]:
        """Flag one article of a batch that failed, so that only the one at fault is held back."""
        try:
            with connection.begin_nested():
                return self._flag(connection, [version])
        except _OURS as error:
            self._failed(connection, version, error)
            return []

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
            articles.mark_matched(connection, [version.version_id], self._context.now())

    def _flag(self, connection: Connection, versions: list[WaitingVersion]) -> list[Flagged]:
        """Match articles, put them into stories and open alerts."""
        engine = self._context.engine  # a reload may replace it meanwhile
        documents = [engine.document(_match_input(version)) for version in versions]
        found = [engine.matches(document) for document in documents]
        mentioned = {v.article_id: engine.mentions(d) for v, d in zip(versions, documents, strict=True)}
        mentions.store(connection, mentioned, [version.article_id for version in versions if version.seq > 1])
        flagged_ids = {version.article_id for version, own in zip(versions, found, strict=True) if own}
        placed = place(self._context, connection, versions, mentioned, flagged_ids)
        self._remember(connection, engine, found)
        flagged = []
        for version, own in zip(versions, found, strict=True):
            for match in own:
                matches.store(
                    connection,
                    match,
                    article_id=version.article_id,
                    version_id=version.version_id,
                    engine_version=engine.version,
                    new_id=self._context.new_id,
                    now=self._context.now(),
                )
            story_id, reason = placed[version.version_id]
            if version.seq > 1:
                met = {match.rule_id for match in own}
                withdraw(self._context, connection, engine, version, met=met, story_id=story_id)
            opened = open_alerts(self._context, connection, _alerted(version), own, story_id)
            flagged.append(Flagged(version, story_id, reason, own, opened))
        revised = {placed[version.version_id][0] for version in versions if version.seq > 1}
        threads.look_again(connection, revised)
        articles.mark_matched(connection, [version.version_id for version in versions], self._context.now())
        return flagged

    def _remember(self, connection: Connection, engine: Engine, found: list[tuple[Match, ...]]) -> None:
        """Keep the text of the rules that matches refer to."""
        now = self._context.now()
        for rule_hash, match in {match.rule_hash: match for own in found for match in own}.items():
            matches.remember_rule(
                connection,
                rule_hash=rule_hash,
                rule_id=match.rule_id,
                name=match.rule_name,
                definition=definition(engine, match.rule_id),
                now=now,
            )

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


def definition(engine: Engine, rule_id: str) -> dict[str, object]:
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
