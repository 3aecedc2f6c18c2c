"""The notification protocol, spoken to a real socket."""

import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newswatch import sdnotify


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket in the file system and its address."""
    # Short and relative: the name of a Unix socket has room for 108 bytes.
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        receiver.settimeout(10)
        yield receiver, path


def test_a_state_is_one_datagram(listener: tuple[socket.socket, str]) -> None:
    receiver, path = listener
    status = sdnotify.status("watching  10\nfeeds")
    assert sdnotify.notify(f"{sdnotify.READY}\n{status}", environ={"NOTIFY_SOCKET": path})
    assert receiver.recv(1000) == b"READY=1\nSTATUS=watching 10 feeds"


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets exist on Linux only")
def test_abstract_socket() -> None:
    name = f"newswatch-test-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{name}")
        receiver.settimeout(10)
        assert sdnotify.notify(sdnotify.WATCHDOG, environ={"NOTIFY_SOCKET": f"@{name}"})
        assert receiver.recv(1000) == b"WATCHDOG=1"


def test_reloading_carries_the_monotonic_time(listener: tuple[socket.socket, str]) -> None:
    receiver, path = listener
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert sdnotify.notify(sdnotify.reloading(), environ={"NOTIFY_SOCKET": path})
    first, second = receiver.recv(1000).decode().split("\n")
    assert first == "RELOADING=1"
    key, _, microseconds = second.partition("=")
    assert key == "MONOTONIC_USEC"
    assert before <= int(microseconds) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "vsock:2:3"])
def test_nobody_listens(address: str) -> None:
    assert sdnotify.notify(sdnotify.STOPPING, environ={"NOTIFY_SOCKET": address} if address else {}) is False


def test_a_full_queue_does_not_block(listener: tuple[socket.socket, str]) -> None:
    _, path = listener
    results = {sdnotify.notify("STATUS=" + "x" * 1000, environ={"NOTIFY_SOCKET": path}) for _ in range(5000)}
    assert results == {True, False}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_watchdog_interval(environ: dict[str, str], expected: float | None) -> None:
    assert sdnotify.watchdog_interval(environ=environ) == expected
