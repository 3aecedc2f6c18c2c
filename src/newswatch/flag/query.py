"""The parser of the rule language: query text to syntax tree, every error with its place.

A hand-written recursive-descent parser with precedence climbing; the grammar is in docs/rules.md. Binding, tightest
first: weight and slop, scope, proximity and EXCEPT, NOT, AND (also by juxtaposition), OR.
"""

import difflib
import re
from datetime import date

from newswatch.flag import syntax
from newswatch.flag.findings import Finding
from newswatch.flag.reading import COMPARISON, MAX_DEPTH, SPACE, Locate, Reader, parts_of, position
from newswatch.flag.syntax import Node, Unit

MAX_LEAVES = 20_000
MAX_DISTANCE = 1000
DEFAULT_DISTANCE = 4  # of a bare NEAR, as in Meltwater

_SCOPE = re.compile(r"([A-Za-z]+):(?=[\s\w(\"“”„«»「『/@*?\\])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_PROXIMITY = re.compile(r"(NEAR|ONEAR|PRE)|(NEAR|ONEAR|PRE|W)/(\d+)(f?)|(NEAR|W)/(S|P)|(SENTENCE|PARAGRAPH)")
_COUNTED = re.compile(r"(ATLEAST|FIRST)/?(\d+)")
_ENTITY = re.compile(r"[^\W_](?:[\w-]*[\w])?")
_ADDRESS = re.compile(r"[^\s()\"“”„«»「」『』,^][^\s()\"“”„«»「」『』,^]*")  # of url:, where / : ? belong to the term
_QUOTES = {'"': '"', "“": '”“"', "”": "”", "„": '“”"', "«": "»", "»": "«", "「": "」", "『": "』"}
_LOWER = re.compile(
    r"and|or|not|except|(?:near|onear|pre)(?:/(?:\d+f?|[sp]))?|w/(?:\d+|[sp])|sentence|paragraph", re.IGNORECASE
)
_PLAIN = {closers: re.compile(f"[^\\\\{closers}]*") for closers in _QUOTES.values()}
_SIMPLE = re.compile(r'"\s*[^\s"\\*?][^"\\*?]*"')
_PHRASES = re.compile(rf"\(\s*({_SIMPLE.pattern}(?:\s+OR\s+{_SIMPLE.pattern})+)\s*\)")
_NO_DISTANCE = re.compile(r"(NEAR|ONEAR|PRE|W)/.*", re.DOTALL)
_OPERATORS = frozenset({"AND", "OR", "NOT", "EXCEPT"})
_PROXIMITY_HINT = "write for example NEAR/5, ONEAR/5, PRE/5, W/5, NEAR/S or NEAR/P"


def parse(text: str, where: str = "query", locate: Locate | None = None) -> Node:
    """Parse query `text` into a syntax tree.

    `where` names the query in messages; `locate` turns offsets into file positions (default: within `text`).
    Raises RuleError, and nothing else, whatever the text.
    """
    return _Parser(text, where, locate or (lambda offset: position(text, offset))).parse()


def notes(text: str, where: str = "query", locate: Locate | None = None) -> list[Finding]:
    """Return what is allowed in query `text` but easily meant otherwise: mixed operators, words side by side.

    Raises RuleError if `text` has an error.
    """
    parser = _Parser(text, where, locate or (lambda offset: position(text, offset)))
    parser.parse()
    return parser.notes


class _Parser(Reader):
    def parse(self) -> Node:
        self._skip()
        if self._at == len(self._text):
            self._fail(self._at, "the query is empty", "write at least one term")
        node = self._or()
        if self._at < len(self._text):
            self._unexpected()
        return node

    # --- operators, loosest first ---

    def _or(self) -> Node:
        start = self._at
        self._deeper(start)
        items = [self._and()]
        while True:
            operator = self._at
            if self._word() == "OR":
                self._at += 2
                self._skip()
            elif not (self._take("||") or self._take("|")):
                break
            self._need_operand(operator, "OR")
            items.append(self._and())
        self._depth -= 1
        if len(items) == 1:
            return items[0]
        mixed = next((item for item in items if isinstance(item, syntax.And) and item.at not in self._grouped), None)
        if mixed is not None:
            remedy = "put parentheses around what belongs together"
            self._note("mixed-operators", mixed.at[0], "AND binds tighter than OR here", remedy)
        return syntax.Or(tuple(items), (start, self._at))

    def _and(self) -> Node:
        start = self._at
        items = [self._not()]
        while True:
            operator = self._at
            if self._word() == "AND":
                self._at += 3
                self._skip()
                self._need_operand(operator, "AND")
            elif self._take("&&") or self._take("&"):
                self._need_operand(operator, "&")
            elif not self._starts_operand():
                break
            elif not (self._word() == "NOT" or self._text[self._at] in "!-+" or self._beside_operator(items[-1])):
                message = "words side by side must all be there"
                self._note("adjacent-words", self._at, message, 'write AND, or "…" for a phrase', self._word())
            items.append(self._not())
        return items[0] if len(items) == 1 else syntax.And(tuple(items), (start, self._at))

    def _beside_operator(self, left: Node) -> bool:
        """Whether the words here or on the left look like an operator in small letters, which has a note of its own."""
        before = syntax.show_parts(left.parts) if isinstance(left, syntax.Term) else ""
        return _LOWER.fullmatch(self._word()) is not None or _LOWER.fullmatch(before) is not None

    def _starts_operand(self) -> bool:
        if self._at >= len(self._text) or self._text[self._at] in "),|^~<>=":
            return False
        return self._word() not in {"OR", "EXCEPT"}

    def _need_operand(self, operator: int, name: str) -> None:
        if self._at >= len(self._text) or self._text[self._at] in "),|&" or self._word() in {"OR", "AND", "EXCEPT"}:
            self._fail(operator, f"{name} has nothing on its right", "add a term after it, or remove it")

    def _not(self) -> Node:
        start = self._at
        depth = self._depth
        negations = 0
        while True:
            operator = self._at
            if self._word() == "NOT":
                self._at += 3
                self._skip()
            elif self._text.startswith(("!", "-"), self._at):
                self._at += 1
                if self._text[operator] == "-" and SPACE.match(self._text, self._at):
                    remedy = "write NOT if it is meant, else remove it or put it in quotes"
                    self._note("lone-minus", operator, "this - means NOT", remedy)
                self._skip()
            else:
                break
            self._need_operand(operator, "NOT")
            self._deeper(operator)
            negations += 1
        if self._take("+"):
            self._need_operand(start, "+")
        node = self._proximity()
        for _ in range(negations):
            node = syntax.Not(node, (start, self._at))
        self._depth = depth
        return node

    def _proximity(self) -> Node:
        start = self._at
        depth = self._depth
        left = self._primary()
        while True:
            operator = self._at
            negated = self._word() == "NOT"
            if negated:
                self._at += 3
                self._skip()
            word = self._word()
            if word == "EXCEPT" and not negated:
                self._at += len(word)
                self._skip()
                self._need_operand(operator, "EXCEPT")
                right = self._primary()
                left = syntax.Except(left, right, (start, self._at))
            elif _PROXIMITY.fullmatch(word):
                left = self._near(start, operator, left, word, negated=negated)
            else:
                if _NO_DISTANCE.fullmatch(word):
                    self._fail(self._at, f"{word} is no distance", _PROXIMITY_HINT)
                self._at = operator
                self._depth = depth
                return left
            self._deeper(operator)

    def _near(self, start: int, operator: int, left: Node, word: str, *, negated: bool) -> Node:
        at = self._at
        self._at += len(word)
        if self._text.startswith("/", self._at):
            self._fail(at, f"{word}/ needs a number right behind it", _PROXIMITY_HINT)
        self._skip()
        found = _PROXIMITY.fullmatch(word)
        assert found is not None  # noqa: S101 - the caller has matched it
        bare, name, number, forward, _, letter, full = found.groups()
        unit, distance = Unit.WORDS, DEFAULT_DISTANCE
        if number:
            distance = int(number) if len(number) < 9 else MAX_DISTANCE + 1
            if distance == 0:
                self._fail(at, f"{word}: a distance of 0 matches nothing", "write a phrase in quotes for neighbours")
            if distance > MAX_DISTANCE:
                self._fail(at, f"{word}: a distance is at most {MAX_DISTANCE}", "use AND for the whole article")
        elif letter or full:
            unit = Unit.SENTENCE if letter == "S" or full == "SENTENCE" else Unit.PARAGRAPH
        ordered = (bare or name) in {"ONEAR", "PRE"} or bool(forward)
        self._need_operand(operator, word)
        right = self._primary()
        return syntax.Near(left, right, unit, distance, ordered, negated, (start, self._at))

    # --- primaries ---

    def _primary(self) -> Node:
        start = self._at
        scopes: list[tuple[str, int]] = []
        while found := _SCOPE.match(self._text, self._at):
            name = found[1]
            if name not in syntax.FIELDS and name not in syntax.MODES:
                known = (*syntax.FIELDS, *syntax.MODES)
                close = difflib.get_close_matches(name.lower(), known, 1)
                hint = f"did you mean {close[0]}:" if close else f"fields are {', '.join(known)}"
                self._fail(self._at, f"unknown field {name!r}", f"{hint}; quote the term if the colon belongs to it")
            scopes.append((name, self._at))
            if len(scopes) > 10:
                self._fail(self._at, "too many fields before one term", "name each field once")
            self._at = found.end()
            self._skip()
            if name == "url":  # what follows may begin with http:
                break
        slop_allowed = self._at < len(self._text) and self._text[self._at] in _QUOTES
        node = self._address() if scopes and scopes[-1][0] == "url" else self._atom()
        if slop_allowed and isinstance(node, syntax.Term) and self._text.startswith("~", self._at):
            self._at += 1
            node = syntax.Term(node.parts, self._integer("~ needs a number of words", 1, MAX_DISTANCE), node.at)
        boost: syntax.Boost | None = None
        if isinstance(node, syntax.Boost):  # a weight inside parentheses belongs outside the scope
            boost, node = node, node.item
        for name, at in reversed(scopes):
            node = syntax.Scope(name, node, (at, self._at))
        weight, cap = self._postfix()
        self._skip()
        if boost is not None:
            if weight is not None or cap is not None:
                self._fail(start, "this has two weights", "keep one of them")
            return syntax.Boost(node, boost.weight, boost.cap, (start, self._at))
        if weight is None and cap is None:
            return node
        return syntax.Boost(node, 1.0 if weight is None else weight, cap, (start, self._at))

    def _postfix(self) -> tuple[float | None, int | None]:
        weight: float | None = None
        cap: int | None = None
        while self._text.startswith(("^", "~"), self._at):
            start = self._at
            mark = self._text[start]
            self._at += 1
            if mark == "~":
                if cap is not None:
                    self._fail(start, "this has two limits", "keep one of them")
                cap = self._integer("~ needs a number of mentions", 1, 1_000_000)
                continue
            found = _NUMBER.match(self._text, self._at)
            if not found or len(found[0]) > 12:
                self._fail(start, "^ needs a number", "write for example tax^2.5 or hoax^-10")
            if weight is not None:
                self._fail(start, "this has two weights", "keep one of them")
            weight = float(found[0])
            self._at = found.end()
        return weight, cap

    def _atom(self) -> Node:
        start = self._at
        if start >= len(self._text):
            self._fail(start, "the query ends where a term is expected", "add a term")
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            self._fail(start, f"more than {MAX_LEAVES} terms in one rule", "move them into a list (@name), or split it")
        char = self._text[start]
        if char == "(":
            self._leaves -= 1
            return self._group()
        if char in _QUOTES:
            return self._phrase()
        if char == "/":
            return self._regex()
        if char == "@":
            return self._reference()
        word = self._word()
        if not word:
            self._unexpected()
        if word in _OPERATORS or _PROXIMITY.fullmatch(word):
            self._fail(start, f"{word} has nothing on its left", "add a term before it, or quote it if it is a term")
        return self._call(word) or self._term(word)

    def _address(self) -> Node:
        """Read what stands right behind url:, to a space or parenthesis: /world/, https://example.org/a?b=1."""
        found = _ADDRESS.match(self._text, self._at)
        if not found:
            return self._atom()
        start = self._at
        self._leaves += 1
        self._at = found.end()
        parts = parts_of(re.sub(r"(?<!\\)\?", r"\?", found[0]))  # ? begins an address's query
        if not _has_literal(parts):
            self._fail(start, f"{found[0]} alone stands for nothing", "write letters beside * and ?")
        return syntax.Term(parts, 0, (start, self._at))

    def _group(self) -> Node:
        return self._phrases() or self._nested()

    def _phrases(self) -> Node | None:
        """Read `("…" OR "…")` at once: of long rules, most is names in quotes. None if it is anything else."""
        found = _PHRASES.match(self._text, self._at)
        if found is None or self._depth >= MAX_DEPTH:
            return None
        items = tuple(
            syntax.Term((one[0][1:-1],), 0, one.span())
            for one in _SIMPLE.finditer(self._text, found.start(1), found.end(1))
        )
        if self._leaves + len(items) > MAX_LEAVES:
            return None
        self._leaves += len(items)
        self._at = found.end()
        node = syntax.Or(items, (found.start(1), found.end() - 1))
        self._grouped.add(node.at)
        return node

    def _nested(self) -> Node:
        start = self._at
        self._at += 1
        self._skip()
        if self._text.startswith(")", self._at):
            self._fail(start, "these parentheses are empty", "put a term in, or remove them")
        node = self._or()
        self._close(start)
        self._grouped.add(node.at)
        return node

    def _close(self, start: int) -> None:
        if self._at >= len(self._text):
            self._fail(start, "this parenthesis is never closed", "add the missing ')'")
        if self._text[self._at] != ")":
            self._unexpected()
        self._at += 1

    def _phrase(self) -> Node:
        start = self._at
        closers = _QUOTES[self._text[start]]
        end = start + 1
        while end < len(self._text) and self._text[end] not in closers:
            plain = _PLAIN[closers].match(self._text, end + 2 * (self._text[end] == "\\"))
            assert plain is not None  # noqa: S101 - it may be empty
            end = plain.end()
        if end >= len(self._text):
            self._fail(start, "this quotation mark is never closed", f"add the missing {closers[0]}")
        self._at = end + 1
        parts = parts_of(self._text[start + 1 : end])
        if not _has_literal(parts):
            self._fail(start, "this phrase is empty", "put a word between the quotation marks, or remove them")
        return syntax.Term(parts, 0, (start, self._at))

    def _regex(self) -> Node:
        start = self._at
        end = start + 1
        while end < len(self._text) and self._text[end] not in "/\n":
            end += 2 if self._text[end] == "\\" else 1
        if end >= len(self._text) or self._text[end] != "/":
            self._fail(start, "this regular expression is never closed", "add the missing /, or quote the term")
        if end == start + 1:
            self._fail(start, "this regular expression is empty", "write a pattern between the slashes")
        self._at = end + 1
        ignore_case = re.compile(r"i(?!\w)").match(self._text, self._at) is not None
        self._at += ignore_case
        return syntax.Regex(self._text[start + 1 : end], ignore_case, (start, self._at))

    def _reference(self) -> Node:
        start = self._at
        self._at += 1
        if self._at < len(self._text) and self._text[self._at] in _QUOTES:
            phrase = self._phrase()
            assert isinstance(phrase, syntax.Term)  # noqa: S101
            return syntax.Reference(syntax.show_parts(phrase.parts), (start, self._at))
        found = _ENTITY.match(self._text, self._at)
        if not found:
            self._fail(start, "@ needs the name of an entity or list", "write for example @takaichi-sanae")
        self._at = found.end()
        return syntax.Reference(found[0], (start, self._at))

    def _term(self, word: str) -> Node:
        start = self._at
        self._at += len(word)
        if _LOWER.fullmatch(word):
            remedy = f"write {_capitals(word)} for the operator, or quote it"
            self._note("lower-case-operator", start, f"{word} is a term here", remedy, word)
        parts = parts_of(word.removesuffix("."))
        if not _has_literal(parts):
            self._fail(start, f"{word} alone stands for nothing", "write letters beside * and ?")
        return syntax.Term(parts, 0, (start, self._at))

    # --- calls and metadata ---

    def _call(self, word: str) -> Node | None:
        start = self._at
        after = start + len(word)
        counted = _COUNTED.fullmatch(word)
        if counted or word in {"ATLEAST", "FIRST"}:
            return self._counted(start, word, counted)
        if word in {"COUNT", "SCORE", "TALLY"}:
            return self._compared(start, word)
        if word in {"published", "words"} and self._next(after, COMPARISON):
            self._at = after
            return self._meta(start, word)
        if word.isascii() and word.isdigit() and self._next(after, re.compile(r"OF\s*\(")):
            self._at = start
            number = self._integer("", 1, MAX_LEAVES)
            self._skip()
            self._at += 2
            items = self._arguments(start, f"{number} OF")
            if number > len(items):
                self._fail(start, f"{number} OF ({len(items)} items) can never hold", "lower the number or add items")
            return syntax.Some(number, items, (start, self._at))
        if word == "OF":
            self._fail(start, "OF needs a number on its left", "write for example 2 OF (a, b, c)")
        return None

    def _next(self, at: int, pattern: re.Pattern[str]) -> bool:
        space = SPACE.match(self._text, at)
        return pattern.match(self._text, space.end() if space else at) is not None

    def _counted(self, start: int, word: str, counted: re.Match[str] | None) -> Node:
        self._at += len(word)
        if counted is None:
            self._skip()
            self._at += self._text.startswith("/", self._at)
            self._skip()
            number = self._integer(f"{word} needs a number", 1, 1_000_000)
        else:
            self._at = start + counted.start(2)
            number = self._integer("", 1, 1_000_000)
        name = counted[1] if counted else word
        items = self._arguments(start, f"{name}/{number}")
        if len(items) != 1:
            self._fail(start, f"{name}/{number} takes one expression", "join the items with OR")
        span = (start, self._at)
        return syntax.First(number, items[0], span) if name == "FIRST" else syntax.Count(items[0], ">=", number, span)

    def _compared(self, start: int, word: str) -> Node:
        self._at += len(word)
        items = self._arguments(start, word)
        self._skip()
        example = "COUNT(a OR b) >= 3" if word == "COUNT" else f"{word}(a^20, b^10) >= 30"
        found = COMPARISON.match(self._text, self._at)
        if not found:
            self._fail(self._at, f"{word}(…) needs a comparison", f"write for example {example}")
        self._at = found.end()
        self._skip()
        if word == "COUNT":
            if len(items) != 1:
                self._fail(start, "COUNT takes one expression", "join the items with OR")
            number = self._integer("COUNT is compared with a whole number", 0, 1_000_000)
            return syntax.Count(items[0], found[0], number, (start, self._at))
        value = _NUMBER.match(self._text, self._at)
        if not value or len(value[0]) > 12:
            self._fail(self._at, f"{word} is compared with a number", f"write for example {example}")
        self._at = value.end()
        return syntax.Score(items, found[0], float(value[0]), word == "TALLY", (start, self._at))

    def _arguments(self, start: int, name: str) -> tuple[Node, ...]:
        self._skip()
        opening = self._at
        if not self._text.startswith("(", opening):
            self._fail(start, f"{name} needs parentheses", f"write {name}(…), or quote the word if it is a term")
        self._at += 1
        self._skip()
        if self._text.startswith(")", self._at):
            self._fail(opening, "these parentheses are empty", "put a term in")
        items = [self._or()]
        while self._take(","):
            if self._at < len(self._text) and self._text[self._at] in "),":
                self._fail(self._at, "an item is missing after the comma", "add it, or remove the comma")
            items.append(self._or())
        self._close(opening)
        return tuple(items)

    def _meta(self, start: int, name: str) -> Node:
        self._skip()
        comparison = COMPARISON.match(self._text, self._at)
        assert comparison is not None  # noqa: S101 - the caller has looked
        self._at = comparison.end()
        self._skip()
        pattern = re.compile(r"\d{4}-\d\d-\d\d(?!\w)" if name == "published" else r"\d{1,9}(?!\w)")
        value = pattern.match(self._text, self._at)
        if not value or (name == "published" and not _is_date(value[0])):
            example = "published >= 2026-01-31" if name == "published" else "words >= 100"
            self._fail(
                self._at, f"{name} is compared with a {'date' if name == 'published' else 'number'}", f"write {example}"
            )
        self._at = value.end()
        return syntax.Meta(name, comparison[0], value[0], (start, self._at))


def _capitals(word: str) -> str:
    """Return a word as the operator it looks like: near/5f is NEAR/5f."""
    return re.sub(r"(?<=\d)F$", "f", word.upper())


def _has_literal(parts: tuple[syntax.Part, ...]) -> bool:
    return any(isinstance(part, str) and part.strip() for part in parts)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
