"""Measure how well stories are formed, on labelled sets.

python -m bench.stories [FILE ...] [--pack PACK] [--report-similarity N] [--merge-similarity N]

Without a file the small set of the tests is measured. What is understood: bench/stories/sets.py.
"""

import argparse
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.stories.copies import score_copies
from bench.stories.newsdesk import newsdesk
from bench.stories.scores import b_cubed
from bench.stories.sets import Labelled, read_set
from newswatch.flag.matching import Engine
from newswatch.flag.packs import load_packs
from newswatch.group.settings import StorySettings

OWN = Path(__file__).parents[2] / "tests" / "group" / "data"


def show_stories(name: str, texts: list[Labelled], engine: Engine, settings: StorySettings) -> None:
    """Group a set as if it came now, and print B-cubed scores."""
    with newsdesk(engine, texts[0], settings) as desk:
        ids = desk.store(texts)
        began = time.process_time()
        desk.place()
        cpu_ms = 1000 * (time.process_time() - began) / len(texts)
        story_of = desk.stories()
    found = [story_of[article_id] for article_id in ids]
    right = [one.event for one in texts]
    score = b_cubed(found, right)
    table = Table("texts", "events", "stories", "B-cubed P", "R", "F1", "CPU ms a text", title=f"{name}: stories")
    figures = (f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}", f"{cpu_ms:.2f}")
    table.add_row(str(len(texts)), str(len(set(right))), str(len(set(found))), *figures)
    Console(width=120).print(table)


def show_copies(name: str, texts: list[Labelled], settings: StorySettings) -> None:
    """Edit the texts of a set and print how many are found."""
    scores = score_copies(texts, settings)
    if not scores:
        return
    table = Table("edit", "found", "wrong", title=f"{name}: copies")
    for one in scores:
        table.add_row(one.edit, f"{one.found:.3f}", f"{one.wrong:.3f}")
    Console(width=120).print(table)


def main(arguments: list[str]) -> int:
    """Measure the given sets and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.stories", description="Measure stories.")
    parser.add_argument("files", nargs="*", type=Path, default=[OWN / "events.jsonl"], metavar="FILE")
    parser.add_argument("--pack", action="append", default=[], help="whose people and places are known; repeatable")
    parser.add_argument("--report-similarity", type=float, default=StorySettings().report_similarity, metavar="N")
    parser.add_argument("--merge-similarity", type=float, default=StorySettings().merge_similarity, metavar="N")
    options = parser.parse_args(arguments)
    settings = StorySettings(
        events="all", report_similarity=options.report_similarity, merge_similarity=options.merge_similarity
    )
    engine = Engine(load_packs(options.pack or [str(OWN / "people.toml")], base=Path.cwd()))
    for path in options.files:
        try:
            texts = read_set(path)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 2
        show_stories(path.name, texts, engine, settings)
        show_copies(path.name, texts, settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
