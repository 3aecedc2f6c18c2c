"""Articles, their revisions and texts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from newswatch.languages import compared
from newswatch.model import Article, Sample
from newswatch.search_tokens import TOKENIZER_VERSION, SearchText, search_text
from newswatch.store import published, search, shingles
from newswatch.store.database import insert_new
from newswatch.store.tables import (
    article,
    article_text,
    article_url,
    article_version,
    entry,
    feed,
    rule_match,
    story_member,
)

COUNTRY = (
    select(feed.c.country)
    .join(entry, entry.c.feed_id == feed.c.id)
    .where(entry.c.article_id == article.c.id)
    .limit(1)
    .scalar_subquery()
)
"""The country of a feed that an article of the enclosing query came from."""


_CHUNK = 500  # keys in one IN list
_AGAIN = "."  # between a content's hash and the number of a version that has it again
_INSERT_ARTICLE = insert(article)
_INSERT_VERSION = insert(article_version)
_INSERT_TEXT = insert(article_text)


class AddressTaken(Exception):
    """Another process has just stored an article under an address that was free a moment ago."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An extracted article on its way into the database.

    `article_id` is a new id or, where it `revises` a known article, that article's. `url_keys` are the keys of all its
    addresses, `sample` and `tokens` what copies and words are found by.
    """

    article_id: int
    revises: bool
    value: Article
    url_keys: tuple[str, ...]
    sample: Sample
    tokens: SearchText
    tier: int
    backfill: bool
    first_seen_at: datetime


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
    sample: Sample
    match_attempts: int
    walled: bool
    row: RowMapping


@dataclass(frozen=True, slots=True)
class HowRead:
    """How a version's text was found, and how many characters it has."""

    method: str
    length: int


def content_hash(value: Article) -> str:
    """Return the identity of an article's content: title and text."""
    return blake2b(f"{value.title or ''}\n\n{value.text}".encode("utf-8", "replace"), digest_size=16).hexdigest()


def find(connection: Connection, url_keys: Sequence[str]) -> dict[str, int]:
    """Return the ids of the articles that are known under these URL keys, by key."""
    known: dict[str, int] = {}
    for start in range(0, len(url_keys), _CHUNK):
        some = url_keys[start : start + _CHUNK]
        query = select(article_url.c.url_key, article_url.c.article_id).where(article_url.c.url_key.in_(some))
        known.update((row.url_key, row.article_id) for row in connection.execute(query))
    return known


def store(
    connection: Connection, arrivals: Sequence[Arrival], *, new_id: Callable[[], int], now: datetime
) -> list[Stored]:
    """Store new articles, and revisions of known ones where something changed, and return what became of each.

    Raises AddressTaken if somebody else has stored an article under one of the addresses since `find` was asked; the
    transaction is then to be rolled back, after which `find` knows better.
    """
    new = [arrival for arrival in arrivals if not arrival.revises]
    versions = _insert(connection, new, new_id, now) if new else {}
    return [
        _revise(connection, arrival, new_id, now)
        if arrival.revises
        else Stored(arrival.article_id, versions[arrival.article_id], created=True)
        for arrival in arrivals
    ]


def _insert(
    connection: Connection, arrivals: Sequence[Arrival], new_id: Callable[[], int], now: datetime
) -> dict[int, int]:
    """Insert new articles, one statement a table, and return the ids of their versions by article."""
    versions = {arrival.article_id: new_id() for arrival in arrivals}
    connection.execute(
        _INSERT_ARTICLE,
        [
            {
                "id": arrival.article_id,
                "tier": arrival.tier,
                "backfill": arrival.backfill,
                "first_seen_at": arrival.first_seen_at,
                "current_version_id": versions[arrival.article_id],
                "versions": 1,
                "shingles": shingles.pack(arrival.sample),
                **_columns(arrival.value),
            }
            for arrival in arrivals
        ],
    )
    addresses = [
        {"url_key": key, "article_id": arrival.article_id} for arrival in arrivals for key in _addresses(arrival)
    ]
    if addresses and insert_new(connection, article_url, addresses, "url_key") < len(addresses):
        raise AddressTaken
    _insert_versions(connection, [(versions[arrival.article_id], 1, arrival) for arrival in arrivals], now)
    search.add(connection, [(arrival.article_id, arrival.tokens) for arrival in arrivals])
    shingles.index(connection, {arrival.article_id: arrival.sample for arrival in arrivals})
    return versions


def _addresses(arrival: Arrival) -> list[str]:
    return list(dict.fromkeys(arrival.url_keys))


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


