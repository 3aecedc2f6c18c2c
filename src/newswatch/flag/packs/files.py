"""The files of packs: where they are, and their texts."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newswatch.errors import Problem

_SHIPPED = Path(__file__).parent
_MAX_SIZE = 50_000_000  # bytes of one pack file


def shipped_packs() -> tuple[str, ...]:
    """Return the names of the packs that come with newswatch."""
    return tuple(sorted(path.name for path in _SHIPPED.iterdir() if path.is_dir() and any(path.glob("*.toml"))))


@dataclass(frozen=True, slots=True)
class PackText:
    """One file of a pack. `where` is how messages name it."""

    pack: str
    where: str
    text: str


def read_files(
    names: Sequence[str], base: Path, problems: list[Problem], instead: tuple[Path, str] | None = None
) -> list[PackText]:
    """Read the files of packs (see `load_packs`), adding to `problems` what cannot be read."""
    texts: list[PackText] = []
    planned = instead
    for name in names:
        for path in _files(name, base, problems):
            if planned and path.resolve() == planned[0].resolve():
                texts.append(PackText(name, _shown(path, base), plain(planned[1])))
                planned = None
                continue
            try:
                if path.stat().st_size > _MAX_SIZE:
                    problems.append(Problem(str(path), "this file is larger than 50 MB", "split the pack"))
                    continue
                text = path.read_bytes().decode("utf-8")
                texts.append(PackText(name, _shown(path, base), plain(text)))
            except OSError as error:
                problems.append(Problem(str(path), f"cannot be read: {error.strerror}", "check path and permissions"))
            except UnicodeDecodeError as error:
                remedy = "save it as UTF-8"
                problems.append(Problem(str(path), f"is not UTF-8 (byte {error.start})", remedy))
    if planned:
        texts.append(PackText(str(planned[0]), str(planned[0]), plain(planned[1])))
    return texts


def plain(text: str) -> str:
    """Return a text without a byte order mark, its lines ended by line feeds."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _files(name: str, base: Path, problems: list[Problem]) -> list[Path]:
    path = Path(base, name).expanduser()
    if name in shipped_packs() and not path.exists():
        path = _SHIPPED / name
    if path.is_dir():
        found = sorted(path.glob("*.toml"))
        if not found:
            problems.append(Problem(str(path), "this folder has no .toml file", "name a rule pack"))
        return found
    if path.is_file():
        return [path]
    close = difflib.get_close_matches(name, shipped_packs(), 1)
    hint = f"did you mean {close[0]}?" if close else f"packs that come along: {', '.join(shipped_packs())}"
    problems.append(Problem(f"rule pack {name!r}", f"there is no such pack, and no file {path}", hint))
    return []


def _shown(path: Path, base: Path) -> str:
    """Return how messages name the file."""
    root = next((root for root in (base, _SHIPPED) if path.is_relative_to(root)), None)
    return str(path.relative_to(root) if root else path)
