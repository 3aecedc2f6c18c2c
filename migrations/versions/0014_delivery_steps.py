"""What became of a delivery without an attempt: held, suppressed, expired, told in a roll-up, sent again by hand.

Revision: 0014, follows 0012
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "delivery_step",
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_delivery_step_delivery_id_delivery", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "at", "state", name="pk_delivery_step"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("delivery_step")
