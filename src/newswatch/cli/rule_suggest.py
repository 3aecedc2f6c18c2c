"""`newswatch rules suggest`: a rule from examples, with its back-test."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.archive import each
from newswatch.cli.backtest import by_day, by_number, every_day
from newswatch.cli.charts import sparkline
from newswatch.cli.common import (
    ConfigOption,
    JsonOption,
    PackOption,
    SinceOption,
    UsageError,
    engine_of,
    fail,
    opened,
    since_instant,
)
from newswatch.cli.given import TextFacts, is_text, stored
from newswatch.cli.output import Column, clean, cut, many, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.model import MatchInput

if TYPE_CHECKING:
    from newswatch.flag.suggest import Suggestion
    from newswatch.store.archive import Archived
    from newswatch.store.database import Database

_LABELLED = (".jsonl", ".ndjson")
_TERMS = 15  # shown to people; JSON has all
_CHECKED = 5_000  # articles of the archive that are matched again
_SPARKS = 60
_FEW = 3  # examples


@dataclass(slots=True)
class Given:
    """Articles that the command was given. `ids` are those of the archive."""

    articles: list[MatchInput] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Tried:
    """What the suggested rule makes of examples, others and archive."""

    examples: int = 0
    others: int = 0
    archive: int = 0
    seen: int = 0
    days_seen: int = 1  # from the first to the last article of the archive
    checked: bool = True  # whether every article that can meet the rule was matched
    days: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    samples: list["Archived"] = field(default_factory=list)


def suggest(
    examples: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="ARTICLE",
            help="An example: the id of a stored article, a text file, or labelled texts (.jsonl). Repeat for more.",
        ),
    ],
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--not", metavar="ARTICLE", help="An article that must not be found. Repeat for more.", show_default=False
        ),
    ] = None,
    since: SinceOption = "30d",
    samples: Annotated[int, typer.Option(min=0, max=1000, help="Show at most this many articles of the archive.")] = 5,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Suggest a rule that finds articles like the examples, and show what it finds in the archive.

    Terms, phrases and entities of the packs are ranked by how much more they are said in the examples than in the
    archive (log-odds with an informative prior), then put together so that every example is found and little else.
    Positive lines of labelled texts are examples, negative ones must not be found. Changes nothing. Exit code 1 if the
    examples have nothing in common that tells them from the archive.

    Example: newswatch rules suggest --from 189712345678901234 --from 189712345678901299 --not 189712345678901300
    """
    from newswatch.flag.suggest import Suggester
    from newswatch.store import archive

    start = since_instant(since)
    with opened(config) as (loaded, database):
        wanted, unwanted = Given(), Given()
        for argument in examples:
            _read(database, argument, wanted, unwanted)
        for argument in others or ():
            _read(database, argument, unwanted, wanted)
        if not wanted.articles:
            raise UsageError("there is no example; name articles with --from")
        suggester = Suggester(engine_of(loaded, pack).ruleset, wanted.articles, unwanted.articles)
        if len(wanted.articles) < _FEW:
            note("few examples say little about what they have in common; three or more make a better rule")
        skipped = wanted.ids | unwanted.ids
        seen: list[int] = []
        days: list[date] = []  # of the newest and of the oldest article

        def take(one: "Archived") -> None:
            if one.article_id not in skipped:
                seen.append(one.article_id)
                days[1:] = [one.first_seen_at.date()]
                suggester.observe(one.given)

        each(database, start, "reading the archive", take)

        def look(number: int) -> MatchInput | None:
            with database.reading() as connection:
                one = archive.get(connection, seen[number])
            return None if one is None else one.given

        found = suggester.suggest(look)
        tried = _try(database, found, wanted.articles, unwanted.articles, seen, samples)
        tried.days_seen = (days[0] - days[-1]).days + 1 if days else 1
    rule = _rule(found)
    if json:
        print_json(_document(found, tried, rule))
    else:
        _print(found, tried, rule, wanted, unwanted, start)
    if not found.query:
        fail(1)


def _read(database: "Database", argument: str, into: Given, negatives: Given) -> None:
    """Read an argument; negative lines of labelled texts go to `negatives`."""
    if argument.endswith(_LABELLED):
        _read_labelled(argument, into, negatives)
    elif is_text(argument):
        into.articles.append(TextFacts().article(argument))
    else:
        one = stored(database, argument)
        into.articles.append(one.given)
        into.ids.add(one.article_id)


