"""`newswatch rules`: what is looked for, and what texts and the archive would meet."""

from pathlib import Path
from typing import Annotated, Any

import typer

from newswatch.cli import (
    rule_apply,
    rule_backtest,
    rule_convert,
    rule_diff,
    rule_evaluate,
    rule_explain,
    rule_lint,
    rule_suggest,
    rule_trial,
)
from newswatch.cli.common import ConfigOption, JsonOption, PackOption, engine_of, load, opened
from newswatch.cli.judgements import Precision, in_short
from newswatch.cli.output import Column, note, print_json, print_rows
from newswatch.model import Severity

app = typer.Typer(help="The rules in force.", no_args_is_help=True)


@app.command("list")
def list_rules(
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Also how precise each rule is, by what readers said (of this version).")
    ] = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the rules of the configured packs with severity, tags and where their alerts go.

    Rules that must be evaluated for every article, because no term is necessary for them, are named below with the
    reason; very many of them make matching slow.

    Example: newswatch rules list
    """
    from newswatch.cli.routing import destinations_of

    loaded = load(config, quiet=bool(pack))
    engine = engine_of(loaded, pack)
    always = engine.always_run
    judged = _judged(config) if feedback else None
    rows: list[dict[str, Any]] = [
        {
            "id": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "severities": [
                severity for severity in Severity if severity in {case.severity for case in rule.severities}
            ],
            "tags": rule.tags,
            "languages": rule.languages,
            "destinations": destinations_of(rule, loaded.route_values),
            "description": rule.description,
            "query": rule.query,
            "hash": rule.hash,
            "always_run": always.get(rule.id),
            **({} if judged is None else {"feedback": judged.of(rule.id, rule.hash)}),
        }
        for rule in engine.ruleset.rules
    ]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("id", "id"),
            Column("name", "name", wide=True),
            Column("severity", lambda row: list(dict.fromkeys([row["severity"], *row["severities"]]))),
            Column("tags", "tags", wide=True),
            Column("languages", lambda row: row["languages"] or "all"),
            Column("goes to", lambda row: row["destinations"] or "nobody"),
            *(
                []
                if judged is None
                else [_precision("precision", "version"), _precision("of all versions", "all_versions")]
            ),
        ],
        empty="no rules; name packs in [rules] packs",
    )
    for rule_id, reason in always.items():
        note(f"always run: {rule_id} ({reason})")


def _precision(title: str, of: str) -> Column:
    return Column(title, lambda row: in_short(row["feedback"][of]))


def _judged(config: Path | None) -> Precision:
    from newswatch.store import feedback

    with opened(config) as (_, database), database.reading() as connection:
        return Precision(feedback.judged(connection))


@app.command()
def packs(json: JsonOption = False) -> None:
    """List the rule packs that come with newswatch.

    Example: newswatch rules packs
    """
    from newswatch.flag.packs import shipped_packs

    names = list(shipped_packs())
    if json:
        print_json(names)
    else:
        for name in names:
            print(name)


app.command("lint")(rule_lint.lint)
app.command("test")(rule_trial.try_out)
app.command("explain")(rule_explain.explain)
app.command("evaluate")(rule_evaluate.evaluate)
app.command("backtest")(rule_backtest.backtest)
app.command("diff")(rule_diff.diff)
app.command("apply")(rule_apply.apply)
app.command("suggest")(rule_suggest.suggest)
app.command("convert")(rule_convert.convert)
