"""Formats, hints, cleaning: what parse_feed makes of documents that are as they should be, more or less."""

import json
import pickle
from datetime import UTC, date, datetime

import pytest

from newswatch.collect.feed import parse_feed
from newswatch.model import FeedDocument, FeedRejected, FetchReason, ParsedEntry
from tests.collect.conftest import NOW

URL = "https://news.example/feeds/world.xml"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
     xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel>
 <title>World &amp; News</title><link>https://news.example/world</link><language>en-GB</language><ttl>45</ttl>
 <atom:link rel="self" href="https://news.example/feeds/world.xml"/>
 <skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>
 <item>
  <title>Leaders meet in &lt;b&gt;Tokyo&lt;/b&gt; &amp;amp; agree</title>
  <link>/world/1?utm_source=rss</link>
  <description><![CDATA[<p>First <i>paragraph</i>.</p><script>x()</script><p>Second &amp; last.</p>]]></description>
  <content:encoded><![CDATA[<p>The whole text of the article, as HTML.</p>]]></content:encoded>
  <dc:creator>Kim Min-ji</dc:creator><author>desk@news.example (The Desk)</author>
  <pubDate>Tue, 24 Nov 2026 08:00:00 +0900</pubDate>
  <guid isPermaLink="false">tag:news.example,2026:1</guid>
  <source url="https://agency.example/rss">The Agency</source>
 </item>
</channel></rss>
"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko">
 <title type="html">&lt;b&gt;속보&lt;/b&gt;</title><link rel="self" href="x"/><link href="https://ko.example/"/>
 <author><name>편집국</name></author>
 <entry>
  <id>urn:uuid:1</id><title>한일 정상 회담</title>
  <link rel="edit" href="/edit"/><link rel="alternate" type="application/json" href="/1.json"/>
  <link rel="alternate" type="text/html" href="/1"/>
  <published>2026-11-24T08:00:00+09:00</published><updated>2026-11-24T09:00:00+09:00</updated>
  <summary type="text">A &lt; B</summary>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>본문 <b>전체</b></p></div></content>
 </entry>
</feed>
"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
   xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
 <channel rdf:about="https://jp.example/"><title>ニュース</title><link>https://jp.example/</link>
  <dc:language>ja</dc:language><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
 </channel>
 <item rdf:about="https://jp.example/1"><title>首脳会談</title><link>https://jp.example/1</link>
  <description>本文</description><dc:date>2026-11-24T10:00:00+09:00</dc:date><dc:creator>記者</dc:creator></item>
</rdf:RDF>
"""

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
 <url><loc>https://n.example/a</loc><lastmod>2026-11-24T05:00:00Z</lastmod><news:news>
  <news:publication><news:name>The Example</news:name><news:language>en</news:language></news:publication>
  <news:publication_date>2026-11-24T04:00:00Z</news:publication_date><news:title>A title</news:title></news:news></url>
 <url><loc>https://n.example/about</loc></url>
</urlset>
"""


def parse(body: str | bytes, **values: object) -> FeedDocument:
    found = judge(body, **values)
    assert isinstance(found, FeedDocument), found
    return found


def judge(body: str | bytes, **values: object) -> FeedDocument | FeedRejected:
    data = body.encode() if isinstance(body, str) else body
    arguments = {"url": URL, "content_type": None, "now": NOW, **values}
    found = parse_feed(data, **arguments)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(found)) == found  # it has to cross from a worker process
    return found


def only(document: FeedDocument) -> ParsedEntry:
    assert len(document.entries) == 1
    return document.entries[0]


def item(inside: str) -> ParsedEntry:
    return only(parse(f'<rss version="2.0"><channel><item>{inside}</item></channel></rss>'))


# --- formats -----------------------------------------------------------------------------------------------------


def test_rss() -> None:
    document = parse(RSS)
    assert (document.kind, document.title, document.language) == ("rss", "World & News", "en-GB")
    assert document.link == "https://news.example/world"
    assert document.hints_s == 45 * 60
    assert (document.skip_hours, document.skip_days) == ((0, 3), (6,))
    entry = only(document)
    assert entry.title == "Leaders meet in Tokyo & agree"
    assert entry.link == "https://news.example/world/1?utm_source=rss"
    assert entry.summary == "First paragraph.\nSecond & last."
    assert entry.content_html is not None
    assert "First <i>paragraph</i>" in entry.content_html  # the longest that the feed carries
    assert entry.authors == ("Kim Min-ji", "The Desk")
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert entry.guid == entry.key == "tag:news.example,2026:1"
    assert entry.source_name == "The Agency"
    assert entry.notes == ()


