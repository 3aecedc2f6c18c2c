"""Feedback: what readers say of what rules flagged, and mail addresses that want no more.

Revision: 0017, follows 0016
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "feedback",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("judged_at", _INSTANT, nullable=True),
        sa.Column("silence_id", _ID, nullable=True),
        sa.Column("muted_at", _INSTANT, nullable=True),
        sa.CheckConstraint("verdict IN ('relevant', 'irrelevant')", name="verdict_known"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_feedback_article_id_article", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("rule_id", "article_id", "destination", name="uq_feedback_rule_id_article_id_destination"),
    )
    op.create_index("ix_feedback_article_id", "feedback", ["article_id"])
    op.create_table(
        "unsubscribed",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("how IN ('one_click', 'page', 'command')", name="how_known"),
        sa.PrimaryKeyConstraint("destination", "address", name="pk_unsubscribed"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("unsubscribed")
    op.drop_table("feedback")
