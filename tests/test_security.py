"""docs/security.md: each promise names tests that exist, and what the source itself has to be like for them to hold."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "newswatch"
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_ROW = re.compile(r"^\| (?!promise|---)(.+?) \| (.+) \|$", re.MULTILINE)

# Who may open a connection, and to where. Everything that a feed, a page or a user's list leads to goes through
# collect/network.py, which alone checks addresses.
_MAY_CONNECT = {
    "collect/network.py": "the check itself",
    "collect/transport.py": "HTTP over connections of network.py",
    "notify/channels/email.py": "the mail server that the operator names",
    "cli/doctor_checks.py": "the mail server and the daemon's own port, as the operator named them",
    "cli/running.py": "the daemon's own port",
    "sdnotify.py": "systemd's socket",
    "citizen/scene.py": "scripted servers of its own on loopback",
    "demo/control.py": "the demo's own server on loopback",
}
_CONNECTING_MODULES = frozenset(
    "aiohttp aiosmtplib ftplib http.client httpcore httpx requests smtplib telnetlib urllib.request urllib3".split()
)
_CONNECTING_CALLS = frozenset({"open_connection", "create_connection", "connect_ex", "open_unix_connection", "AF_UNIX"})
_SQL_CALLS = frozenset({"text", "literal_column", "exec_driver_sql", "executescript", "DDL"})


def _trees(words: Collection[str]) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name and the tree of each module that has one of the words in it."""
    wanted = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words))
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if wanted.search(source):
            yield path.relative_to(SOURCE).as_posix(), ast.parse(source)


def test_every_test_that_the_page_names_exists() -> None:
    named = _NAMED.findall(PAGE)
    assert len(named) > 30
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists()
        or not re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_promise_names_a_test() -> None:
    rows = _ROW.findall(PAGE)
    assert len(rows) > 15
    assert [promise for promise, proof in rows if not _NAMED.search(proof)] == []


def test_nobody_connects_around_the_check_of_addresses() -> None:
    words = _CONNECTING_MODULES | _CONNECTING_CALLS
    found = {name for name, tree in _trees(words) if any(_connects(node) for node in ast.walk(tree))}
    assert found == set(_MAY_CONNECT)


def _connects(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in _CONNECTING_MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in _CONNECTING_MODULES
    return isinstance(node, ast.Attribute) and node.attr in _CONNECTING_CALLS


def test_sql_is_never_put_together_from_values() -> None:
    loose = [
        f"{name}:{call.lineno}"
        for name, tree in _trees(["sqlalchemy"])
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _called(call) in _SQL_CALLS and call.args
        if not _is_fixed(call.args[0], tree)
    ]
    assert loose == []


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_fixed(value: ast.expr, tree: ast.Module) -> bool:
    """Tell whether an expression is a text that stands in the source."""
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.IfExp):
        return _is_fixed(value.body, tree) and _is_fixed(value.orelse, tree)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "format":
        parts = [value.func.value, *value.args, *(keyword.value for keyword in value.keywords)]
        return all(_is_fixed(part, tree) for part in parts)
    if not isinstance(value, ast.Name):
        return False
    assigned = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == value.id for to in node.targets)
    ]
    return bool(assigned) and all(_is_fixed(one, tree) for one in assigned)


@pytest.mark.parametrize(
    ("code", "fixed"),
    [
        ("text('SELECT 1')", True),
        ("text(f'SELECT {x}')", False),
        ("text('SELECT ' + x)", False),
        ("text('SELECT %s' % x)", False),
        ("s = 'SELECT 1'\ntext(s)", True),
        ("s = f'{x}'\ntext(s)", False),
        ("text(given)", False),
        ("s = 'a' if x else 'b'\ntext(s)", True),
        ("s = 'a {b}'\ntext(s.format(b='c'))", True),
        ("s = 'a {b}'\ntext(s.format(b=x))", False),
    ],
)
def test_the_look_at_sql_would_notice(code: str, fixed: bool) -> None:
    tree = ast.parse(code)
    (call,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "text")
    assert _is_fixed(call.args[0], tree) is fixed
