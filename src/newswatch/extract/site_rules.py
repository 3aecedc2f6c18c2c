"""What is known of single publishers' pages: where the text is, and what of it is none.

[sites."herald.example"]
why = "..."                                   # for people
body = "//div[@id='story']"                   # XPath: only what is inside is read, if there is any
remove = ["//div[@class='box']"]              # XPaths: taken away before reading
lines = ["^Write to us at "]                  # regular expressions: paragraphs that are removed, as `site_rule`
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from newswatch.model import SiteRule

_KEYS = {"why", "body", "remove", "lines"}
_LONGEST = 500  # characters; longer paragraphs are not removed by a pattern


@cache
def shipped_rules() -> Mapping[str, SiteRule]:
    """Return the rules that come with newswatch, by registered domain."""
    return parse_rules((files("newswatch.extract") / "sites.toml").read_text(encoding="utf-8"))


def read_rules(path: Path) -> Mapping[str, SiteRule]:
    """Read an operator's file. Raises ValueError that says what is wrong with it, or why it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    try:
        return parse_rules(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def parse_rules(text: str) -> Mapping[str, SiteRule]:
    """Return the rules of a file by domain. Raises ValueError naming the site and what is wrong."""
    document = tomllib.loads(text)  # raises a ValueError itself
    if unknown := document.keys() - {"sites"}:
        raise ValueError(f'{min(unknown)!r} is unknown; sites are tables like [sites."herald.example"]')
    return {site.lower(): _rule(site, values) for site, values in document.get("sites", {}).items()}


def rule_for(host: str | None, rules: Mapping[str, SiteRule]) -> SiteRule | None:
    """Return the rule of the site that a host belongs to: that of the host itself, or of a domain above it."""
    labels = (host or "").lower().split(".")
    names = (".".join(labels[first:]) for first in range(len(labels) - 1))
    return next((rules[name] for name in names if name in rules), None)


def apply_to_tree(rule: SiteRule, tree: HtmlElement) -> None:
    """Take away what the rule says is no text."""
    for path in rule.remove:
        for element in _xpath(path)(tree):
            if isinstance(element, HtmlElement) and element.getparent() is not None:
                element.drop_tree()
    if rule.body is None:
        return
    found = [part for part in _xpath(rule.body)(tree) if isinstance(part, HtmlElement)]
    root = tree.find("body")
    if root is None or not any("".join(part.itertext()).strip() for part in found):
        return
    outermost = [part for part in found if not any(above in found for above in part.iterancestors())]
    for child in list(root):
        root.remove(child)
    root.text = None
    root.extend(outermost)


def is_removed(rule: SiteRule, line: str) -> bool:
    """Return whether the rule says that this paragraph is no text."""
    return len(line) <= _LONGEST and any(_pattern(pattern).search(line) for pattern in rule.lines)


def _rule(site: str, values: Any) -> SiteRule:
    if not isinstance(values, dict):
        raise ValueError(f"sites.{site}: is not a table")
    if unknown := values.keys() - _KEYS:
        raise ValueError(f"sites.{site}: {min(unknown)!r} is unknown; known are {', '.join(sorted(_KEYS))}")
    for key in ("remove", "lines"):
        if not isinstance(values.get(key, []), list) or not all(isinstance(one, str) for one in values.get(key, [])):
            raise ValueError(f"sites.{site}: {key} is not a list of texts")
    rule = SiteRule(
        str(values.get("why", "")), values.get("body"), tuple(values.get("remove", ())), tuple(values.get("lines", ()))
    )
    try:
        for path in (*rule.remove, *filter(None, [rule.body])):
            _xpath(path)
        for pattern in rule.lines:
            _pattern(pattern)
    except (etree.XPathError, re.error, TypeError) as error:
        raise ValueError(f"sites.{site}: {error}") from error
    return rule


@lru_cache(maxsize=512)
def _xpath(path: str) -> etree.XPath:
    return etree.XPath(path)


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
