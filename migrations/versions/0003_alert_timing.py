"""Timing of alerts: threads that know what was told, digests, silences, troubles, roll-ups.

Revision: 0003, follows 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_INSTANT = sa.DateTime(timezone=True)
_KINDS = "'new', 'update', 'digest', 'rollup', 'ops', 'test'"
_SEVERITIES = "'info', 'normal', 'high', 'flash'"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("thread") as batch:
        batch.alter_column("provider_ref", existing_type=sa.Text(), nullable=True)
        batch.add_column(sa.Column("alert_ids", _JSON, server_default=sa.text("'[]'"), nullable=False))
        batch.add_column(sa.Column("told", _JSON, nullable=True))
        batch.add_column(sa.Column("told_at", _INSTANT, nullable=True))
        batch.add_column(sa.Column("checked_at", _INSTANT, nullable=True))
    # In words, because Alembic adds a CHECK to an SQLite table only by making the table anew, which would delete
    # the attempts that refer to it.
    for column, default, values in (("kind", "new", _KINDS), ("severity", "normal", _SEVERITIES)):
        op.execute(
            f"ALTER TABLE delivery ADD COLUMN {column} TEXT DEFAULT '{default}' NOT NULL "
            f"CONSTRAINT ck_delivery_{column}_known CHECK ({column} IN ({values}))"
        )
    op.execute(
        "UPDATE delivery SET kind = (SELECT kind FROM notification WHERE notification.id = delivery.notification_id)"
    )
    op.add_column("delivery", sa.Column("by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("delivery", sa.Column("via", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("first_attempt_at", _INSTANT, nullable=True))
    op.add_column("delivery", sa.Column("merged_into", _ID, nullable=True))
    op.create_index("ix_delivery_destination_first_attempt_at", "delivery", ["destination", "first_attempt_at"])
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_delivery_merged_into", "delivery", ["merged_into"], sqlite_where=merged, postgresql_where=merged
    )
    op.create_table(
        "digest_item",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("alert_id", _ID, nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("notification_id", _ID, nullable=True),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.CheckConstraint("digest IN ('hourly', 'daily', 'weekly')", name=op.f("ck_digest_item_digest_known")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_digest_item_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name=op.f("fk_digest_item_story_id_story"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_digest_item_notification_id_notification"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("destination", "digest", "alert_id", name=op.f("pk_digest_item")),
    )
    for column in ("alert_id", "story_id", "notification_id"):
        op.create_index(op.f(f"ix_digest_item_{column}"), "digest_item", [column])
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "ix_digest_item_untold",
        "digest_item",
        ["destination", "digest"],
        sqlite_where=untold,
        postgresql_where=untold,
    )
    op.create_table(
        "silence",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("matchers", _JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
    )
    op.create_index(op.f("ix_silence_ends_at"), "silence", ["ends_at"])
    op.create_table(
        "trouble",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trouble")),
    )
    current = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_trouble_current", "trouble", ["key"], unique=True, sqlite_where=current, postgresql_where=current
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("trouble")
    op.drop_table("silence")
    op.drop_table("digest_item")
    op.drop_index("ix_delivery_merged_into", table_name="delivery")
    op.drop_index("ix_delivery_destination_first_attempt_at", table_name="delivery")
    for column in ("merged_into", "first_attempt_at", "via", "by_hand", "severity", "kind"):
        op.execute(f"ALTER TABLE delivery DROP COLUMN {column}")
    op.execute("DELETE FROM thread WHERE provider_ref IS NULL")
    with op.batch_alter_table("thread") as batch:
        for column in ("checked_at", "told_at", "told", "alert_ids"):
            batch.drop_column(column)
        batch.alter_column("provider_ref", existing_type=sa.Text(), nullable=False)
