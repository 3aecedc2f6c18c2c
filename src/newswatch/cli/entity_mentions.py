"""`newswatch entities mentions` and `together`: who appears where, with whom, when."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.charts import sparkline
from newswatch.cli.common import ConfigOption, JsonOption, LimitOption, SinceOption, opened, since_instant
from newswatch.cli.output import Column, ago, print_json, print_rows
from newswatch.clock import system_now

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEEKS = 26
"""Weeks that are drawn."""

EntityArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of an entity, such as takaichi-sanae.")]


def mentions(
    entity: EntityArgument,
    since: SinceOption = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the articles that mention an entity, newest first, whether a rule asks for it or not.

    Example: newswatch entities mentions takaichi-sanae --since 7d
    """
    from newswatch.store import mentions as stored

    with opened(config) as (_, database), database.reading() as connection:
        rows = stored.listing(connection, entity, since=since_instant(since), limit=limit)
    if json:
        print_json(rows)
        return
    now = system_now()
    columns = [
        Column("article", "article_id"),
        Column("seen", lambda row: ago(row["first_seen_at"], now)),
        Column("times", lambda row: len(row["spans"]), right=True),
        Column("lang", "language"),
        Column("source", "source_name", wide=True),
        Column("headline", "display_headline", wide=True),
    ]
    print_rows(rows, columns, empty=f"no stored article mentions {entity}; `newswatch entities list` shows the ids")


def together(
    entity: EntityArgument,
    since: SinceOption = None,
    limit: LimitOption = 30,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show who and what is mentioned in the same articles as an entity, with the number of articles in each week.

    Example: newswatch entities together lee-jae-myung --since 90d
    """
    from newswatch.store import mentions as stored

    with opened(config) as (_, database), database.reading() as connection:
        after = since_instant(since)
        alone = stored.weekly(connection, entity, since=after)
        others = stored.together(connection, entity, since=after)[:limit]
    own = {"entity": entity, "type": "", "articles": sum(alone.values()), "weeks": alone}
    if json:
        print_json([_dated(one) for one in (own, *others)])
        return
    last = max(alone, default=0)
    first = max(last - _WEEKS + 1, min(alone, default=0))
    begins, ends = stored.week_begins(first), stored.week_begins(last) + timedelta(days=6)
    columns = [
        Column("entity", "entity"),
        Column("type", "type"),
        Column("articles", "articles", right=True),
        Column(
            f"weeks {begins:%Y-%m-%d} to {ends:%Y-%m-%d}",
            lambda row: sparkline([row["weeks"].get(week, 0) for week in range(first, last + 1)]),
        ),
    ]
    empty = f"no stored article mentions {entity}; `newswatch entities list` shows the ids"
    print_rows([own, *others] if alone else [], columns, empty=empty)


def _dated(one: "Mapping[str, Any]") -> dict[str, Any]:
    from newswatch.store.mentions import week_begins

    weeks = {f"{week_begins(week):%Y-%m-%d}": count for week, count in sorted(one["weeks"].items())}
    return {**one, "weeks": weeks}
