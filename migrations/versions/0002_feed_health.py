"""How feeds are doing, how long they usually bring nothing new, where they moved from, and which events were told.

Revision: 0002, follows 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COLUMNS = ("gaps", "moved_from", "moved_at", "health", "health_reason", "health_detail", "health_since")


def upgrade() -> None:
    """Apply."""
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("feed", sa.Column("gaps", json, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("feed", sa.Column("moved_from", sa.Text(), nullable=True))
    op.add_column("feed", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("feed", sa.Column("health", sa.Text(), server_default=sa.text("'new'"), nullable=False))
    op.add_column("feed", sa.Column("health_reason", sa.Text(), nullable=True))
    op.add_column("feed", sa.Column("health_detail", sa.Text(), nullable=True))
    op.add_column("feed", sa.Column("health_since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE feed SET health = 'ok' WHERE last_success_at IS NOT NULL")
    op.execute("UPDATE feed SET health = 'failing' WHERE fail_count >= 3")
    op.execute("UPDATE feed SET health = 'gone' WHERE status = 'gone'")
    op.add_column("feed_event", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_feed_event_at", "feed_event", ["at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_feed_event_at", "feed_event")
    op.drop_column("feed_event", "told_at")
    for name in reversed(_COLUMNS):
        op.drop_column("feed", name)
