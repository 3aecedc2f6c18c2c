"""Measure extraction on labelled pages, with other extractors beside it.

python -m bench.extraction [FOLDER ...] [--worst N] [--only EXTRACTOR]

Without a folder the small set of the tests is measured. What is understood: bench/extraction/sets.py.
"""

import argparse
import sys
from pathlib import Path

from bench.extraction.languages import show_charsets, show_languages
from bench.extraction.report import show_set
from bench.extraction.sets import PageSet, read_sets

OWN = Path(__file__).parents[2] / "tests" / "extract" / "data"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description="Measure extraction.")
    parser.add_argument("folders", nargs="*", type=Path, default=[OWN], metavar="FOLDER")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the N worst pages of each set")
    parser.add_argument("--only", action="append", metavar="EXTRACTOR", help="measure this one only; repeatable")
    parser.add_argument("--set", dest="part", default="", metavar="WORD", help="only sets whose name has this in it")
    options = parser.parse_args(arguments)
    sets: list[PageSet] = []
    for folder in options.folders:
        texts = show_languages(folder)
        try:
            sets += read_sets(folder)
        except ValueError as error:
            if not texts:
                print(error, file=sys.stderr)
                return 2
    for pages in sets:
        if options.part in pages.name:
            show_set(pages, only=options.only, worst=options.worst)
            show_charsets(pages)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
