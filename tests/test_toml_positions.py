"""The walker must agree with tomllib about which keys there are, and know where they stand."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.toml_positions import KeyPath, locate, nearest, syntax_problem

TEXT = '''\
# a comment with [brackets] and = signs
title = "one # not a comment"  # a comment
"quoted key".'other one' = 1

[alerts]
group_wait = "60s"
retry_delays = [ # why
  "5s",   "15s",
  # "commented"
  "1m",
]
note = """
[not.a.table]
key = "inside" \\""" still
"""""
raw = \'\'\'C:\\dir
[x]\'\'\'
  [ alerts . deep ]
point = { x = 1, "y z" = [ {a = 1}, {a = 2} ] }

[[feeds]]
url = "a"
[feeds.extra]
k = 1979-05-27T07:32:00Z
[[feeds]]
url = "b"
[[feeds.tags]]
name = "n"
'''


def flatten(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Return every key path below `value`."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: set[KeyPath] = set()
    for key, child in items:
        found |= {(*path, key)} | flatten(child, (*path, key))
    return found


def test_every_key_that_tomllib_reads_is_located() -> None:
    assert set(locate(TEXT)) == flatten(tomllib.loads(TEXT))


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 2, 1),
        (("quoted key", "other one"), 3, 14),
        (("alerts",), 5, 1),
        (("alerts", "retry_delays", 1), 8, 11),
        (("alerts", "retry_delays", 2), 10, 3),
        (("alerts", "raw"), 16, 1),
        (("alerts", "deep"), 18, 3),
        (("alerts", "deep", "point", "y z", 1, "a"), 19, 38),
        (("feeds", 0, "url"), 22, 1),
        (("feeds", 0, "extra", "k"), 24, 1),
        (("feeds", 1), 25, 1),
        (("feeds", 1, "tags", 0, "name"), 28, 1),
    ],
)
def test_positions(path: KeyPath, line: int, column: int) -> None:
    assert locate(TEXT)[path] == (line, column)


def test_windows_line_ends() -> None:
    assert locate(TEXT.replace("\n", "\r\n"))[("feeds", 1)].line == 25


def test_a_missing_key_is_placed_at_its_table() -> None:
    positions = locate(TEXT)
    assert nearest(positions, ("feeds", 1, "name")) == (25, 1)
    assert nearest(positions, ("nowhere", "key")) is None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('a = 1\nb = "x\nc = 3\n', 2, 7), ("[a]\nb =\n", 2, 4), ("a = [1,", 1, 8), ("a = 1\na = 2\n", 2, 6)],
)
def test_syntax_errors_have_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    problem = syntax_problem("file.toml", text, caught.value)
    assert (problem.line, problem.column) == (line, column)
    assert "at line" not in problem.message


_KEYS = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("Cc", "Cs")), min_size=1)
_VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text("ab #]}[{=,\n'", max_size=6),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(_KEYS, child, max_size=3),
    max_leaves=8,
)


def write(value: Any) -> str:
    """Return a value in TOML's inline notation."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"""' + value.replace("\\", "\\\\") + '"""'
    if isinstance(value, list):
        return "[\n# [x\n" + " , ".join(map(write, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {write(child)}' for key, child in value.items()) + " }"
    return str(value)


@given(st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=3), max_size=3))
def test_agrees_with_tomllib_on_anything(tables: dict[str, Any]) -> None:
    text = "".join(
        f'["{name}"] # c\n' + "".join(f'"{key}" = {write(value)} # c\n' for key, value in table.items())
        for name, table in tables.items()
    )
    assert set(locate(text)) == flatten(tomllib.loads(text))
