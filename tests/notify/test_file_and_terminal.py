"""The two channels that stay on this machine."""

import json
from pathlib import Path

import pytest

from newswatch.model import Delivery, Outcome, Rendered
from newswatch.notify.channels.file import FileChannel
from newswatch.notify.channels.terminal import TerminalChannel
from newswatch.notify.settings import FileDestination, TerminalDestination
from tests.notify.values import KEY, NOW, article, delivery, message


def to_file(path: Path) -> FileChannel:
    return FileChannel(FileDestination(type="file", path=str(path)))


def ready(channel: FileChannel, key: str = KEY) -> Delivery:
    return delivery(channel.render(message(), key=key, now=NOW), key=key)


async def test_lines_are_appended(tmp_path: Path) -> None:
    channel = to_file(tmp_path / "alerts.jsonl")
    for key in ("A", "B"):
        assert (await channel.send(ready(channel, key))).outcome is Outcome.DELIVERED

    lines = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["A", "B"]


async def test_a_line_that_a_crash_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    channel = to_file(path)
    cut = ready(channel, "CUT")
    assert cut.rendered is not None
    path.write_bytes(cut.rendered.body[:-20])

    looked = await channel.reconcile(cut)
    await channel.send(ready(channel, "NEXT"))

    assert looked is not None
    assert looked.outcome is Outcome.RETRY
    assert json.loads(path.read_text().splitlines()[1])["id"] == "NEXT"


async def test_a_look_into_the_file_knows_what_arrived(tmp_path: Path) -> None:
    channel = to_file(tmp_path / "alerts.jsonl")
    before = await channel.reconcile(ready(channel))
    await channel.send(ready(channel))
    after = await channel.reconcile(ready(channel))
    other = await channel.reconcile(ready(channel, "OTHER"))

    assert [looked and looked.outcome for looked in (before, after, other)] == [
        Outcome.RETRY,
        Outcome.DELIVERED,
        Outcome.RETRY,
    ]


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing, folder = to_file(tmp_path / "no" / "alerts.jsonl"), to_file(tmp_path)

    assert (await missing.send(ready(missing))).detail.endswith("cannot be written to: No such file or directory")
    result = await folder.send(ready(folder))
    assert result.outcome is Outcome.RETRY
    looked = await folder.reconcile(ready(folder))
    assert looked is not None
    assert looked.outcome is Outcome.AMBIGUOUS


@pytest.mark.may_skip
async def test_a_full_disk_leaves_no_half_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    channel = to_file(full)

    result = await channel.send(ready(channel))

    assert (result.outcome, result.detail) == (
        Outcome.RETRY,
        "/dev/full cannot be written to: No space left on device",
    )


async def test_the_terminal_shows_what_happened_and_why() -> None:
    shown: list[str] = []
    channel = TerminalChannel(TerminalDestination(type="terminal", zone="Asia/Seoul"), write=shown.append)
    value = message(article(1, headline="정상회담 [bold]x[/bold]"), *(article(n) for n in range(2, 9)))

    result = await channel.send(delivery(channel.render(value, key=KEY, now=NOW)))

    assert result.outcome is Outcome.DELIVERED
    assert await channel.reconcile(delivery()) is None
    assert "".join(shown) == (
        " HIGH  정상회담 [bold]x[/bold]\n"
        "  Source 1 · en · published 2026-01-13 14:05 KST · seen 12 min later · 8 articles, 8 sources\n"
        "  “The leaders met in Nara.” (Source 1)\n"
        "  why Summit (High, score 0.83 of 0.50 needed; found: Nara)\n"
        "      leader near leader\n"
        "  also Source 2: Headline 2\n"
        "  also Source 3: Headline 3\n"
        "  also Source 4: Headline 4\n"
        "  also Source 5: Headline 5\n"
        "  also Source 6: Headline 6\n"
        "  and 2 more\n"
        "  https://news.example/1\n"
    )


async def test_a_terminal_that_is_gone_is_tried_again() -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError("broken pipe")

    channel = TerminalChannel(TerminalDestination(type="terminal"), write=gone)

    assert (await channel.send(delivery(Rendered("text/x-rich-markup", b"x", "x")))).outcome is Outcome.RETRY


async def test_text_that_is_no_markup_is_shown_as_it_is() -> None:
    shown: list[str] = []
    channel = TerminalChannel(TerminalDestination(type="terminal"), write=shown.append)

    await channel.send(delivery(Rendered("text/x-rich-markup", b"[/nothing] open\n", "x")))

    assert shown == ["[/nothing] open\n"]


async def test_sending_what_was_not_rendered_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"delivery {KEY} has not been rendered"):
        await to_file(tmp_path / "x").send(delivery())
