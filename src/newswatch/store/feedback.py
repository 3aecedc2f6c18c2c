"""Feedback: what readers say of what rules flagged, with the version of the rule that did."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, or_, select, update

from newswatch.model import NotificationKind, Severity, Verdict
from newswatch.store import history, moves
from newswatch.store.database import insert_new
from newswatch.store.tables import alert, article, delivery, digest_item, feedback, notification, silence

_KEY = ("rule_id", "article_id", "destination")


@dataclass(frozen=True, slots=True)
class Flagged:
    """One rule and the article that it flagged, as a delivery told of them, with what was said of that so far.

    `rule_hash` and `version_id` are those of the match at the time of the message.
    """

    rule_id: str
    rule_name: str
    rule_hash: str
    article_id: int
    version_id: int
    story_id: int
    headline: str
    url: str | None
    source_name: str | None
    language: str
    destination: str
    delivery_key: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A story that a delivery told of."""

    story_id: int
    headline: str
    language: str
    destination: str


def told_stories(connection: Connection, delivery_key: str) -> list[ToldStory]:
    """Return the stories that a delivery told of, the gravest first; empty where there is no such delivery."""
    row = _delivery(connection, delivery_key)
    if row is None:
        return []
    found = {
        one["story_id"]: ToldStory(one["story_id"], one["display_headline"], one["language"], row["destination"])
        for one in reversed(_alerts(connection, _alert_ids(connection, row)))
    }
    return list(reversed(found.values()))


def told(connection: Connection, delivery_key: str, story_id: int) -> list[Flagged]:
    """Return what a delivery told of a story: each rule with the article that it flagged, the gravest first.

    Empty where there is no such delivery, it has nothing of this story, or no match is kept any more.
    """
    row = _delivery(connection, delivery_key)
    if row is None:
        return []
    told_at = row["frozen_at"] or row["created_at"]
    now_in = {story_id, moves.current(connection, story_id)}
    alerts = [one for one in _alerts(connection, _alert_ids(connection, row)) if one["story_id"] in now_in]
    said = {
        (one.rule_id, one.article_id): one.verdict
        for one in connection.execute(
            select(feedback.c.rule_id, feedback.c.article_id, feedback.c.verdict).where(
                feedback.c.destination == row["destination"],
                feedback.c.article_id.in_([one["article_id"] for one in alerts]),
            )
        )
    }
    found = []
    for one in alerts:
        match = _match(connection, one["rule_id"], one["article_id"], told_at)
        if match is None:
            continue
        verdict = said.get((one["rule_id"], one["article_id"]))
        found.append(
            Flagged(
                rule_id=one["rule_id"],
                rule_name=one["rule_name"],
                rule_hash=match["rule_hash"],
                article_id=one["article_id"],
                version_id=match["version_id"],
                story_id=one["story_id"],
                headline=one["display_headline"],
                url=one["canonical_url"] or one["url"],
                source_name=one["source_name"],
                language=one["language"],
                destination=row["destination"],
                delivery_key=delivery_key,
                verdict=Verdict(verdict) if verdict else None,
            )
        )
    return found


def _delivery(connection: Connection, delivery_key: str) -> RowMapping | None:
    return (
        connection.execute(
            select(delivery, notification.c.alert_ids, notification.c.frozen_at)
            .join(notification, notification.c.id == delivery.c.notification_id)
            .where(delivery.c.delivery_key == delivery_key)
        )
        .mappings()
        .one_or_none()
    )


def _alert_ids(connection: Connection, row: RowMapping) -> list[int]:
    """Return the alerts that a delivery told of, whatever their story."""
    if row["kind"] == NotificationKind.DIGEST.value:
        query = select(digest_item.c.alert_id).where(
            digest_item.c.notification_id == row["notification_id"], digest_item.c.destination == row["destination"]
        )
        return list(connection.execute(query).scalars())
    if row["kind"] == NotificationKind.ROLLUP.value:
        held = (
            select(notification.c.alert_ids)
            .join(delivery, delivery.c.notification_id == notification.c.id)
            .where(delivery.c.merged_into == row["id"])
        )
        return [one for ids in connection.execute(held).scalars() for one in ids]
    return list(row["alert_ids"])


