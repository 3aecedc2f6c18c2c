"""Alembic's environment. Run through `newswatch db upgrade`, which passes the connection."""

from typing import Any

from alembic import context

from newswatch.store.tables import metadata

_SEARCH = "article_search"


def include_name(name: str | None, type_: str, _: Any) -> bool:
    """Hide the full-text tables: they are written by hand for each dialect."""
    return not (type_ == "table" and name is not None and name.startswith(_SEARCH))


def run() -> None:
    """Migrate on the connection that the caller passed."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=include_name,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