def test_atom() -> None:
    document = parse(ATOM)
    assert (document.kind, document.title, document.language) == ("atom", "속보", "ko")
    assert document.link == "https://ko.example/"
    entry = only(document)
    assert (entry.title, entry.link) == ("한일 정상 회담", "https://news.example/1")
    assert entry.summary == "A < B"
    assert entry.content_html == "<p>본문 <b>전체</b></p>"
    assert entry.authors == ("편집국",)
    assert entry.published is not None
    assert entry.updated is not None
    assert entry.published.at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert entry.updated.at == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_rdf() -> None:
    document = parse(RDF)
    assert (document.kind, document.title, document.language, document.hints_s) == ("rdf", "ニュース", "ja", 6 * 3600)
    entry = only(document)
    assert (entry.title, entry.summary, entry.authors) == ("首脳会談", "本文", ("記者",))
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_f22_json_feed(version: str) -> None:
    document = parse(
        json.dumps(
            {
                "version": version,
                "title": "JSON",
                "home_page_url": "https://j.example/",
                "items": [
                    {
                        "id": 17,
                        "url": "/17",
                        "title": "One",
                        "content_text": "a < b",
                        "date_published": "2026-11-24T08:00:00Z",
                        "author" if version.endswith("1") and not version.endswith("1.1") else "x": {"name": "Ann"},
                        "authors": [{"name": "Ann"}],
                    },
                    "no object",
                ],
            }
        ),
        content_type="application/json",
    )
    assert (document.kind, document.title, document.link) == ("json", "JSON", "https://j.example/")
    entry = only(document)
    assert (entry.guid, entry.link, entry.authors) == ("17", "https://news.example/17", ("Ann",))
    assert entry.content_html == "a &lt; b"


@pytest.mark.parametrize(
    "body",
    [
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id"',
        b'{"items": []}',
        b"[1]",
        b"[" * 100_000,
        b'{"a":1}',
    ],
)
def test_f22_json_that_is_no_feed_is_an_error(body: bytes) -> None:
    found = judge(body)
    assert isinstance(found, FeedRejected)
    assert found.reason is FetchReason.UNPARSABLE


def test_f23_news_sitemap() -> None:
    document = parse(SITEMAP)
    assert document.kind == "sitemap"
    entry = only(document)
    assert (entry.link, entry.title, entry.language, entry.source_name) == (
        "https://n.example/a",
        "A title",
        "en",
        "The Example",
    )
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_f23_plain_sitemaps_and_indexes_are_not_feeds() -> None:
    plain = judge(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a/</loc></url></urlset>'
    )
    assert isinstance(plain, FeedRejected)
    assert plain.reason is FetchReason.NOT_A_FEED
    index = judge(
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>https://a.example/all.xml</loc></sitemap>"
        "<sitemap><loc>https://a.example/news.xml</loc></sitemap></sitemapindex>"
    )
    assert isinstance(index, FeedRejected)
    assert index.links == ("https://a.example/news.xml",)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/octet-stream", None])
@pytest.mark.parametrize(
    "before",
    [
        "",
        " \n\t ",
        "\ufeff",
        "<!-- made by hand -->",
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">',
        "<br />\n<b>Warning</b>: something in <b>/var/www/x.php</b> on line <b>3</b><br />\n",
    ],
)
def test_f20_feeds_under_any_label_and_behind_anything(content_type: str | None, before: str) -> None:
    body = before + '<rss version="2.0"><channel><item><title>x</title></item></channel></rss>'
    assert only(parse(body, content_type=content_type)).title == "x"


def test_f20_a_feed_behind_the_doctype_of_a_page() -> None:
    doctype = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/x.dtd">'
    found = only(parse(doctype + "<!-- cms 4 --><rss><channel><item><title>x</title></item></channel></rss>"))
    assert found.title == "x"


def test_names_in_an_unusual_case_are_read() -> None:
    found = judge(
        "<rss version='2.0'><channel><TITLE>News</TITLE><item><Title>x</Title><LINK>https://a.example/1</LINK>"
        "<PUBDATE>Tue, 24 Nov 2026 08:00:00 GMT</PUBDATE></item></channel></rss>"
    )
    assert isinstance(found, FeedDocument)
    assert found.title == "News"
    (entry,) = found.entries
    assert (entry.title, entry.link) == ("x", "https://a.example/1")
    assert entry.published is not None


@pytest.mark.parametrize("quick", [True, False])
def test_dc_author_is_an_author(quick: bool) -> None:
    space = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
    item = "<item><title>x</title><dc:author>Ada Reyes</dc:author></item>"
    body = f"<rss version='2.0' {space}><channel>{item}</channel></rss>"
    assert only(parse(body if quick else f"<!DOCTYPE rss>{body}")).authors == ("Ada Reyes",)


