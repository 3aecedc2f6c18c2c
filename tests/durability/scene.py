"""A demo world, a daemon's configuration and database in it, and the checker that knows what must be there."""

import json
import re
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Select, Table, func, select

from newswatch.demo.control import WorldProcess
from newswatch.demo.site import RULE, Truth
from newswatch.store.database import Database, is_transient
from newswatch.store.tables import (
    alert,
    article,
    article_version,
    attempt,
    delivery,
    entry,
    feed,
    rule_match,
    runner,
    story_member,
)
from tests.durability.nursery import Nursery

DESTINATIONS = ("desk", "duty", "hook", "terminal", "log")
LEASED = (feed, entry, delivery)

HURRY: dict[str, dict[str, Any]] = {
    "daemon": {
        "poll_tick": "100ms",
        "article_tick": "100ms",
        "match_tick": "100ms",
        "delivery_tick": "100ms",
        "shutdown_grace": "10s",
    },
    "polling": {"min_interval": "1s", "min_interval_unvalidated": "1s", "max_interval": "1s"},
    "alerts": {
        "group_wait": "0s",
        "group_wait_flash": "0s",
        "send_timeout": "1s",
        "ambiguous_guard": "1200ms",
        "retry_delays": ["100ms"],
    },
    "log": {"level": "info"},
    # Far more deaths than any page deserves: here the page is never the one at fault.
    "extraction": {"max_attempts": 1000},
}
"""Settings that make everything happen soon."""


