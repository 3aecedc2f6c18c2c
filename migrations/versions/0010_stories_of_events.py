"""Stories of events: what stories are about, by-hand changes to them, and entity mentions.

Revision: 0010, follows 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    for counted in ("copy_count", "confirmation_count"):
        op.add_column("story", sa.Column(counted, sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("story", sa.Column("merged_into", _ID, nullable=True))
    op.create_table(
        "story_vector",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("latest_at", _INSTANT, nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story_vector"),
    )
    op.create_index("ix_story_vector_story_id", "story_vector", ["story_id"])
    op.create_index("ix_story_vector_latest_at", "story_vector", ["latest_at"])
    op.create_table(
        "story_term",
        sa.Column("term", _ID, nullable=False),
        sa.Column("vector_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("term", "vector_id", name="pk_story_term"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "term_count",
        sa.Column("term", _ID, autoincrement=False, nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", name="pk_term_count"),
    )
    op.create_table(
        "story_edit",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("other_id", _ID, nullable=False),
        sa.Column("article_ids", _JSON, nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('merge', 'split')", name="kind_known"),
        sa.PrimaryKeyConstraint("id", name="pk_story_edit"),
    )
    op.create_index("ix_story_edit_story_id", "story_edit", ["story_id"])
    op.create_index("ix_story_edit_other_id", "story_edit", ["other_id"])
    op.create_table(
        "story_apart",
        sa.Column("story_id", _ID, nullable=False),
        sa.Column("other_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("story_id", "other_id", name="pk_story_apart"),
    )
    op.create_index("ix_story_apart_other_id", "story_apart", ["other_id"])
    op.create_table(
        "entity_name",
        sa.Column("number", _ID, autoincrement=False, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_entity_name"),
        sa.UniqueConstraint("entity", name="uq_entity_name_entity"),
    )
    op.create_table(
        "mention",
        sa.Column("entity", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "article_id", name="pk_mention"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mention_article_id", "mention", ["article_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("mention", "entity_name", "story_apart", "story_edit", "term_count", "story_term", "story_vector"):
        op.drop_table(table)
    for column in ("merged_into", "confirmation_count", "copy_count"):
        op.drop_column("story", column)
