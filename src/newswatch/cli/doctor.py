"""`newswatch doctor`: everything that commonly goes wrong, with what to do about it."""

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli import doctor_checks as checks
from newswatch.cli.common import ConfigOption, JsonOption, fail, quiet_log, root_config
from newswatch.cli.doctor_checks import Check
from newswatch.cli.output import clean, note, print_json
from newswatch.errors import ConfigError

if TYPE_CHECKING:
    from newswatch.config import Config


def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also ask destinations whether they would take something; sends nothing.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check everything that commonly goes wrong, and say what to do about it.

    Exit code 1 if something is wrong.

    Example: newswatch doctor --network
    """
    from newswatch.config import load_config

    quiet_log()
    path = config or root_config.get()
    done: list[Check] = []
    try:
        loaded = load_config(path, environ=os.environ)
        done.append(Check("configuration", str(loaded.source_path or "no file: only defaults")))
    except ConfigError as error:
        loaded = None
        done += [Check("configuration", str(problem), problem.remedy or "correct it") for problem in error.problems]
    done += checks.machine()
    if loaded is not None:
        done += _with(loaded, network=network)
    findings = [check for check in done if check.hint]
    if json:
        print_json({"ok": not findings, "checks": [{"ok": not check.hint, **check._asdict()} for check in done]})
    else:
        for check in done:
            mark = "!!" if check.hint else "ok"
            print(
                f"{mark}  {check.name}: {clean(check.state)}"
                + (f"\n      -> {clean(check.hint)}" if check.hint else "")
            )
        note(f"{len(findings)} findings" if findings else "nothing found")
    if findings:
        fail(1)


def _with(config: "Config", *, network: bool) -> Iterator[Check]:
    yield from checks.configuration(config)
    yield from checks.storage(config)
    yield from checks.rules(config)
    yield from checks.feedback(config)
    yield from asyncio.run(checks.worker(config))
    yield from checks.port(config)
    yield from asyncio.run(checks.browser(config))
    if network:
        yield from asyncio.run(checks.destinations(config))
