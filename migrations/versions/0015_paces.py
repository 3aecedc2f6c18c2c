"""When receivers that are written to at a pace may be written to again.

Revision: 0015, follows 0014
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pace")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("pace")
