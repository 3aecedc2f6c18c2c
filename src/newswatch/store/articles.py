"""Articles, their revisions and texts, and the shingles by which copies are found."""

import array
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from newswatch.ids import first_id_at
from newswatch.model import Article, StoryCandidate
from newswatch.search_tokens import TOKENIZER_VERSION
from newswatch.store import published, search
from newswatch.store.database import insert_new
from newswatch.store.tables import (
    article,
    article_shingle,
    article_text,
    article_url,
    article_version,
    entry,
    feed,
    rule_match,
    story_member,
)

_CANDIDATES = 20
_KEYS = 32
"""Shingles of an article that are indexed: the smallest, so that two copies index the same ones (Broder, 1997). Whether
they are copies is then judged by all of them."""

COUNTRY = (
    select(feed.c.country)
    .join(entry, entry.c.feed_id == feed.c.id)
    .where(entry.c.article_id == article.c.id)
    .limit(1)
    .scalar_subquery()
)
"""The country of a feed that an article of the enclosing query came from."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an article went. `created` says that it is new, `version_id` is None where nothing changed."""

    article_id: int
    version_id: int | None
    created: bool


@dataclass(frozen=True, slots=True)
class WaitingVersion:
    """An article version that rules have not seen, with everything they can ask for."""

    version_id: int
    article_id: int
    seq: int
    title: str | None
    display_headline: str
    text: str
    language: str
    source_name: str | None
    country: str | None
    url: str | None
    authors: tuple[str, ...]
    section: str | None
    published_on: date | None
    published_at: datetime | None
    first_seen_at: datetime
    backfill: bool
    shingles: frozenset[int]
    match_attempts: int
    row: RowMapping


