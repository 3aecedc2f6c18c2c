"""Pages and plain sitemaps as feeds.

Revision: 0007, follows 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("feed", sa.Column("kind", sa.Text(), server_default=sa.text("'feed'"), nullable=False))
    op.add_column("feed", sa.Column("selector", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("feed", "selector")
    op.drop_column("feed", "kind")