@pytest.mark.parametrize("attributes", ["", " scheme='x'", " isPermaLink='false'"])
def test_a_guid_that_is_no_address_stays_as_written(attributes: str) -> None:
    body = f"<!DOCTYPE rss><rss><channel><item><title>x</title><guid{attributes}>12-34</guid></item></channel></rss>"
    assert only(parse(body)).guid == "12-34"


def test_f21_an_html_page_is_not_a_feed_and_offers_its_feeds() -> None:
    found = judge(
        '<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head>'
        '<body><a href="https://x.example/atom.xml">feed</a><a href="/about">a</a></body></html>'
    )
    assert isinstance(found, FeedRejected)
    assert found.reason is FetchReason.NOT_A_FEED
    assert found.links == ("https://news.example/rss", "https://x.example/atom.xml")
    assert "https://news.example/rss" in found.detail


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", FetchReason.EMPTY),
        (b"  \n ", FetchReason.EMPTY),
        (b"\x00\x00", FetchReason.EMPTY),
        (b"hello", FetchReason.NOT_A_FEED),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FetchReason.NOT_A_FEED),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FetchReason.NOT_A_FEED),
    ],
)
def test_what_is_no_feed(body: bytes, reason: FetchReason) -> None:
    found = judge(body)
    assert isinstance(found, FeedRejected)
    assert found.reason is reason


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse('<rss version="2.0"><channel><title>t</title></channel></rss>').entries == ()


@pytest.mark.parametrize(
    "body",
    [
        '<rss version="2.0"><channel><item><title>A & B &nbsp; C</title><link>http://a/1</link></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>A &amp; B C</title><link>http://a/1</link></item>',
        "<rss><channel><item><title>A &amp; B C</title><x:y>z</x:y><link>http://a/1</link></item></channel></rss>",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>A &amp; B C</title><link href="http://a/1"/></entry></feed>',
    ],
)
def test_documents_that_are_not_well_formed_are_read_all_the_same(body: str) -> None:
    entry = only(parse(body))
    assert entry.title == "A & B C"
    assert entry.link == "http://a/1"


# --- hints -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", None),
        ("<ttl>120</ttl>", 7200),
        ("<ttl>-1</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 6 * 3600),
        ("<sy:updatePeriod>always</sy:updatePeriod>", 3600),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0.1</sy:updateFrequency>", 10 * 3600),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
        ("<sy:updatePeriod>fortnightly</sy:updatePeriod>", None),
        ("<ttl>10</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
    ],
)
@pytest.mark.parametrize("quick", [True, False])
def test_c18_c20_hints(inside: str, expected: int | None, quick: bool) -> None:
    space = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    damage = "" if quick else "<item><title>a & b</title></item>"
    document = parse(f'<rss version="2.0" {space}><channel>{inside}{damage}</channel></rss>')
    assert document.hints_s == expected


@pytest.mark.parametrize("damage", ["", "<item><title>a & b</title></item>"])
def test_c19_windows(damage: str) -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in (22, 23, 24, 99, "x"))
    days = "<day>Saturday</day><day> sunday </day><day>Someday</day>"
    document = parse(f"<rss><channel><skipHours>{hours}</skipHours><skipDays>{days}</skipDays>{damage}</channel></rss>")
    assert document.skip_hours == (0, 22, 23)
    assert document.skip_days == (5, 6)


# --- texts and links ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("1 &lt; 2", "1 < 2"),
        ("&lt;b&gt;bold&lt;/b&gt; move", "bold move"),
        ("<![CDATA[<b>bold</b> move]]>", "bold move"),
        ("&amp;lt;i&amp;gt;twice&amp;lt;/i&amp;gt;", "twice"),
        ("List&lt;String&gt; in Java", "List<String> in Java"),
        ("a\r\nBcc: everyone@example.com", "a Bcc: everyone@example.com"),
        ("  much \n\t space  ", "much space"),
        ("<![CDATA[x<script>alert(1)</script>y]]>", "xy"),
        ("it&#8217;s", "it’s"),
        ("&lt;blink&gt;loud&lt;/blink&gt; news", "loud news"),
        (
            "&lt;ruby&gt;首相&lt;rp&gt;(&lt;/rp&gt;&lt;rt&gt;しゅしょう&lt;/rt&gt;&lt;rp&gt;)&lt;/rp&gt;&lt;/ruby&gt;",
            "首相(しゅしょう)",
        ),
        ("be&lt;!-- a note --&gt;fore", "before"),
        ("be&lt;!-- -- never closed as it should be &gt;fore", "before"),
        ("open&lt;!-- to the end", "open"),
        ("donÃ¢â‚¬â„¢t".encode("cp1252").decode("utf-8"), "donâ€™t"),
    ],
)
def test_titles_are_one_line_of_plain_text(written: str, shown: str) -> None:
    assert item(f"<title>{written}</title><guid>g</guid>").title == shown


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("/1", "https://news.example/1"),
        ("2.html", "https://news.example/feeds/2.html"),
        ("//b.example/x", "https://b.example/x"),
        (" https://a.example/1\n", "https://a.example/1"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?a=1&amp;amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://ko.example/기사/1", "https://ko.example/기사/1"),
    ],
)
def test_links_are_absolute(link: str, expected: str) -> None:
    assert item(f"<title>t</title><link>{link}</link>").link == expected


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "file:///x", "http://"]
)
def test_f32_only_http_links_are_kept(link: str) -> None:
    entry = item(f"<title>t</title><link>{link}</link>")
    assert entry.link is None
    assert entry.notes


