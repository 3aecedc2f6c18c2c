"""Subscriptions to hubs that push what is new of feeds (WebSub).

Revision: 0012, follows 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("feed", sa.Column("pushed_until", _INSTANT, nullable=True))
    op.create_table(
        "subscription",
        sa.Column("feed_id", _ID, autoincrement=False, nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=True),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("next_at", _INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("pushes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_push_at", _INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('wanted', 'asked', 'active', 'denied')", name="state_known"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_subscription_feed_id_feed", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", name="pk_subscription"),
        sa.UniqueConstraint("token", name="uq_subscription_token"),
    )
    op.create_index("ix_subscription_next_at", "subscription", ["next_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscription")
    op.drop_column("feed", "pushed_until")
