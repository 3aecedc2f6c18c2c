"""What recent articles say about rules: how common their terms are, what wildcards stood for, what matched."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newswatch.flag import syntax
from newswatch.flag.document import Document
from newswatch.flag.matching import Engine
from newswatch.flag.normalise import fold, is_cjk
from newswatch.flag.patterns import wild_term
from newswatch.flag.syntax import Node, Wild, show_parts
from newswatch.flag.words import around
from newswatch.model import MatchInput

COMMON = 0.05
"""A term in more than this share of articles says little by itself."""
EVERYWHERE = 0.5
"""A term in more than this share of articles says little beside others, too."""
NEEDED = 0.2
"""A rule whose rarest necessary terms stand in more than this share of articles is looked at often."""
MANY_FORMS = 40
"""Different words that one wildcard may stand for."""
ENOUGH = 100
"""Articles from which on shares mean something."""
SHORT_CJK = 2
"""Chinese, Japanese or Korean letters up to which a term is likely to stand inside other words."""

_LOOKED_AT = 200  # mentions of a short term that an analyser looks at


@dataclass(frozen=True, slots=True)
class Sample:
    """What recent articles say. Empty if none were looked at."""

    articles: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)  # of the articles, by pattern (`Engine.measure`)
    matches: Mapping[str, int] = field(default_factory=dict)  # by rule
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)  # words that a term with * stood for
    inside: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # longer words by short term, most first

    @property
    def large(self) -> bool:
        """Whether shares of the articles mean something."""
        return self.articles >= ENOUGH


def take(engine: Engine, articles: Sequence[MatchInput]) -> Sample:
    """Look at `articles` with the rules of `engine`.

    The longer words around short terms need the analyser of the article's language (the extra `word`); articles in
    other languages, or without it, add none.
    """
    matches: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    inside: dict[str, Counter[str]] = {}
    looked_at: Counter[str] = Counter()
    terms = set(_terms(engine))
    wild = {show_parts(term.parts).strip(): wild_term(term.parts) for term in terms if Wild.ANY in term.parts}
    short = {folded for term in terms if (folded := _short(term))}
    for article in articles:
        matches.update(match.rule_id for match in engine.match(article))
        document = Document(article)
        for text, term in wild.items():
            left, right = term.anchor.startswith(" "), term.anchor.endswith(" ")
            anchors = [(start + left, end - right) for start, end in _places(document.joined, term.anchor)]
            if anchors:
                spans = term.check(document, anchors)
                forms.setdefault(text, set()).update(document.joined[start:end] for start, end in spans)
        for text in short:
            for span in _places(document.joined, text):
                if looked_at[text] >= _LOOKED_AT:
                    break
                looked_at[text] += 1
                longer = around(document, span)
                if longer is not None:
                    inside.setdefault(text, Counter())[longer] += 1
    return Sample(
        len(articles),
        engine.measure(articles),
        matches,
        {text: sorted(found) for text, found in forms.items()},
        {text: dict(found.most_common()) for text, found in inside.items()},
    )


def _terms(engine: Engine) -> Iterator[syntax.Term]:
    ruleset = engine.ruleset
    nodes: Iterable[Node] = (*(rule.node for rule in ruleset.rules), *ruleset.lists.values())
    for node in nodes:
        yield from (item for item in syntax.walk(node) if isinstance(item, syntax.Term))


def _short(term: syntax.Term) -> str:
    """Return the folded text of a short Chinese, Japanese or Korean term, empty for all others."""
    folded = fold(show_parts(term.parts))
    return folded if len(folded) <= SHORT_CJK and all(map(is_cjk, folded)) else ""


def _places(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    at = text.find(wanted)
    while at >= 0:
        yield at, at + len(wanted)
        at = text.find(wanted, at + 1)