def test_f32_what_a_hostile_entry_carries_is_text() -> None:
    entry = item(
        "<title>&lt;script&gt;x&lt;/script&gt;T</title><author>&lt;script&gt;alert(1)&lt;/script&gt;Eve</author>"
        "<description>&lt;img src=x onerror=alert(1)&gt;words</description><guid>1</guid>"
    )
    assert (entry.title, entry.authors, entry.summary) == ("T", ("Eve",), "words")


def test_xml_base_is_followed() -> None:
    document = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/a/">'
        '<entry xml:base="b/"><id>1</id><title>t</title><link href="c"/></entry></feed>'
    )
    assert only(document).link == "https://base.example/a/b/c"


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("jane@news.example (Jane Doe)", ("Jane Doe",)),
        ("Jane Doe &lt;jane@news.example&gt;", ("Jane Doe",)),
        ("Jane Doe (jane@news.example)", ("Jane Doe",)),
        ("Jane Doe (Seoul)", ("Jane Doe (Seoul)",)),
        ("Jane Doe", ("Jane Doe",)),
        ("", ()),
    ],
)
def test_authors(author: str, expected: tuple[str, ...]) -> None:
    assert item(f"<title>t</title><author>{author}</author>").authors == expected


# --- F18, F30: limits and oddities ---------------------------------------------------------------------------------


def test_f18_control_characters_and_surrogates_are_gone() -> None:
    entry = item("<title>a&#0;b\x00c\x08d&#xD800;e\ufffef</title><description>x&#1;y &amp; z & w</description>")
    for text in (entry.title, entry.summary):
        assert text is not None
        assert not set(text) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 0xD800, 0xFFFE]))
        text.encode("utf-8")
    document = parse(
        json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "a\ud800b\u0000"}]})
    )
    assert only(document).title == "ab"


def test_f18_what_is_too_long_is_cut_and_marked() -> None:
    entry = item(
        f"<title>{'t' * 1_000_000}</title><guid>1</guid>"
        f"<description>&lt;p&gt;{'word ' * 1_000_000}&lt;/p&gt;</description>"
    )
    assert entry.title is not None
    assert len(entry.title) <= 1_000
    assert entry.title.endswith("…")
    assert entry.content_html is not None
    assert len(entry.content_html) <= 500_000
    assert len(entry.notes) == 3


def test_f30_dates_that_are_odd_are_kept_and_marked() -> None:
    future = item("<title>t</title><pubDate>Tue, 01 Jan 2041 00:00:00 GMT</pubDate>")
    assert future.published is not None
    assert future.published.at == datetime(2041, 1, 1, tzinfo=UTC)
    assert "future" in future.notes[0]
    unknown = item("<title>t</title><pubDate>any day now</pubDate>")
    assert unknown.published is None
    assert "any day now" in unknown.notes[0]


def test_the_feeds_zone_and_language_help_with_dates() -> None:
    inside = "<language>fr</language><item><title>t</title><pubDate>19/08/2026 10:35</pubDate></item>"
    body = f"<rss><channel>{inside}</channel></rss>"
    entry = only(parse(body, time_zone="Europe/Paris"))
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 8, 19, 8, 35, tzinfo=UTC)
    day = item("<title>t</title><pubDate>2026-08-19</pubDate>")
    assert day.published is not None
    assert day.published.on == date(2026, 8, 19)


def test_f17_of_too_many_entries_the_newest_are_taken() -> None:
    items = "".join(
        f"<item><title>n{number}</title><guid>{number}</guid>"
        f"<pubDate>Tue, 24 Nov 2026 00:{number:02}:00 GMT</pubDate></item>"
        for number in (5, 1, 9, 3, 7)
    )
    document = parse(f"<rss><channel>{items}</channel></rss>", max_entries=3)
    assert [entry.title for entry in document.entries] == ["n5", "n9", "n7"]
    assert "5 entries" in document.notes[0]
    undated = "".join(f"<item><title>n{number}</title></item>" for number in range(5))
    first = parse(f"<rss><channel>{undated}</channel></rss>", max_entries=2)
    assert [entry.title for entry in first.entries] == ["n0", "n1"]
