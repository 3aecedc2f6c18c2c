"""A news site with several outlets, whose articles appear when told to."""

import hashlib
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from newswatch.clock import Now, system_now
from newswatch.demo.library import DemoArticle, load_articles
from newswatch.demo.loopback import Answer, Ending, LoggedRequest, LoopbackServer, Request
from newswatch.demo.outlets import OUTLETS, Outlet
from newswatch.demo.render import Shown, feed_content_type, page_content_type, render_feed, render_page

RULE = "kr-jp-summit"
"""The rule of the shipped pack that the articles' `flagged` is about."""

_ROBOTS = b"User-agent: *\nDisallow: /harrow/subscribers/\nDisallow: /admin/\n"
_FEED_ITEMS = 40
_RELATED = 5


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect pipeline would have made of the articles on the site.

    `alerts` are (rule, story) pairs that must be announced; `backfill` those known only from articles that were there
    before the first poll, which must be flagged but not announced.
    """

    articles: frozenset[str]  # URLs
    flagged: frozenset[str]  # URLs of articles that meet RULE
    alerts: frozenset[tuple[str, str]]
    backfill: frozenset[tuple[str, str]]
    stories: Mapping[str, frozenset[str]]  # story -> URLs of its articles


@dataclass(slots=True)
class SiteFaults:
    """What goes wrong. Scripts are used up from the left, one step a request; an empty script means all is well.

    Steps: `ok`, `broken` (XML cut off in an element), `html`, `empty`, `hang`, `reset`, `cut`, or a status such as
    `500`. `feeds` goes by outlet, `pages` by article key. `delay_s` comes before every answer.
    """

    feeds: dict[str, deque[str]] = field(default_factory=dict)
    pages: dict[str, deque[str]] = field(default_factory=dict)
    delay_s: float = 0.0

    @classmethod
    def usual(cls) -> Self:
        """The small mishaps of the demo: one outlet answers 500 once, one sends broken XML once."""
        return cls(feeds={"yundu": deque(["ok", "ok", "500"]), "shioji": deque(["ok", "ok", "ok", "broken"])})

    def take(self, scripts: dict[str, deque[str]], key: str) -> str:
        """Return the next step of `key`'s script."""
        script = scripts.get(key)
        return script.popleft() if script else "ok"


