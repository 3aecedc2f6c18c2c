"""A database with articles in stories, matched by rules as the daemon does it, without a daemon."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from newswatch.clock import VirtualClock
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.ids import IdSource
from newswatch.model import Article, Assignment, Match, MatchInput, Published, Relation, Route
from newswatch.pipeline.alerting import Alerted, open_alerts
from newswatch.store import articles, stories
from newswatch.store.database import Database
from newswatch.store.tables import alert, delivery, notification, rule_match
from tests.store.filling import join_story, store_article

START = datetime(2026, 1, 13, 9, tzinfo=UTC)
DESK = Route(("desk",))


@dataclass
class World:
    """What opening alerts needs, and shortcuts for tests."""

    database: Database
    config: Config = field(default_factory=Config)
    routes: tuple[Route, ...] = (DESK,)
    now: VirtualClock = field(default_factory=lambda: VirtualClock(START))

    def __post_init__(self) -> None:
        self.new_id = IdSource(self.now)

    def article(
        self,
        text: str,
        *,
        story: int | None = None,
        matched: bool = True,
        language: str = "en",
        known: int | None = None,
        published: Published | None = None,
        backfill: bool = False,
    ) -> tuple[int, int]:
        """Store an article in a new story or in that of `story`, or a revision of `known`. Return its id and story."""
        with self.database.writing() as connection:
            saved = store_article(
                connection,
                Article(
                    text, None, text[:40], language, 1.0, "seed", "as given", published=published, source_name="Dusk"
                ),
                url_keys=[text[:40]],
                shingles=frozenset(),
                tier=2,
                backfill=backfill,
                first_seen_at=self.now(),
                known_id=known,
                new_id=self.new_id,
                now=self.now(),
            )
            if known is not None:
                story = stories.of_articles(connection, [known])[known]
            else:
                relation = Relation.ORIGIN if story is None else Relation.COPY
                story = join_story(
                    connection,
                    Assignment(story, relation, 1.0, None, "the same"),
                    article_id=saved.article_id,
                    headline=text[:40],
                    language=language,
                    new_id=self.new_id,
                    now=self.now(),
                )
            assert story is not None
            if matched and saved.version_id is not None:
                articles.mark_matched(connection, [saved.version_id], self.now())
        return saved.article_id, story

    def alert(self, engine: Engine, text: str, article_id: int, story: int, **facts: Any) -> list[str | None]:
        """Open alerts for what `text` meets, as the match stage does. Return why nobody was told; None: told."""
        found: tuple[Match, ...] = engine.match(MatchInput("", text, "en"))
        article = Alerted(
            article_id,
            "en",
            backfill=facts.get("backfill", False),
            published=facts.get("published"),
            first_seen_at=self.now(),
        )
        with self.database.writing() as connection:
            return [decision.suppressed for _, decision in open_alerts(self, connection, article, found, story)]

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        """Return rows of the database in a stable order."""
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]

    def alerts(self) -> list[tuple[Any, ...]]:
        """Return rule, article and suppression of every alert."""
        return self.rows(alert.c.rule_id, alert.c.article_id, alert.c.suppressed)

    def told(self) -> list[tuple[Any, ...]]:
        """Return destination and alerts of every delivery that waits to be sent."""
        with self.database.reading() as connection:
            query = (
                select(delivery.c.destination, notification.c.alert_ids)
                .join(notification, notification.c.id == delivery.c.notification_id)
                .where(delivery.c.state == "pending")
            )
            return [(row.destination, row.alert_ids) for row in connection.execute(query)]

    def matches(self) -> list[tuple[Any, ...]]:
        """Return rule, article and score of every match that is in force."""
        return self.rows(rule_match.c.rule_id, rule_match.c.article_id, rule_match.c.score)
