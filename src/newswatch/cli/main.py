"""The `newswatch` command: puts the nouns together and turns errors into messages and exit codes.

0 done, 1 bad news (findings, failed), 2 wrong usage or configuration, 3 something needed cannot be reached, 130 Ctrl-C.
"""

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from newswatch.cli import (
    addresses,
    alerts,
    articles,
    db,
    deliveries,
    digests,
    entities,
    feedback,
    feeds,
    matches,
    notifying,
    routes,
    rules,
    running,
    setup,
    silences,
    stories,
)
from newswatch.cli.common import root_config
from newswatch.cli.doctor import doctor
from newswatch.cli.output import note
from newswatch.cli.replay import replay
from newswatch.errors import NewswatchError
from newswatch.redact import redact_text

# What goes wrong with files without anybody's mistake in the program.
_ENVIRONMENT = {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENOSPC, errno.EPERM, errno.EROFS}
_EPILOG = "Exit codes: 0 done, 1 bad news, 2 wrong usage or configuration, 3 something needed cannot be reached."

app = typer.Typer(
    name="newswatch",
    help="Watches news feeds, flags the articles that matter, groups them into stories and tells people once.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they show local variables, secrets among them
    rich_markup_mode=None,  # help is text that can be compared, piped and searched
)


@app.callback()
def _root(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Configuration file, for any command.", show_default=False),
    ] = None,
) -> None:
    root_config.set(config)


app.command()(setup.init)
app.command("run")(running.run_daemon)
app.command()(running.status)
app.add_typer(feeds.app, name="feeds")
app.add_typer(articles.app, name="articles")
app.add_typer(matches.app, name="matches")
app.add_typer(stories.app, name="stories")
app.add_typer(alerts.app, name="alerts")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(notifying.app, name="notify")
app.add_typer(digests.app, name="digest")
app.add_typer(silences.app, name="silence")
app.add_typer(addresses.app, name="addresses")
app.add_typer(feedback.app, name="feedback")
app.add_typer(routes.app, name="routes")
app.add_typer(rules.app, name="rules")
app.add_typer(entities.app, name="entities")
app.add_typer(db.app, name="db")
app.add_typer(setup.config_app, name="config")
app.command("check-config")(setup.check_config)
app.command()(doctor)
app.command()(running.healthcheck)
app.command()(replay)
app.command()(running.demo)
app.command()(setup.version)


def run() -> None:
    """Run the command line of this process and exit."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code. Messages go to standard error, results to standard output."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a test's stream may not be a real one
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except NewswatchError as error:
        return _report(error)
    except BrokenPipeError:  # `newswatch articles list | head`: quiet, and 1, as Typer does where it sees it first
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _ENVIRONMENT:
            note(f"newswatch: {error.filename or 'the result'}: {error.strerror}")
            return 3
        if not _is_database_error(error):
            note("this is a mistake in newswatch; please report it with the lines below")
            raise
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()
        note(f"newswatch: the database cannot be used: {redact_text(cause[0] if cause else type(error).__name__)}")
        return 3
    return code


def _run(arguments: list[str]) -> int:
    try:
        app(args=arguments, prog_name="newswatch")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _report(error: NewswatchError) -> int:
    problems = getattr(error, "problems", None)
    for problem in problems or (error,):
        note(f"newswatch: {problem}")
    return error.exit_code


def _is_database_error(error: Exception) -> bool:
    """Tell whether SQLAlchemy raised this because of the database. By name: few commands need to import it."""
    # Its other kinds (a constraint, a wrong statement) are mistakes of ours; the last one: no database at all.
    kind = type(error)
    return kind.__module__ == "sqlalchemy.exc" and kind.__name__ in {
        "OperationalError",
        "InterfaceError",
        "DatabaseError",
    }


if __name__ == "__main__":
    run()
