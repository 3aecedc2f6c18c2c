"""`newswatch matches`: which articles met which rules, and why."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import INTERRUPTED, each
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    PackOption,
    SinceOption,
    engine_of,
    fail,
    missing,
    opened,
    row_id,
    since_instant,
)
from newswatch.cli.csv_output import CsvOption, print_list
from newswatch.cli.output import Column, ago, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.store.archive import Archived

app = typer.Typer(help="Which articles met which rules.", no_args_is_help=True)

_CSV = (
    "matched_at",
    "rule_id",
    "severity",
    "score",
    "threshold",
    "article_id",
    "language",
    "source_name",
    "display_headline",
    "url",
)


@app.command("list")
def list_matches(
    since: SinceOption = None,
    limit: LimitOption = 50,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """List matches, newest first, with what was found. `--json` has every piece of evidence with its offsets.

    Example: newswatch matches list --rule kr-jp-summit --since 24h
    """
    from newswatch.store import matches

    with opened(config) as (_, database), database.reading() as connection:
        found = matches.listing(connection, limit=limit, since=since_instant(since), rule_id=rule)
    now = system_now()
    print_list(
        found,
        [
            Column("when", lambda row: f"{ago(row['matched_at'], now)}{' (back-filled)' if row['backfill'] else ''}"),
            Column("rule", "rule_id"),
            Column("severity", "severity"),
            Column("score", lambda row: f"{row['score']:g}/{row['threshold']:g}", right=True),
            Column("article", "article_id"),
            Column("lang", "language"),
            Column("headline", "display_headline", wide=True),
            Column("found", lambda row: list(dict.fromkeys(one["text"] for one in row["evidence"]))[:6], wide=True),
        ],
        csv_columns=_CSV,
        empty="no matches; `newswatch rules list` shows the rules in force",
        as_json=json,
        as_csv=csv,
    )


@app.command()
def history(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Id of an article.")],
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only of this rule.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what rules have said of an article: matches in force, and those that were replaced or withdrawn.

    Matches end when changed rules are applied to the archive (`rules apply`), and when a revision of the article does
    not meet the rule any more. Each names the version of its rule.

    Example: newswatch matches history 189712345678901234 kr-jp-summit
    """
    from newswatch.store import articles
    from newswatch.store import history as stored

    article_id = row_id("article", article)
    with opened(config) as (_, database), database.reading() as connection:
        if not articles.listing(connection, limit=1, ids=[article_id]):
            raise missing("article", article)
        found = stored.past(connection, article_id, rule_id=rule)
    if json:
        print_json(found)
        return
    print_rows(
        found,
        [
            Column("rule", "rule_id"),
            Column("version", lambda row: row["rule_hash"][:12]),
            Column("from", "began_at"),
            Column("until", lambda row: row["ended_at"] or "in force"),
            Column("by", _ended),
            Column("severity", "severity"),
            Column("score", lambda row: f"{row['score']:g}/{row['threshold']:g}", right=True),
            Column("why", lambda row: row["why"][:2], wide=True),
        ],
        empty="no rule was ever met",
    )


def _ended(row: Mapping[str, Any]) -> str:
    if row["revision"] is not None:
        return f"{row['ended_by']} by revision {row['revision']}"
    return str(row["ended_by"] or ("back-filled" if row["backfill"] else ""))


@app.command()
def near(
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="Only of this rule.")] = None,
    since: SinceOption = "7d",
    limit: LimitOption = 50,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List stored articles that nearly meet a rule, newest first, with what is missing.

    Near are articles that reach half of the points a rule needs, or lack one clause. They show what a rule overlooks.

    Example: newswatch matches near kr-jp-summit --since 7d
    """
    from newswatch.flag.explain import explain
    from newswatch.flag.near import near_rules

    start = since_instant(since)
    found: list[dict[str, Any]] = []
    with opened(config) as (loaded, database):
        engine = engine_of(loaded, pack)
        ids = [one.id for one in engine.ruleset.rules]
        if rule is not None and rule not in ids:
            raise NotFound("rule", rule, f"rules in force: {', '.join(ids)}")

        def take(one: "Archived") -> bool:
            for rule_id in near_rules(engine, one.given, ids if rule is None else [rule]):
                proof = explain(engine, one.given, rule_id)
                found.append(
                    {
                        "rule_id": rule_id,
                        "article_id": one.article_id,
                        "first_seen_at": one.first_seen_at,
                        "language": one.given.language,
                        "source_name": one.given.source,
                        "display_headline": one.headline,
                        "score": proof.score,
                        "threshold": proof.threshold,
                        "missing": proof.missing,
                        "nearest": proof.nearest,
                    }
                )
            return len(found) >= limit

        _, interrupted = each(database, start, "looking for near misses", take)
    del found[limit:]
    if json:
        print_json(found)
    else:
        now = system_now()
        print_rows(
            found,
            [
                Column("seen", lambda row: ago(row["first_seen_at"], now)),
                Column("rule", "rule_id"),
                Column("article", "article_id"),
                Column("lang", "language"),
                Column("headline", "display_headline", wide=True),
                Column("missing", lambda row: row["missing"][:1], wide=True),
            ],
            empty="no article came near; `newswatch rules explain ARTICLE RULE` shows what one article lacks",
        )
    if interrupted:
        fail(INTERRUPTED)
