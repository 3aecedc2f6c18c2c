"""What is refused when a rule is saved although its syntax is right. Every error names place, cause and remedy."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from newswatch.errors import Problem
from newswatch.flag import syntax
from newswatch.flag.normalise import fold, is_cjk
from newswatch.flag.patterns import engine, longest_literal
from newswatch.flag.reading import Locate
from newswatch.flag.syntax import META_FIELDS, MODES, Node, Wild, show_parts
from newswatch.flag.words import missing
from newswatch.languages import primary

MAX_STARS = 3


@dataclass(frozen=True, slots=True)
class Names:
    """What a query may refer to: entity ids, and lists with their trees."""

    entities: Collection[str] = ()
    lists: Mapping[str, Node] = field(default_factory=dict)


def check(
    node: Node,
    names: Names,
    where: str,
    locate: Locate,
    languages: Collection[str] = (),
    *,
    cjk: str = "substring",
    rule: bool = True,
) -> list[Problem]:
    """Return the problems of one query.

    `languages` are those the rule is for (they decide which analysers `word:` needs and let a NOT-only rule pass);
    with `cjk="word"` its Chinese, Japanese and Korean terms mean `word:` without saying so.
    `rule=False` checks a part of a query (a list): it may consist of absences only.
    """
    checker = _Checker(names, where, locate, languages, cjk)
    checker.visit(node)
    if rule and not checker.problems and not languages and not _anchored(node, names):
        checker.problem(
            node,
            "this rule names nothing that an article must contain or come from",
            "add a term that must be present, or lang:, source:, country:, url:, author: or section:",
        )
    return checker.problems


def positional(node: Node, lists: Mapping[str, Node], depth: int = 0) -> bool:
    """Whether `node` has mentions, so that it can stand beside NEAR and be counted."""
    match node:
        case syntax.Term() | syntax.Regex():
            return True
        case syntax.Reference():
            return node.name not in lists or (depth < 50 and positional(lists[node.name], lists, depth + 1))
        case syntax.Or():
            return all(positional(item, lists, depth) for item in node.items)
        case syntax.Near() | syntax.Except():
            return True  # their own sides are checked where they stand
        case syntax.Scope():
            return node.name not in META_FIELDS and positional(node.item, lists, depth)
        case syntax.First() | syntax.Boost():
            return positional(node.item, lists, depth)
        case _:
            return False


def _anchored(node: Node, names: Names, depth: int = 0) -> bool:
    """Whether `node` can hold only for articles that contain something, or come from somewhere."""

    def anchored(item: Node) -> bool:
        return _anchored(item, names, depth)

    match node:
        case syntax.Term() | syntax.Regex() | syntax.Near() | syntax.Except():
            return True
        case syntax.Reference():
            return node.name not in names.lists or depth > 50 or _anchored(names.lists[node.name], names, depth + 1)
        case syntax.And():
            return any(map(anchored, node.items))
        case syntax.Or():
            return all(map(anchored, node.items))
        case syntax.Some():
            return sum(map(anchored, node.items)) > len(node.items) - node.number
        case syntax.Score():
            # a sum of nothing is 0; what reaches the number without any term is found item by item
            free = sum(max(0.0, _weight(item)) for item in node.items if not anchored(item))
            return node.comparison in {">=", ">", "="} and node.number > free
        case syntax.Count():
            return node.number > 0 and node.comparison in {">=", ">", "="}
        case syntax.Scope():
            return anchored(node.item)  # lang:ko selects, lang:(NOT ko) does not
        case syntax.Boost() | syntax.First():
            return anchored(node.item)
        case _:
            return False


def _weight(node: Node) -> float:
    return node.weight if isinstance(node, syntax.Boost) else 1.0


class _Checker:
    def __init__(self, names: Names, where: str, locate: Locate, languages: Collection[str], cjk: str) -> None:
        self.problems: list[Problem] = []
        self._names = names
        self._where = where
        self._locate = locate
        self._languages = languages
        self._cjk = cjk

    def problem(self, node: Node, message: str, remedy: str) -> None:
        line, column = self._locate(node.at[0])
        self.problems.append(Problem(self._where, message, remedy, line, column))

    def visit(self, node: Node, modes: frozenset[str] = frozenset()) -> None:
        match node:
            case syntax.Term():
                self._term(node, modes)
            case syntax.Regex():
                self._regex(node, modes)
            case syntax.Reference():
                self._reference(node, modes)
            case syntax.Near() | syntax.Except():
                name = "EXCEPT" if isinstance(node, syntax.Except) else syntax.near_operator(node)
                for side in (node.left, node.right):
                    self._need_mentions(side, name)
                    self.visit(side, modes)
            case syntax.Scope():
                self._scope(node, modes)
            case syntax.And() | syntax.Or() | syntax.Some():
                self._all(node.items, modes)
            case syntax.Score():
                self._score(node, modes)
            case syntax.Count():
                self._need_mentions(node.item, "COUNT")
                self.visit(node.item, modes)
            case syntax.Not() | syntax.Boost() | syntax.First():
                self.visit(node.item, modes)
            case syntax.Meta():
                pass

    def _all(self, items: Iterable[Node], modes: frozenset[str]) -> None:
        for item in items:
            self.visit(item, modes)

    def _score(self, node: syntax.Score, modes: frozenset[str]) -> None:
        for item in node.items:
            if node.per_mention:
                self._need_mentions(item, "TALLY")
            self.visit(item, modes)

    def _need_mentions(self, node: Node, name: str) -> None:
        if not positional(node, self._names.lists):
            self.problem(
                node,
                f"{name} needs something with mentions: terms, entities, OR, NEAR or EXCEPT",
                "move AND, NOT, counts and facts outside",
            )

    def _reference(self, node: syntax.Reference, modes: frozenset[str]) -> None:
        if node.name in self._names.lists:
            return
        if node.name in self._names.entities:
            if modes:
                self.problem(
                    node,
                    f"{min(modes)}: does not change how the aliases of @{node.name} are compared",
                    f"write @{node.name} outside {min(modes)}:, or the terms themselves",
                )
            return
        close = difflib.get_close_matches(node.name, [*self._names.entities, *self._names.lists], 1)
        remedy = f"did you mean @{close[0]}?" if close else "define it under [[entities]] or [lists]"
        self.problem(node, f"there is no entity or list called {node.name!r}", remedy)

    def _scope(self, node: syntax.Scope, modes: frozenset[str]) -> None:
        if node.name not in META_FIELDS:
            self.visit(node.item, syntax.modes_within(modes, node.name) if node.name in MODES else modes)
            return
        stack = [node.item]
        while stack:
            item = stack.pop()
            if isinstance(item, syntax.And | syntax.Or):
                stack.extend(item.items)
            elif isinstance(item, syntax.Not):
                stack.append(item.item)
            elif not isinstance(item, syntax.Term):
                remedy = "move the rest outside, or put an address in quotes"
                self.problem(item, f"{node.name}: takes words or phrases", remedy)
            elif not fold(show_parts(item.parts)):
                self.problem(item, f"{node.name}: needs letters or digits", "write what the article must have")

    def _term(self, node: syntax.Term, modes: frozenset[str]) -> None:
        literal = fold("".join(part if isinstance(part, str) else " " for part in node.parts))
        letters = literal.replace(" ", "")
        wild = any(isinstance(part, Wild) for part in node.parts)
        if not letters and not wild:
            self.problem(node, "this term has no letters or digits", "write a word")
        elif wild and (not letters or (len(letters) < 2 and not is_cjk(letters))):
            self.problem(
                node, "a term with * or ? needs at least two letters", "write more of the word, or all its forms"
            )
        elif sum(part is Wild.ANY for part in node.parts) > MAX_STARS:
            self.problem(node, f"a term has at most {MAX_STARS} *", "write the forms out and join them with OR")
        elif wild and node.slop:
            self.problem(node, "a phrase with ~ has no * or ?", "join the words with ONEAR instead")
        elif wild and modes & {"case", "raw"}:
            self.problem(node, "case: and raw: compare letter by letter and take no * or ?", "write the forms out")
        by_word = "word" in modes or (self._cjk == "word" and "sub" not in modes)
        if letters and by_word and any(map(is_cjk, letters)):
            self._analysers(node)

    def _analysers(self, node: Node) -> None:
        languages = set(map(primary, self._languages))
        wanted = [language for language in ("ko", "ja", "zh") if not languages or language in languages]
        lacking = [name for name in map(missing, wanted) if name]
        if lacking:
            self.problem(
                node,
                f"word: needs {', '.join(lacking)}, which is not installed",
                "install newswatch[word], limit the rule's languages, or use EXCEPT",
            )

    def _regex(self, node: syntax.Regex, modes: frozenset[str]) -> None:
        if modes:
            self.problem(
                node,
                f"{min(modes)}: does not change what a regular expression matches",
                "write it outside; capitals matter in it unless i follows it, and \\b is a word's edge",
            )
        try:
            module = engine()
        except ImportError:
            self.problem(
                node, "regular expressions need google-re2, which is not installed", "install newswatch[regex]"
            )
            return
        options = module.Options()
        options.log_errors = False
        try:
            module.compile(node.pattern, options=options)
        except (module.error, UnicodeError) as error:
            reason = error.args[0] if error.args else error
            reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
            self.problem(node, f"RE2 refuses this expression: {reason}", "back-references and look-around do not exist")
            return
        if len(fold(longest_literal(node.pattern)).replace(" ", "")) < 3:
            self.problem(
                node,
                "a regular expression needs three letters in a row that every match contains",
                "write them outside groups and options",
            )


_IDENTIFIER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def valid_id(text: str) -> bool:
    """Whether `text` can name a rule, list or entity: small letters, digits and single hyphens between them."""
    return _IDENTIFIER.fullmatch(text) is not None
