"""Rules applied to stored articles: matches that were, and how far it has come.

Revision: 0004, follows 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("rule_match", sa.Column("backfill", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "past_match",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("tags", _JSON, nullable=False),
        sa.Column("evidence", _JSON, nullable=False),
        sa.Column("evidence_total", sa.Integer(), nullable=False),
        sa.Column("why", _JSON, nullable=False),
        sa.Column("matched_at", _INSTANT, nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.CheckConstraint("ended_by IN ('replaced', 'withdrawn')", name=op.f("ck_past_match_ended_by_known")),
        sa.CheckConstraint(
            "severity IN ('info', 'normal', 'high', 'flash')", name=op.f("ck_past_match_severity_known")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_past_match_article_id_article"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rule_hash"], ["rule_version.rule_hash"], name=op.f("fk_past_match_rule_hash_rule_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_match")),
    )
    op.create_index("ix_past_match_article_id", "past_match", ["article_id"])
    op.create_table(
        "rule_application",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("rules_hash", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=True),
        sa.Column("since", _INSTANT, nullable=True),
        sa.Column("position", _ID, nullable=False),
        sa.Column("articles", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("added", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("withdrawn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_application")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("rule_application")
    op.drop_table("past_match")
    op.drop_column("rule_match", "backfill")
