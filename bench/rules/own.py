"""newswatch's own engine on the benchmark's rules.

python -m bench.rules.own [COUNT …]     docs per CPU second for so many rules (default 10 to 10 000), for tuning
"""

import sys
import time
from collections.abc import Callable, Sequence

from bench.rules.corpus import articles
from bench.rules.queries import SIZES, queries, ruleset
from newswatch.flag.matching import Engine
from newswatch.flag.ruleset import RuleSet
from newswatch.model import MatchInput

ARTICLES = 500
MEASURED = 2000
"""Articles, others than those matched, from which the engine learns how frequent each term is."""


def engine(rules: RuleSet) -> Engine:
    """Compile `rules` as a running newswatch does that knows recent articles."""
    recent = articles(MEASURED, seed="recent")
    compiled = Engine(rules)
    return compiled.settled(compiled.measure(recent))


def matching(own: Engine, article: MatchInput) -> list[str]:
    """Return the ids of the rules that match, without evidence."""
    return own.matching_ids(article)


def spans(own: Engine, article: MatchInput) -> int:
    """Match with all evidence mapped to the original text, and return how many mentions that is."""
    return sum(len(match.evidence) for match in own.match(article))


def rate(
    work: Callable[[Engine, MatchInput], object], own: Engine, texts: Sequence[MatchInput], rounds: int = 3
) -> float:
    """Return articles per CPU second, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for text in texts:
            work(own, text)
        best = min(best, time.process_time() - began)
    return len(texts) / best


def main(sizes: Sequence[int]) -> None:
    """Print the rates."""
    texts = articles(ARTICLES)
    for size in sizes:
        rules = ruleset(queries(size))
        began = time.process_time()
        own = engine(rules)
        built = time.process_time() - began
        matches = sum(len(matching(own, text)) for text in texts)
        print(
            f"{size:7} rules: match only {rate(matching, own, texts):6.0f} docs/CPU s, with spans "
            f"{rate(spans, own, texts):6.0f}, {matches / len(texts):.2f} matches a document, "
            f"built and measured on {MEASURED} documents in {built:.1f} CPU s",
            flush=True,
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES[:-1])
