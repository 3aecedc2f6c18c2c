"""`newswatch rules convert`: queries of other tools as queries of newswatch."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newswatch.cli.common import JsonOption, fail, read_input
from newswatch.cli.output import clean, many, note, print_json


class Tool(StrEnum):
    """A tool whose queries can be read: `flag.convert.DIALECTS`."""

    LUCENE = "lucene"
    MELTWATER = "meltwater"
    BRANDWATCH = "brandwatch"
    LEXISNEXIS = "lexisnexis"


def convert(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A query, a file with one, or - for standard input.")],
    from_: Annotated[
        Tool,
        typer.Option(
            "--from",
            metavar="TOOL",
            help="Who reads the query so far: lucene (also Elasticsearch, Solr), meltwater, brandwatch or lexisnexis.",
        ),
    ],
    json: JsonOption = False,
) -> None:
    """Write a query of another tool in the language of newswatch, with all parentheses.

    The query is read as that tool reads it: Lucene knows no precedence, LexisNexis binds OR first and counts distances
    up to the word itself. What has no counterpart is left out and named with its place. Exit code 0 if everything was
    carried over, 1 if something was lost, 2 if the query cannot be read.

    Example: newswatch rules convert --from meltwater 'tariff* near/5 (steel or aluminium)'
    """
    from newswatch.flag.convert import convert as convert_query

    is_file = query == "-" or ("\n" not in query and len(query) < 1000 and Path(query).is_file())
    found = convert_query(read_input(query).strip() if is_file else query, from_.value)
    if json:
        lost = [{key: value for key, value in asdict(problem).items() if key != "where"} for problem in found.lost]
        print_json({"query": found.query, "lost": lost, "remarks": found.remarks})
    else:
        print(clean(found.query))
        for problem in found.lost:
            note(clean(problem))
        for remark in found.remarks:
            note(remark)
        if found.lost:
            note(f"{many(len(found.lost), 'thing')} could not be carried over; read the query before you use it")
    if found.lost:
        fail(1)
