"""Shingles are indexed by 32 bits, of which a table needs a third of the space.

Revision: 0018, follows 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Both halves of a hash, one upon the other; SQLite has no operator for exclusive or.
_XOR = {"sqlite": "((hash | (hash >> 32)) - (hash & (hash >> 32)))", "postgresql": "(hash # (hash >> 32))"}


def _table(hash_type: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "article_shingle",
        sa.Column("hash", hash_type, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("hash", "article_id", name=op.f("pk_article_shingle")),
        sqlite_with_rowid=False,
    )


def upgrade() -> None:
    """Apply. What is indexed already stays so, by more shingles than are indexed from now on."""
    op.execute("ALTER TABLE article_shingle RENAME TO old_shingle")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_article_shingle RENAME TO pk_old_shingle")
    _table(sa.Integer())
    short = f"({_XOR[op.get_bind().dialect.name]} & 4294967295) - 2147483648"
    op.execute(f"INSERT INTO article_shingle SELECT DISTINCT {short}, article_id FROM old_shingle")  # noqa: S608 - ours
    op.drop_table("old_shingle")


def downgrade() -> None:
    """Take back. The longer hashes are gone: copies of what was stored before are not found any more."""
    op.drop_table("article_shingle")
    _table(_ID)