class Site:
    """The outlets' feeds, pages and robots.txt on one loopback port. An async context manager.

    Articles with a negative offset are there from the start. The others appear with `publish_next`, `publish_all`,
    `publish_keys` or `publish_due`; their dates are those of the site's clock.
    """

    def __init__(
        self,
        *,
        now: Now = system_now,
        articles: Sequence[DemoArticle] | None = None,
        faults: SiteFaults | None = None,
        seed: int | None = None,
        port: int = 0,
    ) -> None:
        """Prepare the site; `seed` shuffles the order of publication, copies staying behind their originals."""
        self.faults = faults or SiteFaults()
        self._now = now
        self._started = now().replace(microsecond=0)
        self._server = LoopbackServer(self._handle, now=now, port=port)
        everything = load_articles() if articles is None else articles
        self.planned: tuple[DemoArticle, ...] = _shuffled(everything, seed) if seed is not None else tuple(everything)
        self._waiting: deque[DemoArticle] = deque(article for article in self.planned if not article.archive)
        self._shown: dict[str, Shown] = {}  # by path
        self._modified: dict[str, datetime] = {}  # by outlet

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far, in the order of arrival."""
        return self._server.requests

    @property
    def url(self) -> str:
        """Address of the site, without a final slash."""
        return self._server.url

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.port

    @property
    def waiting(self) -> int:
        """How many articles are still to be published."""
        return len(self._waiting)

    async def __aenter__(self) -> Self:
        """Start, with the archive on the site."""
        await self._server.start()
        for article in self.planned:
            if article.archive and article.path not in self._shown:
                self._show(article, self._started + timedelta(seconds=article.offset_s))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._server.stop()

    def feed_urls(self) -> dict[str, str]:
        """Return the URL of every feed, by `outlet/feed name`."""
        return {
            f"{outlet.key}/{name}": self.url + outlet.feed_path(name)
            for outlet in OUTLETS.values()
            for name in outlet.feed_names
        }

    def publish_next(self, count: int = 1) -> list[Shown]:
        """Publish the next `count` articles; return what appeared."""
        return [self._publish(self._waiting.popleft()) for _ in range(min(count, len(self._waiting)))]

    def publish_all(self) -> list[Shown]:
        """Publish everything that is still waiting."""
        return self.publish_next(len(self._waiting))

    def publish_keys(self, keys: Iterable[str]) -> list[Shown]:
        """Publish the waiting articles with these keys, whatever their turn."""
        wanted = set(keys)
        chosen = [article for article in self._waiting if article.key in wanted]
        self._waiting = deque(article for article in self._waiting if article.key not in wanted)
        return [self._publish(article) for article in chosen]

    def publish_due(self, elapsed_s: float) -> list[Shown]:
        """Publish what is due `elapsed_s` seconds after the start of the play."""
        due = 0
        while due < len(self._waiting) and self._waiting[due].offset_s <= elapsed_s:
            due += 1
        return self.publish_next(due)

    def shown(self) -> list[Shown]:
        """Return what is on the site, in the order of appearance."""
        return list(self._shown.values())

    def truth(self, *, planned: bool = False) -> Truth:
        """Return what a perfect pipeline would have by now, or, `planned`, once everything has been published."""
        articles = [a for a in self.planned if planned or a.path in self._shown]
        flagged = [article for article in articles if article.flagged]
        fresh = {article.story for article in flagged if not article.archive}
        stories: dict[str, set[str]] = {}
        for article in articles:
            stories.setdefault(article.story, set()).add(self.url + article.path)
        return Truth(
            articles=frozenset(self.url + article.path for article in articles),
            flagged=frozenset(self.url + article.path for article in flagged),
            alerts=frozenset((RULE, story) for story in fresh),
            backfill=frozenset((RULE, article.story) for article in flagged if article.story not in fresh),
            stories={story: frozenset(urls) for story, urls in stories.items()},
        )

    def stories_in(self, text: str) -> set[str]:
        """Return the stories whose articles' URLs stand in `text`, for example in a message that arrived."""
        found = set()
        for article in self.planned:
            url = self.url + article.path
            start = text.find(url)
            while start >= 0:
                if text[start + len(url) : start + len(url) + 1] not in _KEY_CHARACTERS:
                    found.add(article.story)
                    break
                start = text.find(url, start + 1)
        return found

    def polled_again(self) -> bool:
        """Whether every feed was asked with validators: then the first poll of each has been stored."""
        asked = {
            request.path
            for request in self.requests
            if "if-none-match" in request.headers or "if-modified-since" in request.headers
        }
        return all(outlet.feed_path(name) in asked for outlet in OUTLETS.values() for name in outlet.feed_names)

    def _publish(self, article: DemoArticle) -> Shown:
        return self._show(article, self._now().replace(microsecond=0))

    def _show(self, article: DemoArticle, published: datetime) -> Shown:
        shown = Shown(article, self.url + article.path, published)
        self._shown[article.path] = shown
        # Last-Modified has whole seconds: two articles within one second must still change it
        last = self._modified.get(article.outlet)
        self._modified[article.outlet] = published if last is None else max(published, last + timedelta(seconds=1))
        return shown

    def _handle(self, request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Answer(405, headers=(("Allow", "GET, HEAD"),), delay_s=self.faults.delay_s)
        if request.path == "/robots.txt":
            return Answer(body=_ROBOTS, content_type="text/plain; charset=utf-8", delay_s=self.faults.delay_s)
        outlet = OUTLETS.get(request.path.split("/")[1])
        if outlet is not None:
            for name in outlet.feed_names:
                if request.path == outlet.feed_path(name):
                    return self._feed(outlet, name, request)
            if outlet.pages and request.path in self._shown:
                return self._page(outlet, self._shown[request.path])
        body = b"<!DOCTYPE html><html><title>Not found</title><p>There is nothing here.</p></html>"
        return Answer(404, body=body, content_type="text/html; charset=utf-8", delay_s=self.faults.delay_s)

    def _feed(self, outlet: Outlet, name: str, request: Request) -> Answer:
        step = self.faults.take(self.faults.feeds, outlet.key)
        section = dict(outlet.section_feeds).get(name)
        shown = [
            item
            for item in self._shown.values()
            if item.article.outlet == outlet.key and section in (None, item.article.section)
        ]
        title = f"{outlet.name} - {section}" if section else outlet.name
        body = render_feed(outlet, self.url + outlet.feed_path(name), shown[-_FEED_ITEMS:], title)
        content_type = feed_content_type(outlet)
        if step != "ok":
            return _faulty(step, body, content_type, self.faults.delay_s)
        validators = []
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        modified = format_datetime(self._modified.get(outlet.key, self._started), usegmt=True)
        if outlet.etag:
            validators.append(("ETag", etag))
        if outlet.last_modified:
            validators.append(("Last-Modified", modified))
        asked_etag, asked_since = request.header("if-none-match"), request.header("if-modified-since")
        # RFC 9110, 13.2.2: If-None-Match decides where both are sent
        if outlet.etag and asked_etag is not None:
            same = asked_etag.removeprefix("W/") == etag
        else:
            same = outlet.last_modified and asked_since == modified
        if same:
            return Answer(304, headers=tuple(validators), delay_s=self.faults.delay_s)
        return Answer(body=body, content_type=content_type, headers=tuple(validators), delay_s=self.faults.delay_s)

    def _page(self, outlet: Outlet, shown: Shown) -> Answer:
        step = self.faults.take(self.faults.pages, shown.article.key)
        others = [item for item in self._shown.values() if item.article.outlet == outlet.key and item is not shown]
        body = render_page(outlet, shown, others[-_RELATED:])
        if step != "ok":
            return _faulty(step, body, page_content_type(outlet), self.faults.delay_s)
        return Answer(body=body, content_type=page_content_type(outlet), delay_s=self.faults.delay_s)


_KEY_CHARACTERS = tuple("abcdefghijklmnopqrstuvwxyz0123456789-")


def _faulty(step: str, body: bytes, content_type: str, delay_s: float) -> Answer:
    """Return the answer of one step of a fault script. Raises ValueError for a step that does not exist."""
    if step == "broken":
        middle = body.rfind(b"<", 0, len(body) * 2 // 3) + 4
        return Answer(body=body[:middle], content_type=content_type, delay_s=delay_s)
    if step == "html":
        page = b"<!DOCTYPE html><html><title>Maintenance</title><p>We will be back soon.</p></html>"
        return Answer(body=page, content_type="text/html", delay_s=delay_s)
    if step == "empty":
        return Answer(content_type=content_type, delay_s=delay_s)
    if step in ("hang", "reset", "cut"):
        return Answer(body=body, content_type=content_type, delay_s=delay_s, ending=Ending(step))
    if step.isdigit():
        return Answer(int(step), body=b"fault", content_type="text/plain", delay_s=delay_s)
    raise ValueError(f"there is no fault {step!r}")


def _shuffled(articles: Sequence[DemoArticle], seed: int) -> tuple[DemoArticle, ...]:
    """Deal the articles anew to the times of publication, copies staying behind their originals."""
    generator = random.Random(seed)
    archive = [article for article in articles if article.archive]
    fresh = [article for article in articles if not article.archive]
    times = sorted(article.offset_s for article in fresh)
    stories: dict[str, deque[DemoArticle]] = {}
    for article in fresh:
        stories.setdefault(article.story, deque()).append(article)
    turns = [article.story for article in fresh]
    generator.shuffle(turns)
    dealt = [replace(stories[story].popleft(), offset_s=offset) for story, offset in zip(turns, times, strict=True)]
    return (*archive, *dealt)
