"""Troubles have a title and know when they were last seen.

Revision: 0008, follows 0007
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("trouble", sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("trouble", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER TABLE trouble DROP COLUMN seen_at")
    op.execute("ALTER TABLE trouble DROP COLUMN title")
