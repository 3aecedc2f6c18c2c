"""`newswatch notify`: what destinations would get, and whether they can be reached."""

import asyncio
import sys
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.channels import addressed_by, channel_of, destination_of, stored_form
from newswatch.cli.common import ConfigOption, JsonOption, UsageError, fail, load, missing, opened, row_id
from newswatch.cli.output import clean, clean_text, note, print_json
from newswatch.clock import system_now
from newswatch.model import NotificationKind, Outcome

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.model import AttemptResult, Rendered
    from newswatch.pipeline.making import Preview

app = typer.Typer(help="What destinations would get, and whether they can be reached.", no_args_is_help=True)


class Form(StrEnum):
    """How a preview is shown."""

    PEOPLE = "people"
    HTML = "html"
    RAW = "raw"


_ABOUT = ("key", "delivery_id", "state", "note")
_MEANS = {
    Outcome.DELIVERED: "",
    Outcome.RETRY: "it certainly did not arrive; newswatch would try again",
    Outcome.THROTTLED: "it asks to be left alone for a while; newswatch would wait",
    Outcome.AMBIGUOUS: "nobody knows whether it arrived; look there",
    Outcome.REJECTED: "it refuses this message for good",
    Outcome.DISABLED: "it takes nothing until it is repaired; newswatch would hold everything for it",
}


@app.command()
def preview(
    story: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id of a story, or of an alert, article or delivery.")
    ] = None,
    destination: Annotated[
        str | None,
        typer.Option("--destination", "--to", metavar="NAME", help="For whom. Can be left out if there is only one."),
    ] = None,
    sample: Annotated[
        NotificationKind | None,
        typer.Option("--sample", metavar="KIND", help=f"A made-up message: {', '.join(NotificationKind)}."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="As a first message made now, also where something was sent.")
    ] = False,
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            metavar="FORM",
            help="people: headers and text of a mail, JSON in lines; html: a mail's; raw: every byte.",
        ),
    ] = Form.PEOPLE,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show exactly what a destination would get of a story, or got, or a made-up message. Nothing is sent.

    Of a story it is the newest message to that destination, byte for byte; where there is none yet, the first as it
    would be now.

    Example: newswatch notify preview --sample new --to desk
    """
    if (story is None) == (sample is None):
        raise UsageError("give either the id of a story or --sample KIND")
    if anew and story is None:
        raise UsageError("--anew goes with a story")
    shown: Preview | None = None
    if sample is not None:
        loaded = load(config)
        name = _one_of(loaded, destination)
        rendered = _sample(loaded, name, sample)
    else:
        name, shown = _of_story(config, story or "", destination, anew=anew)
        rendered = shown.rendered
    _print(name, rendered, shown, form, json=json)


def _one_of(loaded: "Config", destination: str | None) -> str:
    """Return the destination that is meant. Raises NotFound, UsageError."""
    if destination is None:
        known = list(loaded.destinations_values())
        if len(known) != 1:
            raise UsageError(f"choose with --destination: {', '.join(known) or 'none is configured'}")
        return known[0]
    return destination_of(loaded, destination).name


def _sample(loaded: "Config", name: str, kind: NotificationKind) -> "Rendered":
    from newswatch.notify.sample import sample
    from newswatch.pipeline.making import PREVIEW_KEY

    now, language = system_now(), destination_of(loaded, name).settings.language
    return channel_of(loaded, name).render(sample(kind, now, language), key=PREVIEW_KEY, now=now)


def _of_story(config: Any, given: str, destination: str | None, *, anew: bool) -> tuple[str, "Preview"]:
    from newswatch.pipeline import making
    from newswatch.store import chain

    asked, now = row_id("story", given), system_now()
    with opened(config) as (loaded, database), database.reading() as connection:
        name = _one_of(loaded, destination)
        story_id = chain.story_named(connection, asked)
        if story_id is None:
            raise missing("story", given)
        found = making.preview(
            connection,
            channel_of(loaded, name),
            loaded.route_values,
            story_id=story_id,
            destination=name,
            anew=anew,
            now=now,
        )
    if found is None:
        message = f"story {story_id} has no alert, so there is nothing to tell; `newswatch alerts explain {story_id}`"
        raise UsageError(message)
    return name, found


def _print(name: str, rendered: "Rendered", shown: "Preview | None", form: Form, *, json: bool) -> None:
    from newswatch.cli.rendered import for_people, readable

    stored = stored_form(rendered)
    if json:
        about: dict[str, Any] = {}
        if shown is not None:
            about = {fact: getattr(shown, fact) for fact in _ABOUT}
        print_json({"destination": name, **about, "rendered": readable(stored)})
        return
    if shown is not None and shown.note:
        note(f"{name}: {shown.note}")
    match form:
        case Form.PEOPLE:
            print(clean_text(for_people(stored)))
        case Form.HTML:
            body = (readable(stored) or {})["body"]
            html = body.get("html") if isinstance(body, dict) else None
            if not html:
                raise UsageError(f"{name} gets no HTML: {rendered.content_type}")
            print(html)
        case Form.RAW:
            sys.stdout.flush()
            sys.stdout.buffer.write(rendered.body)


@app.command("test")
def try_out(
    destination: Annotated[str | None, typer.Argument(metavar="[DESTINATION]", help="Name of a destination.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Each configured destination.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send a message to a destination that says it is a test, and report what came of it.

    It goes out at once and directly, not through the outbox, so it works while no daemon runs and for a destination
    that is disabled. A mail destination is tested at each of its addresses. Exit code 1 if anything did not arrive.

    Example: newswatch notify test desk
    """
    if (destination is None) != every:
        raise UsageError("give either the name of a destination or --all")
    loaded = load(config)
    names = list(loaded.destinations_values()) if destination is None else addressed_by(loaded, destination)
    if not names:
        raise UsageError("no destination is configured; add [destinations.NAME]")
    rows = asyncio.run(_send(loaded, names, write=note if json else print))
    if json:
        print_json(rows)
    else:
        for row in rows:
            meaning = f" ({row['meaning']})" if row["meaning"] else ""
            print(f"{clean(row['destination'])}: {row['outcome']}: {clean(row['detail'])}{meaning}")
    if any(row["outcome"] is not Outcome.DELIVERED for row in rows):
        fail(1)


