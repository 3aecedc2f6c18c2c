"""Driving a world from another process: a small HTTP endpoint, and its client.

- GET /control/truth[?planned=1]: what a perfect pipeline would have
- POST /control/publish `{"count": 3}`, `{"keys": [...]}` or `{"all": true}`: the URLs that appeared
- POST /control/faults `{"slack": [...], "mail": [...], "webhook": [...], "feeds": {outlet: [...]},
  "pages": {article: [...]}, "delay_s": 0.5, "slack_latency_s": 0.5, "slack_appears_s": 0.5}`
- GET /control/slack/messages, /control/mail, /control/webhook: what arrived
- GET /control/requests: what the site was asked
- GET /control/config?database_url=...&folder=...: newswatch.toml as text
"""

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from newswatch.demo.loopback import Answer, LoopbackServer, Request
from newswatch.demo.site import Truth

if TYPE_CHECKING:
    from newswatch.demo.world import World

_START_S = 30.0


class Control:
    """The endpoint of a world. An async context manager."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._server = LoopbackServer(self._handle)

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.port

    async def __aenter__(self) -> Self:
        """Start."""
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._server.stop()

    def _handle(self, request: Request) -> Answer:
        try:
            return self._dispatch(request)
        except (ValueError, KeyError, TypeError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _dispatch(self, request: Request) -> Answer:
        world, body = self._world, json.loads(request.body or b"{}")
        match request.method, request.path:
            case "GET", "/control/truth":
                return _json(truth_to_json(world.site.truth(planned="planned" in request.query)))
            case "POST", "/control/publish":
                return _json(self._publish(body))
            case "POST", "/control/faults":
                self._set_faults(body)
                return _json({})
            case "GET", "/control/slack/messages":
                return _json([
                    {"ts": message.ts, "thread_ts": message.thread_ts, "via": message.via, "text": message.text,
                     "delivery_id": message.delivery_id, "payload": message.payload, "edits": message.edits}
                    for message in world.slack.messages
                ])  # fmt: skip
            case "GET", "/control/mail":
                return _json([
                    {"message_id": mail.message_id, "subject": str(mail.message["Subject"]), "sender": mail.sender,
                     "recipients": mail.recipients, "text": mail.text, "raw": mail.raw.decode("latin-1")}
                    for mail in world.mail.mails
                ])  # fmt: skip
            case "GET", "/control/webhook":
                return _json({
                    "received": {
                        key: [receipt.body.decode("utf-8", "replace") for receipt in receipts]
                        for key, receipts in world.webhook.received.items()
                    },
                    "rejected": world.webhook.rejected,
                })  # fmt: skip
            case "GET", "/control/requests":
                return _json([
                    {"method": logged.method, "path": logged.path, "headers": dict(logged.headers),
                     "status": logged.status, "at": logged.at.isoformat()}
                    for logged in world.site.requests
                ])  # fmt: skip
            case "GET", "/control/config":
                text = world.config_toml(request.query["database_url"], Path(request.query["folder"]))
                return Answer(body=text.encode(), content_type="text/plain; charset=utf-8")
        return _json({"error": f"there is no {request.method} {request.path}"}, 404)

    def _publish(self, body: dict[str, Any]) -> list[str]:
        site = self._world.site
        if body.get("all"):
            shown = site.publish_all()
        elif "keys" in body:
            shown = site.publish_keys(body["keys"])
        else:
            shown = site.publish_next(int(body.get("count", 1)))
        return [item.url for item in shown]

    def _set_faults(self, body: dict[str, Any]) -> None:
        world = self._world
        known = {"slack", "mail", "webhook", "feeds", "pages", "delay_s", "slack_latency_s", "slack_appears_s"}
        if unknown := set(body) - known:
            raise ValueError(f"there is no part {sorted(unknown)}; there are {sorted(known)}")
        if "slack" in body:
            world.slack.faults = deque(body["slack"])
        if "mail" in body:
            world.mail.faults = deque(body["mail"])
        if "webhook" in body:
            world.webhook.faults = deque(body["webhook"])
        world.site.faults.feeds.update({key: deque(steps) for key, steps in body.get("feeds", {}).items()})
        world.site.faults.pages.update({key: deque(steps) for key, steps in body.get("pages", {}).items()})
        world.site.faults.delay_s = float(body.get("delay_s", world.site.faults.delay_s))
        world.slack.latency_s = float(body.get("slack_latency_s", world.slack.latency_s))
        world.slack.appears_s = float(body.get("slack_appears_s", world.slack.appears_s))


def truth_to_json(truth: Truth) -> dict[str, Any]:
    """Return a truth as JSON values, sorted."""
    return {
        "articles": sorted(truth.articles),
        "flagged": sorted(truth.flagged),
        "alerts": sorted(list(pair) for pair in truth.alerts),
        "backfill": sorted(list(pair) for pair in truth.backfill),
        "stories": {story: sorted(urls) for story, urls in sorted(truth.stories.items())},
    }


def truth_from_json(data: dict[str, Any]) -> Truth:
    """Turn the result of `truth_to_json` back into a truth."""
    return Truth(
        articles=frozenset(data["articles"]),
        flagged=frozenset(data["flagged"]),
        alerts=frozenset((rule, story) for rule, story in data["alerts"]),
        backfill=frozenset((rule, story) for rule, story in data["backfill"]),
        stories={story: frozenset(urls) for story, urls in data["stories"].items()},
    )


class WorldProcess:
    """A world in a process of its own, for synchronous tests. A context manager.

    The process ends with the test process even if that is killed.
    """

    def __init__(self, folder: Path, *, seed: int | None = None, slack_limiter: bool = True) -> None:
        """Keep the process's files in `folder`."""
        self.folder = folder
        self.ports: dict[str, int] = {}
        self._options = [] if seed is None else ["--seed", str(seed)]
        self._options += [] if slack_limiter else ["--no-slack-limit"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the process and wait until everything listens. Raises RuntimeError where it does not start."""
        port_file, log = self.folder / "world-ports.json", self.folder / "world.log"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "newswatch.demo.world", "--with-parent", "--port-file", str(port_file)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, *self._options], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_S
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError(f"the world did not start: {log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.02)
        self.ports = json.loads(port_file.read_text(encoding="utf-8"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def truth(self, *, planned: bool = False) -> Truth:
        """Return what a perfect pipeline would have by now, or in the end."""
        return truth_from_json(self._call("GET", "truth", {"planned": "1"} if planned else {}))

    def publish(self, count: int = 1) -> list[str]:
        """Publish the next `count` articles; return their URLs."""
        urls: list[str] = self._call("POST", "publish", {}, {"count": count})
        return urls

    def publish_keys(self, *keys: str) -> list[str]:
        """Publish these articles; return their URLs."""
        urls: list[str] = self._call("POST", "publish", {}, {"keys": keys})
        return urls

    def publish_all(self) -> list[str]:
        """Publish everything that is waiting; return the URLs."""
        urls: list[str] = self._call("POST", "publish", {}, {"all": True})
        return urls

    def faults(self, **parts: Any) -> None:
        """Set faults, as `POST /control/faults` takes them."""
        self._call("POST", "faults", {}, parts)

    def slack_messages(self) -> list[dict[str, Any]]:
        """Return what arrived in Slack."""
        messages: list[dict[str, Any]] = self._call("GET", "slack/messages")
        return messages

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails that were kept."""
        mails: list[dict[str, Any]] = self._call("GET", "mail")
        return mails

    def webhooks(self) -> dict[str, Any]:
        """Return the webhook bodies by id (`received`) and the reasons of refusals (`rejected`)."""
        webhooks: dict[str, Any] = self._call("GET", "webhook")
        return webhooks

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests that the site has seen."""
        requests: list[dict[str, Any]] = self._call("GET", "requests")
        return requests

    def config_toml(self, database_url: str, folder: Path) -> str:
        """Return the text of a newswatch.toml for this world."""
        return self._fetch("GET", "config", {"database_url": database_url, "folder": str(folder)}).decode()

    def _call(self, method: str, name: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        return json.loads(self._fetch(method, name, query or {}, body))

    def _fetch(self, method: str, name: str, query: dict[str, str], body: Any = None) -> bytes:
        url = f"http://127.0.0.1:{self.ports['control']}/control/{name}?{urllib.parse.urlencode(query)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)
        # a proxy from the environment has no business between a test and its own process
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_START_S) as answer:
            content: bytes = answer.read()
        return content


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")
