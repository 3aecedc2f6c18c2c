"""Setting up, checking, and what is said about mistakes."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from newswatch.config import config_schema
from tests.cli.conftest import Filled, Run


def test_init_writes_a_configuration_that_works(run: Run, tmp_path: Path) -> None:
    assert run("init").code == 0
    assert (tmp_path / "newswatch.toml").is_file()
    ran = run("check-config")
    assert ran.code == 0
    assert "10 feeds, 1 destinations, 1 routes" in ran.out


def test_init_never_overwrites_unasked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "newswatch.toml"
    path.write_text("mine")
    ran = run("init")
    assert ran.code == 2
    assert "--force" in ran.err
    assert path.read_text() == "mine"
    assert run("init", "--force").code == 0
    assert path.read_text() != "mine"


def test_init_as_json(run: Run) -> None:
    assert run("init", "--json").json == {"file": "newswatch.toml", "overwritten": False}
    assert run("init", "--force", "--json").json["overwritten"] is True


def test_init_into_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("init", tmp_path / "nowhere" / "x.toml")
    assert ran.code == 2
    assert "No such file or directory" in ran.err


@pytest.mark.parametrize("command", [("check-config",), ("config", "check")])
def test_check_config_tells_everything(command: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "newswatch.toml"
    path.write_text('[alerts]\ngroup_wiat = 1\n[rules]\npacks = ["korea-japan-sumit"]\n')
    ran = run(*command)
    assert ran.code == 2
    assert "newswatch.toml:2:1: alerts.group_wiat: there is no such setting (did you mean group_wait?)" in ran.err
    document = run(*command, "--json")
    assert document.code == 2
    assert document.json["problems"][0]["line"] == 2
    path.write_text('[rules]\npacks = ["korea-japan-sumit"]\n')
    broken = run(*command)
    assert broken.code == 2
    assert "korea-japan-summit" in broken.err


@pytest.mark.parametrize("command", [("status",), ("feeds", "list"), ("run",), ("rules", "list"), ("db", "check")])
def test_a_broken_configuration_stops_every_command(command: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    (tmp_path / "newswatch.toml").write_text("[log]\nlevel = \n")
    ran = run(*command)
    assert ran.code == 2
    assert "newswatch.toml:2:9: not valid TOML" in ran.err


def test_a_configuration_that_is_not_there(run: Run) -> None:
    ran = run("status", "--config", "none.toml")
    assert ran.code == 2
    assert "none.toml: there is no such file" in ran.err


def test_config_show_hides_secrets(run: Run, tmp_path: Path) -> None:
    (tmp_path / "newswatch.toml").write_text('[database]\nurl = "postgresql://nw:hunter2@db/nw"')
    for ran in (run("config", "show"), run("config", "show", "--json")):
        assert "hunter2" not in ran.out
        assert "postgresql://nw:***@db/nw" in ran.out


def test_config_schema(run: Run) -> None:
    assert run("config", "schema").json == run("config", "schema", "--json").json == config_schema()


def test_version(run: Run) -> None:
    assert run("version").out.startswith("newswatch ")
    assert set(run("version", "--json").json) == {"newswatch", "python"}


# --- database --------------------------------------------------------------------------------------------------------


def test_db_upgrade_check_current(run: Run, configured: Path) -> None:
    assert run("db", "current", "--json").json["current"] is None
    empty = run("db", "check")
    assert empty.code == 1
    assert "newswatch db upgrade" in empty.err
    assert run("db", "upgrade", "--json").json["applied"]
    assert run("db", "upgrade").out.endswith("up to date already\n")
    checked = run("db", "check", "--json")
    assert (checked.code, checked.json["state"], checked.json["differences"]) == (0, "current", [])


def test_a_newer_schema_is_refused(run: Run, filled: Filled, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "nw.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (("status",), ("db", "check"), ("db", "upgrade")):
        ran = run(*command)
        assert ran.code == 3
        assert "newer than this newswatch" in ran.err


def test_an_unreachable_database(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "newswatch.toml").write_text(f'[database]\nurl = "postgresql://nw:hunter2@127.0.0.1:{port}/nw"')
    ran = run("status")
    assert ran.code == 3
    assert f"cannot reach the database postgresql://nw:***@127.0.0.1:{port}/nw" in ran.err
    assert "hunter2" not in ran.err


def test_a_file_that_is_no_database(run: Run, configured: Path, tmp_path: Path) -> None:
    (tmp_path / "nw.db").write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    ran = run("status")
    assert ran.code == 3
    assert "not a database" in ran.err
    assert "Traceback" not in ran.err


def test_backup(run: Run, filled: Filled, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run("db", "backup", copy).code == 0
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM article").fetchone() == (1,)
    again = run("db", "backup", copy)
    assert again.code == 2
    assert "never overwrites" in again.err


def test_backup_of_nothing(run: Run, configured: Path, tmp_path: Path) -> None:
    assert run("db", "backup", tmp_path / "copy.db").code == 2
    assert not (tmp_path / "nw.db").exists()


# --- the process -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["nonsense"], ["feeds", "list", "--nonsense"], ["feeds", "add"]])
def test_usage_errors(arguments: list[str], run: Run) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.err


def test_a_closed_pipe_is_not_worth_a_message(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "newswatch", "config", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert program.stdout is not None
    program.stdout.close()
    _, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full exists on Linux only")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "newswatch", "config", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            check=False,
            timeout=60,
        )
    assert ran.returncode == 3
    assert ran.stderr.splitlines()[0] == b"newswatch: the result: No space left on device"


def test_a_plain_terminal_gets_what_it_can_show(tmp_path: Path) -> None:
    (tmp_path / "newswatch.toml").write_text(
        "[[feeds]]\nurl = 'https://a.example/'\nname = '연합뉴스'", encoding="utf-8"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "newswatch", "config", "show"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0
    assert b"\\uc5f0" in ran.stdout


def test_check_config_tries_templates(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "webhook.json").write_text('{"text": {{ words.headlin }}}')
    destination = '[destinations.hook]\ntype = "webhook"\nurl = "https://h.example/"\ntemplates = "mine"\n'
    (tmp_path / "newswatch.toml").write_text(destination)

    found = run("check-config", "--config", str(tmp_path / "newswatch.toml"))

    assert found.code == 2
    assert "destinations.hook.templates: a message of kind new cannot be written with them" in found.err
    assert "headlin" in found.err