async def _send(loaded: "Config", names: list[str], *, write: Any) -> list[dict[str, Any]]:
    from newswatch import __version__
    from newswatch.collect.http import Fetcher

    async with Fetcher(loaded.http, now=system_now, version=__version__) as fetcher:
        return list(await asyncio.gather(*(_one(loaded, name, http=fetcher.send, write=write) for name in names)))


async def _one(loaded: "Config", name: str, *, http: Any, write: Any) -> dict[str, Any]:
    from newswatch.ids import ulid
    from newswatch.model import Delivery, DeliveryState
    from newswatch.notify.sample import trial_message

    now = system_now()
    channel = channel_of(loaded, name, http=http, write=write)
    key = ulid(now, "test", name)
    rendered = channel.render(trial_message(name, now), key=key, now=now)
    delivery = Delivery(
        id=0,
        key=key,
        notification_id=0,
        destination=name,
        state=DeliveryState.SENDING,
        attempts=0,
        rendered=rendered,
        created_at=now,
        due_at=now,
        sending_since=now,
        kind=NotificationKind.TEST,
    )
    began = time.monotonic()
    result: AttemptResult = await channel.send(delivery)
    return {
        "destination": name,
        "outcome": result.outcome,
        "detail": result.detail,
        "meaning": _MEANS[result.outcome],
        "status": result.status,
        "key": key,
        "receivers_id": result.provider_id,
        "elapsed_s": round(time.monotonic() - began, 3),
    }
