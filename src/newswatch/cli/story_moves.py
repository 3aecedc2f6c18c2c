"""`newswatch stories merge` and `split`: what automatic grouping got wrong."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, missing, opened, row_id
from newswatch.cli.output import many, print_json
from newswatch.clock import Now, system_now
from newswatch.ids import IdSource

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newswatch.config import Config


@dataclass(frozen=True, slots=True)
class _Hand:
    """What changing stories needs."""

    config: "Config"
    now: Now
    new_id: IdSource


def _hand(config: "Config") -> _Hand:
    return _Hand(config, system_now, IdSource.apart(system_now))


def _story(connection: "Connection", text: str) -> int:
    """Return the id of a story that has articles."""
    from newswatch.store import moves, stories

    story_id = moves.current(connection, row_id("story", text))
    if stories.get(connection, story_id) is None:
        raise missing("story", text)
    return story_id


def merge(
    story: Annotated[str, typer.Argument(metavar="STORY", help="Id of the story that stays.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Id of the story whose articles it gets.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make one story of two. Nobody is told again of what was told; the other id leads to the story from now on.

    Example: newswatch stories merge 189712345678901234 189712345678905678
    """
    from newswatch.pipeline.regrouping import merge_by_hand

    with opened(config) as (loaded, database), database.writing() as connection:
        kept, gone = _story(connection, story), _story(connection, other)
        if kept == gone:
            raise UsageError(f"{story} and {other} are one story already")
        moved = merge_by_hand(_hand(loaded), connection, kept, gone)
    if json:
        print_json({"story_id": kept, "merged_id": gone, "articles": moved})
    else:
        print(f"moved {many(moved, 'article')} of story {gone} to story {kept}")


def split(
    story: Annotated[str, typer.Argument(metavar="STORY", help="Id of a story.")],
    articles: Annotated[list[str], typer.Argument(metavar="ARTICLE...", help="Ids of the articles to take out.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take articles out of a story into a new one. The two are never merged automatically again.

    Example: newswatch stories split 189712345678901234 189712345678907890 189712345678907891
    """
    from newswatch.pipeline.regrouping import split_by_hand

    with opened(config) as (loaded, database), database.writing() as connection:
        story_id = _story(connection, story)
        wanted = [row_id("article", one) for one in articles]
        try:
            made = split_by_hand(_hand(loaded), connection, story_id, wanted)
        except ValueError:
            raise UsageError(
                f"story {story_id} must have all these articles and others besides; "
                f"`newswatch stories show {story_id}` lists them"
            ) from None
    if json:
        print_json({"story_id": story_id, "new_story_id": made, "article_ids": wanted})
    else:
        print(f"moved {many(len(wanted), 'article')} of story {story_id} to the new story {made}")
