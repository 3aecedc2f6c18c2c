"""Takes parts of a page's tree away before it is read: what their names say is no part of an article.

The general extractor leaves such parts out by rules of its own; these are the ones that it was seen to keep. Which
words to take was measured on labelled pages: a word is here if what stands below it is text of the article on hardly
any page (docs/extraction.md).
"""

import re
from functools import lru_cache

from lxml.html import HtmlElement

_JUNK = re.compile(
    r"(?<![a-z])(?:figcaption|captions?|ctas?|call-to-action|disclaimers?|disclosures?|modals?|pop-?ups?|drop-?downs?|"
    r"(?:sub|mega)?menus?|fly-?outs?|bio|author-?bio|about-?the-?author|saboxplugin|signup|sign-up|subscribe|"
    r"newsletters?|carousel|promos?|infobox|copyright|visually-hidden|visually|sr-only|screen-reader(?:-text)?|"
    r"tool-?tips?|cookies?|feedback|ratings?|recirc(?:ulation)?|republication|sourcepoint|advertising|sponsored|teasers?|related|recommended)(?![a-z])"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST = 900  # characters; a part that says more is not taken away by its name alone
_LOOKED_AT = (
    "aside",
    "div",
    "section",
    "p",
    "span",
    "ul",
    "ol",
    "form",
    "footer",
    "small",
    "li",
    "dl",
    "h2",
    "h3",
    "h4",
    "h5",
)


def prune(tree: HtmlElement) -> None:
    """Remove the parts of the tree whose names are those of captions, calls to subscribe, menus and their like."""
    doomed = []
    for element in tree.iter(*_LOOKED_AT):  # hundreds a page, so no calls where there is no name
        kind, own = element.get("class"), element.get("id")
        if (kind is not None and _named_junk(kind)) or (own is not None and _named_junk(own)):
            doomed.append(element)
    doomed.extend(tree.iter("figcaption"))
    for element in doomed:
        if element.getparent() is not None and _is_small(element):
            element.drop_tree()


def _is_small(element: HtmlElement) -> bool:
    """Return whether a part may be taken away by its name alone: it says little and holds no headline."""
    length = 0
    for piece in element.itertext():
        length += len(piece)
        if length > _LONGEST:
            return False
    return element.find(".//h1") is None


@lru_cache(maxsize=4096)
def _named_junk(name: str) -> bool:
    return _JUNK.search(_CAMEL.sub("-", name).lower()) is not None
