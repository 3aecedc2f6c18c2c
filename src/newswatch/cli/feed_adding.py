"""Feeds added one by one, from the catalogue, and from and to OPML."""

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, opened
from newswatch.cli.feed_values import public_feed
from newswatch.cli.output import Column, note, print_json, print_rows
from newswatch.clock import system_now
from newswatch.errors import InputError, Problem
from newswatch.model import Feed
from newswatch.redact import redact_url

if TYPE_CHECKING:
    from newswatch.collect.catalogue import CatalogueFeed


def add(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="Address of the feed.")] = None,
    from_catalogue: Annotated[
        list[str] | None,
        typer.Option("--catalogue", metavar="NAME", help="A feed of the catalogue by its name; may be given again."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All of the catalogue; with --language and --country those alone.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What to call it. Default: the host.")] = None,
    source: Annotated[str | None, typer.Option(help="The publisher, as messages name it.")] = None,
    language: Annotated[str | None, typer.Option(help="Language (BCP 47), such as ko.")] = None,
    country: Annotated[str | None, typer.Option(help="Country (ISO 3166-1), such as KR.")] = None,
    tier: Annotated[
        int | None, typer.Option(min=1, max=3, help="1 agency or paper of record, 2 other, 3 aggregator. Default: 2.")
    ] = None,
    interval: Annotated[str | None, typer.Option(help="Fixed polling interval, such as 15m.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Zone of dates that name none, such as Asia/Seoul.")] = None,
    full_text: Annotated[bool, typer.Option("--full-text/--feed-text", help="Fetch article pages or not.")] = True,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="It may be on a private address.")] = False,
    selector: Annotated[
        str | None, typer.Option(help="It is a page without a feed: the CSS or XPath that finds its article links.")
    ] = None,
    sitemap: Annotated[bool, typer.Option("--sitemap", help="It is a plain sitemap.")] = False,
    priority: Annotated[int, typer.Option(min=-10, max=10, help="Higher ones are asked first.")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add feeds to the database: one by its address, or those of the catalogue that comes with newswatch.

    A running daemon polls them at once, else the next start does. Headers, cookies, credentials and proxies of a feed
    belong into the configuration file: see `[[feeds]]` there. Nobody has checked the addresses of the catalogue, so
    `newswatch feeds test --catalogue` comes first.

    Example: newswatch feeds add --all --language ko
    """
    picked = from_catalogue or everything or (url is None and (language or country))
    if picked:
        if url is not None or name is not None or source is not None:
            raise UsageError(
                "the catalogue knows addresses, names and publishers; give either an address or --catalogue"
            )
        chosen = from_the_catalogue(from_catalogue or [], language=language, country=country, tier=tier)
        own = {"interval": interval, "time_zone": time_zone, "full_text": full_text, "priority": priority}
        values = [_value({**_settings(feed), **own}) for feed in chosen]
        _store(config, [replace(value, origin="catalogue") for value in values], json=json)
        return
    if url is None:
        raise UsageError("give the address of a feed, or --catalogue NAME; `newswatch feeds catalogue` lists names")
    given = {
        "url": url,
        "name": name,
        "source": source,
        "language": language,
        "country": country,
        "tier": tier,
        "interval": interval,
        "time_zone": time_zone,
        "full_text": full_text,
        "allow_private": allow_private,
        "priority": priority,
        "selector": selector,
        "kind": "page" if selector is not None else "sitemap" if sitemap else "feed",
    }
    _store(config, [replace(_value(given), origin="cli")], json=json)


def _value(given: Mapping[str, Any]) -> Feed:
    """Return the feed that these settings describe. Raises UsageError."""
    from newswatch.config import Config, FeedSettings

    try:
        settings = FeedSettings.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        details = error.errors()[0]
        reason = str(details.get("ctx", {}).get("error", details["msg"]))
        raise UsageError(f"{details['loc'][0]}: {reason}") from None
    (value,) = Config(feeds=(settings,)).feed_values
    return value


def _settings(feed: "CatalogueFeed") -> dict[str, Any]:
    names = ("url", "name", "source", "language", "country", "tier")
    return {name: getattr(feed, name) for name in names}


def from_the_catalogue(
    names: list[str], *, language: str | None = None, country: str | None = None, tier: int | None = None
) -> "list[CatalogueFeed]":
    """Return the feeds of the catalogue with these names (none: all) and properties. Raises UsageError."""
    from newswatch.collect.catalogue import chosen, named

    found = chosen(language=language, country=country, tier=tier)
    if names:
        wanted = []
        for name in names:
            same = [feed for feed in named(name) if feed in found]
            if len(same) != 1:
                several = f"several: {', '.join(feed.name for feed in same)}" if same else "none"
                raise UsageError(f"--catalogue {name!r} is {several}; `newswatch feeds catalogue` lists the names")
            wanted += same
        return list(dict.fromkeys(wanted))
    if not found:
        raise UsageError("the catalogue has no such feed; `newswatch feeds catalogue` lists what it has")
    return found


def catalogue_values(names: list[str], *, language: str | None = None) -> list[Feed]:
    """Return feeds of the catalogue as values, not stored."""
    return [_value(_settings(feed)) for feed in from_the_catalogue(names, language=language)]


def list_catalogue(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="Only those with these words in name or address.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Only this language, such as ko; zh has both scripts.")] = None,
    country: Annotated[str | None, typer.Option(help="Only publishers of this country, such as KR.")] = None,
    tier: Annotated[int | None, typer.Option(min=1, max=3, help="Only this tier.")] = None,
    json: JsonOption = False,
) -> None:
    """List the public feeds that come with newswatch: newspapers, agencies and broadcasters on Korea and Japan.

    Their addresses are not checked; `newswatch feeds test --catalogue` tells which work from where you are.

    Example: newswatch feeds catalogue --language ja --tier 1
    """
    from newswatch.collect.catalogue import chosen

    found = [dataclasses.asdict(feed) for feed in chosen(words or [], language=language, country=country, tier=tier)]
    if json:
        print_json(found)
        return
    print_rows(
        found,
        [
            Column("name", "name", wide=True),
            Column("language", "language"),
            Column("country", "country"),
            Column("tier", "tier", right=True),
            Column("address", "url", wide=True),
            Column("checked", "checked"),
            Column("note", "note", wide=True),
        ],
        empty="the catalogue has no such feed",
    )


def _store(config: Path | None, values: list[Feed], *, json: bool, skipped: tuple[Problem, ...] = ()) -> None:
    """Store new feeds and say which were known."""
    from newswatch.ids import IdSource
    from newswatch.store import feeds

    now, new_id = system_now(), IdSource(system_now)
    added: list[Feed] = []
    known: list[Feed] = []
    with opened(config, create=True) as (_, database), database.writing() as connection:
        for value in values:
            is_new = feeds.add(connection, value, feed_id=new_id(), now=now)
            stored = feeds.get(connection, value.url) or value
            (added if is_new else known).append(stored)
    if json:
        print_json(
            {
                "added": [public_feed(feed) for feed in added],
                "known": [public_feed(feed) for feed in known],
                "skipped": skipped,
            }
        )
        return
    for feed in added:
        print(f"added {feed.name} ({redact_url(feed.url)})")
    for feed in known:
        note(f"known already: {feed.name} ({redact_url(feed.url)}), {feed.status.value}")
    for problem in skipped:
        note(f"skipped: {problem}")


def import_opml(
    file: Annotated[str, typer.Argument(metavar="FILE", help="OPML file, or - for standard input.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML file from another reader. Known ones stay as they are.

    Example: newswatch feeds import subscriptions.opml
    """
    from newswatch.collect.opml import parse_opml

    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    values, skipped = parse_opml(data)
    if not values and skipped:
        raise InputError(skipped)
    _store(config, [replace(value, origin="opml") for value in values], json=json, skipped=skipped)


def export_opml(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to write; - is standard output.")] = "-",
    secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Keep passwords and tokens in addresses; without, such feeds break.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write all feeds as OPML, for another reader or a backup. With --json and no FILE they are printed as JSON.

    Example: newswatch feeds export feeds.opml
    """
    from newswatch.collect.opml import render_opml
    from newswatch.store import feeds

    with opened(config, create=True) as (loaded, database), database.reading() as connection:
        stored = feeds.all_feeds(connection)
    known = {feeds.feed_key(feed.url) for feed in stored}
    every = [*stored, *(feed for feed in loaded.feed_values if feeds.feed_key(feed.url) not in known)]
    if json and file == "-":
        print_json([_exported(feed, secrets=secrets) for feed in every])
        return
    data = render_opml(every, secrets=secrets)
    if file == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
    note(f"wrote {file}")
    if json:
        print_json({"file": file, "feeds": len(every)})


def _exported(feed: Feed, *, secrets: bool) -> dict[str, Any]:
    """Return what another reader can use of a feed."""
    return {
        "url": feed.url if secrets else redact_url(feed.url),
        "name": feed.name,
        "source": feed.source_name,
        "language": feed.language,
        "country": feed.country,
        "tier": feed.tier,
        "status": feed.status,
    }
