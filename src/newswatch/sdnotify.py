"""Telling systemd how the daemon is doing.

The protocol is one datagram of `KEY=value` lines to the socket that `$NOTIFY_SOCKET` names (sd_notify(3)).
"""

import os
import socket
import time
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
WATCHDOG = "WATCHDOG=1"


def notify(state: str, *, environ: Mapping[str, str] | None = None) -> bool:
    """Send `state`, one or more lines `KEY=value`, to systemd.

    `environ` is the process's environment unless given. Returns False if nobody asked to be told or the message could
    not be handed over; that is never a reason to stop, so nothing is raised.
    """
    address = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # abstract socket: unix(7) writes its name with a leading NUL
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | getattr(socket, "SOCK_CLOEXEC", 0)) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)
    except OSError:
        return False
    return True


def reloading() -> str:
    """Return the state to send when a reload begins; `READY` ends it.

    Type=notify-reload insists on the time on CLOCK_MONOTONIC in microseconds (systemd.service(5)).
    """
    return f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"


def status(text: str) -> str:
    """Return the state that shows `text` in `systemctl status`. Line breaks would begin another key."""
    return "STATUS=" + " ".join(text.split())


def watchdog_interval(*, environ: Mapping[str, str] | None = None, pid: int | None = None) -> float | None:
    """Return how many seconds may pass between two `WATCHDOG` messages; None if systemd does not watch this process.

    Half of what systemd allows, as sd_watchdog_enabled(3) advises. `environ` and `pid` are the process's unless given.
    """
    environ = os.environ if environ is None else environ
    try:
        allowed = int(environ.get("WATCHDOG_USEC", ""))
        watched = int(environ.get("WATCHDOG_PID", "") or (os.getpid() if pid is None else pid))
    except ValueError:
        return None
    if allowed <= 0 or watched != (os.getpid() if pid is None else pid):
        return None
    return allowed / 2 / 1_000_000
