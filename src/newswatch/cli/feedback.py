"""`newswatch feedback`: what readers said at the links of messages."""

import json as json_
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    LimitOption,
    SinceOption,
    fail,
    missing,
    opened,
    row_id,
    since_instant,
)
from newswatch.cli.output import Column, ago, many, note, print_json, print_rows
from newswatch.clock import system_now

if TYPE_CHECKING:
    from newswatch.cli.labelled import Labelled

app = typer.Typer(help="What readers said at the links of messages.", no_args_is_help=True)

RuleOption = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only of this rule.")]


@app.command("list")
def list_feedback(
    rule: RuleOption = None,
    since: SinceOption = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what each destination said of each article that a rule flagged, newest first.

    Example: newswatch feedback list --rule storm --since 7d
    """
    from newswatch.store import feedback

    with opened(config) as (_, database), database.reading() as connection:
        found = feedback.listing(connection, limit=limit, since=since_instant(since), rule_id=rule)
    if json:
        print_json(found)
        return
    now = system_now()
    print_rows(
        found,
        [
            Column("id", "id"),
            Column("said", lambda row: ago(max(filter(None, (row["judged_at"], row["muted_at"]))), now)),
            Column("rule", "rule_id"),
            Column("verdict", "verdict"),
            Column("muted", lambda row: row["muted_until"] or ""),
            Column("by", "destination", wide=True),
            Column("headline", "headline", wide=True),
        ],
        empty="nobody has said anything",
    )


@app.command()
def rules(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the precision of each version of each rule, as readers judge it: the share of relevant articles.

    An article on which readers disagree is disputed and counts for neither side.

    Example: newswatch feedback rules
    """
    from newswatch.cli.judgements import by_version, in_short
    from newswatch.store import feedback, matches

    with opened(config) as (_, database), database.reading() as connection:
        versions = by_version(feedback.judged(connection))
        first_used = matches.first_used(connection, {rule_hash for _, rule_hash in versions})
    rows = [
        {
            "rule": rule,
            "rule_hash": rule_hash,
            "first_used_at": first_used.get(rule_hash),
            **found.document(),
        }
        for (rule, rule_hash), found in versions.items()
    ]
    if json:
        print_json(rows)
        return
    print_rows(
        rows,
        [
            Column("rule", "rule"),
            Column("version", "rule_hash"),
            Column("in use since", "first_used_at"),
            Column("precision", in_short),
            Column("disputed", "disputed", right=True),
        ],
        empty="nobody has judged anything",
    )


@app.command()
def export(
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="What was said of articles that it flagged.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print what readers judged as labelled texts, one JSON object a line, for `rules test` and `rules evaluate`.

    Disputed articles are borderline. Those whose text is no longer kept are left out.

    Example: newswatch feedback export --rule storm
    """
    from newswatch.cli.judgements import labelled_texts

    with opened(config) as (_, database), database.reading() as connection:
        texts, gone = labelled_texts(connection, rule)
    lines = [_line(one) for _, one in texts]
    if json:
        print_json(lines)
    else:
        for line in lines:
            print(json_.dumps(line, ensure_ascii=False))
    if gone:
        note(f"{many(gone, 'article')} left out: the text is no longer kept ([retention] texts)")
    if not texts:
        note("nobody has judged anything of this rule")
        fail(1)


def _line(one: "Labelled") -> dict[str, Any]:
    given = one.given
    facts = {
        "id": one.id,
        "label": one.label.value,
        "kind": one.kind,
        "lang": given.language,
        "source": given.source,
        "country": given.country,
        "url": given.url,
        "date": str(given.published_on or ""),
    }
    return {**{name: value for name, value in facts.items() if value}, "title": given.title, "text": given.body}


@app.command()
def remove(
    feedback_id: Annotated[str, typer.Argument(metavar="ID", help="Id of what somebody said.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Forget what somebody said. A silence that came of it stays: `newswatch silence expire` ends it.

    Example: newswatch feedback remove 189712345678901234
    """
    from newswatch.store import feedback

    number = row_id("feedback", feedback_id)
    with opened(config) as (_, database), database.writing() as connection:
        if not feedback.forget(connection, number):
            raise missing("feedback", feedback_id)
    if json:
        print_json({"id": number, "removed": True})
    else:
        print("forgotten")
