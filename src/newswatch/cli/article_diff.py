"""`newswatch articles diff`: what a publisher changed."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, missing, opened, row_id
from newswatch.cli.output import clean, clean_text, many, print_json


def diff(
    article: Annotated[str, typer.Argument(metavar="ID", help="Id of an article.")],
    before: Annotated[int | None, typer.Option("--from", min=1, help="Revision. Default: the one before --to.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="Revision. Default: the newest.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what changed between two revisions of an article, as a unified diff of its title and text.

    Example: newswatch articles diff 189712345678901234
    """
    from newswatch.store import articles

    with opened(config) as (_, database), database.reading() as connection:
        found = articles.show(connection, row_id("article", article))
    if found is None:
        raise missing("article", article)
    revisions = found["versions"]
    if len(revisions) == 1:
        raise UsageError("there is one revision only")
    last = _one(revisions, after if after is not None else len(revisions))
    first = _one(revisions, before if before is not None else last["seq"] - 1)
    lines = list(difflib.unified_diff(_lines(first), _lines(last), _label(first), _label(last), lineterm="", n=1))
    if json:
        print_json({"article_id": found["id"], "from": first["seq"], "to": last["seq"], "diff": lines})
    else:
        print(clean_text("\n".join(lines)) if lines else "title and text are the same")


def _one(revisions: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    for revision in revisions:
        if revision["seq"] == number:
            if revision["text"] is None:
                raise UsageError(f"the text of revision {number} is no longer kept; see [retention]")
            return revision
    raise UsageError(f"there is no revision {number}; the article has {many(len(revisions), 'revision')}")


def _lines(revision: Mapping[str, Any]) -> list[str]:
    return [clean(revision["title"]), *str(revision["text"]).splitlines()]


def _label(revision: Mapping[str, Any]) -> str:
    return f"revision {revision['seq']}, {clean(revision['seen_at'])}"
