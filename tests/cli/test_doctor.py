"""`doctor`: a healthy installation passes, and each thing that goes wrong is named with what to do."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newswatch.cli import doctor_checks
from newswatch.cli.doctor_checks import Check
from newswatch.config import Config, load_config
from newswatch.demo.mail import MailServer
from newswatch.demo.slack import CHANNEL, TOKEN, SlackStandIn
from newswatch.metrics import Metrics
from newswatch.model import FeedStatus
from newswatch.store import destinations, leases, linkkeys
from newswatch.store.database import Database
from newswatch.store.feeds import set_status
from newswatch.store.tables import feed, runner
from newswatch.web.app import build_app
from newswatch.web.serve import serve
from tests.cli.conftest import Filled, Run


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@pytest.fixture
def healthy(configured: Path, filled: Filled, free_port: int) -> Path:
    """A configuration of which nothing can be said."""
    configured.write_text(configured.read_text() + f'\n[web]\nlisten = "127.0.0.1:{free_port}"\n')
    return configured


def findings(run: Run, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return what the doctor finds: name to (state, hint)."""
    ran = run("doctor", "--json", *arguments)
    found = {one["name"]: (one["state"], one["hint"]) for one in ran.json["checks"] if not one["ok"]}
    assert ran.code == (1 if found else 0)
    assert ran.json["ok"] == (not found)
    return found


def test_a_healthy_installation(run: Run, healthy: Path) -> None:
    assert findings(run) == {}
    ran = run("doctor")
    assert ran.code == 0
    assert "ok  workers: work" in ran.out
    assert "nothing found" in ran.err


def test_a_broken_configuration_does_not_stop_it(run: Run, configured: Path) -> None:
    configured.write_text("[alerts]\ngroup_wait = 'soon'\nx = 1\n")
    ran = run("doctor")
    assert ran.code == 1
    assert ran.out.count("!!  configuration:") == 2
    assert "ok  clock" in ran.out


def test_nobody_is_told(run: Run, healthy: Path) -> None:
    healthy.write_text(healthy.read_text().replace('[[routes]]\nto = ["desk"]', ""))
    found = findings(run)
    assert set(found) == {"routes", "destination desk"}


def test_rules_that_no_route_takes(run: Run, healthy: Path) -> None:
    healthy.write_text(healthy.read_text().replace('to = ["desk"]', 'to = ["desk"]\nmatch.severity = "flash"'))
    assert "none takes the alerts of" in findings(run)["routes"][0]


def test_a_broken_rule_pack(run: Run, healthy: Path) -> None:
    (healthy.parent / "pack.toml").write_text("[[rules]]\nid = 'x'\nname = 'x'\nquery = '(a'\n")
    healthy.write_text(healthy.read_text() + '\n[rules]\npacks = ["./pack.toml"]\n')
    assert "pack.toml:4" in findings(run)["rules"][0]


def test_secrets_that_others_can_read(run: Run, healthy: Path) -> None:
    text = healthy.read_text()
    hook = '[destinations.hook]\ntype = "webhook"\nurl = "https://h.example/?token=abc"\n'
    healthy.write_text(text.replace("[[routes]]", hook + '[[routes]]\nto = ["hook"]\n[[routes]]'))
    assert "secrets" not in findings(run)
    healthy.chmod(0o644)
    assert "chmod 600" in findings(run)["secrets"][1]
    healthy.write_text(text)
    assert "secrets" not in findings(run)


def test_mail_without_encryption(run: Run, healthy: Path) -> None:
    healthy.write_text(
        healthy.read_text() + '\n[smtp.main]\nhost = "mail.example.org"\nsecurity = "none"\nfrom = "a@example.org"\n'
    )
    assert "unencrypted" in findings(run)["smtp main"][0]


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:8700", True),
        ("https://newswatch/", True),
        ("https://10.1/x", True),
        ("https://watch.example", False),
    ],
)
def test_a_callback_that_no_hub_can_reach(url: str, *, inside: bool) -> None:
    config = Config.model_validate({"websub": {"callback_url": url}})
    found = [check for check in doctor_checks.configuration(config) if check.name == "websub"]
    assert [check.state for check in found] == [f"no hub can reach {url}"] * inside


def test_links_in_messages(run: Run, healthy: Path) -> None:
    def told() -> tuple[str, str]:
        (check,) = doctor_checks.feedback(load_config(healthy, environ={}))
        return check.state, check.hint

    assert told() == ("messages carry no links: web.base_url is not set, so links in messages would lead nowhere", "")
    healthy.write_text(healthy.read_text() + 'base_url = "http://nw.example"\n')
    assert told() == ("messages carry no links: the key that signs links is made at the first start of the daemon", "")
    keys = healthy.parent / "nw.db.keys"
    linkkeys.read_or_make(keys)
    assert told() == ("links in messages lead to http://nw.example; one-click unsubscribing needs https", "")
    keys.write_text("c2hvcnQ=")
    assert "nw.db.keys cannot be used: a key has at least 32 bytes" in told()[0]
    assert "delete it" in told()[1]
    healthy.write_text(healthy.read_text().replace("[web]", "[web]\nenabled = false"))
    assert told()[1] == "set it to true, or feedback.enabled to false"


def test_an_old_schema(run: Run, healthy: Path) -> None:
    healthy.write_text(
        healthy.read_text().replace("nw.db", "new.db").replace("[database]", '[database]\nmigrate = "check"')
    )
    assert findings(run)["database"][1] == "run `newswatch db upgrade`"


def test_a_schema_that_is_newer(run: Run, healthy: Path) -> None:
    database = Database(f"sqlite:///{healthy.parent}/nw.db")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    state, hint = findings(run)["database"]
    assert "newer than this newswatch" in state
    assert hint


