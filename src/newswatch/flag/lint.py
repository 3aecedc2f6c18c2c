"""What is allowed in a rule but probably not meant, or slow: warnings, never errors."""

from collections.abc import Collection, Iterable, Mapping

from newswatch.errors import Problem
from newswatch.flag import syntax
from newswatch.flag.combination import Scored
from newswatch.flag.matching import Engine
from newswatch.flag.normalise import fold, is_cjk, pattern_of
from newswatch.flag.query import notes
from newswatch.flag.reading import position
from newswatch.flag.ruleset import Rule
from newswatch.flag.syntax import Node, canonical, number, show_parts

COMMON = 0.05
"""A term in more than this share of articles says little."""
_SHORT = 3  # letters below which a Latin term is suspect
_SHORT_CJK = 2

# Everyday words that contain short names and terms; a reader's own lexicon can be given beside them.
_LEXICON = (
    "東京都 京都府 首都圏 外国人参政権 日本語 日本人 日本橋 南日本 韓国語 韓国人 奈良時代 中国語 中国人 中国地方 "
    "米国人 大阪府 神奈川 石川県 한국어 한국인 한국은행 일본어 일본인 우리나라 나라살림 미국인 중국어 중국인 정상화 "
    "정상적 비정상 회담장 서울대 도쿄돔 日本人 日本语 韩国人 韩国语 南京市 东京都 首尔大学 高市场 最高市值"
).split()


def lint(
    engine: Engine, *, frequencies: Mapping[str, float] | None = None, lexicon: Collection[str] = ()
) -> list[Problem]:
    """Return warnings about the rules of `engine`; `where` of each is the rule's id, positions are in its query.

    `frequencies` (from `Engine.measure`) lets terms that stand in too many articles be named; `lexicon` adds words that
    may contain short Chinese, Japanese or Korean terms.
    """
    found: list[Problem] = []
    words = (*_LEXICON, *lexicon)
    for rule in engine.ruleset.rules:
        found.extend(notes(rule.query, rule.id))
        linter = _Linter(rule, frequencies or {}, words)
        linter.visit(rule.node)
        found.extend(linter.warnings)
        compiled = engine.compiled(rule.id)
        if compiled is not None and isinstance(compiled.root, Scored):
            found.extend(_reachable(rule, compiled.root))
        if rule.id in engine.always_run:
            message = "this rule is evaluated for every article, because no term of it is necessary"
            found.append(Problem(rule.id, message, "add a term that must be there", 1, 1))
    return found


def _reachable(rule: Rule, root: Scored) -> Iterable[Problem]:
    best = sum(max(0.0, root.weight(item)) for item in root.items)
    if not root.per_mention and root.comparison in {">=", ">"} and best < root.number:
        message = f"the weights add up to {number(best)} at most, {number(root.number)} is never reached"
        yield Problem(rule.id, message, "lower the threshold or raise weights", 1, 1)


class _Linter:
    def __init__(self, rule: Rule, frequencies: Mapping[str, float], lexicon: Collection[str]) -> None:
        self.warnings: list[Problem] = []
        self._rule = rule
        self._frequencies = frequencies
        self._lexicon = lexicon

    def visit(self, node: Node, *, guarded: bool = False) -> None:
        """Look at `node`; `guarded` terms are on the left of an EXCEPT."""
        match node:
            case syntax.Term():
                self._term(node, guarded=guarded)
            case syntax.And():
                self._contradiction(node)
                self._all(node.items)
            case syntax.Or():
                self._covered(node)
                self._all(node.items, guarded=guarded)
            case syntax.Some() | syntax.Score():
                self._all(node.items)
            case syntax.Near():
                self._all((node.left, node.right))
            case syntax.Except():
                self.visit(node.left, guarded=True)
            case syntax.Scope() if node.name not in syntax.META_FIELDS:
                self.visit(node.item, guarded=guarded or node.name in syntax.MODES)
            case syntax.Not() | syntax.Boost() | syntax.Count() | syntax.First():
                self.visit(node.item, guarded=guarded)
            case _:
                pass

    def _all(self, nodes: Iterable[Node], *, guarded: bool = False) -> None:
        for node in nodes:
            self.visit(node, guarded=guarded)

    def _warn(self, node: Node, message: str, remedy: str) -> None:
        line, column = position(self._rule.query, node.at[0])
        self.warnings.append(Problem(self._rule.id, message, remedy, line, column))

    def _term(self, node: syntax.Term, *, guarded: bool) -> None:
        text = show_parts(node.parts)
        folded = fold("".join(part for part in node.parts if isinstance(part, str)))
        share = self._frequencies.get(pattern_of(text), 0.0)
        if share > COMMON:
            self._warn(node, f"{text} stands in {share:.0%} of recent articles", "join it with something rarer")
        if guarded or not folded or " " in folded:
            return
        if is_cjk(folded[0]):
            inside = sorted({word for word in self._lexicon if folded in word and folded != word})[:4]
            if len(folded) == 1 or (inside and len(folded) <= _SHORT_CJK):
                remedy = f"for example {text} EXCEPT ({' OR '.join(inside)})" if inside else "use a longer term"
                self._warn(node, f"{text} is short and found inside longer words", remedy)
        elif len(folded) < _SHORT and len(node.parts) == 1:
            self._warn(node, f"{text} is very short", f"use case:{text}, or a longer term")

    def _contradiction(self, node: syntax.And) -> None:
        wanted = {canonical(item) for item in node.items if not isinstance(item, syntax.Not)}
        for item in node.items:
            if isinstance(item, syntax.Not) and canonical(item.item) in wanted:
                self._warn(item, f"{canonical(item.item)} is both wanted and excluded", "remove one of the two")

    def _covered(self, node: syntax.Or) -> None:
        """Warn of alternatives that add nothing: repeated, or found wherever a shorter one is."""
        seen: set[str] = set()
        short = {
            fold(item.parts[0])
            for item in node.items
            if isinstance(item, syntax.Term) and len(item.parts) == 1 and isinstance(item.parts[0], str)
        }
        cjk = sorted((text for text in short if text and all(is_cjk(char) for char in text)), key=len)
        for item in node.items:
            printed = canonical(item)
            if printed in seen:
                self._warn(item, f"{printed} stands here twice", "remove one")
            seen.add(printed)
            if isinstance(item, syntax.Term) and len(item.parts) == 1 and isinstance(item.parts[0], str):
                folded = fold(item.parts[0])
                cover = next((text for text in cjk if text != folded and text in folded), None)
                if cover:
                    self._warn(item, f"{printed} is found wherever {cover} is", f"remove it, or remove {cover}")
