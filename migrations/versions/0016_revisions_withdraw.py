"""Of a match that a revision of its article no longer has, the revision is kept.

Revision: 0016, follows 0015
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.add_column("past_match", sa.Column("ended_version_id", _ID, nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("past_match", "ended_version_id")
