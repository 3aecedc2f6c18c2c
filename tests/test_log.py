"""Lines for people, objects for collectors, secrets for nobody."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from newswatch import log
from newswatch.config import LogSettings


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(level: str = "info", form: str = "human", stream: io.StringIO | None = None) -> io.StringIO:
    """Set logging up and return the stream it writes to."""
    stream = stream or io.StringIO()
    log.setup(LogSettings.model_validate({"level": level, "format": form}), stream=stream)
    return stream


def test_a_human_line_is_time_event_and_facts() -> None:
    stream = lines()
    log.get("collect").info("polled", feed="Yonhap (English)", new=3, took=0.25)
    time, _, rest = stream.getvalue().partition(" ")
    assert len(time) == len("12:00:00")
    assert rest == 'polled feed="Yonhap (English)" new=3 took=0.25\n'


def test_a_human_line_leaves_out_what_is_not_known() -> None:
    stream = lines()
    log.get("match").info("flagged", source=None, new=0, title="")
    assert stream.getvalue().partition(" ")[2] == 'flagged new=0 title=""\n'
    stream = lines(form="json")
    log.get("match").info("flagged", source=None)
    assert json.loads(stream.getvalue())["source"] is None


def test_levels_are_named_and_filtered() -> None:
    stream = lines("warning")
    log.get("collect").info("unseen")
    log.get("collect").warning("feed failing", reason="dns")
    assert "unseen" not in stream.getvalue()
    assert "warning: feed failing reason=dns" in stream.getvalue()


def test_colours_only_on_a_terminal() -> None:
    plain, coloured = lines(), Terminal()
    log.get("x").error("broken")
    assert "\x1b" not in plain.getvalue()
    lines(stream=coloured)
    log.get("x").error("broken")
    assert "\x1b[31merror: broken" in coloured.getvalue()


def test_a_title_cannot_forge_a_line_or_colours() -> None:
    stream = lines()
    log.get("x").info("stored", title="a\n12:00:00 error: \x1b[31mfake")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_json_lines() -> None:
    stream = lines(form="json")
    log.get("notify").info("sent", delivery=7, to=("a", "b"), title="한일 정상회담")
    record = json.loads(stream.getvalue())
    assert (record["message"], record["part"], record["level"]) == ("sent", "notify", "info")
    assert (record["delivery"], record["to"], record["title"]) == (7, ["a", "b"], "한일 정상회담")
    assert record["time"].endswith("Z")
    assert "한일" in stream.getvalue()


@pytest.mark.parametrize("form", ["human", "json"])
def test_secrets_are_hidden(form: str) -> None:
    stream = lines(form=form)
    log.get("x").info(
        "https://u:hunter2@h.example/",
        a=SecretStr("hunter2"),
        b="https://feeds.example/?api_key=hunter2",
        c={"nested": ["https://hooks.slack.com/services/T/B/hunter2"], "password": "hunter2"},
        token="hunter2",  # that it is a password in code is the point
        error=ValueError("postgresql://nw:hunter2@db/nw refused"),
    )
    try:
        int("bearer hunter2hunter2")
    except ValueError:
        log.get("x").exception("failed")
    assert "hunter2" not in stream.getvalue()
    assert "invalid literal" in stream.getvalue()


def test_libraries_are_heard_from_warning_on() -> None:
    stream = lines("info")
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("apscheduler.scheduler").info("ran")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    assert stream.getvalue() == ""
    logging.getLogger("apscheduler.scheduler").warning("job %s missed", "poll")
    assert "warning: job poll missed" in stream.getvalue()


def test_a_second_setup_replaces_the_first() -> None:
    first = lines()
    second = lines("debug", "json")
    log.get("x").debug("once")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1
