"""Article pages, as servers see them: variants, onward pages, subscriptions, the archive."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from newswatch.citizen.scene import FEED_URL, Scene, scene
from newswatch.citizen.scripted import answer
from newswatch.collect.inputs import read_inputs
from newswatch.collect.settings import BrowserSettings
from newswatch.config.sections import FeedSettings
from newswatch.extract.site_lines import edge_lines
from newswatch.model import Article, FetchFailure, FetchReason, Page, RequestOptions
from newswatch.pipeline.learning import learn
from newswatch.store.tables import article, article_text, article_version, entry
from newswatch.store.tables import feed as feed_table
from tests.conftest import MakeDatabase

TEXT = "The harbour of Nara reopened on Tuesday, and ferries run again to all of the islands. "
HTML = b"Content-Type: text/html; charset=utf-8"


def page(head: str = "", text: str = TEXT, tail: str = "") -> bytes:
    paragraphs = "".join(f"<p>{n}. {text}</p>" for n in range(12))
    return answer(
        200, f"<html><head>{head}</head><body><article>{paragraphs}{tail}</article></body></html>".encode(), HTML
    )


def feed(*links: str) -> bytes:
    items = "".join(f"<item><title>Title {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    return answer(200, f"<rss version='2.0'><channel><title>n</title>{items}</channel></rss>".encode())


@pytest.fixture
async def stage(tmp_path: Path, make_database: MakeDatabase) -> AsyncIterator[Scene]:
    template = Path(make_database("sqlite").removeprefix("sqlite:///"))
    async with scene(tmp_path, template) as opened:
        yield opened


async def rows(stage: Scene, *columns: Any) -> list[tuple[Any, ...]]:
    query = select(*columns).order_by(columns[0])
    return await stage.database.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def test_a_page_that_only_leads_on_is_followed(stage: Scene) -> None:
    stage.server.on(
        "http://short.example/1",
        answer(200, b'<meta http-equiv="refresh" content="0; url=http://paper.example/1">', HTML),
    )
    stage.server.on("http://paper.example/1", page())
    await stage.add(FEED_URL, feed("http://short.example/1"), full_text=True)
    await stage.poll()
    assert await rows(stage, article.c.url) == [("http://paper.example/1",)]


async def test_what_a_site_prints_is_known_whatever_the_link_in_the_feed(stage: Scene) -> None:
    imprint = "Reporters of the Paper can be reached through the harbour office."
    seen = [edge_lines(Article(f"{n}. {TEXT}\n\n{imprint}", None, "", "en", 1.0, "seed", "")) for n in range(3)]
    await stage.database.write(learn, {"paper.example": seen}, now=stage.clock())
    stage.server.on("http://short.example/1", answer(302, b"", b"Location: http://www.paper.example/1"))
    stage.server.on("http://www.paper.example/1", page(tail=f"<p>{imprint}</p>"))
    await stage.add(FEED_URL, feed("http://short.example/1"), full_text=True)
    await stage.poll()
    ((removed,),) = await rows(stage, article_version.c.removed)
    assert [line["text"] for line in removed if line["reason"] == "site_line"] == [imprint]


async def test_pages_that_lead_to_each_other_end(stage: Scene) -> None:
    for here, there in (("a", "b"), ("b", "a")):
        body = f'<meta http-equiv="refresh" content="0; url=http://{there}.example/">'.encode()
        stage.server.on(f"http://{here}.example/", answer(200, body, HTML))
    await stage.add(FEED_URL, feed("http://a.example/"), full_text=True)
    await stage.poll()
    assert len(stage.asked("http://a.example/")) == 1
    assert len(stage.asked("http://b.example/")) == 1


async def test_an_aggregator_that_tells_nothing_leaves_a_marked_entry(stage: Scene) -> None:
    stage.server.on("http://news.google.com/rss/articles/CBMiWkFVX3lxTE1xQ2ZKd0RhU0Z3Qk5h", page())
    await stage.add(
        FEED_URL, feed("http://news.google.com/rss/articles/CBMiWkFVX3lxTE1xQ2ZKd0RhU0Z3Qk5h"), full_text=True
    )
    await stage.poll()
    ((state, detail),) = await rows(stage, entry.c.state, entry.c.detail)
    assert state == "rejected"
    assert "aggregator: news.google.com does not say where the article is" in detail


async def test_a_link_through_an_aggregator_goes_to_the_publisher_alone(stage: Scene) -> None:
    stage.server.on("http://paper.example/1", page())
    link = "https://www.google.com/url?rct=j&amp;url=http%3A%2F%2Fpaper.example%2F1"
    await stage.add(FEED_URL, feed(link, "http://paper.example/1"), full_text=True)
    await stage.poll()
    assert {seen.host for seen in stage.server.seen} == {"feed.example", "paper.example"}
    assert await rows(stage, func.count(article.c.id)) == [(1,)]


async def test_mobile_and_amp_pages_are_the_same_article(stage: Scene) -> None:
    for host in ("m.paper.example", "www.paper.example"):
        stage.server.on(f"http://{host}/1", page())
    await stage.add(FEED_URL, feed("http://m.paper.example/1"), full_text=True)
    await stage.poll()
    await stage.add(
        "http://other.example/rss", feed("http://www.paper.example/1", "http://www.paper.example/1/amp"), full_text=True
    )
    await stage.poll()
    assert await rows(stage, func.count(article.c.id)) == [(1,)]
    assert stage.asked("http://www.paper.example/1") == []


async def test_pages_are_archived_on_request(tmp_path: Path, make_database: MakeDatabase) -> None:
    template = Path(make_database("sqlite").removeprefix("sqlite:///"))
    pages = tmp_path / "pages"
    async with scene(tmp_path, template) as stage:
        settings = stage.config.extraction.model_copy(update={"archive": str(pages)})
        stage.config = stage.config.model_copy(update={"extraction": settings})
        await stage.restart()
        stage.server.on("http://paper.example/1", page())
        await stage.add(FEED_URL, feed("http://paper.example/1"), full_text=True)
        await stage.poll()
        (file,) = pages.iterdir()
        (kept,) = read_inputs(file)
        assert kept.url == "http://paper.example/1"  # type: ignore[union-attr]


class Rendering:
    """A browser for which pages are written down."""

    def __init__(self, stage: Scene, **pages: bytes) -> None:
        self._now = stage.clock
        self.pages = pages
        self.asked: list[str] = []
        stage.pipeline.context.browser = self

    async def render(self, url: str, options: RequestOptions) -> Page | FetchFailure:
        self.asked.append(url)
        body = self.pages.get(url.rpartition("/")[2])
        if body is None:
            return FetchFailure(url, FetchReason.DEADLINE, "too slow")
        return Page(url, url, 200, body, "text/html; charset=utf-8", None, None, (), (), self._now(), 1.0, len(body))


async def test_a_page_that_gives_nothing_is_shown_to_the_browser(stage: Scene) -> None:
    empty = answer(200, b"<html><body><div id=app></div><script src=/app.js></script></body></html>", HTML)
    links = [f"http://{name}.example/{name}" for name in ("plain", "script", "hopeless", "slow")]
    for link in links:
        stage.server.on(link, page() if link.endswith("plain") else empty)
    browser = Rendering(stage, script=page().partition(b"\r\n\r\n")[2], hopeless=b"<html><body></body></html>")
    await stage.add(FEED_URL, feed(*links), full_text=True)
    await stage.poll()
    assert sorted(browser.asked) == sorted(links[1:])
    assert sorted(await rows(stage, article.c.url)) == [(links[0],), (links[1],)]
    metric = stage.pipeline.context.metrics.pages_rendered
    counts = {name: metric.labels(name)._value.get() for name in ("article", "nothing", "deadline")}
    assert counts == {"article": 1, "nothing": 1, "deadline": 1}


async def test_pages_of_named_sites_go_to_the_browser_and_those_of_private_feeds_do_not(stage: Scene) -> None:
    named = BrowserSettings(enabled=True, sites=("named.example",))
    stage.pipeline.context.config = stage.config.with_sections({"browser": named})
    links = ["http://www.named.example/a", "http://other.example/b"]
    for link in links:
        stage.server.on(link, page())
    longer = page(text=TEXT + "Everything else came with the script. ").partition(b"\r\n\r\n")[2]
    browser = Rendering(stage, a=longer)
    await stage.add(FEED_URL, feed(*links), full_text=True)
    await stage.poll()
    assert browser.asked == links[:1]
    with stage.database.reading() as connection:
        joined = select(article.c.url, article_text.c.text).join(
            article_text, article_text.c.version_id == article.c.current_version_id
        )
        texts = {row.url: row.text for row in connection.execute(joined)}
    assert ["came with the script" in texts[link] for link in links] == [True, False]
    stage.server.on("http://www.named.example/c", page(text="Another story about the harbour of Nara. " * 3))
    await stage.add("http://bridge.example/rss", feed("http://www.named.example/c"), full_text=True, allow_private=True)
    await stage.poll()
    assert browser.asked == links[:1]


@pytest.mark.parametrize(("moved_to", "cookie"), [("www.paper.example", b"session=1"), ("other.example", None)])
async def test_what_is_set_for_a_feed_holds_after_it_has_moved(
    stage: Scene, moved_to: str, cookie: bytes | None
) -> None:
    old, new = "http://paper.example/rss", f"http://{moved_to}/rss"
    given = FeedSettings(url=old, user_agent="special/1", cookie=SecretStr("session=1"))
    stage.pipeline.context.config = stage.config.with_sections({"feeds": (given,)})
    pages = ["http://paper.example/a", f"http://{moved_to}/b"]
    for link in pages:
        stage.server.on(link, page(text=link + TEXT))
    await stage.add(new, feed(*pages), full_text=True)
    with stage.database.writing() as connection:
        connection.execute(update(feed_table).values(moved_from=old))
    await stage.poll()
    sent = {seen.key: (seen.headers["user-agent"], seen.headers.get("cookie")) for seen in stage.server.seen}
    assert sent[f"{moved_to}/rss"] == (b"special/1", cookie)
    assert sent["paper.example/a"] == (b"special/1", b"session=1")
    assert sent[f"{moved_to}/b"] == (b"special/1", cookie)
