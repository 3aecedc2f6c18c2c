"""A short look at what `make fuzz` looks at for a minute."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import main
from tests.fuzz.targets import TARGETS, Target

_FEW = 200


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.name)
def test_nothing_undocumented_is_raised(one: Target) -> None:
    @settings(max_examples=_FEW)
    @given(one.inputs)
    def survive(data: bytes) -> None:
        one.survive(data)

    survive()


def _stumble(data: bytes) -> None:
    if len(data) > 2 and data[0] == data[1]:
        raise KeyError("two alike")


def test_a_run_tells_the_smallest_input_that_fails_and_begins_with_it_next_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken: Sequence[Target] = [Target("broken", st.binary(max_size=30), _stumble)]
    assert main(["--seconds", "20", "--folder", str(tmp_path)], targets=broken) == 1
    output = capsys.readouterr().out
    assert "KeyError" in output
    assert r"data=b'\x00\x00\x00'" in output
    assert any(tmp_path.iterdir())

    again: list[bytes] = []

    def remember(data: bytes) -> None:
        again.append(data)
        _stumble(data)

    # The same name is the same corpus.
    assert (
        main(["--seconds", "20", "--folder", str(tmp_path)], targets=[Target("broken", broken[0].inputs, remember)])
        == 1
    )
    assert again[0] == b"\x00\x00\x00"


def test_a_run_without_failures_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = [Target("quiet", st.binary(max_size=3), len)]  # type: ignore[arg-type]
    assert main(["--seconds", "0.1", "--folder", str(tmp_path)], targets=quiet) == 0
    assert "quiet" in capsys.readouterr().out


def test_a_target_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "feeds, sitemaps, json-feeds, opml, answers" in capsys.readouterr().err
