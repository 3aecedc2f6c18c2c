"""CSS selectors and XPath for finding article links on a page. Pure.

A selector that begins with "/", "./" or "(" is XPath, any other CSS: lists, descendants and children of compounds of
names, #ids, .classes and [attributes] (Selectors Level 3). Pseudo-classes and siblings need XPath.
"""

import re
from functools import lru_cache

from lxml import etree

_COMPOUND = re.compile(
    r"""(?P<name>\*|[A-Za-z][\w-]*)|\#(?P<id>[\w-]+)|\.(?P<class>-?[A-Za-z_][\w-]*)"""
    r"""|\[\s*(?P<attribute>[\w-]+)\s*(?:(?P<how>[~^$*]?=)\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[\w-]+))\s*)?\]"""
)
_COMBINATOR = re.compile(r"\s*>\s*|\s+")
_XPATH = ("/", "./", "(")


class BadSelector(ValueError):
    """The text is no selector that is understood."""


@lru_cache(maxsize=256)
def compiled(selector: str) -> etree.XPath:
    """Return the XPath that finds what a selector selects. Raises BadSelector."""
    text = selector.strip()
    expression = text if text.startswith(_XPATH) else "|".join(_from_css(one) for one in text.split(","))
    try:
        return etree.XPath(expression)
    except (etree.XPathSyntaxError, ValueError) as error:  # ValueError: characters that no document can contain
        raise BadSelector(f"{selector!r} is not valid XPath: {error}") from None


def _from_css(text: str) -> str:
    text = text.strip()
    steps: list[str] = []
    at, axis = 0, "//"
    while at < len(text):
        at, step = _compound(text, at)
        steps.append(axis + step)
        if at == len(text):
            return "".join(steps)
        found = _COMBINATOR.match(text, at)
        if found is None:
            break
        at, axis = found.end(), "/" if ">" in found[0] else "//"
    raise BadSelector(f"{text!r} is not understood as CSS; XPath (it begins with //) can say more")


def _compound(text: str, at: int) -> tuple[int, str]:
    """Return where the compound selector at `at` ends, and it as one step of XPath."""
    name, conditions, start = "*", "", at
    while found := _COMPOUND.match(text, at):
        if found["name"]:
            if at != start:
                break
            name = found["name"].lower() if found["name"] != "*" else "*"
        elif found["id"]:
            conditions += f"[@id='{found['id']}']"
        elif found["class"]:
            conditions += f"[contains(concat(' ', normalize-space(@class), ' '), ' {found['class']} ')]"
        else:
            conditions += _attribute(found)
        at = found.end()
    if at == start:
        raise BadSelector(f"{text!r} is not understood as CSS at {text[at : at + 10]!r}")
    return at, name + conditions


def _attribute(found: re.Match[str]) -> str:
    name, how = f"@{found['attribute'].lower()}", found["how"]
    if how is None:
        return f"[{name}]"
    value = next(text for text in (found["double"], found["single"], found["bare"]) if text is not None)
    if "'" in value and '"' in value:
        raise BadSelector(f"{value!r} has both kinds of quotes; write XPath")
    quoted = f'"{value}"' if "'" in value else f"'{value}'"
    return {
        "=": f"[{name}={quoted}]",
        "^=": f"[starts-with({name}, {quoted})]",
        "*=": f"[contains({name}, {quoted})]",
        "$=": f"[substring({name}, string-length({name}) - {len(value) - 1})={quoted}]",
        "~=": f"[contains(concat(' ', normalize-space({name}), ' '), concat(' ', {quoted}, ' '))]",
    }[how]
