"""OPML in and out (http://opml.org/spec2.opml): how feed readers hand over their subscriptions. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lxml import etree

from newswatch.collect.entities import entity_problem
from newswatch.collect.feedbytes import to_utf8
from newswatch.collect.feedtext import plain_line
from newswatch.collect.targets import BadTarget, read_target
from newswatch.errors import Problem
from newswatch.model import Feed
from newswatch.redact import redact_url

_LARGEST = 20_000_000
_MOST_FEEDS = 20_000
_DEEPEST = 50
_LONGEST_LIST = 1_000  # problems named one by one


class OpmlResult(NamedTuple):
    """The feeds of a document in its order, each URL once, and what was left out."""

    feeds: tuple[Feed, ...]  # with id 0
    skipped: tuple[Problem, ...]


def parse_opml(data: bytes) -> OpmlResult:
    """Return the feeds that an OPML document lists. Never raises: what cannot be used is named in `skipped`.

    At most 20,000 feeds at a depth of at most 50 from at most 20 MB are taken, http and https only.
    """
    if len(data) > _LARGEST:
        return _refused(f"the file has {len(data):,} bytes, more than {_LARGEST:,}")
    text, _ = to_utf8(data, None)
    problem = entity_problem(text)
    if problem:
        return _refused(problem)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        return _refused(f"the file is not XML: {error}")
    if root is None or str(root.tag).lower() != "opml":
        return _refused("the file is not OPML", "export your subscriptions as OPML in the other program")
    return _collect(root)


def render_opml(feeds: Sequence[Feed], *, secrets: bool = False) -> bytes:
    """Return an OPML 2.0 document with these feeds, in order.

    Passwords and tokens in URLs are replaced unless `secrets` is true; such feeds then do not work after an import.
    """
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "newswatch feeds"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        attributes = {
            "type": "rss",
            "text": plain_line(feed.name) or "",
            "title": plain_line(feed.name) or "",
            "xmlUrl": feed.url if secrets else redact_url(feed.url),
        }
        if feed.language:
            attributes["language"] = feed.language
        etree.SubElement(body, "outline", attributes)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _collect(root: Any) -> OpmlResult:
    feeds: dict[str, Feed] = {}
    skipped: list[Problem] = []
    unnamed = 0
    for outline, depth in _outlines(root):
        url = _attribute(outline, "xmlurl")
        if url is None:
            continue
        name = plain_line(_attribute(outline, "title") or _attribute(outline, "text"), 200)
        message = _problem(url, depth, len(feeds))
        if message is None:
            language = _attribute(outline, "language")
            feeds.setdefault(url, Feed(id=0, url=url, name=name or read_target(url).host, language=language))
        elif len(skipped) < _LONGEST_LIST:
            skipped.append(Problem(name or redact_url(url)[:100], message, line=outline.sourceline))
        else:
            unnamed += 1
    if unnamed:
        skipped.append(Problem("OPML", f"{unnamed} more outlines were left out for the same kinds of reasons"))
    if not feeds and not skipped:
        skipped.append(Problem("OPML", "the file lists no feeds", "an outline with xmlUrl is a feed"))
    return OpmlResult(tuple(feeds.values()), tuple(skipped))


def _outlines(root: Any) -> Iterator[tuple[Any, int]]:
    """Yield every outline with its depth, in document order, without recursion."""
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str) or element.tag.lower() != "outline":
            continue
        if event == "start":
            depth += 1
            yield element, depth
        else:
            depth -= 1


def _problem(url: str, depth: int, taken: int) -> str | None:
    if depth > _DEEPEST:
        return f"the outline is nested more than {_DEEPEST} deep"
    if taken >= _MOST_FEEDS:
        return f"more than {_MOST_FEEDS:,} feeds"
    try:
        read_target(url)
    except BadTarget as error:
        return error.detail
    return None


def _attribute(outline: Any, name: str) -> str | None:
    """Return an attribute whatever the case of its name: xmlUrl is written in every way there is."""
    for key, value in outline.attrib.items():
        if key.lower() == name:
            return value.strip() or None
    return None


def _refused(message: str, remedy: str = "") -> OpmlResult:
    return OpmlResult((), (Problem("OPML", message, remedy),))
