"""The quick reader and feedparser agree wherever the quick one dares to answer."""

import pytest

from newswatch.collect.entries import clean_entries, finish_entries
from newswatch.collect.quickfeed import read_quick
from newswatch.collect.rawfeed import RawFeed
from newswatch.collect.tolerant import read_tolerant
from newswatch.model import ParsedEntry
from tests.collect import test_feed
from tests.collect.conftest import NOW

URL = "https://news.example/feeds/world.xml"
DOCUMENTS = {
    # feedparser knows no top-level domain of more than four letters
    "rss": test_feed.RSS.replace("desk@news.example", "desk@news.org"),
    "atom": test_feed.ATOM,
    "rdf": test_feed.RDF,
    "rss without namespaces": "<rss version='0.92'><channel><title>t</title><item><description>d</description></item>"
    "<item><title>x</title><guid>https://a.example/guid-is-link</guid></item></channel></rss>",
    "inline markup": "<rss version='2.0'><channel><item><guid isPermaLink='false'>1</guid>"
    "<description>one <b>two</b> three</description></item></channel></rss>",
    "html in Atom": "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><id>urn:x</id>"
    "<title type='html'>a &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title><link href='/1'/>"
    "<content type='html'>&lt;p&gt;text&lt;/p&gt;</content><author><name>A</name><email>a@b.example</email></author>"
    "<author><name>B</name></author><updated>2026-11-24T00:00:00Z</updated></entry></feed>",
    "base": "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://b.example/x/'><entry><id>urn:1</id><title>t</title>"
    "<link href='y'/></entry></feed>",
    "fallbacks": "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:media='http://search.yahoo.com/mrss/' "
    "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'><channel><item><dc:title>t</dc:title>"
    "<link>https://feedburner.example/1</link><feedburner:origLink>https://own.example/1</feedburner:origLink>"
    "<dc:date>2026-11-24T10:00:00+09:00</dc:date><media:title>no</media:title><media:content url='x'/></item>"
    "</channel></rss>",
    "comments": "<rss version='2.0'><!-- c --><channel><item><title>a<!-- b -->c</title></item></channel></rss>",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_both_readers_give_the_same(name: str) -> None:
    data = DOCUMENTS[name].partition("?>")[2].encode() if "<?xml" in DOCUMENTS[name] else DOCUMENTS[name].encode()
    quick, slow = read_quick(data, URL), read_tolerant(data, URL)
    assert quick is not None
    assert slow is not None
    assert _facts(quick) == _facts(slow)


@pytest.mark.parametrize(
    "document",
    [
        "<rss><channel><item><title>a & b</title></item></channel></rss>",
        "<!DOCTYPE rss><rss><channel><item><title>a</title></item></channel></rss>",
        "<rss><item><title>no channel</title></item></rss>",
        "<feed xmlns='http://purl.org/atom/ns#' version='0.3'><entry><title>a</title></entry></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='image/png'>AAAA</content></entry></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><summary type='xhtml'><p>no div</p></summary></entry></feed>",
        "<rss><channel><item><title>a <b>b</b></title><link><x>y</x></link></item></channel></rss>",
        "<rss><channel><item><summary>Atom in RSS</summary></item></channel></rss>",
        "<rss><channel><title>t</title><Item><title>a</title></Item></channel></rss>",
        "<html><body/></html>",
        "",
    ],
)
def test_what_leaves_room_for_guessing_is_left_to_feedparser(document: str) -> None:
    assert read_quick(document.encode(), URL) is None


def _facts(feed: RawFeed) -> tuple[object, ...]:
    entries, notes = finish_entries(
        clean_entries(feed.entries, language=feed.language, zone=None, now=NOW), max_entries=100
    )
    return feed.kind, feed.title, feed.link, feed.language, [_entry_facts(entry) for entry in entries], notes


def _entry_facts(entry: ParsedEntry) -> tuple[object, ...]:
    # feedparser takes an author's address for a name of its own, and dc:date for a change.
    dates = (entry.published and entry.published.at, entry.updated and entry.updated.at)
    return (
        entry.key,
        entry.link,
        entry.title,
        entry.summary,
        (entry.content_html or "").replace("\n", ""),
        entry.authors,
        dates[0] or dates[1],
        entry.guid,
        entry.source_name,
    )
