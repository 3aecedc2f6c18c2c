"""Markup to a tree, parsed once for everything that reads it."""

import re

from lxml import etree
from lxml.html import HtmlElement, fromstring

_DEEPEST = 250  # elements; libxml2 drops what is nested deeper than 256
_IS_DEEP = etree.XPath(f"boolean(/descendant::*[count(ancestor::*) >= {_DEEPEST}])")

# What XML 1.0 (section 2.2) does not allow in text; the extractor gives up on pages that have it.
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}))(?![0-9a-f]);?", re.IGNORECASE)

# One class for every element, chosen in C. lxml.html's parser asks Python for the class of each element (an <input>
# gets another than a <form>), thousands of times a page and again for every copy of the tree; nothing here needs it.
_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)


def parse_html(markup: str) -> HtmlElement | None:
    """Return the tree of an HTML page, None if libxml2 can make none of it.

    Ruby readings are taken out: they would split the names they stand over.
    """
    if "&#" in markup:
        markup = _REFERENCE.sub(_allowed, markup)
    if "\ufffe" in markup or "\uffff" in markup:
        markup = markup.replace("\ufffe", "").replace("\uffff", "")
    body = markup.encode("utf-8", "replace").translate(None, _CONTROLS)
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False
    )
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        tree = fromstring(body, parser=parser)
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


def _allowed(reference: re.Match[str]) -> str:
    """Return a character reference as it is, or nothing if XML does not allow the character."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    fits = 32 <= code <= 0xD7FF or code in {9, 10, 13} or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return reference[0] if fits else ""
