"""`newswatch stories`: articles on one event."""

from typing import Annotated

import typer

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
from newswatch.cli.output import Column, ago, clean, print_facts, print_json, print_rows
from newswatch.clock import system_now

app = typer.Typer(help="Articles on one event.", no_args_is_help=True)


@app.command("list")
def list_stories(
    since: SinceOption = None,
    limit: LimitOption = 50,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only those with an article that met a rule.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List stories, latest first.

    Example: newswatch stories list --flagged --since 3d
    """
    from newswatch.store import stories

    with opened(config) as (_, database), database.reading() as connection:
        found = stories.listing(connection, limit=limit, since=since_instant(since), flagged=flagged)
    if json:
        print_json(found)
        return
    now = system_now()
    print_rows(
        found,
        [
            Column("id", "id"),
            Column("latest", lambda row: ago(row["last_seen_at"], now)),
            Column("articles", "article_count", right=True),
            Column("sources", "source_count", right=True),
            Column("languages", "languages"),
            Column("headline", "headline", wide=True),
            Column("rules", "rules", wide=True),
        ],
        empty="no stories yet",
    )


@app.command()
def show(
    story: Annotated[str, typer.Argument(metavar="ID", help="Id of a story.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show a story and its articles: which came first, which are copies, which are reports of their own.

    Example: newswatch stories show 189712345678901234
    """
    from newswatch.store import stories

    with opened(config) as (_, database), database.reading() as connection:
        story_id = row_id("story", story)
        found = stories.get(connection, story_id)
        members = stories.members(connection, story_id)
    if found is None:
        raise missing("story", story)
    if json:
        print_json({**found, "articles": members})
        return
    print(clean(found["headline"]) + "\n")
    print_facts(
        {
            "id": found["id"],
            "first seen": found["first_seen_at"],
            "latest": found["last_seen_at"],
            "articles": found["article_count"],
            "sources": found["source_count"],
            "languages": found["languages"],
        }
    )
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