def test_quiet_hours_that_leave_no_minute(run: Run, healthy: Path) -> None:
    windows = 'quiet = [{ from = "08:00", to = "20:00" }, { from = "19:00", to = "09:00" }]'
    night = f'\n[destinations.night]\ntype = "terminal"\n{windows}\n'
    healthy.write_text(healthy.read_text() + night)
    state, _ = findings(run)["configuration"]
    assert "no minute of the week" in state


def test_a_folder_that_is_not_there(run: Run, healthy: Path) -> None:
    healthy.write_text(healthy.read_text().replace("nw.db", "data/nw.db"))
    assert findings(run)["folder"][1] == f"mkdir -p {healthy.parent}/data"


def test_failing_feeds_and_deliveries(run: Run, healthy: Path, filled: Filled) -> None:
    database = Database(f"sqlite:///{healthy.parent}/nw.db")
    with database.writing() as connection:
        connection.execute(feed.update().values(health="failing"))
        destinations.disable(connection, "desk", reason="token revoked", now=datetime.now(UTC))
        connection.exec_driver_sql("UPDATE delivery SET state = 'dead'")
    found = findings(run)
    assert found["feeds"][0] == "1 failing, of 1 active"
    assert found["deliveries"][0] == "1 given up, 0 held"
    assert found["destination desk"] == (
        "disabled: token revoked",
        "repair it, then `newswatch deliveries retry --dead --to desk`",
    )
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE delivery SET state = 'held'")
    assert findings(run)["deliveries"][0] == "0 given up, 1 held"
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE delivery SET merged_into = 1")
    assert "deliveries" not in findings(run), "a roll-up will tell of it"
    with database.writing() as connection:
        set_status(connection, filled.feed, FeedStatus.DISABLED, now=datetime.now(UTC))
    database.close()
    assert findings(run)["feeds"][0] == "none is polled"


def test_a_clock_that_is_behind(run: Run, healthy: Path) -> None:
    database = Database(f"sqlite:///{healthy.parent}/nw.db")
    with database.writing() as connection:
        leases.register(connection, 1, datetime.now(UTC))
        connection.execute(runner.update().values(heartbeat_at=datetime.now(UTC) + timedelta(hours=2)))
    database.close()
    assert "in the future" in findings(run)["clock"][0]


def test_a_port_that_something_else_has(run: Run, healthy: Path, free_port: int) -> None:
    # it listens and never answers
    with socket.create_server(("127.0.0.1", free_port)):
        assert "set another web.listen" in findings(run)["port"][1]


class Nothing:
    """A daemon that is only there."""

    metrics = Metrics()

    async def ready(self) -> tuple[bool, dict[str, str]]:
        return True, {}

    async def reload(self) -> None:
        return None


async def test_a_running_daemon_has_its_port(tmp_path: Path) -> None:
    async with serve(build_app(Nothing()), "127.0.0.1", 0) as (_, port):
        config = Config.model_validate({"web": {"listen": f"127.0.0.1:{port}"}})
        (check,) = await asyncio.to_thread(lambda: list(doctor_checks.port(config)))
    assert check == Check("port", f"a newswatch daemon answers on 127.0.0.1:{port}")


# --- destinations, asked over the network ----------------------------------------------------------------------------


@asynccontextmanager
async def world(tmp_path: Path, **changes: str) -> AsyncIterator[Config]:
    """A mail server and a Slack stand-in with a configuration that names them."""
    async with MailServer(login=("nw", "right")) as mail, SlackStandIn() as slack:
        values = {"port": str(mail.port), "password": "right", "token": TOKEN, "api": slack.api_url} | changes
        path = tmp_path / "newswatch.toml"
        path.write_text(
            f"""
            [smtp.main]
            host = "127.0.0.1"
            port = {values["port"]}
            security = "none"
            username = "nw"
            password = "{values["password"]}"
            from = "nw@example.org"
            [destinations.desk]
            type = "slack"
            channel = "{CHANNEL}"
            token = "{values["token"]}"
            api_url = "{values["api"]}"
            [destinations.hook]
            type = "webhook"
            url = "{slack.url}/anything"
            allow_private = true
            """
        )
        yield load_config(path, environ={})
        assert mail.mails == []
        assert slack.messages == []


async def test_destinations_that_answer(tmp_path: Path) -> None:
    async with world(tmp_path) as config:
        found = {check.name: check for check in await doctor_checks.destinations(config)}
    assert {name: check.hint for name, check in found.items()} == {
        "smtp main": "",
        "destination desk": "",
        "destination hook": "",
    }
    assert "login works" in found["smtp main"].state


async def test_destinations_that_refuse(tmp_path: Path, free_port: int) -> None:
    async with world(tmp_path, password="wrong", token="xoxb-wrong") as config:
        found = {check.name: check for check in await doctor_checks.destinations(config)}
    assert "535" in found["smtp main"].state
    assert found["destination desk"].state == "Slack says invalid_auth"
    assert all("wrong" not in check.state for check in found.values())


async def test_destinations_that_are_not_there(tmp_path: Path, free_port: int) -> None:
    async with world(tmp_path, port=str(free_port), api=f"http://127.0.0.1:{free_port}/api/") as config:
        found = {check.name: check for check in await doctor_checks.destinations(config)}
    assert found["smtp main"].hint
    assert "Slack cannot be reached" in found["destination desk"].state


async def test_a_browser_that_does_not_start() -> None:
    pytest.importorskip("playwright", reason="the extra `browser` is not installed")
    (found,) = await doctor_checks.browser(
        Config.model_validate({"browser": {"enabled": True, "executable": "/nowhere/chromium"}})
    )
    assert "Chromium does not start" in found.state
    assert found.hint
    assert await doctor_checks.browser(Config()) == []