def _alerts(connection: Connection, alert_ids: Collection[int]) -> list[RowMapping]:
    """Return alerts with their articles, the gravest first."""
    query = (
        select(
            alert.c.rule_id,
            alert.c.rule_name,
            alert.c.article_id,
            alert.c.story_id,
            alert.c.severity,
            article.c.display_headline,
            article.c.url,
            article.c.canonical_url,
            article.c.source_name,
            article.c.language,
        )
        .join(article, article.c.id == alert.c.article_id)
        .where(alert.c.id.in_(list(alert_ids)))
        .order_by(alert.c.id)
    )
    return sorted(connection.execute(query).mappings(), key=lambda row: -Severity(row["severity"]).rank)


def _match(connection: Connection, rule_id: str, article_id: int, at: datetime) -> dict[str, Any] | None:
    """Return the match by which an article met a rule at an instant; the nearest one where none was then."""
    found = history.past(connection, article_id, rule_id=rule_id)
    then = (row for row in found if row["began_at"] <= at and (row["ended_at"] is None or at < row["ended_at"]))
    return next(then, found[0] if found else None)


def judge(connection: Connection, one: Flagged, verdict: Verdict, *, new_id: Callable[[], int], now: datetime) -> None:
    """Store what a reader says of what a rule flagged. What the same destination said of it before is replaced."""
    said = {"verdict": verdict.value, "judged_at": now}
    if not _add(connection, one, said, new_id):
        connection.execute(update(feedback).where(*_same(one)).values(**_told_of(one), **said))


def mute(connection: Connection, one: Flagged, silence_id: int, *, new_id: Callable[[], int], now: datetime) -> None:
    """Write down that a reader has muted a story of a rule. What was judged before keeps the version that it was of."""
    said = {"silence_id": silence_id, "muted_at": now}
    if not _add(connection, one, said, new_id):
        connection.execute(update(feedback).where(*_same(one)).values(**said))


def _add(connection: Connection, one: Flagged, said: dict[str, Any], new_id: Callable[[], int]) -> bool:
    row = {"id": new_id(), **{name: getattr(one, name) for name in _KEY}, **_told_of(one), **said}
    return bool(insert_new(connection, feedback, [row], *_KEY))


def _same(one: Flagged) -> list[ColumnElement[bool]]:
    return [feedback.c[name] == getattr(one, name) for name in _KEY]


def _told_of(one: Flagged) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("rule_hash", "version_id", "story_id", "delivery_key")}


@dataclass(frozen=True, slots=True)
class Judged:
    """What readers say of one article that a version of a rule flagged: each destination has one voice."""

    rule_id: str
    rule_hash: str
    article_id: int
    version_id: int
    relevant: int
    irrelevant: int

    @property
    def verdict(self) -> Verdict | None:
        """What most say; None where they disagree."""
        if self.relevant == self.irrelevant:
            return None
        return Verdict.RELEVANT if self.relevant > self.irrelevant else Verdict.IRRELEVANT


def judged(connection: Connection, rule_id: str | None = None) -> list[Judged]:
    """Return what readers say, by rule and article, the oldest article first."""
    query = (
        select(
            *(feedback.c[name] for name in ("rule_id", "rule_hash", "article_id", "version_id")),
            *(func.sum(case((feedback.c.verdict == one.value, 1), else_=0)).label(one.value) for one in Verdict),
        )
        .where(feedback.c.verdict.is_not(None))
        .group_by(*(feedback.c[name] for name in ("rule_id", "rule_hash", "article_id", "version_id")))
        .order_by(feedback.c.rule_id, feedback.c.article_id, feedback.c.version_id)
    )
    if rule_id is not None:
        query = query.where(feedback.c.rule_id == rule_id)
    return [Judged(**row) for row in connection.execute(query).mappings()]


def listing(
    connection: Connection, *, limit: int, since: datetime | None = None, rule_id: str | None = None
) -> list[dict[str, Any]]:
    """Return what each destination said, newest first, with the headline that it was said of."""
    said_at = func.coalesce(feedback.c.judged_at, feedback.c.muted_at)
    query = (
        select(feedback, article.c.display_headline.label("headline"), silence.c.ends_at.label("muted_until"))
        .join(article, article.c.id == feedback.c.article_id)
        .outerjoin(silence, silence.c.id == feedback.c.silence_id)
        .order_by(said_at.desc(), feedback.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(or_(feedback.c.judged_at >= since, feedback.c.muted_at >= since))
    if rule_id is not None:
        query = query.where(feedback.c.rule_id == rule_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def forget(connection: Connection, feedback_id: int) -> bool:
    """Delete what somebody said. Return False if there is no such row. A silence that came of it stays."""
    return bool(connection.execute(delete(feedback).where(feedback.c.id == feedback_id)).rowcount)
