"""tantivy, a search library in Rust like Lucene: index the article (or all of them), then search for each rule.

It has no NEAR between phrases, so such a rule only asks for both sides here, which is less work than the others do.
"""

from collections.abc import Iterable, Sequence

import tantivy

from bench.rules.peers.peer import Peer
from bench.rules.queries import All, Any, Near, Node, Not, Term, plain
from bench.rules.tokens import article_tokens, term_tokens
from newswatch.model import MatchInput

_SMALL, _LARGE = 15_000_000, 100_000_000
"""Bytes a writer may use: the least for one article, and enough to keep all of them in one segment."""


class Tantivy(Peer):
    """Indexes in memory, with one thread."""

    exact = False

    def __init__(self, nodes: Iterable[Node], articles: Sequence[MatchInput]) -> None:
        super().__init__(nodes, articles)
        self._texts = [article_tokens(article) for article in articles]
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="whitespace")
        self._schema = builder.build()
        self._rules = [self._query(plain(node)) for node in nodes]
        self.singles = {"one document, N queries": self._one}
        self.batches = {"batch of 500": self._all}

    def _query(self, node: Node) -> tantivy.Query:
        schema = self._schema
        match node:
            case Term():
                words = term_tokens(node)
                if node.prefix:
                    return tantivy.Query.regex_query(schema, "text", f"{words[0]}.*")
                if len(words) > 1:
                    return tantivy.Query.phrase_query(schema, "text", words)
                return tantivy.Query.term_query(schema, "text", words[0])
            case Any():
                return tantivy.Query.boolean_query([(tantivy.Occur.Should, self._query(item)) for item in node.items])
            case All():
                parts = [
                    (tantivy.Occur.MustNot, self._query(item.item))
                    if isinstance(item, Not)
                    else (tantivy.Occur.Must, self._query(item))
                    for item in node.items
                ]
                return tantivy.Query.boolean_query(parts)
            case Near():
                return self._query(All((Any(node.left), Any(node.right))))
            case _:
                raise TypeError(f"not plain: {node}")

    def _index(self, texts: Sequence[str]) -> tantivy.Searcher:
        index = tantivy.Index(self._schema)
        writer = index.writer(heap_size=_SMALL if len(texts) == 1 else _LARGE, num_threads=1)
        for text in texts:
            writer.add_document(tantivy.Document(text=text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        searcher = index.searcher()
        if searcher.num_segments != 1:
            raise RuntimeError("more than one segment: the numbers of the documents would mean nothing")
        return searcher

    def _one(self, number: int) -> list[int]:
        search = self._index(self._texts[number : number + 1]).search
        return [rule for rule, query in enumerate(self._rules) if search(query, limit=1).count]

    def _all(self) -> list[list[int]]:
        searcher = self._index(self._texts)
        found: list[list[int]] = [[] for _ in self._texts]
        for rule, query in enumerate(self._rules):
            for _score, address in searcher.search(query, limit=len(self._texts)).hits:
                found[address.doc].append(rule)
        return found
