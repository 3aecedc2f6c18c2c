"""Alerts as Atom and JSON feeds in a folder: one of everything, one for each rule."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

from newswatch.model import AttemptResult, Delivery, Message, Outcome, Rendered
from newswatch.notify.channels.base import content, safe_detail
from newswatch.notify.channels.feed_files import Folder, NotOurs
from newswatch.notify.channels.feed_item import feeds_of, item_of
from newswatch.notify.channels.payload import to_bytes
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import FeedDestination
from newswatch.notify.text import clean_line


class FeedChannel:
    """One folder of feeds."""

    type = "feed"
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(self, settings: FeedDestination, *, own: OwnTemplates | None = None) -> None:
        self._own = own
        self._zone, self._language = settings.zone, settings.language
        url = settings.url.rstrip("/") if settings.url is not None else None
        title = clean_line(settings.title) or "newswatch"
        self._folder = Folder(Path(settings.folder).expanduser(), title, settings.entries, url)

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the item and the feeds that it goes into."""
        item = item_of(message, key=key, now=now, zone=self._zone, language=self._language, own=self._own)
        document = {"feeds": feeds_of(message, self._language), "item": item}
        return Rendered("application/json", to_bytes(document), fallback_line(message, self._zone, self._language))

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Put the item into its feeds."""
        document = json.loads(content(delivery).body)
        try:
            await asyncio.to_thread(self._folder.put, document["feeds"], document["item"])
        except (OSError, NotOurs) as error:
            return AttemptResult(Outcome.RETRY, self._failure("written", error))
        places = ", ".join(document["feeds"])
        return AttemptResult(Outcome.DELIVERED, f"in {places} of {self._folder.path}", None, document["item"]["id"])

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Look for the item in its feeds."""
        document = json.loads(content(delivery).body)
        try:
            found = await asyncio.to_thread(self._folder.has, document["feeds"], document["item"])
        except (OSError, NotOurs) as error:
            return AttemptResult(Outcome.AMBIGUOUS, self._failure("read", error))
        if found:
            return AttemptResult(Outcome.DELIVERED, f"found in {self._folder.path}", None, document["item"]["id"])
        return AttemptResult(Outcome.RETRY, f"not in {self._folder.path}")

    def _failure(self, done: str, error: OSError | NotOurs) -> str:
        why = (error.strerror or error) if isinstance(error, OSError) else error
        return safe_detail(f"feeds in {self._folder.path} cannot be {done}: {why}")
