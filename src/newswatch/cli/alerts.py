"""`newswatch alerts`: what was worth telling."""

from typing import Annotated

import typer

from newswatch.cli.alert_explain import explain
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
from newswatch.cli.output import Column, ago, clean, print_facts, print_json, print_rows
from newswatch.clock import system_now

app = typer.Typer(help="What was worth telling somebody.", no_args_is_help=True)

_CSV = (
    "id",
    "opened_at",
    "rule_id",
    "severity",
    "state",
    "suppressed",
    "story_id",
    "headline",
    "article_count",
    "source_count",
)
app.command()(explain)


@app.command("list")
def list_alerts(
    since: SinceOption = None,
    limit: LimitOption = 50,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List alerts, newest first; those that went nowhere say why.

    Example: newswatch alerts list --since 7d
    """
    from newswatch.store import alerts

    with opened(config) as (_, database), database.reading() as connection:
        found = alerts.listing(connection, limit=limit, since=since_instant(since), rule_id=rule)
    now = system_now()
    print_list(
        found,
        [
            Column("id", "id"),
            Column("when", lambda row: ago(row["opened_at"], now)),
            Column("severity", "severity"),
            Column("rule", "rule_id"),
            Column("story", "story_id"),
            Column("articles", "article_count", right=True),
            Column("headline", "headline", wide=True),
            Column("not sent", "suppressed"),
        ],
        csv_columns=_CSV,
        empty="no alerts yet",
        as_json=json,
        as_csv=csv,
    )


@app.command()
def show(
    alert: Annotated[str, typer.Argument(metavar="ID", help="Id of an alert.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show an alert: why now, and who was told when.

    Example: newswatch alerts show 189712345678901234
    """
    from newswatch.store import alerts

    with opened(config) as (_, database), database.reading() as connection:
        found = alerts.show(connection, row_id("alert", alert))
    if found is None:
        raise missing("alert", alert)
    if json:
        print_json(found)
        return
    print(clean(found["headline"]) + "\n")
    print_facts(
        {
            "id": found["id"],
            "rule": f"{found['rule_name']} ({found['rule_id']})",
            "severity": found["severity"],
            "state": found["state"],
            "opened": found["opened_at"],
            "why": found["reason"],
            "not sent": found["suppressed"],
            "story": found["story_id"],
            "article": found["article_id"],
        }
    )
    print()
    print_rows(
        found["deliveries"],
        [
            Column("delivery", "delivery_id"),
            Column("to", "destination"),
            Column("state", "state"),
            Column("attempts", "attempts", right=True),
            Column("delivered", "delivered_at"),
            Column("reason", "reason", wide=True),
        ],
        empty="nobody was told",
    )
