"""What is allowed in a rule but probably not meant, or slow: findings, never errors.

Positions are given for rules' queries; a list, or the query behind a further severity, is named without one. What only
the archive can tell comes from a `Sample` of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ahocorasick_rs import AhoCorasick

from newswatch.flag import syntax
from newswatch.flag.certainty import Reasoner, best_score
from newswatch.flag.findings import Finding
from newswatch.flag.lexicon import containing
from newswatch.flag.matching import Engine
from newswatch.flag.normalise import fold, is_cjk, pattern_of
from newswatch.flag.patterns import wild_term
from newswatch.flag.query import notes
from newswatch.flag.reading import position
from newswatch.flag.ruleset import Rule
from newswatch.flag.sample import COMMON, EVERYWHERE, MANY_FORMS, NEEDED, SHORT_CJK, Sample
from newswatch.flag.syntax import Node, Wild, canonical, number, show_parts

_SHORT = 3  # letters below which a Latin term is suspect
_WIDE = 4  # letters beside a * below which a Latin word is suspect
_OFFERED = 4  # words offered after EXCEPT


def lint(
    engine: Engine, *, sample: Sample | None = None, lexicon: Collection[str] = (), most: float = 0.1
) -> list[Finding]:
    """Return what is doubtful about the rules and lists of `engine`.

    `sample` is what recent articles say about them; a rule that matches more than the share `most` of these is named.
    `lexicon` adds words that may contain short Chinese, Japanese or Korean terms.
    """
    sample = sample or Sample()
    ruleset, always = engine.ruleset, engine.always_run
    found: list[Finding] = []
    for name, node in ruleset.lists.items():
        linter = _Linter(f"list {name}", "", engine, sample, lexicon, placed=True)
        linter.look(node)
        found.extend(linter.findings)
    for rule in ruleset.rules:
        own = [*notes(rule.query, rule.id), *_whole(rule, engine, always, sample, most)]
        linter = _Linter(rule.id, rule.query, engine, sample, lexicon, placed=rule.threshold is not None)
        linter.look(rule.node, rule)
        own.extend(linter.findings)
        found.extend(sorted(own, key=lambda finding: (finding.line or 0, finding.column or 0)))
        for case in rule.severities:
            linter = _Linter(rule.id, "", engine, sample, lexicon)
            linter.look(case.when, rule)
            found.extend(linter.findings)
    return list(dict.fromkeys(found))


def _whole(rule: Rule, engine: Engine, always: Mapping[str, str], sample: Sample, most: float) -> Iterator[Finding]:
    """Yield what is doubtful about a rule as a whole."""
    lists = engine.ruleset.lists
    if rule.threshold is not None and (best := best_score(rule.node, lists)) < rule.threshold:
        message = f"the score is {number(best)} at most, the threshold of {number(rule.threshold)} is never reached"
        yield Finding("unreachable-threshold", rule.id, message, "lower it or raise weights", 1, 1)
    if rule.id in always:
        message = f"this rule is evaluated for every article: {always[rule.id]}"
        yield Finding("always-run", rule.id, message, "add a term that must be there", 1, 1)
    if sample.large:
        yield from _tried(rule, engine, sample, most)


def _tried(rule: Rule, engine: Engine, sample: Sample, most: float) -> Iterator[Finding]:
    """Yield what recent articles say about a rule as a whole."""
    clauses = engine.necessary(rule.id)
    needed = min((sum(sample.shares.get(text, 0.0) for text in clause) for clause in clauses), default=0.0)
    if needed > NEEDED:
        message = f"the rarest terms it needs stand in up to {min(1.0, needed):.0%} of recent articles"
        yield Finding("frequent-presearch", rule.id, message, "add a rarer term that must be there", 1, 1)
    matched = sample.matches.get(rule.id, 0)
    if not matched:
        message = f"this rule matches none of the last {sample.articles} articles"
        yield Finding("matches-nothing", rule.id, message, "see `newswatch matches near` for what nearly met it", 1, 1)
    elif matched > most * sample.articles:
        message = f"this rule matches {matched} of the last {sample.articles} articles"
        yield Finding("matches-much", rule.id, message, "narrow it, or see `newswatch rules backtest`", 1, 1)


@dataclass(frozen=True, slots=True)
class _Within:
    """What surrounds a node: ways of comparing, what an EXCEPT behind it leaves out, who counts mentions."""

    modes: frozenset[str] = frozenset()
    excepted: tuple[str, ...] = ()  # folded; "@" for what is not a plain term
    tallied: bool = False
    joined: bool = False  # AND, SCORE or k OF ask for something else, too
    near: bool = False  # a side of NEAR, so that a short word says something beside the other side
    placed: bool = False  # where mentions stand, or how many there are, matters: a longer term is not superfluous


class _Linter:
    def __init__(
        self, where: str, query: str, engine: Engine, sample: Sample, lexicon: Collection[str], *, placed: bool = False
    ) -> None:
        self.findings: list[Finding] = []
        self._where = where
        self._query = query
        self._lists = engine.ruleset.lists
        self._sample = sample
        self._lexicon = lexicon
        self._placed = placed

    def look(self, node: Node, rule: Rule | None = None) -> None:
        """Find what is doubtful in `node`, a query of `rule` or a list."""
        reasoner = Reasoner(self._lists, rule.languages, rule.fields) if rule else Reasoner(self._lists)
        reasoner.look(node)
        for certain in reasoner.found:
            self._add(certain.code, certain.node, certain.message, certain.remedy)
        modes = frozenset({"word"} if rule is not None and rule.cjk == "word" else ())
        self._visit(node, _Within(modes, placed=self._placed))

    def _add(self, code: str, node: Node, message: str, remedy: str, term: str = "") -> None:
        line, column = position(self._query, node.at[0]) if self._query else (None, None)
        self.findings.append(Finding(code, self._where, message, remedy, line, column, term))

    def _visit(self, node: Node, within: _Within) -> None:
        match node:
            case syntax.Term():
                self._term(node, within)
            case syntax.Or():
                self._repeated(node.items)
                if not within.placed:
                    self._covered(node, within.modes)
                self._all(node.items, within)
            case syntax.And() | syntax.Some():
                self._repeated(node.items)
                self._all(node.items, replace(within, joined=True))
            case syntax.Score():
                scored = replace(within, tallied=node.per_mention, placed=node.per_mention, joined=True)
                self._all(node.items, scored)
            case syntax.Near():
                self._all((node.left, node.right), replace(within, near=True, placed=True))
            case syntax.Except():
                excepted = (*within.excepted, *_texts(node.right))
                self._visit(node.left, replace(within, placed=True, excepted=excepted))
                if isinstance(node.right, syntax.Or):
                    self._repeated(node.right.items)
            case syntax.Scope() if node.name not in syntax.META_FIELDS:
                modes = within.modes
                if node.name in syntax.MODES:
                    modes = syntax.modes_within(modes, node.name)
                self._visit(node.item, replace(within, modes=modes))
            case syntax.Boost():
                if node.cap is not None and not within.tallied:
                    message = f"~{node.cap} limits mentions in TALLY only"
                    self._add("no-effect", node, message, "remove it, or use TALLY or COUNT")
                self._visit(node.item, replace(within, tallied=False))
            case syntax.Count():
                self._visit(node.item, replace(within, placed=True))
            case syntax.Not() | syntax.First():
                self._visit(node.item, within)
            case _:
                pass

    def _all(self, nodes: Iterable[Node], within: _Within) -> None:
        for node in nodes:
            self._visit(node, within)

    # --- terms ---

    def _term(self, node: syntax.Term, within: _Within) -> None:
        text = show_parts(node.parts).strip()
        folded = fold("".join(part for part in node.parts if isinstance(part, str)))
        wild = any(part is Wild.ANY for part in node.parts)
        if self._query and self._sample.large and not within.near:
            share = 0.0 if wild else self._sample.shares.get(pattern_of(show_parts(node.parts)), 0.0)
            if share > (EVERYWHERE if within.joined else COMMON):
                message = f"{text} stands in {share:.0%} of recent articles"
                remedy = "remove it, or take something rarer" if within.joined else "join it with something rarer"
                self._add("frequent-term", node, message, remedy, text)
        if wild:
            self._wildcard(node, text)
        if not folded or " " in folded or within.modes & {"case", "raw"}:
            return
        if is_cjk(folded[0]):
            if len(folded) <= SHORT_CJK and "word" not in within.modes:
                self._inside(node, text, folded, within.excepted)
        elif len(folded) < _SHORT and len(node.parts) == 1 and folded.isalpha() and not within.near:
            message = f"{text} is very short"
            self._add("short-term", node, message, f"use case:{text}, or a longer term", text)

    def _inside(self, node: syntax.Term, text: str, folded: str, excepted: Sequence[str]) -> None:
        """Warn of a short term inside longer words, those seen in the archive first; not of one with a space around."""
        edges = show_parts(node.parts)
        if edges != edges.strip() or "@" in excepted:
            return
        seen = self._sample.inside.get(folded, {})
        longer = dict.fromkeys((*seen, *containing(folded, self._lexicon)))
        words = [word for word in longer if not any(other in word for other in excepted)]
        if not words and (len(folded) > 1 or excepted):
            return
        offered = [word for word in excepted if word] + words[:_OFFERED]
        if not words:
            remedy = "use a longer term"
        elif len(offered) == 1:
            remedy = f"for example {text} EXCEPT {offered[0]}"
        else:
            remedy = f"for example {text} EXCEPT ({' OR '.join(offered)})"
        message = f"{text} is short and found inside longer words"
        if seen and words and words[0] in seen:
            message = f"{text} stands inside longer words, in recent articles {seen[words[0]]} times in {words[0]}"
        self._add("inside-words", node, message, remedy, text)

    def _wildcard(self, node: syntax.Term, text: str) -> None:
        for word in text.split():
            letters = fold(word.replace("*", "").replace("?", "")).replace(" ", "")
            if "*" in word and letters and not is_cjk(letters[0]) and len(letters) < _WIDE:
                remedy = "write more of the word, or its forms joined by OR"
                self._add("wide-wildcard", node, f"{word} stands for very many words", remedy, text)
        forms = self._sample.forms.get(text, ())
        if len(forms) > MANY_FORMS:
            message = f"{text} stood for {len(forms)} words in recent articles, among them {', '.join(forms[:3])}"
            self._add("many-forms", node, message, "write more of the word, or its forms joined by OR", text)

    # --- terms beside each other ---

    def _repeated(self, items: Iterable[Node]) -> None:
        seen: set[str] = set()
        for item in items:
            printed = canonical(item)
            if printed in seen:
                self._add("repeated", item, f"{printed} stands here twice", "remove one", printed)
            seen.add(printed)

    def _covered(self, node: syntax.Or, modes: frozenset[str]) -> None:
        """Warn of alternatives that are found wherever another one is."""
        if modes & {"case", "raw", "word"}:
            return
        inside = "sub" in modes
        terms = [item for item in node.items if isinstance(item, syntax.Term) and not item.slop]
        plain = {item: pattern_of(str(item.parts[0]), inside=inside) for item in terms if _literal(item)}
        shown = {pattern: show_parts(item.parts) for item, pattern in plain.items() if pattern}
        patterns = list(shown)
        wild = {show_parts(item.parts): wild_term(item.parts, inside=inside) for item in terms if not _literal(item)}
        automaton = AhoCorasick(patterns) if patterns else None
        for item, pattern in plain.items():
            found = automaton.find_matches_as_indexes(pattern, overlapping=True) if automaton else ()
            shorter = (shown[patterns[index]] for index, _, _ in found if patterns[index] != pattern)
            wider = (text for text, term in wild.items() if term.expression.search(f" {pattern.strip()} "))
            cover = next(chain(shorter, wider), None)
            if cover:
                printed = canonical(item)
                message = f"{printed} is found wherever {cover} is"
                self._add("covered", item, message, f"remove it, or remove {cover}", show_parts(item.parts))


def _literal(term: syntax.Term) -> bool:
    return len(term.parts) == 1 and isinstance(term.parts[0], str)


def _texts(node: Node) -> Iterator[str]:
    """Yield what EXCEPT leaves out as folded texts; "@" for what is not plain terms."""
    for item in node.items if isinstance(node, syntax.Or) else (node,):
        if isinstance(item, syntax.Term) and _literal(item):
            yield fold(str(item.parts[0]))
        else:
            yield "@"
