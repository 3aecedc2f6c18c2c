"""Documents that are meant to hurt (fault rows F14 to F17).

They are read where the daemon reads them: in a worker with a CPU deadline. 2 seconds are promised on an idle machine;
the deadline here leaves room for slow ones and is still far below what unguarded parsers need.
"""

import asyncio
from collections.abc import Iterator
from typing import Protocol

import pytest

from newswatch.collect.feed import parse_feed
from newswatch.model import FeedDocument, FeedRejected, FetchReason
from newswatch.worker_settings import WorkerSettings
from newswatch.workers import WorkerPool
from tests.collect.conftest import NOW
from tests.memory import growing

MB = 1_000_000
_MOST_CPU_S = 10.0
_MOST_GROWTH = 64 * MB


class Judge(Protocol):
    def __call__(self, body: str | bytes, *, max_entries: int = 1000) -> FeedDocument | FeedRejected: ...


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """Read documents in one worker that stays, with limits of CPU time and memory."""
    pool = WorkerPool(WorkerSettings(processes=1, deadline=_MOST_CPU_S))
    with asyncio.Runner() as runner:

        def judge(body: str | bytes, *, max_entries: int = 1000) -> FeedDocument | FeedRejected:
            data = body.encode() if isinstance(body, str) else body
            found, growth = runner.run(pool.run(_read, data, max_entries))
            assert growth < _MOST_GROWTH
            return found

        yield judge
        runner.run(pool.aclose())


def _read(data: bytes, max_entries: int) -> tuple[FeedDocument | FeedRejected, int]:
    with growing() as growth:
        found = parse_feed(data, url="http://a.example/feed", content_type=None, max_entries=max_entries, now=NOW)
    return found, growth()


def rss(inside: str, before: str = "") -> str:
    return f'{before}<rss version="2.0"><channel><title>t</title><item>{inside}</item></channel></rss>'


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "definitions",
    [
        '<!ENTITY l0 "lol">' + LAUGHS,
        f'<!ENTITY l9 "{"x" * 10_000}">',
        '<!ENTITY l9 SYSTEM "file:///etc/passwd">',
        '<!ENTITY l9 PUBLIC "x" "http://127.0.0.1:9/x">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;',
        "<!ENTITY % p \"<!ENTITY l9 'x'>\"> %p;",
        "".join(f'<!ENTITY e{n} "x">' for n in range(5_000)),
        "<!ENTITY l9 'a&#37;b' ><!ENTITY\nl8\n'&l9;'>",
    ],
)
@pytest.mark.parametrize("before", ["", "<!-- <rss> -->", "<?pi <rss?>"])
def test_f14_entities_beyond_the_budget_are_refused(judge: Judge, definitions: str, before: str) -> None:
    body = rss(f"<title>{'&l9;' * 1000}</title>", f"{before}<!DOCTYPE rss [{definitions}]>")
    found = judge(body)
    assert isinstance(found, FeedRejected)
    assert found.reason is FetchReason.ENTITIES


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_f14_entities_do_not_hide_behind_a_charset(judge: Judge, charset: str) -> None:
    body = rss("<title>&l9;</title>", f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]>')
    found = judge(body.encode(charset))
    assert isinstance(found, FeedRejected)
    assert found.reason is FetchReason.ENTITIES


def test_f14_harmless_entities_are_used(judge: Judge) -> None:
    body = rss("<title>caf&eacute; &copy;right</title>", '<!DOCTYPE rss [<!ENTITY eacute "&#233;">]>')
    found = judge(body)
    assert isinstance(found, FeedDocument)
    assert found.entries[0].title == "café ©right"


@pytest.mark.parametrize("damage", ["", " & "], ids=["well-formed", "not"])
def test_f15_a_long_author_costs_nothing(judge: Judge, damage: str) -> None:
    found = judge(rss(f"<title>t{damage}</title><author>{'a.' * 40_000}@</author><link>http://a.example/1</link>"))
    assert isinstance(found, FeedDocument)
    assert found.entries[0].link == "http://a.example/1"


@pytest.mark.parametrize("damage", ["", " & "], ids=["well-formed", "not"])
@pytest.mark.parametrize(
    "description",
    [
        "&lt;!-- x " * 40_000,
        "&lt;b&gt;" * 40_000,
        "&lt;script " * 40_000,
        "&lt;script&gt;" * 40_000,
        "&lt;a href=" * 40_000,
        "<![CDATA[" + "<b>" * 40_000 + "]]>",
        "&amp;" * 40_000,
        "&lt;" * 40_000,
        "<![CDATA[" + "&#x;" * 40_000 + "]]>",
    ],
    ids=["comments", "tags", "cut tags", "scripts", "attributes", "cdata", "ampersands", "angles", "references"],
)
def test_f16_unclosed_things_cost_little(judge: Judge, description: str, damage: str) -> None:
    found = judge(
        rss(f"<title>t{damage}</title><description>{description}</description><link>http://a.example/1</link>")
    )
    assert isinstance(found, FeedDocument)
    assert found.entries[0].link == "http://a.example/1"


@pytest.mark.parametrize(
    "body",
    [
        "".join(f'<a xml:base="b{n}/">' for n in range(10_000)),
        "<b>" * 40_000,
        "<item>" * 40_000,
        "<title>" * 40_000,
        "<!-- " * 40_000,
        "<![CDATA[" * 40_000,
        "</x>" * 40_000,
    ],
    ids=["bases", "tags", "items", "titles", "comments", "cdata", "ends"],
)
def test_f16_nesting_costs_little(judge: Judge, body: str) -> None:
    found = judge(f'<rss version="2.0"><channel><item><title>t</title>{body}')
    assert isinstance(found, FeedDocument)


def test_f16_a_damaged_feed_is_not_read_without_end(judge: Judge) -> None:
    items = "".join(f"<item><title>{n} &</title></item>" for n in range(10_100))
    found = judge(f'<rss version="2.0"><channel>{items}', max_entries=20_000)
    assert isinstance(found, FeedDocument)
    assert len(found.entries) == 10_000
    assert found.notes == ("more than 10,000 entries, of which the first were read",)


def test_f17_a_large_feed_is_read_whole(judge: Judge) -> None:
    items = "".join(
        f"<item><title>Title {n}</title><link>http://a.example/{n}</link><guid>{n}</guid>"
        f"<pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate><description>{'words and words ' * 100}</description></item>"
        for n in range(1_000)
    )
    found = judge(f'<rss version="2.0"><channel>{items}</channel></rss>')
    assert isinstance(found, FeedDocument)
    assert len(found.entries) == 1_000


def test_f17_a_sitemap_of_50_000_is_cut_with_a_notice(judge: Judge) -> None:
    pages = "".join(f"<url><loc>http://a.example/{n}</loc></url>" for n in range(49_900))
    news = "".join(
        f"<url><loc>http://a.example/n{n}</loc><n:news><n:title>t{n}</n:title></n:news></url>" for n in range(100)
    )
    found = judge(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{pages}{news}</urlset>',
        max_entries=50,
    )
    assert isinstance(found, FeedDocument)
    assert len(found.entries) == 50
    assert found.notes
