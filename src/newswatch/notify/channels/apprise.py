"""Everything that Apprise can reach: Microsoft Teams, Discord, Telegram and many more (the extra `apprise`).

Apprise waits for the network where it is called and tells little of what happened, so each attempt has a thread of its
own, and what Apprise writes to its log becomes the outcome. It does not repeat anything on its own. See
https://appriseit.com/services/ for the addresses.
"""

import asyncio
import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote

from newswatch.model import AttemptResult, Delivery, Message, Outcome, Rendered, Severity
from newswatch.notify.apprise_library import asset, library
from newswatch.notify.channels.base import content, safe_detail
from newswatch.notify.channels.chat_text import Form, chat_text, cut, own_chat
from newswatch.notify.channels.payload import to_bytes
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.pages import fallback_line
from newswatch.notify.settings import AlertSettings, AppriseDestination

T = TypeVar("T")

_TYPES = {Severity.INFO: "info", Severity.NORMAL: "info", Severity.HIGH: "warning", Severity.FLASH: "failure"}
_READ_MARKDOWN = ("discord", "mmost", "mmosts")  # in what Apprise calls text
_STATUS = re.compile(r"error=(\d{3})\b")
_LOST = re.compile(r"connection error|timed? ?out", re.IGNORECASE)
_NEVER_LEFT = re.compile("NewConnectionError|NameResolutionError|ConnectTimeout|CertificateError|CERTIFICATE_VERIFY")
_NEEDS_REPAIR = (401, 403, 404, 410)
_REFUSED = (400, 413, 415, 422)
_ROOM = 20  # characters of the limit left for what Apprise adds


@dataclass(frozen=True, slots=True)
class _Said:
    """What Apprise wrote to its log about a message that was not taken."""

    warnings: str
    never_left: bool  # there was no connection


class AppriseChannel:
    """One receiver of one service."""

    type = "apprise"

    def __init__(self, settings: AppriseDestination, *, alerts: AlertSettings, templates: Path | None = None) -> None:
        """Take a destination whose address is in order (`problem_of`)."""
        self.on_ambiguous: OnAmbiguous = settings.on_ambiguous
        self._url = settings.url.get_secret_value()
        self._secrets = _secrets(self._url)
        self._zone, self._language = settings.zone, settings.language
        self._timeout_s = alerts.send_timeout
        self._apprise = library()
        service = self._service()
        self._form = _form_of(self._url, service)
        self._limit = max(service.body_maxlen - _ROOM, _ROOM)
        self._own = own_chat(templates, self._form) if templates is not None else None
        self._has_titles = self._form is Form.TEXT and service.title_maxlen > 0
        self._under_way: threading.Thread | None = None

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the text in the form that the service reads, within its limit."""
        own = None
        if self._own is not None:
            own = self._own.write("chat.txt", message, key=key, zone=self._zone, language=self._language)
        if own is not None:
            text = cut(own, self._form, self._limit)
        else:
            text = chat_text(message, zone=self._zone, language=self._language, form=self._form, limit=self._limit)
        title, _, rest = text.partition("\n") if self._has_titles else ("", "", text)
        document = {"form": self._form.value, "type": _TYPES[message.severity], "text": rest or title}
        if rest and title:
            document["title"] = title
        return Rendered("application/json", to_bytes(document), fallback_line(message, self._zone, self._language))

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Have Apprise send it, in a thread. One that does not come back in time is left behind, and waited for."""
        document: Mapping[str, str] = json.loads(content(delivery).body)
        if self._under_way is not None and self._under_way.is_alive():
            return AttemptResult(Outcome.RETRY, "the attempt before this one has not come back yet")
        self._under_way, ended = _in_thread(lambda: self._notify(document))
        try:
            async with asyncio.timeout(self._timeout_s):
                said = await ended
        except TimeoutError:
            return AttemptResult(Outcome.AMBIGUOUS, f"no answer within {self._timeout_s:g} s")
        return AttemptResult(Outcome.DELIVERED, "taken") if said is None else self._judge(said)

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Return None: Apprise can only write."""
        return None

    def _notify(self, document: Mapping[str, str]) -> _Said | None:
        """Send it. Return None if the service took it, otherwise what Apprise wrote to its log."""
        sender = self._apprise.Apprise(asset=asset(self._apprise))
        service = self._service()
        service.notify_format = document["form"]  # what the text was made for
        sender.add(service)
        result = sender.notify(
            title=document.get("title", ""),
            body=document["text"],
            notify_type=document["type"],
            body_format=document["form"],
            log_level=logging.DEBUG,
        )
        if result:
            return None
        entries = list(result.logs())
        warnings = "; ".join(entry.message for entry in entries if entry.level not in ("DEBUG", "INFO"))
        return _Said(warnings, any(_NEVER_LEFT.search(entry.message) for entry in entries))

    def _service(self) -> Any:
        """Return the service anew: one that was used waits before it is used again, and we have a pace of our own."""
        service = self._apprise.Apprise.instantiate(self._url, asset=asset(self._apprise))
        if service is None:
            raise ValueError("the address of this destination is not in order")
        service.retry = 0
        service.overflow_mode = self._apprise.OverflowMode.TRUNCATE
        if service.socket_read_timeout == type(service).socket_read_timeout:  # not set in the address
            service.socket_read_timeout = max(self._timeout_s - service.socket_connect_timeout, 1.0)
        return service

    def _judge(self, said: _Said) -> AttemptResult:
        detail = safe_detail(said.warnings or "Apprise says that it was not sent", self._secrets)
        found = _STATUS.search(said.warnings)
        status = int(found[1]) if found else None
        if status is None:
            lost = _LOST.search(said.warnings) and not said.never_left
            outcome = Outcome.AMBIGUOUS if lost else Outcome.RETRY
        elif status == 429:
            outcome = Outcome.THROTTLED
        elif status in _NEEDS_REPAIR or 300 <= status < 400:
            outcome = Outcome.DISABLED
        else:
            outcome = Outcome.REJECTED if status in _REFUSED else Outcome.RETRY
        return AttemptResult(outcome, detail, status)


def _secrets(url: str) -> tuple[str, ...]:
    """Return what must not be repeated of an address: the whole, and every part of it that could be a key."""
    parts = [part for part in re.split(r"[/:@?&=]+", url)[1:] if len(part) > 3]
    return (url, *parts, *map(unquote, parts))


def _form_of(url: str, service: Any) -> Form:
    """Return the form to write in: the one that the address asks for (`format=`), else what the service reads."""
    wished = parse_qs(url.partition("?")[2]).get("format", [""])[0].lower()
    if wished in set(Form):
        return Form(wished)
    if url.partition("://")[0].lower() in _READ_MARKDOWN:
        return Form.MARKDOWN
    known = service.notify_format
    first = known[0] if isinstance(known, tuple) else known
    return Form(str(getattr(first, "value", first)))


def _in_thread(work: Callable[[], T]) -> "tuple[threading.Thread, asyncio.Future[T]]":
    """Run `work` in a thread that nobody has to wait for, not even the end of the process."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where the result is waited for
            _tell(ended.set_exception, error)
        else:
            _tell(ended.set_result, result)

    def _tell(how: Callable[[Any], None], what: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if ended.done() else how(what))

    thread = threading.Thread(target=run, name="apprise", daemon=True)
    thread.start()
    return thread, ended
