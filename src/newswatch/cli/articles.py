"""`newswatch articles`: what was stored."""

from datetime import datetime
from typing import Annotated, Any

import typer

from newswatch.cli import article_diff
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
from newswatch.cli.output import Column, ago, clean, clean_text, print_facts, print_json, print_rows
from newswatch.clock import system_now

app = typer.Typer(help="The articles that were stored.", no_args_is_help=True)

_CSV = ("id", "first_seen_at", "language", "source_name", "display_headline", "url", "story_id", "rules")


def published(row: dict[str, Any]) -> str:
    """Return the publication time as precisely as it is known."""
    if row.get("published_on"):
        return str(row["published_on"])
    return clean(row.get("published_at"))


def _columns(now: datetime) -> list[Column]:
    return [
        Column("id", "id"),
        Column("seen", lambda row: ago(row["first_seen_at"], now)),
        Column("published", lambda row: published(dict(row))),
        Column("lang", "language"),
        Column("source", "source_name", wide=True),
        Column("headline", "display_headline", wide=True),
        Column("rules", "rules", wide=True),
    ]


@app.command("list")
def list_articles(
    since: SinceOption = None,
    limit: LimitOption = 50,
    language: Annotated[
        str | None, typer.Option(help="Only in this language, such as ko; zh has both scripts.")
    ] = None,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only those that met a rule.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List articles, newest first.

    Example: newswatch articles list --flagged --since 24h
    """
    from newswatch.store import articles

    with opened(config) as (_, database), database.reading() as connection:
        found = articles.listing(
            connection, limit=limit, since=since_instant(since), language=language, flagged=flagged
        )
    print_list(
        found,
        _columns(system_now()),
        csv_columns=_CSV,
        empty="no articles yet; `newswatch status` shows what waits",
        as_json=json,
        as_csv=csv,
    )


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help='Words; a "phrase" in quotes.')],
    since: SinceOption = None,
    limit: LimitOption = 20,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Search titles and texts, best first. Korean, Japanese and Chinese are found inside words too.

    Example: newswatch articles search 정상회담 나라
    """
    from newswatch.store import articles
    from newswatch.store import search as index

    start = since_instant(since)
    with opened(config) as (_, database), database.reading() as connection:
        ids = index.find(connection, " ".join(words), limit=limit if start is None else 10 * limit)
        rows = {row["id"]: row for row in articles.listing(connection, limit=max(1, len(ids)), since=start, ids=ids)}
    found = [rows[article_id] for article_id in ids if article_id in rows][:limit]
    if json:
        print_json(found)
    else:
        print_rows(found, _columns(system_now()), empty=f"nothing found for {clean(' '.join(words))}")


@app.command()
def show(
    article: Annotated[str, typer.Argument(metavar="ID", help="Id of an article.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show an article: where it came from, how it was extracted, what was removed, which rules it met, its text.

    Example: newswatch articles show 189712345678901234
    """
    from newswatch.store import articles

    with opened(config) as (_, database), database.reading() as connection:
        found = articles.show(connection, row_id("article", article))
    if found is None:
        raise missing("article", article)
    if json:
        print_json(found)
        return
    current = found["versions"][-1]
    print(clean(found["display_headline"]) + "\n")
    print_facts(
        {
            "id": found["id"],
            "title": found["title"],
            "source": found["source_name"],
            "credits": [one["name"] for one in current["credited"]],
            "authors": found["authors"],
            "published": published(found),
            "first seen": found["first_seen_at"],
            "language": found["language"],
            "url": found["canonical_url"] or found["url"],
            "story": found["story_id"],
            "rules": found["rules"],
            "feeds": [feed["name"] for feed in found["feeds"]],
            "extracted by": f"{current['method']}: {current['method_reason']}",
            "revisions": found["versions"] and len(found["versions"]),
            "notes": current["notes"],
        }
    )
    for removed in current["removed"]:
        print(f"removed line {removed['line']} ({removed['reason']}): {clean(removed['text'])}")
    text = current["text"]
    print("\n" + (clean_text(text) if text is not None else "(the text is no longer kept; see [retention])"))


app.command("diff")(article_diff.diff)
