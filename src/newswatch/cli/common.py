"""What commands share: options, the configuration, the database."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from newswatch.cli.output import note
from newswatch.clock import system_now
from newswatch.errors import NewswatchError, NotFound
from newswatch.settings import parse_duration

if TYPE_CHECKING:
    from newswatch.config import Config
    from newswatch.flag.matching import Engine
    from newswatch.store.database import Database

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Configuration file. Default: $NEWSWATCH_CONFIG, else newswatch.toml in the current folder.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="Show at most this many.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Only newer ones: 24h, 7d, 2026-01-13 or 2026-01-13T08:00Z."),
]
PackOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pack",
        metavar="PACK",
        help="Use this rule pack instead of the configured ones: a name, a file or a folder. Can be given repeatedly.",
        show_default=False,
    ),
]

# `newswatch --config FILE status` and `newswatch status --config FILE` mean the same.
root_config: ContextVar[Path | None] = ContextVar("root_config", default=None)


class UsageError(NewswatchError):
    """The command cannot be understood as it was given."""

    exit_code = 2


def quiet_log() -> None:
    """Let only warnings of the program's parts through, on standard error: the command prints its result itself."""
    from newswatch import log
    from newswatch.config import LogSettings

    log.setup(LogSettings(level="warning"), stream=sys.stderr)


def fail(code: int = 1) -> NoReturn:
    """End the command with an exit code, after everything was printed."""
    raise typer.Exit(code)


def load(config: Path | None, *, quiet: bool = False) -> "Config":
    """Return the configuration. Says so on standard error if there is no file, unless `quiet`. Raises ConfigError."""
    from newswatch.config import load_config

    loaded = load_config(config or root_config.get(), environ=os.environ)
    if loaded.source_path is None and not quiet:
        note("no newswatch.toml here, so defaults are in force; `newswatch init` writes one")
    return loaded


@contextmanager
def connected(config: "Config") -> Iterator["Database"]:
    """Give the configured database, whatever its schema, and close it afterwards."""
    from newswatch.store.database import Database

    database = Database(config.database.url.get_secret_value())
    try:
        yield database
    finally:
        database.close()


@contextmanager
def opened(config: Path | None, *, create: bool = False) -> Iterator[tuple["Config", "Database"]]:
    """Give the configuration and the database, whose schema is the right one, and close the database afterwards.

    With `create`, an empty database is set up unless `database.migrate` forbids it. Raises ConfigError,
    DatabaseUnreachable, SchemaMismatch.
    """
    from newswatch.store import schema

    loaded = load(config)
    with connected(loaded) as database:
        if not schema.is_current(database):
            from newswatch.store import migrate

            if create and loaded.database.migrate == "auto" and migrate.check(database) == "empty":
                migrate.upgrade(database)
            migrate.require(database)
        yield loaded, database


def engine_of(
    config: "Config", packs: Sequence[str] | None = None, *, frequencies: Mapping[str, float] | None = None
) -> "Engine":
    """Return the configured rules, ready to match, or those of `packs` (paths are relative to the current folder).

    `frequencies` is what `Engine.measure` gave. Raises RuleError with every problem.

    `app` does the same for the daemon; importing it would cost every small command the time of the whole program.
    """
    from newswatch.flag.matching import Engine
    from newswatch.flag.packs import load_packs

    rules = load_packs(packs, base=Path.cwd()) if packs else load_packs(config.rules.packs, base=config.folder)
    return Engine(rules, max_evidence=config.rules.max_evidence, frequencies=frequencies)


def since_instant(text: str | None, option: str = "--since") -> datetime | None:
    """Read what `--since` (or another option of this kind) says. Raises UsageError."""
    if text is None:
        return None
    try:
        return system_now() - timedelta(seconds=parse_duration(text))
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"{option} {text!r} is neither a duration nor a date; write for example 24h, 7d or 2026-01-13"
        raise UsageError(message) from None
    return (instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant).astimezone(UTC)


def row_id(kind: str, text: str) -> int:
    """Read the id of a row. Raises NotFound for what cannot be one."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise NotFound(kind, text, f"ids are numbers; `newswatch {_listed(kind)} list` shows them")
    return int(text)


def _listed(kind: str) -> str:
    return {"story": "stories", "delivery": "deliveries", "silence": "silence", "feedback": "feedback"}.get(
        kind, f"{kind}s"
    )


def missing(kind: str, text: str) -> NotFound:
    """Return the error for a row that is not there."""
    return NotFound(kind, text, f"`newswatch {_listed(kind)} list` shows what there is")


def read_input(path: str) -> str:
    """Return the text of a file, or of standard input for "-". Raises UsageError."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read {path}: {reason}") from error