def _read_labelled(file: str, into: Given, negatives: Given) -> None:
    from newswatch.cli.labelled import Label, read_labelled
    from newswatch.cli.rule_evaluate import read_lines
    from newswatch.errors import Problem

    for one in read_labelled(read_lines(file), file):
        if isinstance(one, Problem):
            note(str(one))
        elif one.label is Label.POSITIVE:
            into.articles.append(one.given)
        elif one.label is Label.NEGATIVE:
            negatives.articles.append(one.given)


def _try(
    database: "Database",
    found: "Suggestion",
    examples: Iterable[MatchInput],
    others: Iterable[MatchInput],
    seen: Sequence[int],
    samples: int,
) -> Tried:
    from newswatch.flag.matching import Engine
    from newswatch.store import archive

    engine = Engine(found.ruleset)
    tried = Tried(seen=len(seen), checked=len(found.possible) <= _CHECKED)
    tried.examples = sum(bool(engine.match(one)) for one in examples)
    tried.others = sum(bool(engine.match(one)) for one in others)
    for number in found.possible[:_CHECKED]:
        with database.reading() as connection:
            one = archive.get(connection, seen[number])
        if one is None or not engine.match(one.given):
            continue
        tried.archive += 1
        tried.days[one.first_seen_at.date().isoformat()] += 1
        tried.languages[one.given.language] += 1
        if len(tried.samples) < samples:
            tried.samples.append(one)
    return tried


def _rule(found: "Suggestion") -> str:
    """Return the rule as a pack has it."""
    if not found.query:
        return ""
    name = ", ".join(term.query.strip('"@') for term in found.terms[:3]).replace("\\", "").replace('"', "")
    query = "\nOR ".join(clause.query for clause in found.clauses)
    if found.excluded:
        query = f"({query})\nAND NOT ({' OR '.join(found.excluded)})"
    return f"[[rules]]\nid = \"suggested\"\nname = \"Like {name}\"\nseverity = \"normal\"\nquery = '''\n{query}\n'''\n"


def _document(found: "Suggestion", tried: Tried, rule: str) -> dict[str, Any]:
    return {
        "query": found.query,
        "rule": rule,
        "terms": found.terms,
        "clauses": found.clauses,
        "excluded": found.excluded,
        "alternatives": found.alternatives,
        "missed_examples": found.missed,
        "backtest": {
            "examples": tried.examples,
            "others": tried.others,
            "archive_articles": tried.seen,
            "archive_matches": tried.archive,
            "archive_days": tried.days_seen,
            "complete": tried.checked,
            "matches_by_day": by_day(tried.days),
            "languages": by_number(tried.languages),
            "samples": [
                {
                    "article_id": one.article_id,
                    "first_seen_at": one.first_seen_at,
                    "language": one.given.language,
                    "source": one.given.source,
                    "headline": one.headline,
                }
                for one in tried.samples
            ],
        },
    }


def _print(
    found: "Suggestion", tried: Tried, rule: str, wanted: Given, unwanted: Given, since: datetime | None
) -> None:
    rows = [
        {"term": one.query, "contrast": f"{one.contrast:.1f}", "examples": one.examples, "archive": one.archive}
        for one in found.terms[:_TERMS]
    ]
    numbers = [Column(name, name, right=True) for name in ("contrast", "examples", "archive")]
    print_rows(rows, [Column("term", "term", wide=True), *numbers], empty="no term tells the examples from the archive")
    if not found.query:
        return
    print(f"\n{rule}")
    share = f" ({tried.archive / tried.seen:.2%})" if tried.seen else ""
    at_least = "" if tried.checked else "at least "
    print(
        f"finds {tried.examples} of {many(len(wanted.articles), 'example')}, {tried.others} of "
        f"{many(len(unwanted.articles), 'other')}, {at_least}{tried.archive} of {many(tried.seen, 'article')}{share}"
    )
    days = every_day(tried.days, since, system_now())
    if tried.archive:
        rate = tried.archive / tried.days_seen
        print(f"by day: {sparkline(days[-_SPARKS:])} {rate:.1f} a day, at most {max(days)}")
        print(f"languages: {', '.join(f'{clean(name)} {count}' for name, count in by_number(tried.languages).items())}")
    for one in tried.samples:
        headline = cut(f"{clean(one.given.source or 'unknown source')}: {clean(one.headline)}")
        print(f"  {one.article_id} {one.first_seen_at.date().isoformat()} [{clean(one.given.language)}] {headline}")
    if found.alternatives:
        print("\nalso possible:")
    for clause in found.alternatives:
        print(f"  {clean(clause.query)}  (examples {clause.examples}, archive at most {clause.archive})")
