"""Cleaning of the texts and links that feeds carry. Pure, and linear in the length of what comes in."""

import contextlib
import re
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

from lxml import etree

LONGEST_TITLE = 1_000
LONGEST_SUMMARY = 10_000
LONGEST_CONTENT = 500_000
_LONGEST_LINK = 4_000

# What XML 1.0 and PostgreSQL's text cannot carry, and what no text needs: C0 controls, lone surrogates,
# non-characters. Tab, line feed and carriage return are white space.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_UNUSUAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xc2-\xf4\ud800-\udfff\ufffe\uffff]")  # quick to rule out
_C1 = re.compile("[\x80-\x9f]")
_SUSPICIOUS = re.compile("[\x80-\x9f]|[\xc2-\xf4](?=[\xa0-\xbf])")
_TAG_NAMES = (
    "a|abbr|address|applet|article|aside|b|big|blink|blockquote|body|br|center|cite|code|dd|del|div|dl|dt|em|embed|"
    "figcaption|figure|font|form|frame|frameset|h[1-6]|hr|html|i|iframe|img|input|ins|kbd|li|link|mark|marquee|meta|"
    "nobr|noscript|object|ol|p|pre|q|rb|rp|rt|ruby|s|script|section|small|span|strike|strong|style|sub|sup|svg|table|"
    "tbody|td|th|tr|tt|u|ul|video|wbr"
)
_TAG = re.compile(rf"</?(?:{_TAG_NAMES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--(?:.*?-->|[^>]*(?:>|\Z))", re.DOTALL)  # the second: never closed as it should be
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote|section|article|hr|dd|dt)\b)", re.IGNORECASE
)
_MARKUP = re.compile(r"<[A-Za-z/!]")
_SPACE_IN_LINK = re.compile(r"[\x00-\x20\x7f]")
_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)


def clean(text: str) -> str:
    """Return `text` without characters that a database or a terminal should never see.

    C1 controls are Windows-1252 that somebody took for Latin-1, and UTF-8 taken for Latin-1 is put right, if the whole
    text allows it.
    """
    if not _UNUSUAL.search(text):
        return text
    if _SUSPICIOUS.search(text):
        with contextlib.suppress(UnicodeError):
            text = text.encode("latin-1").decode("utf-8")
        text = _C1.sub(_from_windows, text)
    return _ILLEGAL.sub("", text)


def _from_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", "ignore")


def plain_line(text: str | None, longest: int = LONGEST_TITLE) -> str | None:
    """Return one line of plain text: no tags, no entities, no line ends, at most `longest` characters.

    A title is HTML in some feeds and text in others, whatever they declare; only the names of HTML elements are taken
    for tags, so that "1 < 2" and "List<T>" survive. None if nothing remains.
    """
    if not text:
        return None
    text = text[: 4 * longest]
    text = _without_tags(text)
    if "&" in text:
        text = _without_tags(unescape(text))  # escaped twice
    line = " ".join(clean(text).split())
    return shorten(line, longest) or None


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAG.sub("", _HIDDEN.sub("", _COMMENT.sub("", text)))


def plain_text(html: str | None, longest: int = LONGEST_SUMMARY) -> str | None:
    """Return the text of a piece of HTML, a line for each block, at most `longest` characters. None if it has none."""
    if not html:
        return None
    html = html[: 20 * longest]
    text = _text_of(html) if _MARKUP.search(html) else unescape(html)
    lines = (" ".join(line.split()) for line in clean(text).splitlines())
    return shorten("\n".join(line for line in lines if line), longest) or None


def _text_of(html: str) -> str:
    marked = _BLOCK.sub("\n<", html)
    try:
        root = etree.fromstring(marked.encode("utf-8", "replace"), _PARSER)
    except (etree.ParserError, etree.XMLSyntaxError):
        return ""
    if root is None:
        return ""
    etree.strip_elements(root, "script", "style", "noscript", "template", with_tail=False)
    return "".join(root.itertext())


def has_markup(text: str) -> bool:
    """Tell whether a text is HTML rather than plain text."""
    return _TAG.search(text) is not None


def as_html(text: str) -> str:
    """Return plain text as HTML."""
    return escape(text, quote=False)


def shorten(text: str, longest: int) -> str:
    """Return `text`, cut with an ellipsis if it has more than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def absolute_link(base: str, link: str | None) -> str | None:
    """Return `link` as an absolute http(s) URL, None if it is none."""
    if not link:
        return None
    text = clean(link).strip()
    if not text or len(text) > _LONGEST_LINK:
        return None
    text = text.replace("&amp;", "&")
    try:
        joined = text if text.startswith(("http://", "https://")) else urljoin(base, text)
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return _SPACE_IN_LINK.sub(lambda found: f"%{ord(found[0]):02X}", joined)
