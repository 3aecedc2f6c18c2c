"""What is usually written first: for each rule compiled regular expressions, tried until one of them fails.

They run over the folded text, so that the differences in writing that newswatch sees through are no matter here.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from bench.rules.peers.peer import Peer
from bench.rules.queries import All, Any, Near, Node, Not, Term, plain
from newswatch.flag.normalise import fold, is_cjk
from newswatch.model import MatchInput

_Test = Callable[[str], object]


class Naive(Peer):
    """`re` in a loop."""

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        super().__init__(nodes, articles)
        self._articles = articles
        self._tests = [_test(plain(node)) for node in nodes]
        self.singles = {"one document": self._one}

    def _one(self, number: int) -> list[int]:
        article = self._articles[number]
        text = f" {fold(article.title)} \n {fold(article.body)} "
        return [rule for rule, test in enumerate(self._tests) if test(text)]


def _test(node: Node) -> _Test:
    match node:
        case Term() | Near():
            return re.compile(_pattern(node)).search
        case Any():
            if all(isinstance(item, Term) for item in node.items):
                return re.compile("|".join(map(_pattern, node.items))).search
            tests = [_test(item) for item in node.items]
            return lambda text: any(test(text) for test in tests)
        case All():
            tests = [_test(item) for item in node.items]
            return lambda text: all(test(text) for test in tests)
        case Not():
            inner = _test(node.item)
            return lambda text: not inner(text)
        case _:
            raise TypeError(f"not plain: {node}")


def _pattern(node: Node) -> str:
    match node:
        case Term():
            text = fold(node.text)
            left = "" if is_cjk(text[0]) else "(?<= )"
            right = "" if node.prefix or is_cjk(text[-1]) else "(?= )"
            return f"{left}{re.escape(text)}{right}"
        case Near():
            sides = ["|".join(map(_pattern, side)) for side in (node.left, node.right)]
            both = (f"(?:{first}) (?:[^ \n]+ ){{0,{node.words}}}(?:{then})" for first, then in (sides, sides[::-1]))
            return "|".join(both)
        case _:
            raise TypeError(f"no pattern: {node}")