def until(
    missing: Callable[[], str | None], seconds: float, *, every: float = 0.05, log: Callable[[], str] = str
) -> None:
    """Wait until `missing` returns None. Fails with what it returned last, and the `log`, when the time is over."""
    deadline = time.monotonic() + seconds
    while (problem := missing()) is not None:
        assert time.monotonic() < deadline, f"after {seconds:g} s: {problem}\n{log()}"
        time.sleep(every)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def with_settings(text: str, settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of a configuration with keys of its tables changed or added."""
    for table, values in settings.items():
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        head = f"[{table}]\n"
        if head not in text:
            text = f"{head}{lines}\n{text}"
            continue
        before, _, after = text.partition(head)
        body, gap, rest = after.partition("\n\n")
        kept = [line for line in body.splitlines() if line.split(" = ")[0] not in values]
        text = before + head + lines + "\n".join(kept) + gap + rest
    return text


class Scene:
    """A world with a configuration for it. A context manager."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        slack_limiter: bool = False,
    ) -> None:
        """Keep files in `folder`; `settings` go over those of HURRY."""
        self.folder = folder
        self.world = WorldProcess(folder, slack_limiter=slack_limiter)
        self.database = Database(database_url)
        self.config = folder / "newswatch.toml"
        self._url = database_url
        self._settings = [HURRY, settings or {}]

    def __enter__(self) -> Self:
        """Start the world and write the configuration."""
        self.world.__enter__()
        self.configure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the world."""
        self.database.close()
        self.world.__exit__(kind, error, trace)

    def configure(self, settings: Mapping[str, Mapping[str, Any]] | None = None, *, extra: str = "") -> None:
        """Write the configuration, with more `settings` and with `extra` text at its end."""
        text = self.world.config_toml(self._url, self.folder)
        for layer in (*self._settings, settings or {}):
            text = with_settings(text, layer)
        self.config.write_text(text + extra, encoding="utf-8")

    def warm_up(self, nursery: Nursery) -> None:
        """Let a daemon read every feed once, undisturbed: what is published afterwards is news."""
        self._undisturbed(nursery, self.first_polls, 120)

    def finish(self, nursery: Nursery) -> None:
        """Let a daemon do what is left, undisturbed, and check everything."""
        self._undisturbed(nursery, self.unfinished, 240)
        self.check()

    def _undisturbed(self, nursery: Nursery, missing: Callable[[], str | None], within_s: float) -> None:
        life = nursery.start(self.config)
        try:
            until(life.not_started, within_s, log=life.output)
            until(missing, within_s, log=life.output)
            assert life.stop() == 0, life.output()
        finally:
            if life.alive():
                life.kill()

    def rows(self, query: Select[Any]) -> list[Any]:
        """Return the rows of a query."""
        with self.database.reading() as connection:
            return list(connection.execute(query).all())

    def column(self, query: Select[Any]) -> list[Any]:
        """Return the values of a query for one column."""
        return [row[0] for row in self.rows(query)]

    def claimed_by(self, pid: int, *tables: Table) -> int:
        """Return how many rows of `tables` (of all by default) a process holds."""
        owner = select(runner.c.id).where(runner.c.pid == pid).scalar_subquery()
        return sum(
            self.column(select(func.count()).where(table.c.lease_owner == owner))[0] for table in tables or LEASED
        )

    # --- what is still missing; None when nothing is

    def first_polls(self, *, but: Collection[str] = ()) -> str | None:
        """Look whether every feed, `but` some, has been read once, so that everything from now on is news."""
        try:
            read = dict(self.rows(select(feed.c.url, feed.c.last_success_at)))
        except Exception as error:
            if is_transient(error) or "no such table" in str(error) or "does not exist" in str(error):
                return f"the database is not there yet: {error}"
            raise
        unread = [url for url, success in read.items() if success is None and url not in but]
        return None if read and not unread else f"feeds not read yet: {unread or 'all'}"

    def unfinished(self) -> str | None:
        """Look whether the pipeline has come to rest with everything that was published."""
        try:
            return next(self._unfinished(self.world.truth()), None)
        except Exception as error:
            if is_transient(error):
                return f"the database does not answer: {error}"
            raise

    def _unfinished(self, truth: Truth) -> Any:
        with self.database.reading() as connection:
            stored = set(connection.execute(select(article.c.url)).scalars())
            if missing := truth.articles - stored:
                yield f"articles not stored: {sorted(missing)}"
            for what, query in (
                (
                    "entries not done",
                    select(entry.c.link, entry.c.state, entry.c.reason).where(entry.c.state != "done"),
                ),
                (
                    "versions not matched",
                    select(article_version.c.article_id).where(article_version.c.matched_at.is_(None)),
                ),
                (
                    "deliveries not made",
                    select(delivery.c.destination, delivery.c.state, delivery.c.reason).where(
                        delivery.c.state != "delivered"
                    ),
                ),
            ):
                if rows := connection.execute(query).all():
                    yield f"{what}: {rows}"
            told = connection.execute(select(func.count()).select_from(delivery)).scalar_one()
        if told < len(truth.alerts) * len(DESTINATIONS):
            yield f"{told} deliveries for {len(truth.alerts)} alerts"

    # --- the checker

    def check(self) -> None:
        """Compare everything, stored and arrived, with the truth. The daemon has to be at rest."""
        truth = self.world.truth()
        assert self.unfinished() is None
        with self.database.reading() as connection:
            self._check_stored(connection, truth)
            self._check_at_rest(connection)
            deliveries = {(row.delivery_key, row.destination) for row in connection.execute(select(delivery))}
        if self.database.path is not None:
            with sqlite3.connect(f"file:{self.database.path}?mode=ro", uri=True) as raw:
                assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        self._check_arrived(truth, deliveries)

    def _check_stored(self, connection: Connection, truth: Truth) -> None:
        articles = connection.execute(select(article.c.id, article.c.url, article.c.versions)).all()
        assert Counter(row.url for row in articles) == Counter(truth.articles), "every article once"
        assert {row.url: row.versions for row in articles if row.versions != 1} == {}, "no article was edited"
        url = {row.id: row.url for row in articles}
        matched = connection.execute(select(rule_match.c.article_id).where(rule_match.c.rule_id == RULE)).scalars()
        assert Counter(url[article_id] for article_id in matched) == Counter(truth.flagged), "every match once"
        story = dict(connection.execute(select(story_member.c.article_id, story_member.c.story_id)).all())
        assert set(story) == set(url), "every article is in a story"
        name = {address: key for key, addresses in truth.stories.items() for address in addresses}
        together = {(story[article_id], name[address]) for article_id, address in url.items()}
        assert len(together) == len({one for one, _ in together}) == len(truth.stories), f"stories: {together}"
        alerts = connection.execute(select(alert.c.story_id, alert.c.suppressed).where(alert.c.rule_id == RULE)).all()
        names = dict(together)
        told = Counter(names[row.story_id] for row in alerts if row.suppressed is None)
        assert told == Counter(key for _, key in truth.alerts), "every alert once"
        silent = Counter(names[row.story_id] for row in alerts if row.suppressed is not None)
        assert silent == Counter(key for _, key in truth.backfill), "old news is not told"

    def _check_at_rest(self, connection: Connection) -> None:
        for table in LEASED:
            held = connection.execute(select(table.c.id).where(table.c.lease_owner.is_not(None))).all()
            assert held == [], f"{table.name} rows still claimed"
        assert connection.execute(select(runner)).all() == [], "nobody is at work"
        unresolved = connection.execute(
            select(attempt.c.delivery_id, attempt.c.n).where(attempt.c.outcome == "delivered")
        ).all()
        assert len({row.delivery_id for row in unresolved}) == len(unresolved), "delivered once, whatever the channel"

    def _check_arrived(self, truth: Truth, deliveries: set[tuple[str, str]]) -> None:
        expected = Counter(key for _, key in truth.alerts)
        keys = {name: {key for key, to in deliveries if to == name} for name in DESTINATIONS}
        assert {name: len(found) for name, found in keys.items()} == dict.fromkeys(DESTINATIONS, len(expected))
        self._check_slack(expected, keys["desk"], truth)
        mails = {mail["message_id"]: mail for mail in self.world.mails()}
        assert Counter(_story(mail["text"], truth) for mail in mails.values()) == expected, (
            "mail: one id for each alert"
        )
        bodies = {(mail["message_id"], mail["raw"]) for mail in self.world.mails()}
        assert len(bodies) == len(mails), "a mail that came again is the same, byte for byte"
        hooks = self.world.webhooks()
        assert hooks["rejected"] == []
        assert set(hooks["received"]) == keys["hook"]
        assert all(len(set(copies)) == 1 for copies in hooks["received"].values()), "the same id, the same content"
        assert Counter(_story(copies[0], truth) for copies in hooks["received"].values()) == expected
        lines = (self.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines() if expected else []
        whole = [json.loads(line)["id"] for line in lines if _is_json(line)]
        assert Counter(whole) == Counter(keys["log"]), "every line once"

    def _check_slack(self, expected: Counter[str], keys: set[str], truth: Truth) -> None:
        messages = self.world.slack_messages()
        assert Counter(message["delivery_id"] for message in messages) == Counter(keys), "no delivery came twice"
        told = Counter(_story(json.dumps(message["payload"], ensure_ascii=False), truth) for message in messages)
        assert told == expected, "every story came once"


def _story(text: str, truth: Truth) -> str:
    """Return the story that a message is about."""
    found = {
        story
        for story, urls in truth.stories.items()
        for url in urls
        if re.search(re.escape(url) + r"(?![a-z0-9-])", text)
    }
    assert len(found) == 1, f"a message about {found or 'nothing'}: {text[:500]}"
    return found.pop()


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False  # cut short by a death; the file goes on in a new line
    return True
