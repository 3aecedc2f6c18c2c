"""`newswatch entities import`: entities from a table or JSON into a pack of one's own."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newswatch.cli.common import ConfigOption, JsonOption, PackOption, UsageError, load, read_input
from newswatch.cli.output import note, print_json
from newswatch.errors import Problem, RuleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newswatch.config import Config
    from newswatch.flag.packs.records import Placed
    from newswatch.flag.packs.writing import Outcome
    from newswatch.flag.ruleset import RuleSet


def import_entities(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table with tabs or JSON, or - for standard input.")],
    to: Annotated[Path, typer.Option("--to", metavar="PACK.toml", help="Pack file to write; made if it is not there.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Where file and pack disagree, take the file's entity whole.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and tell what would be written.")] = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read entities from a table or JSON and write them into a pack file.

    What the pack has stays: rules, comments, and entities that the file does not name. An entity that is there already
    gets the names, roles and partners that it lacks; where file and pack disagree, nothing is written, unless --replace
    says that the file stands. The result is checked together with the configured packs, or with those of --pack, before
    it takes the place of the file. Every mistake is told, with its line. Exit code 2 if there are any.

    Example: newswatch entities import people.tsv --to my-people.toml

    Example: newswatch entities export | newswatch entities import - --to copy.toml --pack copy.toml
    """
    if to.suffix != ".toml":
        raise UsageError(f"--to {to} is no pack file; its name ends with .toml")
    loaded = load(config, quiet=bool(pack))
    before = _text(to)
    problems: list[Problem] = []
    placed = _read(read_input(file), file, problems)
    beside = _beside(pack, loaded, to)
    outcome = _put(before, placed, to, file, _known(beside, before, to), replace, problems)
    if not problems:
        problems += _loads(beside, to, outcome.text)
    if problems:
        raise RuleError(sorted(problems, key=lambda one: (one.where, one.line or 0)))
    if not dry_run and outcome.text != before:
        _write(to, outcome.text)
    report = {"file": str(to), "added": outcome.added, "completed": outcome.completed, "unchanged": outcome.unchanged}
    if json:
        print_json({**report, "written": not dry_run and outcome.text != before})
        return
    would = "would be " if dry_run else ""
    done = [f"{len(report[key])} {would}{key}" for key in ("added", "completed")]
    print(f"{to}: {', '.join(done)}, {len(outcome.unchanged)} unchanged")
    if not dry_run and before == "" and not pack:
        note(f"name it in the configuration to use it: [rules] packs = [..., {str(to)!r}]")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _read(text: str, where: str, problems: list[Problem]) -> "list[Placed]":
    from newswatch.flag.packs.records import from_json, from_tsv

    return (from_json if text.lstrip()[:1] in ("[", "{") else from_tsv)(text, where, problems)


def _beside(pack: "Sequence[str] | None", config: "Config", to: Path) -> "tuple[list[str], Path]":
    """Return the packs with which the result has to agree; a pack that is only to be made is left out."""
    names, base = (list(pack), Path.cwd()) if pack else (list(config.rules.packs), config.folder)
    return [name for name in names if to.exists() or Path(base, name).resolve() != to.resolve()], base


def _known(beside: "tuple[list[str], Path]", before: str, to: Path) -> frozenset[str]:
    """Return the ids of the entities that roles may name. Raises RuleError if a pack cannot be used as it is."""
    from newswatch.flag.packs import load_packs

    names, base = beside
    ruleset: RuleSet = load_packs(names, base=base, instead=(to, before) if before else None)
    return frozenset(entity.id for entity in ruleset.entities)


def _put(
    before: str,
    placed: "list[Placed]",
    to: Path,
    file: str,
    known: frozenset[str],
    replace: bool,
    problems: list[Problem],
) -> "Outcome":
    from newswatch.flag.packs.records import checked
    from newswatch.flag.packs.writing import new_pack, put

    right = checked(placed, file, known, problems)
    text = before or new_pack(to.stem.lower())
    return put(text, str(to), right, replace=replace, problems=problems, source=file)


def _loads(beside: "tuple[list[str], Path]", to: Path, text: str) -> list[Problem]:
    """Return what is wrong with the packs once the file has its new text."""
    from newswatch.flag.packs import load_packs

    names, base = beside
    try:
        load_packs(names, base=base, instead=(to, text))
    except RuleError as error:
        hint = "another pack has it already: leave it out, or give --pack for a copy that stands alone"
        return [
            Problem(
                one.where, one.message, hint if "defined twice" in one.message else one.remedy, one.line, one.column
            )
            for one in error.problems
        ]
    return []


def _write(path: Path, text: str) -> None:
    """Put the new text in the place of the file at once, so that nothing is lost if the machine stops."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
