"""Markup to a tree, parsed once for everything that reads it."""

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fromstring

_DEEPEST = 250  # elements; libxml2 drops what is nested deeper than 256
_IS_DEEP = etree.XPath(f"boolean(/descendant::*[count(ancestor::*) >= {_DEEPEST}])")


def parse_html(markup: str) -> HtmlElement | None:
    """Return the tree of an HTML page, None if libxml2 can make none of it.

    Ruby readings are taken out: they would split the names they stand over.
    """
    parser = HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    try:
        tree = fromstring(markup.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    if not isinstance(tree, HtmlElement):
        return None
    if "<ruby" in markup:
        etree.strip_elements(tree, "rt", "rp", "rtc", with_tail=False)
        etree.strip_tags(tree, "ruby", "rb")
    return tree


def is_deep(tree: HtmlElement) -> bool:
    """Return whether the tree is as deep as libxml2 lets it be, so that text was lost."""
    return bool(_IS_DEEP(tree))