def _insert_versions(
    connection: Connection, versions: Sequence[tuple[int, int, Arrival]], now: datetime, *, restored: bool = False
) -> None:
    """Insert versions, given as (id, number in the article's row of versions, what arrived).

    The content of `restored` ones stands in an earlier version of the article too.
    """
    connection.execute(
        _INSERT_VERSION,
        [
            {
                "id": version_id,
                "article_id": arrival.article_id,
                "seq": seq,
                "content_hash": content_hash(arrival.value) + (f"{_AGAIN}{seq}" if restored else ""),
                "title": arrival.value.title,
                "method": arrival.value.method,
                "method_reason": arrival.value.method_reason,
                "removed": [asdict(removed) for removed in arrival.value.removed],
                "credited": [asdict(credit) for credit in arrival.value.credited],
                "notes": list(arrival.value.notes),
                "length": len(arrival.value.text),
                "tokenizer_version": TOKENIZER_VERSION,
                "seen_at": now,
            }
            for version_id, seq, arrival in versions
        ],
    )
    texts = [{"version_id": version_id, "text": arrival.value.text} for version_id, _, arrival in versions]
    connection.execute(_INSERT_TEXT, texts)


def _revise(connection: Connection, arrival: Arrival, new_id: Callable[[], int], now: datetime) -> Stored:
    """Add a version to a known article, unless its current one has this content."""
    article_id, value = arrival.article_id, arrival.value
    addresses = [{"url_key": key, "article_id": article_id} for key in _addresses(arrival)]
    if addresses:
        insert_new(connection, article_url, addresses, "url_key")
    old = connection.execute(
        select(
            article.c.title, article.c.versions, article.c.shingles, article_text.c.text, article_version.c.content_hash
        )
        .join(article_version, article_version.c.id == article.c.current_version_id)
        .outerjoin(article_text, article_text.c.version_id == article.c.current_version_id)
        .where(article.c.id == article_id)
    ).one()
    content = content_hash(value)
    if old.content_hash.partition(_AGAIN)[0] == content:
        return Stored(article_id, None, created=False)
    earlier = (article_version.c.article_id == article_id) & (article_version.c.content_hash == content)
    restored = connection.execute(select(article_version.c.id).where(earlier)).scalar() is not None
    version_id = new_id()
    # The content of a revision may come from a poorer page than the first: dates and names it lacks are kept.
    columns = {name: new for name, new in _columns(value).items() if new not in (None, [])}
    if value.published is None:
        columns = {name: new for name, new in columns.items() if not name.startswith("published")}
    connection.execute(
        update(article)
        .where(article.c.id == article_id)
        .values(
            current_version_id=version_id,
            versions=old.versions + 1,
            shingles=shingles.pack(arrival.sample),
            **columns,
        )
    )
    _insert_versions(connection, [(version_id, old.versions + 1, arrival)], now, restored=restored)
    search.remove(connection, article_id, search_text(old.title or "", old.text or ""))
    title = arrival.tokens.title if value.title else search_text(old.title or "", "").title
    search.add(connection, [(article_id, replace(arrival.tokens, title=title))])
    shingles.unindex(connection, article_id, shingles.unpack(old.shingles))
    shingles.index(connection, {article_id: arrival.sample})
    return Stored(article_id, version_id, created=False)


_VERSIONS = (
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
    .order_by(article_version.c.id)
)


def waiting(connection: Connection, limit: int) -> list[WaitingVersion]:
    """Return versions that rules have not seen, oldest first."""
    query = _VERSIONS.where(article_version.c.matched_at.is_(None)).limit(limit)
    return [_version(row) for row in connection.execute(query).mappings()]


def current(connection: Connection, article_ids: Sequence[int]) -> list[WaitingVersion]:
    """Return the current versions of articles whose texts are kept, oldest first."""
    own = (article_version.c.id == article.c.current_version_id, article.c.id.in_(article_ids))
    return [_version(row) for row in connection.execute(_VERSIONS.where(*own)).mappings()]


def _version(row: RowMapping) -> WaitingVersion:
    return WaitingVersion(
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
        sample=shingles.unpack(row["shingles"]),
        match_attempts=row["match_attempts"],
        walled=bool(row["paywall"]),
        row=row,
    )


def mark_matched(connection: Connection, version_ids: Sequence[int], now: datetime) -> None:
    """Write down that rules have seen these versions."""
    connection.execute(update(article_version).where(article_version.c.id.in_(version_ids)).values(matched_at=now))


def count_match_attempt(connection: Connection, version_id: int) -> None:
    """Write down that matching a version failed."""
    connection.execute(
        update(article_version)
        .where(article_version.c.id == version_id)
        .values(match_attempts=article_version.c.match_attempts + 1)
    )


def how_read(connection: Connection, version_ids: Sequence[int]) -> dict[int, HowRead]:
    """Return how the texts of versions were found, by version."""
    query = select(article_version.c.id, article_version.c.method, article_version.c.length)
    rows = connection.execute(query.where(article_version.c.id.in_(version_ids)))
    return {row.id: HowRead(row.method, row.length) for row in rows}


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
        tag = compared(language)
        query = query.where((article.c.language == tag) | article.c.language.startswith(f"{tag}-", autoescape=True))
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
