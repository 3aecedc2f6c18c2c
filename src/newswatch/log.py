"""Log lines: short and readable on a terminal, JSON objects on request; never a secret.

A line is an event in words and facts as keys: `log.info("polled", feed="Yonhap", new=3)`. Ids of what it is about
(article, story, delivery) are facts too, so that one thing can be followed through the flow.
"""

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol, TextIO, cast

import structlog
from pydantic import SecretStr

from newswatch.redact import HIDDEN, redact_text

_QUIET = ("uvicorn", "apscheduler", "httpx", "httpcore", "trafilatura", "htmldate", "asyncio", "mail.log")
_SECRET_KEYS = ("password", "token", "secret", "authorization", "api_key", "webhook_url")
_COLOURS = {"debug": "\x1b[2m", "warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31;1m"}
_DIM, _BOLD, _RESET = "\x1b[2m", "\x1b[1m", "\x1b[0m"

EventDict = MutableMapping[str, Any]


class LogOptions(Protocol):
    """What `setup` needs to know; `config.LogSettings` has it."""

    @property
    def level(self) -> str:
        """One of debug, info, warning and error."""

    @property
    def format(self) -> str:
        """Either human or json."""


def get(name: str) -> Any:
    """Return a logger. `name` is the part of newswatch that speaks; it appears as `part` in JSON lines."""
    return structlog.stdlib.get_logger(f"newswatch.{name}")


def setup(settings: LogOptions, *, stream: TextIO) -> None:
    """Send every log line of newswatch and of its libraries to `stream`. Can be called again after a reload.

    Libraries are heard from level warning on. Colours are used only if `stream` is a terminal.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=settings.format == "json", key="time"),
    ]
    if settings.format == "json":
        last: list[Any] = [
            structlog.processors.dict_tracebacks,
            structlog.processors.EventRenamer("message"),
            _part,
            _redact,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        last = [structlog.processors.format_exc_info, _redact, HumanLine(colours=stream.isatty())]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _Handler):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("newswatch").setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second `setup` replaces it and leaves others alone."""


class HumanLine:
    """Renders `12:04:07 polled  feed=Yonhap new=3`: the time, what happened, the facts that are known.

    Errors end with their traceback.
    """

    def __init__(self, *, colours: bool) -> None:
        """`colours` switches ANSI colours on."""
        self._colours = colours

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> str:
        """Return the line for one event."""
        level = str(event.pop("level", "info"))
        time = str(event.pop("time", ""))[11:19]
        event.pop("logger", None)
        traceback = event.pop("exception", None)
        message = str(event.pop("event", ""))
        label = "" if level in ("info", "debug") else f"{level}: "
        known = {key: value for key, value in event.items() if value is not None}
        facts = " ".join(f"{self._paint(key, _DIM)}={_fact(value)}" for key, value in known.items())
        head = self._paint(label + message, _COLOURS.get(level, _BOLD))
        line = " ".join(part for part in (self._paint(time, _DIM), head, facts) if part)
        return f"{line}\n{traceback}" if traceback else line

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self._colours and text else text


def _fact(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\x1b", "\\x1b")
    return f'"{text}"' if " " in text or text == "" else text


def _part(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["part"] = str(event.pop("logger", "")).removeprefix("newswatch.")
    return event


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return cast("EventDict", _clean(event))


def _clean(value: Any, key: str = "") -> Any:
    if isinstance(value, SecretStr) or (value and any(word == key.lower() for word in _SECRET_KEYS)):
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {name: _clean(child, str(name)) for name, child in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(child) for child in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact_text(str(value))
