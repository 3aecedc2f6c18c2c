"""Feeds that are asked before others.

Revision: 0006, follows 0005
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("feed", sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column("feed", "priority")
