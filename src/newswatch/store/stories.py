"""Stories: articles on one event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from newswatch.model import Assignment, Relation, StoryArticle
from newswatch.store import published
from newswatch.store.tables import alert, article, article_version, rule_match, story, story_member


@dataclass(frozen=True, slots=True)
class Membership:
    """An article that joins a story; `begins` says that the story is new and takes its headline and language."""

    article_id: int
    story_id: int
    begins: bool
    assignment: Assignment
    headline: str
    language: str


_INSERT_STORY = insert(story)
_INSERT_MEMBER = insert(story_member)


def of_articles(connection: Connection, article_ids: Sequence[int]) -> dict[int, int]:
    """Return the stories of those articles that have one, by article."""
    if not article_ids:
        return {}
    query = select(story_member.c.article_id, story_member.c.story_id).where(story_member.c.article_id.in_(article_ids))
    return {row.article_id: row.story_id for row in connection.execute(query)}


def join(connection: Connection, memberships: Sequence[Membership], now: datetime) -> None:
    """Put articles into their stories, old and new ones."""
    begun = [one for one in memberships if one.begins]
    if begun:
        connection.execute(
            _INSERT_STORY,
            [
                {
                    "id": one.story_id,
                    "headline": one.headline,
                    "language": one.language,
                    "first_seen_at": now,
                    "last_seen_at": now,
                    "article_count": 1,
                    "source_count": 1,
                    "languages": [one.language],
                }
                for one in begun
            ],
        )
    if memberships:
        connection.execute(
            _INSERT_MEMBER,
            [
                {
                    "article_id": one.article_id,
                    "story_id": one.story_id,
                    "relation": one.assignment.relation.value,
                    "similarity": one.assignment.similarity,
                    "of_article_id": one.assignment.of_article_id,
                    "reason": one.assignment.reason,
                    "added_at": now,
                }
                for one in memberships
            ],
        )
    for story_id in sorted({one.story_id for one in memberships if not one.begins}):
        recount(connection, story_id)


def recount(connection: Connection, story_id: int, *, headline: bool = False) -> None:
    """Bring what is stored about a story in line with its articles; with `headline` also whose headline it has.

    Copies are counted apart, and so are confirmations: the voices besides that of the origin. The voice of an article
    is the source that it credits, else its own; so five papers that cite one agency confirm nothing.
    """
    rows = connection.execute(
        select(
            article.c.source_name,
            article.c.language,
            article.c.display_headline,
            story_member.c.relation,
            story_member.c.added_at,
            article_version.c.credited,
        )
        .join(story_member, story_member.c.article_id == article.c.id)
        .join(article_version, article_version.c.id == article.c.current_version_id)
        .where(story_member.c.story_id == story_id)
        .order_by(story_member.c.added_at, article.c.id)
    ).all()
    values: dict[str, Any] = {
        "article_count": len(rows),
        "source_count": len({row.source_name for row in rows}),
        "languages": sorted({row.language for row in rows}),
        "copy_count": sum(row.relation == Relation.COPY for row in rows),
        "confirmation_count": max(0, len({_voice(row) for row in rows if row.relation != Relation.COPY}) - 1),
    }
    if rows:
        values |= {"first_seen_at": rows[0].added_at, "last_seen_at": rows[-1].added_at}
    if rows and headline:
        origin = next((row for row in rows if row.relation == Relation.ORIGIN), rows[0])
        values |= {"headline": origin.display_headline, "language": origin.language}
    connection.execute(update(story).where(story.c.id == story_id).values(**values))


def _voice(row: Any) -> str:
    name: str = row.credited[0]["name"] if row.credited else row.source_name or ""
    return name.casefold()


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
    own = story.c.merged_into.is_(None)
    query = select(story).where(own).order_by(story.c.last_seen_at.desc(), story.c.id.desc()).limit(limit)
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
    """Return the number of stories that have articles."""
    own = story.c.merged_into.is_(None)
    return connection.execute(select(func.count()).select_from(story).where(own)).scalar_one()


def arrivals(connection: Connection, story_ids: Sequence[int]) -> dict[int, list[datetime]]:
    """Return when the articles of stories came, in order, by story."""
    query = select(story_member.c.story_id, story_member.c.added_at).where(story_member.c.story_id.in_(story_ids))
    found: dict[int, list[datetime]] = {story_id: [] for story_id in story_ids}
    for row in connection.execute(query.order_by(story_member.c.added_at)):
        found[row.story_id].append(row.added_at)
    return found
