"""How often the language of short texts is recognised, and how often a page's charset.

Texts come from files `NAME.languages.tsv` in a set's folder: a line is a tag (BCP 47; of Chinese, if you
like, with its script), a tab, and a text.
Charsets are tried on the Korean, Japanese and Chinese pages of a set: each is written anew in the charsets of its
language, with a declaration that is right, missing, or wrong.
"""

import re
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.extraction.sets import PageSet
from newswatch.extract.charset import decode
from newswatch.extract.language import detect_language, primary_tag
from newswatch.languages import takes

_CODECS = {"ko": ("cp949",), "ja": ("cp932", "euc_jp", "iso2022_jp_ext"), "zh": ("gb18030", "big5hkscs")}
_LABELS = {
    "cp949": "euc-kr", "cp932": "shift_jis", "euc_jp": "euc-jp", "iso2022_jp_ext": "iso-2022-jp",
    "gb18030": "gb2312", "big5hkscs": "big5",
}  # fmt: skip
_DECLARED = re.compile(r"(<meta[^>]{0,200}?charset\s*=\s*[\"']?)[\w-]+", re.IGNORECASE)
_DECLARATION = re.compile(r"<meta[^>]{0,200}?charset[^>]{0,100}>", re.IGNORECASE)


def show_languages(folder: Path) -> bool:
    """Measure every file of texts in a folder. Returns whether there is one."""
    paths = sorted(folder.glob("**/*.languages.tsv"))
    for path in paths:
        rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]
        table = Table("", "right", "texts per CPU s", title=f"{path.name}: {len(rows)} texts", title_justify="left")
        for name, detect in _detectors().items():
            began = time.process_time()
            found = [detect(text) for _, text in rows]
            cpu_s = time.process_time() - began
            right = sum(takes([language], one) for one, (language, _) in zip(found, rows, strict=True))
            table.add_row(name, f"{right / len(rows):.4f}", f"{len(rows) / max(cpu_s, 1e-6):,.0f}")
        Console(width=140).print(table)
    return bool(paths)


def show_charsets(pages: PageSet) -> None:
    """Measure the recognition of charsets on a set's pages, if it has any in Korean, Japanese or Chinese."""
    cases: dict[str, list[bool]] = {"declared rightly": [], "not declared": [], "declared as UTF-8": []}
    for page in pages.pages:
        text = decode(page.body()).text
        language = detect_language(page.text).language
        for codec in _CODECS.get(language, ()):
            whole = text.encode(codec, "ignore").decode(codec)  # without the characters that the charset lacks
            right = _DECLARED.sub(rf"\g<1>{_LABELS[codec]}", whole, count=1)
            for case, markup in (
                ("declared rightly", right),
                ("not declared", _DECLARATION.sub("", whole)),
                ("declared as UTF-8", _DECLARED.sub(r"\g<1>utf-8", whole, count=1)),
            ):
                cases[case].append(decode(markup.encode(codec, "replace")).text == markup)
    if any(cases.values()):
        table = Table("", "pages", "read rightly", title=f"{pages.name}: other charsets", title_justify="left")
        for case, results in cases.items():
            table.add_row(case, str(len(results)), str(sum(results)))
        Console(width=140).print(table)


def _detectors() -> dict[str, Callable[[str], str]]:
    found: dict[str, Callable[[str], str]] = {"newswatch": lambda text: detect_language(text).tag}
    if find_spec("py3langid"):
        import py3langid

        found["py3langid"] = lambda text: primary_tag(py3langid.classify(text)[0]) or ""
    return found
