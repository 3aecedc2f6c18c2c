"""Setting up: init, check-config, config, version."""

import os
import platform
from importlib.metadata import version as package_version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, UsageError, engine_of, fail, load, root_config
from newswatch.cli.output import note, print_json
from newswatch.errors import ConfigError, RuleError

if TYPE_CHECKING:
    from newswatch.config import Config

config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)


def init(
    path: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write.")] = Path("newswatch.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a commented newswatch.toml that works as it is.

    Example: newswatch init && newswatch run
    """
    text = (files("newswatch") / "templates" / "newswatch.toml").read_text(encoding="utf-8")
    if path.is_dir():
        path = path / "newswatch.toml"
    existed = path.exists()
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already; --force overwrites it") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    if json:
        print_json({"file": path, "overwritten": existed})
    else:
        note(f"wrote {path}; next: newswatch feeds test, then newswatch run")


def check_config(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Report every mistake in the configuration and the rule packs it names.

    Exit code 0 if it can be used, 2 if not.

    Example: newswatch check-config --config /etc/newswatch/newswatch.toml
    """
    from newswatch.config import load_config

    problems = []
    loaded = None
    try:
        loaded = load_config(config or root_config.get(), environ=os.environ)
        engine_of(loaded)
        _try_templates(loaded)
    except (ConfigError, RuleError) as error:
        problems = list(error.problems)
    if json:
        path = loaded.source_path if loaded else None
        print_json({"ok": not problems, "file": path, "problems": problems})
    elif problems:
        for problem in problems:
            note(str(problem))
        note(f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}")
    elif loaded is not None:
        where = loaded.source_path or "no file, defaults only"
        print(
            f"{where}: fine. {len(loaded.feeds)} feeds, {len(loaded.destinations)} destinations, "
            f"{len(loaded.routes)} routes, rule packs: {', '.join(loaded.rules.packs) or 'none'}"
        )
    if problems:
        fail(2)


def _try_templates(config: "Config") -> None:
    """Write a message of every kind with the templates of the user's own. Raises ConfigError if one cannot be used."""
    from newswatch.cli.channels import unlinked_channel
    from newswatch.notify.settings import TemplatedDestination

    for name, settings in config.destinations.items():
        if isinstance(settings, TemplatedDestination) and settings.templates is not None:
            unlinked_channel(config, name)


def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show every setting in force, defaults included, secrets hidden.

    Example: newswatch config show --json
    """
    from newswatch.config import redacted, redacted_dict

    loaded = load(config)
    if json:
        print_json(redacted_dict(loaded))
    else:
        print(redacted(loaded), end="")


def schema(
    json: Annotated[bool, typer.Option("--json", help="Changes nothing: the schema is JSON.")] = False,  # noqa: ARG001
) -> None:
    """Print the JSON Schema of newswatch.toml, for editors. It is JSON with and without --json.

    Example: newswatch config schema > newswatch.schema.json
    """
    from newswatch.config import config_schema

    print_json(config_schema())


def version(json: JsonOption = False) -> None:
    """Show the version of newswatch.

    Example: newswatch version --json
    """
    facts = {"newswatch": package_version("newswatch"), "python": platform.python_version()}
    if json:
        print_json(facts)
    else:
        print(f"newswatch {facts['newswatch']} (Python {facts['python']})")


config_app.command("check")(check_config)
config_app.command("show")(show)
config_app.command("schema")(schema)
