"""`newswatch matches`: which articles met which rules, and why."""

from typing import Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, LimitOption, SinceOption, opened, since_instant
from newswatch.cli.output import Column, ago, print_json, print_rows
from newswatch.clock import system_now

app = typer.Typer(help="Which articles met which rules.", no_args_is_help=True)


@app.command("list")
def list_matches(
    since: SinceOption = None,
    limit: LimitOption = 50,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List matches, newest first, with what was found. `--json` has every piece of evidence with its offsets.

    Example: newswatch matches list --rule korea-japan-summit --since 24h
    """
    from newswatch.store import matches

    with opened(config) as (_, database), database.reading() as connection:
        found = matches.listing(connection, limit=limit, since=since_instant(since), rule_id=rule)
    if json:
        print_json(found)
        return
    now = system_now()
    print_rows(
        found,
        [
            Column("when", lambda row: ago(row["matched_at"], now)),
            Column("rule", "rule_id"),
            Column("severity", "severity"),
            Column("score", lambda row: f"{row['score']:g}/{row['threshold']:g}", right=True),
            Column("article", "article_id"),
            Column("lang", "language"),
            Column("headline", "display_headline", wide=True),
            Column("found", lambda row: list(dict.fromkeys(one["text"] for one in row["evidence"]))[:6], wide=True),
        ],
        empty="no matches; `newswatch rules list` shows the rules in force",
    )
