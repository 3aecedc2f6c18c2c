"""What leads from an article to the rules that can match it: automata for terms and facts, and the presearch index.

An engine has one large index and, after edits, a small one beside it for the rules changed since; the small one's
numbers continue those of the large one. All of this is never changed once it is built.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ahocorasick_rs import AhoCorasick

from newswatch.flag.combination import by_rarity
from newswatch.flag.compiling import CompiledRule
from newswatch.flag.document import Document
from newswatch.flag.evaluation import Clause
from newswatch.flag.numbering import Numbering

_ANY = ""
"""The partition of the rules for all languages."""
_EXACT = ("lang", "country")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Scanner:
    """Finds the terms and facts of one numbering, leaving out those of its base."""

    def __init__(self, numbering: Numbering) -> None:
        """Build the automata."""
        self._offset = numbering.offset
        self._texts = AhoCorasick(list(numbering.texts)) if numbering.texts else None
        self._exact = {fact: number for fact, number in numbering.facts.items() if fact[0] in _EXACT}
        parts: dict[str, tuple[list[str], list[int]]] = {}
        for (name, text), number in numbering.facts.items():
            if name not in _EXACT:
                texts, numbers = parts.setdefault(name, ([], []))
                texts.append(text)
                numbers.append(number)
        self._parts = {name: (AhoCorasick(texts), numbers) for name, (texts, numbers) in parts.items()}

    def scan(self, document: Document) -> None:
        """Add everything that `document` has."""
        if self._texts is not None:
            found = self._texts.find_matches_as_indexes(document.joined, overlapping=True)
            if self._offset:
                found = [(pattern + self._offset, start, end) for pattern, start, end in found]
            document.add(found)
        if self._exact:
            languages = (("lang", language) for language in document.languages)
            for fact in (*languages, ("country", document.article.country.lower())):
                if fact in self._exact:
                    document.hits.add(self._exact[fact])
        for name, (automaton, numbers) in self._parts.items():
            text = _SURROGATES.sub("\ufffd", fact_text(name, document))
            document.hits.update(
                numbers[index] for index, _, _ in automaton.find_matches_as_indexes(text, overlapping=True)
            )


def fact_text(name: str, document: Document) -> str:
    """Return the text in which facts of kind `name` are looked for."""
    return document.article.url.lower() if name == "url" else document.folded_fact(name)


class Presearch:
    """From patterns and facts to the rules whose rarest necessary clause has them, by language.

    Beside each rule stand its other clauses, rarest first. Most rules that are reached fail there, so that of these
    nothing else need be read, which takes longer than the test: rules lie all over the memory.
    """

    def __init__(self, rules: Iterable[CompiledRule], numbering: Numbering, *, skip: bool = False) -> None:
        """Index `rules` by the clause that the fewest articles meet. `skip` has every rule evaluated always."""
        self.always: dict[str, list[CompiledRule]] = {}
        self._index: dict[str, dict[int, tuple[CompiledRule | tuple[Clause, ...], ...]]] = {}
        for rule in rules:
            clauses = () if skip else by_rarity(rule.clauses, numbering.share)
            for language in (_ANY,) if rule.home is None or skip else rule.home:
                if not clauses:
                    self.always.setdefault(language, []).append(rule)
                    continue
                part = self._index.setdefault(language, {})
                alone = (rule, clauses[1:])
                for pattern in clauses[0]:
                    known = part.get(pattern)
                    part[pattern] = alone if known is None else (*known, *alone)

    def candidates(self, document: Document) -> set[CompiledRule]:
        """Return the rules that `document` may satisfy: it has each of their clauses, and is of their language."""
        hits, missing = document.hits, document.hits.isdisjoint
        found: set[CompiledRule] = set()
        for language in {_ANY, *document.languages}:
            found.update(self.always.get(language, ()))
            part = self._index.get(language)
            if not part:
                continue
            for pattern in hits:
                reached = part.get(pattern)
                if reached is not None:
                    pairs: Iterator[Any] = iter(reached)
                    for rule, others in zip(pairs, pairs, strict=True):
                        for clause in others:
                            if missing(clause):
                                break
                        else:
                            found.add(rule)
        return found
