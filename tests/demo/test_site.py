"""The news site: feeds, pages, validators, the order of appearance, faults and the truth."""

import html
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest

from newswatch.clock import VirtualClock
from newswatch.demo.library import DemoArticle, load_articles
from newswatch.demo.outlets import OUTLETS, Outlet
from newswatch.demo.site import RULE, Site, SiteFaults

FEEDS = [(outlet, name) for outlet in OUTLETS.values() for name in outlet.feed_names]
PAGES = [article for article in load_articles() if OUTLETS[article.outlet].pages]
START = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site(now=VirtualClock(START)) as opened:
        yield opened


def entries(outlet: Outlet, body: bytes) -> list[tuple[str, str]]:
    """Link and title of each entry."""
    if outlet.feed == "json":
        return [(item["url"], item["title"]) for item in json.loads(body)["items"]]
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    return [(entry.link, entry.title) for entry in parsed.entries]


@pytest.mark.parametrize(("outlet", "name"), FEEDS, ids=lambda value: getattr(value, "key", value))
async def test_every_feed_parses_and_lists_exactly_its_articles(
    site: Site, client: httpx.AsyncClient, outlet: Outlet, name: str
) -> None:
    site.publish_all()
    answer = await client.get(site.url + outlet.feed_path(name))
    section = dict(outlet.section_feeds).get(name)
    expected = {
        (site.url + article.path, article.title)
        for article in site.planned
        if article.outlet == outlet.key and section in (None, article.section)
    }
    assert expected
    assert set(entries(outlet, answer.content)) == expected


@pytest.mark.parametrize("article", PAGES, ids=lambda article: article.key)
async def test_every_page_holds_its_text_in_its_encoding(
    site: Site, client: httpx.AsyncClient, article: DemoArticle
) -> None:
    site.publish_all()
    outlet = OUTLETS[article.outlet]
    answer = await client.get(site.url + article.path)
    text = html.unescape(answer.content.decode(outlet.encoding))
    assert all(paragraph in text for paragraph in (article.title, *article.paragraphs))
    assert f'charset="{outlet.encoding}"' in text
    assert ("application/ld+json" in text) == outlet.json_ld
    assert outlet.charset_in_header == ("charset" in answer.headers["content-type"])


async def test_encodings_differ_on_the_wire(site: Site, client: httpx.AsyncClient) -> None:
    korean = await client.get(site.url + OUTLETS["gaon"].feed_path())
    japanese = await client.get(site.url + OUTLETS["shioji"].feed_path())
    assert "가온누리일보".encode("euc-kr") in korean.content
    assert b"encoding='EUC-KR'" in korean.content
    assert "潮路通信".encode("shift_jis") in japanese.content
    assert "charset" not in japanese.headers["content-type"]


async def test_json_ld_is_valid_and_names_the_article(site: Site, client: httpx.AsyncClient) -> None:
    answer = await client.get(site.url + "/kestrel/news/en-lighthouse")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert data["headline"].startswith("Keeper")
    assert datetime.fromisoformat(data["datePublished"]) == START - timedelta(seconds=7200)


async def test_the_full_feed_has_no_pages(site: Site, client: httpx.AsyncClient) -> None:
    feed = (await client.get(site.url + OUTLETS["lantern"].feed_path())).json()
    assert "Opening hours are from ten until the tide turns." in feed["items"][0]["content_html"]
    assert (await client.get(feed["items"][0]["url"])).status_code == 404


async def test_robots_forbids_a_page_whose_text_the_feed_carries(site: Site, client: httpx.AsyncClient) -> None:
    site.publish_all()
    robots = (await client.get(site.url + "/robots.txt")).text
    assert "Disallow: /harrow/subscribers/" in robots
    parsed = feedparser.parse((await client.get(site.url + "/harrow/feed.xml")).content)
    (entry,) = [entry for entry in parsed.entries if "/subscribers/" in entry.link]
    assert "The golf club, which has the deepest well" in entry.content[0].value


@pytest.mark.parametrize(("outlet", "name"), FEEDS, ids=lambda value: getattr(value, "key", value))
async def test_validators_give_304_until_an_article_appears(
    site: Site, client: httpx.AsyncClient, outlet: Outlet, name: str
) -> None:
    url = site.url + outlet.feed_path(name)
    first = await client.get(url)
    assert ("etag" in first.headers) == outlet.etag
    assert ("last-modified" in first.headers) == outlet.last_modified
    conditional = {}
    if outlet.etag:
        conditional["If-None-Match"] = first.headers["etag"]
    if outlet.last_modified:
        conditional["If-Modified-Since"] = first.headers["last-modified"]
    unchanged = await client.get(url, headers=conditional)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    site.publish_all()
    assert (await client.get(url, headers=conditional)).status_code == 200


async def test_last_modified_changes_with_every_article_even_within_one_second(
    site: Site, client: httpx.AsyncClient
) -> None:
    url = site.url + OUTLETS["gaon"].feed_path()
    seen = set()
    for key in ("ko-kj-held", "ko-us-summit", "ko-volleyball"):
        site.publish_keys([key])
        seen.add((await client.get(url)).headers["last-modified"])
    assert len(seen) == 3


async def test_articles_appear_when_told_and_carry_the_clocks_time() -> None:
    clock = VirtualClock(START)
    async with Site(now=clock) as site:
        archive = len(site.shown())
        clock.advance(timedelta(minutes=5))
        (first,) = site.publish_next()
        assert first.published == START + timedelta(minutes=5)
        assert first.article.key == "en-kj-plan"
        assert [item.article.offset_s for item in site.publish_due(6)] == [3, 3, 4, 4, 4, 4, 5, 6]
        (chosen,) = site.publish_keys(["zh-kj-reaction"])
        assert chosen.article.key == "zh-kj-reaction"
        assert archive + 10 + len(site.publish_all()) == len(site.planned)
        assert site.waiting == 0
        assert site.publish_next() == []


