"""`newswatch stories`: articles on one event."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli import story_moves
from newswatch.cli.charts import sparkline
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    SinceOption,
    missing,
    opened,
    row_id,
    since_instant,
)
from newswatch.cli.csv_output import CsvOption, print_list
from newswatch.cli.output import Column, ago, clean, note, print_facts, print_json, print_rows
from newswatch.clock import system_now

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(help="Articles on one event.", no_args_is_help=True)

_CSV = (
    "id",
    "last_seen_at",
    "phase",
    "article_count",
    "copy_count",
    "confirmation_count",
    "languages",
    "headline",
    "rules",
)
app.command("merge")(story_moves.merge)
app.command("split")(story_moves.split)

_COLUMNS_OF_TIME = 48
"""Characters of a timeline."""


@app.command("list")
def list_stories(
    since: SinceOption = None,
    limit: LimitOption = 50,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only those with an article that met a rule.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List stories, latest first: how they are going, how many articles, copies and independent confirmations.

    Example: newswatch stories list --flagged --since 3d
    """
    from newswatch.group.phases import phase
    from newswatch.store import stories

    now = system_now()
    with opened(config) as (_, database), database.reading() as connection:
        found = stories.listing(connection, limit=limit, since=since_instant(since), flagged=flagged)
        arrivals = stories.arrivals(connection, [row["id"] for row in found])
    rows = [{**row, "phase": phase(arrivals[row["id"]], now).value} for row in found]
    print_list(
        rows,
        [
            Column("id", "id"),
            Column("latest", lambda row: ago(row["last_seen_at"], now)),
            Column("phase", "phase"),
            Column("articles", "article_count", right=True),
            Column("copies", "copy_count", right=True),
            Column("confirmed", "confirmation_count", right=True),
            Column("languages", "languages"),
            Column("headline", "headline", wide=True),
            Column("rules", "rules", wide=True),
        ],
        csv_columns=_CSV,
        empty="no stories yet",
        as_json=json,
        as_csv=csv,
    )


@app.command()
def show(
    story: Annotated[str, typer.Argument(metavar="ID", help="Id of a story.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show a story: its articles over time, which came first, which are copies, which are reports of their own.

    Example: newswatch stories show 189712345678901234
    """
    from newswatch.group.phases import phase
    from newswatch.store import moves, stories

    asked, now = row_id("story", story), system_now()
    with opened(config) as (_, database), database.reading() as connection:
        story_id = moves.current(connection, asked)
        found = stories.get(connection, story_id)
        members = stories.members(connection, story_id)
        changes = moves.edits(connection, story_id)
        arrivals = stories.arrivals(connection, [story_id])[story_id]
    if found is None:
        raise missing("story", story)
    going = phase(arrivals, now).value
    if json:
        print_json({**found, "phase": going, "articles": members, "changes": changes})
        return
    print(clean(found["headline"]) + "\n")
    if story_id != asked:
        note(f"story {asked} was merged into {story_id}")
    print_facts(
        {
            "id": found["id"],
            "phase": going,
            "first seen": found["first_seen_at"],
            "latest": found["last_seen_at"],
            "articles": found["article_count"],
            "copies": str(found["copy_count"]),
            "confirmed by": f"{found['confirmation_count']} independent of the origin",
            "sources": found["source_count"],
            "languages": found["languages"],
            "changed": [_change(one, story_id) for one in changes],
        }
    )
    print()
    for line in timeline([(at, member.relation.value) for at, member in zip(arrivals, members, strict=True)]):
        print(line)
    print()
    rows = [{name: getattr(member, name) for name in type(member).__slots__} for member in members]
    print_rows(
        rows,
        [
            Column("article", "article_id"),
            Column("as", "relation"),
            Column("seen", "first_seen_at"),
            Column("lang", "language"),
            Column("source", "source_name", wide=True),
            Column("headline", "headline", wide=True),
        ],
        empty="no articles",
    )


def _change(one: dict[str, Any], story_id: int) -> str:
    who = "by hand" if one["by_hand"] else "automatically"
    if one["kind"] == "merge":
        return (
            f"{one['other_id']} merged {who}" if one["story_id"] == story_id else f"merged into {one['story_id']} {who}"
        )
    return f"{one['other_id']} split off {who}" if one["story_id"] == story_id else f"split off {one['story_id']} {who}"


def timeline(articles: "Sequence[tuple[datetime, str]]") -> list[str]:
    """Return a drawing of when articles came, a line for reports (with the origin) and one for copies."""
    first, last = articles[0][0], articles[-1][0]
    step = max((last - first) / (_COLUMNS_OF_TIME - 1), timedelta(minutes=1))
    counts = {"reports": [0] * _COLUMNS_OF_TIME, "copies": [0] * _COLUMNS_OF_TIME}
    for at, relation in articles:
        counts["copies" if relation == "copy" else "reports"][int((at - first) / step)] += 1
    lines = [f"{name:<7}  {sparkline(values)}  {sum(values)}" for name, values in counts.items()]
    begins, ends = f"{first:%Y-%m-%d %H:%M}", f"{first + step * _COLUMNS_OF_TIME:%Y-%m-%d %H:%M}"
    return [*lines, f"{'':<7}  {begins}{ends:>{_COLUMNS_OF_TIME - len(begins)}}"]
