"""The schema, as SQLAlchemy Core tables. `migrations/` builds it; a test compares the two.

Conventions: ids are time-ordered 64-bit integers (see `newswatch.ids`), instants are UTC, enum-like columns carry a
CHECK, and every table that work waits in has `due_at`, `lease_owner`, `lease_until`, `lease_token`.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes; SQLite gets UTC without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Id = BigInteger().with_variant(Integer(), "sqlite")


def _pk() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _lease() -> list[Column[Any]]:
    return [
        Column("lease_owner", Id),
        Column("lease_until", Instant),
        Column("lease_token", Id, nullable=False, server_default=text("0")),
    ]


def _published(prefix: str = "published") -> list[Column[Any]]:
    return [
        Column(f"{prefix}_at", Instant),
        Column(f"{prefix}_on", Date),
        Column(f"{prefix}_precision", Text),
        Column(f"{prefix}_by", Text),
        Column(f"{prefix}_raw", Text),
        Column(f"{prefix}_zone_assumed", Boolean, nullable=False, server_default=text("false")),
    ]


_SEVERITIES = ("info", "normal", "high", "flash")
_KINDS = ("new", "update", "digest", "rollup", "ops", "test")

runner = Table(
    "runner",
    metadata,
    _pk(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("heartbeat_at", Instant, nullable=False),
)

feed = Table(
    "feed",
    metadata,
    _pk(),
    Column("url", Text, nullable=False),
    Column("url_key", Text, nullable=False, unique=True),
    Column("host_key", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("source_name", Text),
    Column("language", Text),
    Column("country", Text),
    Column("tier", Integer, nullable=False, server_default=text("2")),
    Column("origin", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("interval_s", Integer),
    Column("full_text", Boolean, nullable=False, server_default=text("true")),
    Column("time_zone", Text),
    Column("allow_private", Boolean, nullable=False, server_default=text("false")),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("kind", Text, nullable=False, server_default=text("'feed'")),
    Column("selector", Text),
    Column("etag", LargeBinary),
    Column("last_modified", LargeBinary),
    Column("body_hash", Text),
    Column("seen", LargeBinary),
    Column("next_poll_at", Instant),
    Column("last_poll_at", Instant),
    Column("last_success_at", Instant),
    Column("last_new_at", Instant),
    Column("entries_per_day", Float),
    Column("server_min_s", Integer),
    Column("skip_hours", Json, nullable=False, server_default=text("'[]'")),
    Column("skip_days", Json, nullable=False, server_default=text("'[]'")),
    Column("validates", Boolean, nullable=False, server_default=text("false")),
    Column("fail_count", Integer, nullable=False, server_default=text("0")),
    Column("last_reason", Text),
    Column("last_error", Text),
    Column("redirect_url", Text),
    Column("redirect_count", Integer, nullable=False, server_default=text("0")),
    Column("redirect_since", Instant),
    Column("polls", Integer, nullable=False, server_default=text("0")),
    Column("gaps", Json, nullable=False, server_default=text("'[]'")),
    Column("moved_from", Text),
    Column("moved_at", Instant),
    Column("health", Text, nullable=False, server_default=text("'new'")),
    Column("health_reason", Text),
    Column("health_detail", Text),
    Column("health_since", Instant),
    Column("pushed_until", Instant),
    Column("created_at", Instant, nullable=False),
    *_lease(),
    _one_of("status", "active", "disabled", "gone"),
)
Index(
    "ix_feed_due",
    feed.c.next_poll_at,
    sqlite_where=text("status = 'active'"),
    postgresql_where=text("status = 'active'"),
)

host_state = Table(
    "host_state",
    metadata,
    Column("host_key", Text, primary_key=True),
    Column("not_before", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    Column("feed_id", Id, ForeignKey("feed.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("callback", Text),  # the callback's address without the token
    Column("asked_at", Instant),
    Column("confirmed_at", Instant),
    Column("expires_at", Instant),
    Column("next_at", Instant, index=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("detail", Text),
    Column("pushes", Integer, nullable=False, server_default=text("0")),
    Column("last_push_at", Instant),
    _one_of("state", "wanted", "asked", "active", "denied"),
)

fetch_log = Table(
    "fetch_log",
    metadata,
    _pk(),
    Column("feed_id", Id, ForeignKey("feed.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("elapsed_ms", Integer, nullable=False),
    Column("bytes", Integer, nullable=False, server_default=text("0")),
    Column("entries", Integer, nullable=False, server_default=text("0")),
    Column("new_entries", Integer, nullable=False, server_default=text("0")),
    Column("detail", Text),
    Index("ix_fetch_log_feed_id_at", "feed_id", "at"),
    Index("ix_fetch_log_at", "at"),
)

feed_event = Table(
    "feed_event",
    metadata,
    _pk(),
    Column("feed_id", Id, ForeignKey("feed.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("told_at", Instant),
    Index("ix_feed_event_at", "at"),
)

entry = Table(
    "entry",
    metadata,
    _pk(),
    Column("feed_id", Id, ForeignKey("feed.id", ondelete="CASCADE"), nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("guid", Text),
    Column("link", Text),
    Column("link_key", Text),
    Column("title", Text),
    Column("summary", Text),
    Column("content_html", Text),
    Column("authors", Json, nullable=False),
    *_published(),
    Column("language", Text),
    Column("source_name", Text),
    Column("content_hash", Text, nullable=False),
    Column("notes", Json, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("backfill", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'new'")),
    Column("reason", Text),
    Column("detail", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant),
    Column("article_id", Id, ForeignKey("article.id", ondelete="SET NULL"), index=True),
    *_lease(),
    UniqueConstraint("feed_id", "entry_key"),
    Index("ix_entry_feed_id_link_key", "feed_id", "link_key"),
    _one_of("state", "new", "done", "rejected", "quarantined"),
)
ENTRY_WAITING = literal_column("state = 'new'", Boolean)
Index("ix_entry_due", entry.c.due_at, sqlite_where=ENTRY_WAITING, postgresql_where=ENTRY_WAITING)

article = Table(
    "article",
    metadata,
    _pk(),
    Column("url", Text),
    Column("canonical_url", Text),
    Column("source_name", Text),
    Column("title", Text),
    Column("display_headline", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("language_confidence", Float, nullable=False),
    Column("authors", Json, nullable=False),
    *_published(),
    Column("section", Text),
    Column("image_url", Text),
    Column("paywall", Boolean, nullable=False),
    Column("word_count", Integer, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("backfill", Boolean, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("current_version_id", Id, nullable=False),
    Column("versions", Integer, nullable=False, server_default=text("1")),
    Column("shingles", LargeBinary, nullable=False),
    Index("ix_article_published_at", "published_at"),
)

article_url = Table(
    "article_url",
    metadata,
    Column("url_key", Text, primary_key=True),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False, index=True),
)

article_version = Table(
    "article_version",
    metadata,
    _pk(),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("title", Text),
    Column("method", Text, nullable=False),
    Column("method_reason", Text, nullable=False),
    Column("removed", Json, nullable=False),
    Column("credited", Json, nullable=False),
    Column("notes", Json, nullable=False),
    Column("length", Integer, nullable=False),
    Column("tokenizer_version", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("matched_at", Instant),
    Column("match_attempts", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("article_id", "content_hash"),
    UniqueConstraint("article_id", "seq"),
)
Index(
    "ix_article_version_unmatched",
    article_version.c.id,
    sqlite_where=text("matched_at IS NULL"),
    postgresql_where=text("matched_at IS NULL"),
)

article_text = Table(
    "article_text",
    metadata,
    Column(
        "version_id",
        Id,
        ForeignKey("article_version.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("text", Text, nullable=False),
)

article_shingle = Table(
    "article_shingle",
    metadata,
    Column("hash", Integer, nullable=False),
    Column("article_id", Id, nullable=False),  # no foreign key: its index would double the table
    PrimaryKeyConstraint("hash", "article_id"),
    sqlite_with_rowid=False,
)

site_line = Table(
    "site_line",
    metadata,
    Column("site", Text, primary_key=True),
    Column("lines", LargeBinary, nullable=False),  # extract.site_lines.SiteLines
    Column("seen_at", Instant, nullable=False),
)

rule_version = Table(
    "rule_version",
    metadata,
    Column("rule_hash", Text, primary_key=True),
    Column("rule_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("definition", Json, nullable=False),
    Column("first_used_at", Instant, nullable=False),
)

story = Table(
    "story",
    metadata,
    _pk(),
    Column("headline", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False, index=True),
    Column("article_count", Integer, nullable=False),
    Column("source_count", Integer, nullable=False),
    Column("languages", Json, nullable=False),
    Column("copy_count", Integer, nullable=False, server_default=text("0")),
    Column("confirmation_count", Integer, nullable=False, server_default=text("0")),
    Column("merged_into", Id),  # the story that took its articles; no foreign key: SQLite adds none later
)

story_member = Table(
    "story_member",
    metadata,
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("relation", Text, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("of_article_id", Id),
    Column("reason", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    _one_of("relation", "origin", "copy", "report"),
)

story_vector = Table(
    "story_vector",
    metadata,
    _pk(),
    Column("story_id", Id, nullable=False, index=True),  # no foreign key: written before its story
    Column("language", Text, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("latest_at", Instant, nullable=False, index=True),
    Column("kinds", Integer, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

story_term = Table(
    "story_term",
    metadata,
    Column("term", Id, nullable=False),
    Column("vector_id", Id, nullable=False),  # no foreign key: its index would double the table
    PrimaryKeyConstraint("term", "vector_id"),
    sqlite_with_rowid=False,
)

term_count = Table(
    "term_count",
    metadata,
    Column("term", Id, primary_key=True, autoincrement=False),
    Column("articles", Integer, nullable=False),
)

story_edit = Table(
    "story_edit",
    metadata,
    _pk(),
    Column("kind", Text, nullable=False),
    Column("story_id", Id, nullable=False, index=True),
    Column("other_id", Id, nullable=False, index=True),
    Column("article_ids", Json, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    _one_of("kind", "merge", "split"),
)

story_apart = Table(
    "story_apart",
    metadata,
    Column("story_id", Id, nullable=False),
    Column("other_id", Id, nullable=False, index=True),
    PrimaryKeyConstraint("story_id", "other_id"),
)

entity_name = Table(
    "entity_name",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("entity", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
)

mention = Table(
    "mention",
    metadata,
    Column("entity", Id, nullable=False),  # entity_name.number
    Column("article_id", Id, nullable=False, index=True),
    Column("spans", Text, nullable=False),
    PrimaryKeyConstraint("entity", "article_id"),
    sqlite_with_rowid=False,
)


def _match_columns() -> list[Column[Any]]:
    return [
        Column("rule_id", Text, nullable=False),
        Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False, index=True),
        Column("version_id", Id, nullable=False),
        Column("rule_hash", Text, ForeignKey("rule_version.rule_hash"), nullable=False),
        Column("rule_name", Text, nullable=False),
        Column("engine_version", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("score", Float, nullable=False),
        Column("threshold", Float, nullable=False),
        Column("tags", Json, nullable=False),
        Column("evidence", Json, nullable=False),
        Column("evidence_total", Integer, nullable=False),
        Column("why", Json, nullable=False),
        Column("matched_at", Instant, nullable=False),
    ]


rule_match = Table(
    "rule_match",
    metadata,
    _pk(),
    *_match_columns(),
    Column("backfill", Boolean, nullable=False, server_default=text("false")),  # by applying rules to the archive
    UniqueConstraint("rule_id", "article_id"),
    _one_of("severity", *_SEVERITIES),
)

past_match = Table(
    "past_match",
    metadata,
    _pk(),
    *_match_columns(),
    Column("backfill", Boolean, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_version_id", Id),  # of the revision that withdrew it, if one did
    _one_of("severity", *_SEVERITIES),
    _one_of("ended_by", "replaced", "withdrawn"),
)

rule_application = Table(
    "rule_application",
    metadata,
    _pk(),
    Column("rules_hash", Text, nullable=False),
    Column("rule_id", Text),
    Column("since", Instant),
    Column("position", Id, nullable=False),
    Column("articles", Integer, nullable=False, server_default=text("0")),
    Column("added", Integer, nullable=False, server_default=text("0")),
    Column("changed", Integer, nullable=False, server_default=text("0")),
    Column("withdrawn", Integer, nullable=False, server_default=text("0")),
    Column("started_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("finished_at", Instant),
)

alert = Table(
    "alert",
    metadata,
    _pk(),
    Column("rule_id", Text, nullable=False),
    Column("rule_name", Text, nullable=False),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("article_id", Id, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("suppressed", Text),
    Column("reason", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    UniqueConstraint("rule_id", "story_id"),
    _one_of("severity", *_SEVERITIES),
    _one_of("state", "open", "quiet", "closed"),
)

thread = Table(
    "thread",
    metadata,
    _pk(),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("provider_ref", Text),
    Column("alert_ids", Json, nullable=False, server_default=text("'[]'")),
    Column("told", Json),
    Column("told_at", Instant),
    Column("checked_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("story_id", "destination"),
)

notification = Table(
    "notification",
    metadata,
    _pk(),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), index=True),
    Column("alert_ids", Json, nullable=False),
    Column("payload", Text),
    Column("created_at", Instant, nullable=False),
    Column("frozen_at", Instant),
    _one_of("kind", *_KINDS),
)

announced = Table(
    "announced",
    metadata,
    Column("destination", Text, nullable=False),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("notification_id", Id, ForeignKey("notification.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("destination", "article_id"),
)

delivery = Table(
    "delivery",
    metadata,
    _pk(),
    Column("delivery_key", Text, nullable=False, unique=True),
    Column("notification_id", Id, ForeignKey("notification.id", ondelete="CASCADE"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant),
    Column("rendered", Text),
    Column("provider_id", Text),
    Column("sending_since", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("kind", Text, nullable=False, server_default=text("'new'")),
    Column("severity", Text, nullable=False, server_default=text("'normal'")),
    Column("by_hand", Boolean, nullable=False, server_default=text("false")),
    Column("via", Text),
    Column("first_attempt_at", Instant),
    Column(
        "merged_into", Id
    ),  # the roll-up that tells of it; no foreign key: SQLite adds none to a table that is there
    *_lease(),
    Index("ix_delivery_destination_first_attempt_at", "destination", "first_attempt_at"),
    UniqueConstraint("notification_id", "destination"),
    _one_of("kind", *_KINDS),
    _one_of("severity", *_SEVERITIES),
    _one_of(
        "state",
        "pending",
        "sending",
        "delivered",
        "retry_wait",
        "ambiguous",
        "held",
        "suppressed",
        "dead",
        "expired",
    ),
)
DELIVERY_WAITING = literal_column("state IN ('pending', 'sending', 'retry_wait', 'ambiguous')", Boolean)
Index("ix_delivery_due", delivery.c.due_at, sqlite_where=DELIVERY_WAITING, postgresql_where=DELIVERY_WAITING)
_MERGED = literal_column("merged_into IS NOT NULL", Boolean)
Index("ix_delivery_merged_into", delivery.c.merged_into, sqlite_where=_MERGED, postgresql_where=_MERGED)

attempt = Table(
    "attempt",
    metadata,
    _pk(),
    Column("delivery_id", Id, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Text),
    Column("status", Integer),
    Column("detail", Text),
    Column("provider_id", Text),
    UniqueConstraint("delivery_id", "n"),
)

delivery_step = Table(
    "delivery_step",
    metadata,
    Column("delivery_id", Id, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("delivery_id", "at", "state"),
)

digest_item = Table(
    "digest_item",
    metadata,
    Column("destination", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("alert_id", Id, ForeignKey("alert.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("story_id", Id, ForeignKey("story.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("backfill", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("notification_id", Id, ForeignKey("notification.id", ondelete="SET NULL"), index=True),
    Column("told_at", Instant),
    PrimaryKeyConstraint("destination", "digest", "alert_id"),
    _one_of("digest", "hourly", "daily", "weekly"),
)
_UNTOLD = literal_column("told_at IS NULL", Boolean)
Index(
    "ix_digest_item_untold",
    digest_item.c.destination,
    digest_item.c.digest,
    sqlite_where=_UNTOLD,
    postgresql_where=_UNTOLD,
)

silence = Table(
    "silence",
    metadata,
    _pk(),
    Column("matchers", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)

feedback = Table(
    "feedback",
    metadata,
    _pk(),
    Column("rule_id", Text, nullable=False),
    Column("rule_hash", Text, nullable=False),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version_id", Id, nullable=False),
    Column("story_id", Id, nullable=False),
    Column("destination", Text, nullable=False),
    Column("delivery_key", Text, nullable=False),
    Column("verdict", Text),
    Column("judged_at", Instant),
    Column("silence_id", Id),
    Column("muted_at", Instant),
    UniqueConstraint("rule_id", "article_id", "destination"),
    _one_of("verdict", "relevant", "irrelevant"),
)

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("destination", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("destination", "address"),
    _one_of("how", "one_click", "page", "command"),
)

trouble = Table(
    "trouble",
    metadata,
    _pk(),
    Column("key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=text("''")),
    Column("detail", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("seen_at", Instant),
    Column("told_at", Instant),
    Column("ended_at", Instant),
)
_CURRENT = literal_column("ended_at IS NULL", Boolean)
Index("uq_trouble_current", trouble.c.key, unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT)

destination_state = Table(
    "destination_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("disabled_at", Instant),
    Column("disabled_reason", Text),
    Column("paused_until", Instant),
)

pace = Table(
    "pace",
    metadata,
    Column("name", Text, primary_key=True),
    Column("whole_at", Instant, nullable=False),
)

periodic_run = Table(
    "periodic_run",
    metadata,
    Column("name", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("ran_at", Instant, nullable=False),
    PrimaryKeyConstraint("name", "slot"),
)
