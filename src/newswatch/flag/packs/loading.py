"""From pack files to a RuleSet. Either everything in all packs is right, or RuleError tells all that is wrong."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path

from newswatch.errors import Problem, RuleError
from newswatch.flag import syntax
from newswatch.flag.checks import Names, check, valid_id
from newswatch.flag.entities import Dated, Entity, Holders, Period, Role, holders, reached
from newswatch.flag.findings import CODES, Ignore
from newswatch.flag.normalise import fold
from newswatch.flag.packs.files import PackText, plain, read_files
from newswatch.flag.packs.schema import EntityTable, RuleTable
from newswatch.flag.packs.sources import Source, read_source
from newswatch.flag.query import parse
from newswatch.flag.reading import Locate
from newswatch.flag.ruleset import PackTest, Rule, RuleSet, SeverityCase
from newswatch.flag.syntax import Node, canonical, references
from newswatch.toml_positions import KeyPath, Position, nearest


def load_packs(names: Sequence[str], *, base: Path, instead: tuple[Path, str] | None = None) -> RuleSet:
    """Load rule packs: names of shipped packs, or paths of TOML files or folders of them, relative to `base`.

    `instead` is a file with the text it is to have, not written yet: it is taken for what the file holds, or beside the
    packs if they do not have the file. Raises RuleError with every problem of every pack.
    """
    problems: list[Problem] = []
    return build(read_files(names, base, problems, instead), problems)


def parse_pack(text: str, where: str = "pack") -> RuleSet:
    """Return the RuleSet of one pack given as TOML `text`; `where` names it. Raises RuleError with every problem."""
    return build([PackText(where, where, plain(text))], [])


def build(
    texts: Iterable[PackText], problems: list[Problem], known: Mapping[str, Sequence[Rule]] | None = None
) -> RuleSet:
    """Build a rule set from texts; those of one pack have the same `pack`.

    `known` are rules by pack that are right and not in the texts. Raises RuleError with every problem.
    """
    sources = [
        source for text in texts if (source := read_source(text.pack, text.where, text.text, problems)) is not None
    ]
    builder = _Builder(sources, problems, known or {})
    ruleset = builder.build()
    if problems:
        raise RuleError(sorted(problems, key=lambda item: (item.where, item.line or 0, item.column or 0)))
    return ruleset


class _Builder:
    def __init__(self, sources: Sequence[Source], problems: list[Problem], known: Mapping[str, Sequence[Rule]]) -> None:
        self._sources = sources
        self._known = known
        self._problems = problems
        self._ids: dict[str, str] = {}  # names of entities and lists, and where they were defined
        self._entities: dict[str, Entity] = {}
        self._lists: dict[str, Node] = {}
        self._rules = {rule.id: rule for rules in known.values() for rule in rules}
        self._digests: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._holders: Holders | None = None

    def build(self) -> RuleSet:
        self._check_headers()
        for source in self._sources:
            for index, table in enumerate(source.tables.entities):
                self._entity(source, index, table)
        self._check_entities()
        self._check_lists()
        names = Names(frozenset(self._entities), self._lists)
        for source in self._sources:
            for index, rule in enumerate(source.tables.rules):
                self._rule(source, index, rule, names)
        tests = tuple(test for source in self._sources for test in self._tests(source))
        ignores = tuple(ignore for source in self._sources for ignore in self._ignores(source))
        if self._problems:
            return RuleSet()
        rules = tuple(self._rules.values())
        return RuleSet(rules, tuple(self._entities.values()), self._lists, tests, ruleset_hash(rules), ignores)

    def _check_headers(self) -> None:
        headers: dict[str, int] = {}
        for source in self._sources:
            headers[source.pack] = headers.get(source.pack, 0) + (source.tables.pack is not None)
        for pack, count in headers.items():
            if count != 1:
                message = "[pack] is missing" if count == 0 else "[pack] stands in more than one file"
                self._problems.append(Problem(pack, message, 'one file of a pack has [pack] with id = "…", name = "…"'))

    def _claim(self, source: Source, path: KeyPath, name: str, kind: str) -> bool:
        if not valid_id(name):
            remedy = "use small letters, digits and hyphens"
            self._problems.append(source.problem(path, f"{name!r} cannot name a {kind}", remedy))
            return False
        if name in self._ids:
            remedy = f"the other one is in {self._ids[name]}; rename one of them"
            self._problems.append(source.problem(path, f"{name!r} is defined twice", remedy))
            return False
        self._ids[name] = source.where
        return True

    # --- entities ---

    def _entity(self, source: Source, index: int, table: EntityTable) -> None:
        path: KeyPath = ("entities", index)
        if not self._claim(source, (*path, "id"), table.id, "entity"):
            return
        for key in ("names", "aliases", "short", "styles"):
            texts: Mapping[str, tuple[str, ...]] = getattr(table, key)
            for language, forms in texts.items():
                for form in forms:
                    if not fold(form.replace("|", " ").replace("{family}", "x").replace("{given}", "x")):
                        message = f"entity {table.id}: {key}.{language} has an alias without letters: {form!r}"
                        self._problems.append(source.problem((*path, key, language), message, "remove or complete it"))
        for text in table.not_:
            if not fold(text):
                self._problems.append(source.problem((*path, "not"), f"{text!r} has no letters", "remove it"))
        for number, dated in enumerate(table.dated):
            if not fold(dated.text):
                at = (*path, "dated", number, "text")
                self._problems.append(source.problem(at, f"{dated.text!r} has no letters", "remove or complete it"))
        self._entities[table.id] = Entity(
            table.id,
            table.name,
            table.type,
            table.names,
            table.aliases,
            table.short,
            table.short_with,
            table.styles,
            table.not_,
            tuple(
                Role(office=role.office, start=role.from_, end=role.to, checked=role.checked) for role in table.roles
            ),
            table.source,
            tuple(Dated(one.text, one.lang, Period(one.from_, one.to)) for one in table.dated),
            table.romanise,
            table.checked,
        )

    def _check_entities(self) -> None:
        for source in self._sources:
            for index, table in enumerate(source.tables.entities):
                path: KeyPath = ("entities", index)
                for number, role in enumerate(table.roles):
                    at = (*path, "roles", number)
                    if role.office not in self._entities:
                        self._problems.append(self._unknown(source, at, "office", role.office))
                    if role.from_ and role.to and role.from_ > role.to:
                        message = f"entity {table.id}: the role ends before it begins"
                        self._problems.append(source.problem(at, message, "exchange from and to"))
                for number, dated in enumerate(table.dated):
                    if dated.from_ and dated.to and dated.from_ > dated.to:
                        message = f"entity {table.id}: {dated.text!r} ends before it begins"
                        self._problems.append(source.problem((*path, "dated", number), message, "exchange from and to"))
                for name in table.short_with:
                    if name not in self._entities:
                        self._problems.append(self._unknown(source, (*path, "short_with"), "entity", name))
                if not (table.names or table.aliases or table.dated) and not any(
                    role.office == table.id for entity in self._entities.values() for role in entity.roles
                ):
                    message = f"entity {table.id} has no names, aliases or holders"
                    self._problems.append(source.problem(path, message, "add names or aliases by language"))

    def _unknown(self, source: Source, path: KeyPath, kind: str, name: str) -> Problem:
        close = difflib.get_close_matches(name, self._entities, 1)
        remedy = f"did you mean {close[0]}?" if close else "define it under [[entities]]"
        return source.problem(path, f"there is no {kind} {name!r}", remedy)

    # --- lists ---

    def _check_lists(self) -> None:
        places: dict[str, tuple[Source, Locate]] = {}
        for source in self._sources:
            for name, value in source.tables.lists.items():
                path: KeyPath = ("lists", name)
                if not self._claim(source, path, name, "list"):
                    continue
                if isinstance(value, str):
                    where = source.locate(path)
                    node = self._parse(value, source.where, where)
                else:
                    where = _fixed(source.positions[path])
                    node = self._items(source, path, value)
                places[name] = (source, where)
                if node is not None:
                    self._lists[name] = node
        for name in list(self._lists):
            if self._cycle(name):
                source, _ = places[name]
                problem = source.problem(("lists", name), f"list {name} refers to itself", "break the circle")
                self._problems.append(problem)
                del self._lists[name]
        names = Names(frozenset(self._entities), self._lists)
        for name, node in self._lists.items():
            source, where = places[name]
            self._problems.extend(check(node, names, source.where, where, rule=False))

    def _items(self, source: Source, path: KeyPath, items: Sequence[str]) -> Node | None:
        """Read a list of phrases and @references."""
        nodes: list[Node] = []
        for index, item in enumerate(items):
            text = item if item.startswith("@") else '"' + item.replace('"', '\\"') + '"'
            position = source.positions.get((*path, index)) or source.positions[path]
            node = self._parse(text, source.where, _fixed(position))
            if node is None:
                return None
            nodes.append(node)
        if not nodes:
            self._problems.append(source.problem(path, f"list {path[-1]} is empty", "add terms, or remove it"))
            return None
        return nodes[0] if len(nodes) == 1 else syntax.Or(tuple(nodes))

    def _cycle(self, start: str) -> bool:
        seen: set[str] = set()
        stack = [start]
        while stack:
            for name in references(self._lists[stack.pop()]):
                if name == start:
                    return True
                if name in self._lists and name not in seen:
                    seen.add(name)
                    stack.append(name)
        return False

    # --- rules and tests ---

    def _parse(self, text: str, where: str, locate_in: Callable[[int], tuple[int, int]]) -> Node | None:
        try:
            return parse(text, where, locate_in)
        except RuleError as error:
            self._problems.extend(error.problems)
            return None

    def _rule(self, source: Source, index: int, table: RuleTable, names: Names) -> None:
        path: KeyPath = ("rules", index)
        if not valid_id(table.id):
            remedy = "use small letters, digits and hyphens"
            self._problems.append(source.problem((*path, "id"), f"{table.id!r} cannot name a rule", remedy))
        if table.id in self._rules:
            message = f"rule {table.id!r} is defined twice"
            self._problems.append(source.problem((*path, "id"), message, "rename one of them"))
        node = self._checked((*path, "query"), source, table.query, table, names)
        cases = []
        for number, case in enumerate(table.severities):
            when = self._checked((*path, "severities", number, "when"), source, case.when, table, names, rule=False)
            if when is not None:
                cases.append(SeverityCase(when, case.severity))
        if node is not None:
            languages = tuple(language.lower() for language in table.languages)
            rule = Rule(
                table.id,
                table.name,
                table.query,
                languages,
                table.fields,
                table.threshold,
                table.severity,
                tuple(cases),
                table.tags,
                table.description,
                table.cjk,
            )
            self._rules[table.id] = replace(rule, hash=self._hash(rule, node))

    def _checked(
        self, path: KeyPath, source: Source, text: str, table: RuleTable, names: Names, *, rule: bool = True
    ) -> Node | None:
        locate_in = source.locate(path)
        node = self._parse(text, source.where, locate_in)
        if node is not None:
            found = check(node, names, source.where, locate_in, table.languages, cjk=table.cjk, rule=rule)
            self._problems.extend(found)
        return node

    def _tests(self, source: Source) -> Iterable[PackTest]:
        own = self._rules_of(source.pack)
        for index, table in enumerate(source.tables.tests):
            for name in table.expect:
                if name not in self._rules:
                    close = difflib.get_close_matches(name, self._rules, 1)
                    remedy = f"did you mean {close[0]}?" if close else "define it under [[rules]]"
                    at = ("tests", index, "expect")
                    self._problems.append(source.problem(at, f"there is no rule {name!r}", remedy))
            yield PackTest(
                table.name or f"{source.where}, test {index + 1}",
                table.text,
                table.expect,
                table.title,
                table.lang,
                table.source,
                table.country,
                table.url,
                table.published,
                table.severity,
                own,
            )

    def _rules_of(self, pack: str) -> tuple[str, ...]:
        read = (rule.id for source in self._sources if source.pack == pack for rule in source.tables.rules)
        return tuple(sorted([*read, *(rule.id for rule in self._known.get(pack, ()))]))

    def _ignores(self, source: Source) -> Iterable[Ignore]:
        pack = [other.tables for other in self._sources if other.pack == source.pack]
        known: dict[str, Sequence[str]] = {
            "rules": self._rules_of(source.pack),
            "lists": [name for tables in pack for name in tables.lists],
        }
        for index, table in enumerate(source.tables.lint_ignore):
            path: KeyPath = ("lint_ignore", index)
            named = {"rules": table.rules, "lists": table.lists}
            unknown: list[tuple[str, str, Sequence[str]]]
            unknown = [("finding", table.finding, list(CODES))] if table.finding not in CODES else []
            for key, names in named.items():
                unknown += [(key, name, known[key]) for name in names if name not in known[key]]
            for key, name, choices in unknown:
                close = difflib.get_close_matches(name, choices, 1)
                remedy = f"did you mean {close[0]}?" if close else f"known here: {', '.join(sorted(choices))}"
                kind = "finding of lint" if key == "finding" else f"{key[:-1]} in this pack"
                self._problems.append(source.problem((*path, key), f"there is no {kind} {name!r}", remedy))
            if not table.reason.strip():
                message = "a finding is ignored without a reason"
                self._problems.append(source.problem((*path, "reason"), message, "say why it is as it should be"))
            chosen = named if table.rules or table.lists else known
            places = frozenset([*chosen["rules"], *(f"list {name}" for name in chosen["lists"])])
            line, column = nearest(dict(source.positions), path) or (None, None)
            yield Ignore(table.finding, places, table.term, table.reason, source.where, line, column)

    def _hash(self, rule: Rule, node: Node) -> str:
        """Hash the rule with every list and entity it can reach."""
        found: dict[str, str] = {}
        stack = [*references(node), *(name for case in rule.severities for name in references(case.when))]
        while stack:
            name = stack.pop()
            if name in found:
                continue
            if name not in self._digests:
                self._digests[name] = self._digest_of(name)
            found[name], further = self._digests[name]
            stack.extend(further)
        cases = [[canonical(case.when), case.severity] for case in rule.severities]
        facts = [rule.id, rule.name, canonical(node), rule.languages, rule.fields, rule.threshold, rule.cjk]
        return _digest([*facts, rule.severity, cases, rule.tags, found])

    def _digest_of(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Return the digest of a list or entity, and the names that it refers to."""
        if name in self._lists:
            node = self._lists[name]
            return _digest(canonical(node)), tuple(references(node))
        entity = self._entities.get(name)  # the checks tell of unknown names
        if entity is None:
            return "", ()
        if self._holders is None:
            self._holders = holders(self._entities.values())
        return _digest(asdict(entity)), tuple(reached(entity, self._holders))


def ruleset_hash(rules: Sequence[Rule]) -> str:
    """Return the hash of checked rules, which differs if anything that can change a match does."""
    return _digest([[rule.hash for rule in rules]])


def _fixed(position: Position) -> Locate:
    """Return a locator for texts that are shorter than a line."""
    return lambda _offset: (position.line, position.column)


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
