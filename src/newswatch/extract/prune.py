"""Takes parts of a page's tree away before it is read: what their names say is no part of an article.

The general extractor leaves such parts out by rules of its own; these are the ones that it was seen to keep. Which
words to take was measured on labelled pages: a word is here if what stands below it is text of the article on hardly
any page (docs/extraction.md).
"""

import re
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from newswatch.extract.text import one_line

_JUNK = re.compile(
    r"(?<![a-z])(?:figcaption|captions?|ctas?|call-to-action|disclaimers?|disclosures?|modals?|pop-?ups?|drop-?downs?|"
    r"(?:sub|mega)?menus?|fly-?outs?|bio|author-?bio|about-?the-?author|saboxplugin|signup|sign-up|subscribe|"
    r"newsletters?|carousel|promos?|infobox|copyright|visually-hidden|visually|sr-only|screen-reader(?:-text)?|"
    r"tool-?tips?|cookies?|feedback|ratings?|recirc(?:ulation)?|republication|sourcepoint|advertising|sponsored|teasers?|related|recommended)(?![a-z])"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST = 4_000  # elements of a kind; some fifty times what a page has
_COUNT_SPANS, _COUNT_LINKS = etree.XPath("count(//span) + count(//font)"), etree.XPath("count(//a)")
_ARTICLES = 200
_JOINER = "\N{WORD JOINER}"
_REPEATED, _REPEATS = 20, 50  # shortest paragraph that is kept however often it is repeated, and how often at most
_OWN_SHARE = 3  # times as much the largest of the other articles may say
_LONGEST = 900  # characters; a part that says more is not taken away by its name alone
_SMALL = etree.XPath(f"string-length() <= {_LONGEST} and not(.//h1)")
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


def lighten(tree: HtmlElement, markup: str) -> None:
    """Take what makes an extractor slow out of pages that have very much of it: spans, and lists of links.

    Extractors look at every element many times: 50 000 links take one seven seconds. `markup` is what `tree` was built
    from: most pages have too few tags to be worth counting their elements.
    """
    if markup.count("<") <= _MOST:
        return
    if _COUNT_SPANS(tree) > _MOST:
        etree.strip_tags(tree, "span", "font")
    if _COUNT_LINKS(tree) > _MOST:
        for link in [one for one in tree.iter("a") if _stands_alone(one)]:
            link.drop_tree()


def _stands_alone(link: HtmlElement) -> bool:
    """Return whether a link has no text beside it: alone in its line, or between links."""
    before = link.getprevious()
    beside = before.tail if before is not None else link.getparent().text if link.getparent() is not None else None
    return not (beside or "").strip() and not (link.tail or "").strip()


def mark_repeats(tree: HtmlElement) -> None:
    """Make paragraphs that the author repeats one after the other different, by joiners that the text loses again.

    The extractor takes all but one of them for mistakes.
    """
    before, times = "", 0
    for paragraph in tree.iter("p"):
        text = paragraph.text or ""
        if len(text) < _REPEATED or text != before or len(paragraph):
            before, times = text, 0
            continue
        times += 1
        if times <= _REPEATS:
            paragraph.text = text + _JOINER * times


def only_article(tree: HtmlElement, title: str | None) -> None:
    """Remove the other articles of a page that has several, one of which has the page's title as its heading.

    Posts of a live blog stay: its title stands above them.
    """
    articles = [element for element in islice(tree.iter("article"), _ARTICLES) if element.find(".//article") is None]
    own = [element for element in articles if title and _heading(element) == title]
    if len(own) != 1 or len(articles) < 2:
        return
    others = [element for element in articles if element is not own[0] and _heading(element)]
    if _running(own[0]) * _OWN_SHARE < max(map(_running, others), default=0):
        return  # the heading stands in an article of its own, and the text in another
    for element in others:
        if element.getparent() is not None:
            element.drop_tree()


def _running(article: HtmlElement) -> int:
    """Return how many characters an article has in paragraphs."""
    return sum(len("".join(paragraph.itertext())) for paragraph in article.iter("p"))


def _heading(article: HtmlElement) -> str | None:
    heading = next(article.iter("h1", "h2", "h3"), None)
    return one_line("".join(heading.itertext())) if heading is not None else None


def prune(tree: HtmlElement) -> None:
    """Remove the parts of the tree whose names are those of captions, calls to subscribe, menus and their like."""
    doomed: dict[HtmlElement, None] = {}
    for element in tree.iter(*_LOOKED_AT):  # hundreds a page, so no calls where there is no name
        kind, own = element.get("class"), element.get("id")
        named = (kind is not None and _named_junk(kind)) or (own is not None and _named_junk(own))
        if named and (element.getparent() in doomed or _is_small(element)):
            doomed[element] = None
    for element in (*doomed, *(caption for caption in tree.iter("figcaption") if _is_small(caption))):
        if element.getparent() is not None and element.getparent() not in doomed:
            element.drop_tree()


def _is_small(element: HtmlElement) -> bool:
    """Return whether a part may be taken away by its name alone: it says little and holds no headline."""
    return bool(_SMALL(element))


@lru_cache(maxsize=4096)
def _named_junk(name: str) -> bool:
    return _JUNK.search(_CAMEL.sub("-", name).lower()) is not None
