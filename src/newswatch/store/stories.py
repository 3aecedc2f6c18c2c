"""Stories: articles on one event."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from newswatch.model import Assignment, Relation, StoryArticle
from newswatch.store import published
from newswatch.store.tables import alert, article, article_version, rule_match, story, story_member


def of_article(connection: Connection, article_id: int) -> int | None:
    """Return the story of an article, None if it has none yet."""
    return connection.execute(
        select(story_member.c.story_id).where(story_member.c.article_id == article_id)
    ).scalar_one_or_none()


def assign(
    connection: Connection,
    assignment: Assignment,
    *,
    article_id: int,
    headline: str,
    language: str,
    new_id: Callable[[], int],
    now: datetime,
) -> int:
    """Put an article into the story of its assignment, or into a new one, and return the story's id."""
    story_id = assignment.story_id
    if story_id is None:
        story_id = new_id()
        connection.execute(
            insert(story).values(
                id=story_id,
                headline=headline,
                language=language,
                first_seen_at=now,
                last_seen_at=now,
                article_count=1,
                source_count=1,
                languages=[language],
            )
        )
    connection.execute(
        insert(story_member).values(
            article_id=article_id,
            story_id=story_id,
            relation=assignment.relation.value,
            similarity=assignment.similarity,
            of_article_id=assignment.of_article_id,
            reason=assignment.reason,
            added_at=now,
        )
    )
    if assignment.story_id is not None:
        _recount(connection, story_id, now)
    return story_id


def _recount(connection: Connection, story_id: int, now: datetime) -> None:
    members = connection.execute(
        select(article.c.source_name, article.c.language)
        .join(story_member, story_member.c.article_id == article.c.id)
        .where(story_member.c.story_id == story_id)
    ).all()
    connection.execute(
        update(story)
        .where(story.c.id == story_id)
        .values(
            last_seen_at=now,
            article_count=len(members),
            source_count=len({row.source_name for row in members}),
            languages=sorted({row.language for row in members}),
        )
    )


def members(connection: Connection, story_id: int) -> list[StoryArticle]:
    """Return the articles of a story in the order in which they came."""
    query = (
        select(article, story_member.c.relation, article_version.c.credited)
        .join(story_member, story_member.c.article_id == article.c.id)
        .join(article_version, article_version.c.id == article.c.current_version_id)
        .where(story_member.c.story_id == story_id)
        .order_by(story_member.c.added_at, article.c.id)
    )
    return [_member(row) for row in connection.execute(query).mappings()]


def _member(row: RowMapping) -> StoryArticle:
    return StoryArticle(
        article_id=row["id"],
        headline=row["display_headline"],
        url=row["canonical_url"] or row["url"],
        source_name=row["source_name"],
        language=row["language"],
        relation=Relation(row["relation"]),
        published=published.from_row(row),
        first_seen_at=row["first_seen_at"],
        tier=row["tier"],
        credited=tuple(one["name"] for one in row["credited"]),
    )


def listing(
    connection: Connection, *, limit: int, since: datetime | None = None, flagged: bool = False
) -> list[dict[str, Any]]:
    """Return stories for people, latest first, with the rules that flag them."""
    query = select(story).order_by(story.c.last_seen_at.desc(), story.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(story.c.last_seen_at >= since)
    if flagged:
        flagged_stories = select(story_member.c.story_id).join(
            rule_match, rule_match.c.article_id == story_member.c.article_id
        )
        query = query.where(story.c.id.in_(flagged_stories))
    rows = list(connection.execute(query).mappings())
    rules: dict[int, list[str]] = {}
    flagging = select(alert.c.story_id, alert.c.rule_id).where(alert.c.story_id.in_([row["id"] for row in rows]))
    for story_id, rule_id in connection.execute(flagging.order_by(alert.c.rule_id)):
        rules.setdefault(story_id, []).append(rule_id)
    return [{**row, "rules": rules.get(row["id"], [])} for row in rows]


def get(connection: Connection, story_id: int) -> dict[str, Any] | None:
    """Return one story's row, or None."""
    row = connection.execute(select(story).where(story.c.id == story_id)).mappings().one_or_none()
    return dict(row) if row else None


def count(connection: Connection) -> int:
    """Return the number of stories."""
    return connection.execute(select(func.count()).select_from(story)).scalar_one()
