"""One article at a time into the database, for tests that need a filled one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from newswatch.ids import IdSource
from newswatch.model import KEYS, Article, Assignment, Sample
from newswatch.search_tokens import search_text
from newswatch.store import articles, stories
from newswatch.store.articles import Arrival, Stored


def store_article(
    connection: Connection,
    value: Article,
    *,
    url_keys: Sequence[str],
    new_id: IdSource,
    now: datetime,
    shingles: frozenset[int] = frozenset(),
    known_id: int | None = None,
    first_seen_at: datetime | None = None,
    tier: int = 2,
    backfill: bool = False,
) -> Stored:
    arrival = Arrival(
        article_id=new_id() if known_id is None else known_id,
        revises=known_id is not None,
        value=value,
        url_keys=tuple(url_keys),
        sample=Sample(shingles, tuple(sorted(shingles)[:KEYS])),
        tokens=search_text(value.title or "", value.text),
        tier=tier,
        backfill=backfill,
        first_seen_at=first_seen_at or now,
    )
    return articles.store(connection, [arrival], new_id=new_id, now=now)[0]


def join_story(
    connection: Connection,
    assignment: Assignment,
    *,
    article_id: int,
    headline: str,
    language: str,
    new_id: IdSource,
    now: datetime,
) -> int:
    story_id = new_id() if assignment.story_id is None else assignment.story_id
    membership = stories.Membership(article_id, story_id, assignment.story_id is None, assignment, headline, language)
    stories.join(connection, [membership], now)
    return story_id
