"""What the tests of flag share: rules from query text, articles, and the check that every span is exact."""

from collections.abc import Sequence
from datetime import date

from newswatch.flag.matching import Engine
from newswatch.flag.normalise import fold
from newswatch.flag.packs import parse_pack
from newswatch.flag.patterns import wild_term
from newswatch.flag.query import parse
from newswatch.flag.ruleset import RuleSet
from newswatch.flag.syntax import Term, Wild
from newswatch.model import Match, MatchInput

HEAD = '[pack]\nid = "test"\nname = "Test"\n'


def pack(*queries: str, extra: str = "", options: str = "") -> RuleSet:
    """Return a RuleSet with rules r0, r1 ... of these queries; `extra` is TOML before them, `options` in each rule."""
    rules = "\n".join(
        f"[[rules]]\nid = \"r{number}\"\nname = \"Rule {number}\"\n{options}\nquery = '''\n{query}'''"
        for number, query in enumerate(queries)
    )
    return parse_pack(f"{HEAD}{extra}\n{rules}\n")


def article(
    body: str, title: str = "", language: str = "en", *, published: date | None = None, source: str = "", url: str = ""
) -> MatchInput:
    return MatchInput(title, body, language, source=source, url=url, published_on=published)


def matches(query: str, text: MatchInput | str, extra: str = "", options: str = "") -> tuple[Match, ...]:
    """Return the matches of one query on one article, after checking every span of evidence."""
    if isinstance(text, str):
        text = article(text)
    found = Engine(pack(query, extra=extra, options=options)).match(text)
    for match in found:
        check_spans(match, text)
    return found


def hit(query: str, text: MatchInput | str, extra: str = "", options: str = "") -> bool:
    """Whether `query` matches."""
    return bool(matches(query, text, extra, options))


def texts(query: str, text: MatchInput | str, extra: str = "") -> list[str]:
    """Return the evidence's texts."""
    return [mention.text for match in matches(query, text, extra) for mention in match.evidence]


def check_spans(match: Match, text: MatchInput) -> None:
    """Assert that each mention is exactly what stands there, and folds to what its term folds to."""
    for mention in match.evidence:
        original = text.title if mention.field == "title" else text.body
        assert original[mention.start : mention.end] == mention.text
        wanted = mention.alias or mention.term
        if wanted.startswith("/"):
            continue
        parts = _parts(wanted) if mention.alias is None else (wanted,)
        if fold(mention.text) == fold(wanted):
            continue
        if any(isinstance(part, Wild) for part in parts):
            assert wild_term(parts, inside=True).expression.search(f" {fold(mention.text)} ")
        elif "~" not in wanted:
            assert _contains(fold(mention.text), fold(wanted)), (mention, wanted)


def _contains(text: str, wanted: str) -> bool:
    """Whether the folded mention is the folded term; a phrase with slop has other words between."""
    return text == wanted or (
        text.startswith(wanted.split(maxsplit=1)[0]) and text.endswith(wanted.rsplit(maxsplit=1)[-1])
    )


def _parts(term: str) -> Sequence[str | Wild]:
    node = parse('"' + term.replace('"', '\\"') + '"')
    assert isinstance(node, Term)
    return node.parts
