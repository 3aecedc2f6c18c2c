"""Entries are found by their links too.

Revision: 0005, follows 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply. Entries that are there already get their key when they are edited."""
    op.add_column("entry", sa.Column("link_key", sa.Text(), nullable=True))
    op.create_index("ix_entry_feed_id_link_key", "entry", ["feed_id", "link_key"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_entry_feed_id_link_key", "entry")
    op.drop_column("entry", "link_key")