def content_hash(value: Article) -> str:
    """Return the identity of an article's content: title and text."""
    return blake2b(f"{value.title or ''}\n\n{value.text}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def pack(shingles: frozenset[int]) -> bytes:
    """Store shingles as sorted little-endian 64-bit integers."""
    numbers = array.array("q", sorted(shingles))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(data: bytes) -> frozenset[int]:
    """Read what `pack` wrote."""
    numbers = array.array("q")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return frozenset(numbers)


def _keys(shingles: frozenset[int]) -> list[int]:
    return sorted(shingles)[:_KEYS]


def find(connection: Connection, url_keys: Sequence[str]) -> int | None:
    """Return the article that is known under one of these URL keys; the first key that is known decides."""
    if not url_keys:
        return None
    query = select(article_url.c.url_key, article_url.c.article_id).where(article_url.c.url_key.in_(url_keys))
    known = {row.url_key: row.article_id for row in connection.execute(query)}
    return next((known[key] for key in url_keys if key in known), None)


def store(
    connection: Connection,
    value: Article,
    *,
    url_keys: Sequence[str],
    shingles: frozenset[int],
    tier: int,
    backfill: bool,
    first_seen_at: datetime,
    known_id: int | None,
    new_id: Callable[[], int],
    now: datetime,
) -> Stored:
    """Store an article, or a revision of the known one with id `known_id`, or nothing where nothing changed.

    `known_id` is what `find` says of `url_keys`, or the article that an earlier revision of the entry gave.
    """
    digest = content_hash(value)
    if known_id is not None:
        _add_urls(connection, known_id, url_keys)
        same = connection.execute(
            select(article_version.c.id).where(
                article_version.c.article_id == known_id, article_version.c.content_hash == digest
            )
        ).scalar()
        if same is not None:
            return Stored(known_id, None, created=False)
        return Stored(known_id, _revise(connection, known_id, value, digest, shingles, new_id(), now), created=False)
    article_id, version_id = new_id(), new_id()
    connection.execute(
        insert(article).values(
            id=article_id,
            tier=tier,
            backfill=backfill,
            first_seen_at=first_seen_at,
            current_version_id=version_id,
            versions=1,
            shingles=pack(shingles),
            **_columns(value),
        )
    )
    _add_urls(connection, article_id, url_keys)
    _insert_version(connection, version_id, article_id, 1, value, digest, now)
    search.add(connection, article_id, value.title or "", value.text)
    _insert_shingles(connection, article_id, shingles)
    return Stored(article_id, version_id, created=True)


def _columns(value: Article) -> dict[str, Any]:
    return {
        "url": value.url,
        "canonical_url": value.canonical_url,
        "source_name": value.source_name,
        "title": value.title,
        "display_headline": value.display_headline,
        "language": value.language,
        "language_confidence": value.language_confidence,
        "authors": list(value.authors),
        "section": value.section,
        "image_url": value.image_url,
        "paywall": value.paywall,
        "word_count": value.word_count,
        **published.to_columns(value.published),
    }


def _add_urls(connection: Connection, article_id: int, url_keys: Sequence[str]) -> None:
    rows = [{"url_key": key, "article_id": article_id} for key in dict.fromkeys(url_keys)]
    if rows:
        insert_new(connection, article_url, rows, "url_key")


def _insert_shingles(connection: Connection, article_id: int, shingles: frozenset[int]) -> None:
    if shingles:
        rows = [{"hash": number, "article_id": article_id} for number in _keys(shingles)]
        connection.execute(insert(article_shingle), rows)


def _insert_version(
    connection: Connection, version_id: int, article_id: int, seq: int, value: Article, digest: str, now: datetime
) -> None:
    connection.execute(
        insert(article_version).values(
            id=version_id,
            article_id=article_id,
            seq=seq,
            content_hash=digest,
            title=value.title,
            method=value.method,
            method_reason=value.method_reason,
            removed=[asdict(removed) for removed in value.removed],
            credited=[asdict(credit) for credit in value.credited],
            notes=list(value.notes),
            length=len(value.text),
            tokenizer_version=TOKENIZER_VERSION,
            seen_at=now,
        )
    )
    connection.execute(insert(article_text).values(version_id=version_id, text=value.text))


def _revise(
    connection: Connection,
    article_id: int,
    value: Article,
    digest: str,
    shingles: frozenset[int],
    version_id: int,
    now: datetime,
) -> int:
    old = connection.execute(
        select(article.c.title, article.c.versions, article.c.shingles, article_text.c.text)
        .outerjoin(article_text, article_text.c.version_id == article.c.current_version_id)
        .where(article.c.id == article_id)
    ).one()
    # The content of a revision may come from a poorer page than the first: dates and names it lacks are kept.
    columns = {name: new for name, new in _columns(value).items() if new not in (None, [])}
    if value.published is None:
        columns = {name: new for name, new in columns.items() if not name.startswith("published")}
    connection.execute(
        update(article)
        .where(article.c.id == article_id)
        .values(current_version_id=version_id, versions=old.versions + 1, shingles=pack(shingles), **columns)
    )
    _insert_version(connection, version_id, article_id, old.versions + 1, value, digest, now)
    search.remove(connection, article_id, old.title or "", old.text or "")
    search.add(connection, article_id, columns.get("title") or old.title or "", value.text)
    connection.execute(
        delete(article_shingle).where(
            article_shingle.c.article_id == article_id, article_shingle.c.hash.in_(_keys(unpack(old.shingles)))
        )
    )
    _insert_shingles(connection, article_id, shingles)
    return version_id


def waiting(connection: Connection, limit: int) -> list[WaitingVersion]:
    """Return versions that rules have not seen, oldest first."""
    query = (
        select(
            article,
            article_version.c.id.label("version_id"),
            article_version.c.seq,
            article_version.c.title.label("version_title"),
            article_version.c.match_attempts,
            article_text.c.text,
            COUNTRY.label("country"),
        )
        .join(article_version, article_version.c.article_id == article.c.id)
        .join(article_text, article_text.c.version_id == article_version.c.id)
        .where(article_version.c.matched_at.is_(None))
        .order_by(article_version.c.id)
        .limit(limit)
    )
    return [
        WaitingVersion(
            version_id=row["version_id"],
            article_id=row["id"],
            seq=row["seq"],
            title=row["version_title"],
            display_headline=row["display_headline"],
            text=row["text"],
            language=row["language"],
            source_name=row["source_name"],
            country=row["country"],
            url=row["canonical_url"] or row["url"],
            authors=tuple(row["authors"]),
            section=row["section"],
            published_on=row["published_on"] or (row["published_at"].date() if row["published_at"] else None),
            published_at=row["published_at"],
            first_seen_at=row["first_seen_at"],
            backfill=bool(row["backfill"]),
            shingles=unpack(row["shingles"]),
            match_attempts=row["match_attempts"],
            row=row,
        )
        for row in connection.execute(query).mappings()
    ]


def mark_matched(connection: Connection, version_id: int, now: datetime) -> None:
    """Write down that rules have seen a version."""
    connection.execute(update(article_version).where(article_version.c.id == version_id).values(matched_at=now))


def count_match_attempt(connection: Connection, version_id: int) -> None:
    """Write down that matching a version failed."""
    connection.execute(
        update(article_version)
        .where(article_version.c.id == version_id)
        .values(match_attempts=article_version.c.match_attempts + 1)
    )


def story_candidates(
    connection: Connection, shingles: frozenset[int], *, article_id: int, since: datetime
) -> list[StoryCandidate]:
    """Return articles first seen since an instant that share sampled shingles, most shared first (at most 20)."""
    if not shingles:
        return []
    shared = func.count().label("shared")
    found = (
        select(article_shingle.c.article_id, shared)
        .where(
            article_shingle.c.hash.in_(_keys(shingles)),
            article_shingle.c.article_id >= first_id_at(since),
            article_shingle.c.article_id != article_id,
        )
        .group_by(article_shingle.c.article_id)
        .order_by(shared.desc(), article_shingle.c.article_id)
        .limit(_CANDIDATES)
        .cte("found")
    )
    query = (
        select(found.c.article_id, found.c.shared, article.c.source_name, article.c.shingles, story_member.c.story_id)
        .join(article, article.c.id == found.c.article_id)
        .join(story_member, story_member.c.article_id == found.c.article_id)
        .order_by(found.c.shared.desc(), found.c.article_id)
    )
    return [
        StoryCandidate(
            article_id=row.article_id,
            story_id=row.story_id,
            source_name=row.source_name,
            shingles=unpack(row.shingles),
            shared=row.shared,
        )
        for row in connection.execute(query)
    ]


def version_text(connection: Connection, version_id: int) -> tuple[str, str]:
    """Return title and text of a version; empty where they are not kept any more."""
    row = connection.execute(
        select(article_version.c.title, article_text.c.text)
        .outerjoin(article_text, article_text.c.version_id == article_version.c.id)
        .where(article_version.c.id == version_id)
    ).one_or_none()
    return (row.title or "", row.text or "") if row else ("", "")


def listing(
    connection: Connection,
    *,
    limit: int,
    since: datetime | None = None,
    language: str | None = None,
    flagged: bool = False,
    ids: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """Return articles for people, newest first, with their story and the rules they met."""
    query = (
        select(article, story_member.c.story_id)
        .outerjoin(story_member, story_member.c.article_id == article.c.id)
        .order_by(article.c.first_seen_at.desc(), article.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(article.c.first_seen_at >= since)
    if language is not None:
        query = query.where(article.c.language == language)
    if flagged:
        query = query.where(article.c.id.in_(select(rule_match.c.article_id)))
    if ids is not None:
        query = query.where(article.c.id.in_(ids))
    rows = list(connection.execute(query).mappings())
    rules: dict[int, list[str]] = {}
    matched = select(rule_match.c.article_id, rule_match.c.rule_id).where(
        rule_match.c.article_id.in_([row["id"] for row in rows])
    )
    for article_id, rule_id in connection.execute(matched.order_by(rule_match.c.rule_id)):
        rules.setdefault(article_id, []).append(rule_id)
    hidden = {"shingles", "current_version_id"}
    return [
        {**{name: value for name, value in row.items() if name not in hidden}, "rules": rules.get(row["id"], [])}
        for row in rows
    ]


def show(connection: Connection, article_id: int) -> dict[str, Any] | None:
    """Return one article with its text, revisions, URLs and feeds, or None."""
    found = listing(connection, limit=1, ids=[article_id])
    if not found:
        return None
    versions = connection.execute(
        select(article_version, article_text.c.text)
        .outerjoin(article_text, article_text.c.version_id == article_version.c.id)
        .where(article_version.c.article_id == article_id)
        .order_by(article_version.c.seq)
    ).mappings()
    feeds = connection.execute(
        select(feed.c.name, entry.c.link, entry.c.first_seen_at)
        .join(feed, feed.c.id == entry.c.feed_id)
        .where(entry.c.article_id == article_id)
        .order_by(entry.c.id)
    ).mappings()
    return {**found[0], "versions": [dict(row) for row in versions], "feeds": [dict(row) for row in feeds]}


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of articles and of versions that rules have not seen."""
    unmatched = select(func.count()).select_from(article_version).where(article_version.c.matched_at.is_(None))
    return {
        "articles": connection.execute(select(func.count()).select_from(article)).scalar_one(),
        "unmatched": connection.execute(unmatched).scalar_one(),
    }
