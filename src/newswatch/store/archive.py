"""What was stored, as rules see it: for explaining, for trying rules out on the past."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, select

from newswatch.ids import first_id_at
from newswatch.model import MatchInput, Published, Severity
from newswatch.store import published
from newswatch.store.articles import COUNTRY
from newswatch.store.database import Database
from newswatch.store.tables import article, article_text, article_version, rule_match, story_member

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Archived:
    """A revision of an article, mostly the current one, with its text. `stored` has the rules it met when it came.

    `waiting` says that no rule has seen the revision yet: the daemon will match it.
    """

    article_id: int
    version_id: int
    waiting: bool
    headline: str
    first_seen_at: datetime
    published: Published | None
    backfill: bool
    story_id: int | None
    given: MatchInput
    stored: Mapping[str, Severity]


def get(connection: Connection, article_id: int) -> Archived | None:
    """Return one article; None if there is none, or its text is no longer kept."""
    found = _page(connection, _select().where(article.c.id == article_id))
    return found[0] if found else None


def of_versions(connection: Connection, version_ids: Collection[int]) -> dict[int, Archived]:
    """Return articles as they were in these revisions, by revision; those whose text is no longer kept are missing."""
    query = _select(article_version.c.article_id == article.c.id).where(article_version.c.id.in_(list(version_ids)))
    return {one.version_id: one for one in _page(connection, query)}


def count(connection: Connection, *, since: datetime | None = None, after_id: int = 0) -> int:
    """Return how many articles `scan` would give, of those with ids beyond `after_id`."""
    query = (
        select(func.count())
        .select_from(article)
        .join(article_text, article_text.c.version_id == article.c.current_version_id)
    )
    return connection.execute(query.where(article.c.id > after_id, *_newer(since))).scalar_one()


def scan(database: Database, *, since: datetime | None = None) -> Iterator[Archived]:
    """Yield the articles first seen since an instant, newest first.

    Each page is a transaction of its own, so that a long look at the archive holds nobody up.
    """
    query = _select().where(*_newer(since)).order_by(article.c.id.desc()).limit(_PAGE)
    below: int | None = None
    while True:
        with database.reading() as connection:
            page = _page(connection, query if below is None else query.where(article.c.id < below))
        yield from page
        if len(page) < _PAGE:
            return
        below = page[-1].article_id


def after(
    connection: Connection, position: int, *, until_id: int, since: datetime | None, limit: int
) -> list[Archived]:
    """Return up to `limit` articles with ids beyond `position` and below `until_id`, oldest first."""
    query = _select().where(article.c.id > position, article.c.id < until_id, *_newer(since))
    return _page(connection, query.order_by(article.c.id).limit(limit))


def current(connection: Connection, article_ids: Collection[int]) -> dict[int, tuple[int, bool]]:
    """Return the current version of articles, and whether rules have seen it."""
    query = (
        select(article.c.id, article.c.current_version_id, article_version.c.matched_at)
        .join(article_version, article_version.c.id == article.c.current_version_id)
        .where(article.c.id.in_(list(article_ids)))
    )
    return {row.id: (row.current_version_id, row.matched_at is not None) for row in connection.execute(query)}


def _newer(since: datetime | None) -> tuple[ColumnElement[bool], ...]:
    # Ids grow with time and no article is older than its entry, so the primary key finds where to stop.
    return () if since is None else (article.c.id >= first_id_at(since), article.c.first_seen_at >= since)


def _select(revision: ColumnElement[bool] = article_version.c.id == article.c.current_version_id) -> Select[Any]:
    return (
        select(
            article,
            article_version.c.id.label("version_id"),
            article_version.c.title.label("version_title"),
            article_version.c.matched_at,
            article_text.c.text,
            story_member.c.story_id,
            COUNTRY.label("country"),
        )
        .join(article_version, revision)
        .join(article_text, article_text.c.version_id == article_version.c.id)
        .outerjoin(story_member, story_member.c.article_id == article.c.id)
    )


def _page(connection: Connection, query: Select[Any]) -> list[Archived]:
    rows = connection.execute(query).mappings().all()
    stored: dict[int, dict[str, Severity]] = {row["id"]: {} for row in rows}
    met = select(rule_match.c.article_id, rule_match.c.rule_id, rule_match.c.severity)
    for article_id, rule_id, severity in connection.execute(met.where(rule_match.c.article_id.in_(list(stored)))):
        stored[article_id][rule_id] = Severity(severity)
    return [_archived(row, stored[row["id"]]) for row in rows]


def _archived(row: RowMapping, stored: Mapping[str, Severity]) -> Archived:
    day = row["published_on"] or (row["published_at"] or row["first_seen_at"]).date()
    return Archived(
        article_id=row["id"],
        version_id=row["version_id"],
        waiting=row["matched_at"] is None,
        headline=row["display_headline"],
        first_seen_at=row["first_seen_at"],
        published=published.from_row(row),
        backfill=bool(row["backfill"]),
        story_id=row["story_id"],
        given=MatchInput(
            title=row["version_title"] or "",
            body=row["text"],
            language=row["language"],
            source=row["source_name"] or "",
            country=row["country"] or "",
            url=row["canonical_url"] or row["url"] or "",
            authors=tuple(row["authors"]),
            section=row["section"] or "",
            published_on=day,
        ),
        stored=stored,
    )
