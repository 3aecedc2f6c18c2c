"""`newswatch feeds backfill`: older entries of a feed."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, opened, quiet_log
from newswatch.cli.feed_values import FeedArgument, find_feed, public_feed
from newswatch.cli.output import many, print_json

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.model import Feed
    from newswatch.pipeline.backfill import Backfilled


def backfill(
    feed: FeedArgument,
    pages: Annotated[int, typer.Option(min=1, max=1000, help="Pages of the archive to read at most.")] = 20,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read older entries of a feed from its archive (RFC 5005), up to where everything is known.

    Their articles are fetched and flagged by the daemon; nobody is told of them.

    Example: newswatch feeds backfill "The Diplomat" --pages 5
    """
    quiet_log()
    with opened(config) as (loaded, database), database.reading() as connection:
        found = find_feed(connection, feed)
    result = asyncio.run(_go_back(loaded, found, pages))
    if json:
        print_json({"feed": public_feed(found), **{name: getattr(result, name) for name in result.__slots__}})
    else:
        print(f"{found.name}: {many(result.new_entries, 'new entry')} on {many(result.pages, 'page')}; {result.ended}")


async def _go_back(config: "Config", feed: "Feed", pages: int) -> "Backfilled":
    from newswatch.app import App
    from newswatch.pipeline.backfill import backfill as go_back

    async with App(config, channels={}, routes=()) as app:
        return await go_back(app.context, feed, most_pages=pages)