def test_a_seed_shuffles_but_copies_stay_behind_their_originals() -> None:
    orders = {tuple(article.key for article in Site(seed=seed).planned) for seed in range(5)}
    assert len(orders) == 5
    for order in orders:
        places = {key: place for place, key in enumerate(order)}
        assert sorted(places) == sorted(article.key for article in load_articles())
        for article in load_articles():
            assert places[article.story] <= places[article.key]


def test_the_same_seed_gives_the_same_order() -> None:
    assert Site(seed=7).planned == Site(seed=7).planned


async def test_the_truth_grows_with_the_site_to_the_planned_one(site: Site) -> None:
    before = site.truth()
    assert before.alerts == frozenset()
    assert before.backfill == {(RULE, "en-kj-invitation")}
    site.publish_keys(["en-kj-plan", "en-kj-plan-harrow", "en-everest"])
    after = site.truth()
    assert after.alerts == {(RULE, "en-kj-plan")}
    assert after.articles - before.articles == {
        site.url + "/kestrel/news/en-kj-plan",
        site.url + "/harrow/news/en-kj-plan-harrow",
        site.url + "/lantern/news/en-everest",
    }
    assert after.stories["en-kj-plan"] == {url for url in after.articles if "en-kj-plan" in url}
    site.publish_all()
    assert site.truth() == site.truth(planned=True)


async def test_the_planned_truth_is_what_the_articles_say(site: Site) -> None:
    truth = site.truth(planned=True)
    assert len(truth.articles) == len(load_articles())
    assert truth.flagged == {site.url + article.path for article in load_articles() if article.kind == "summit"}
    assert len(truth.alerts) == 15
    assert not truth.alerts & truth.backfill
    assert frozenset().union(*truth.stories.values()) == truth.articles


async def test_stories_are_recognised_by_whole_urls(site: Site) -> None:
    text = f"<{site.url}/harrow/news/en-kj-plan-harrow|headline> and {site.url}/mulbit/news/ko-flood"
    assert site.stories_in(text) == {"en-kj-plan", "ko-flood"}
    assert site.stories_in(f"{site.url}/kestrel/news/en-kj-plan-b") == set()
    assert site.stories_in(f"{site.url}/kestrel/news/en-kj-plan-b {site.url}/kestrel/news/en-kj-plan") == {"en-kj-plan"}


async def test_the_site_knows_when_every_first_poll_is_stored(site: Site, client: httpx.AsyncClient) -> None:
    for url in site.feed_urls().values():
        await client.get(url)
    assert not site.polled_again()
    for url in site.feed_urls().values():
        assert not site.polled_again()
        await client.get(url, headers={"If-None-Match": '"x"'})
    assert site.polled_again()


async def test_faults_are_used_up_in_order(site: Site, client: httpx.AsyncClient) -> None:
    url = site.url + OUTLETS["yundu"].feed_path()
    site.faults.feeds["yundu"] = deque(["500", "429", "broken", "html", "empty"])
    assert (await client.get(url)).status_code == 500
    assert (await client.get(url)).status_code == 429
    broken = await client.get(url)
    assert broken.status_code == 200
    assert feedparser.parse(broken.content).bozo
    assert "etag" not in broken.headers
    assert (await client.get(url)).content.startswith(b"<!DOCTYPE html>")
    assert (await client.get(url)).content == b""
    assert not feedparser.parse((await client.get(url)).content).bozo


@pytest.mark.parametrize("step", ["reset", "cut"])
async def test_connections_break_when_told(site: Site, client: httpx.AsyncClient, step: str) -> None:
    site.faults.pages["en-lighthouse"] = deque([step])
    url = site.url + "/kestrel/news/en-lighthouse"
    with pytest.raises(httpx.ReadError if step == "reset" else httpx.RemoteProtocolError):
        await client.get(url)
    assert (await client.get(url)).status_code == 200
    assert [request.status for request in site.requests] == [None, 200]


async def test_a_hanging_feed_answers_nobody_and_does_not_hold_up_the_stop() -> None:
    async with Site(faults=SiteFaults(feeds={"kestrel": deque(["hang"])})) as site:
        async with httpx.AsyncClient(trust_env=False, timeout=0.2) as impatient:
            with pytest.raises(httpx.ReadTimeout):
                await impatient.get(site.url + OUTLETS["kestrel"].feed_path())
        assert site.requests[0].status is None


async def test_an_unknown_fault_is_reported(
    site: Site, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    site.faults.feeds["kestrel"] = deque(["explode"])
    answer = await client.get(site.url + OUTLETS["kestrel"].feed_path())
    assert answer.status_code == 500
    assert "there is no fault 'explode'" in caplog.text


async def test_requests_are_logged_with_headers_and_status(site: Site, client: httpx.AsyncClient) -> None:
    await client.get(site.url + "/nowhere", headers={"User-Agent": "newswatch-test"})
    await client.post(site.url + OUTLETS["kestrel"].feed_path())
    first, second = site.requests
    assert (first.method, first.path, first.status) == ("GET", "/nowhere", 404)
    assert first.headers["user-agent"] == "newswatch-test"
    assert first.at == START
    assert (second.method, second.status) == ("POST", 405)


async def test_a_head_request_gets_headers_alone(site: Site, client: httpx.AsyncClient) -> None:
    answer = await client.head(site.url + OUTLETS["kestrel"].feed_path())
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000
