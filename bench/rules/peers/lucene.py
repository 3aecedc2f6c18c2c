"""Lucene Monitor, where it is built: its files, and the command that runs it."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.rules.queries import All, Any, Near, Node, Not, Score, Some, Term, plain
from bench.rules.tokens import article_tokens, term_tokens
from newswatch.model import MatchInput

_CLASSPATH = Path(__file__).parents[2] / "lucene" / "build" / "classpath"
HOW = "bash bench/lucene/build.sh (Debian, JDK 17, some 40 MB from the package mirror)"


def missing() -> str | None:
    """Say why Lucene Monitor cannot run, None if it can."""
    if shutil.which("java") is None:
        return "there is no java"
    return None if _CLASSPATH.exists() else "it is not built"


def write_articles(folder: Path, texts: Sequence[MatchInput], recent: Sequence[MatchInput]) -> None:
    """Write the articles to match, and those from which the frequencies of terms are taken."""
    for name, found in (("articles", texts), ("recent", recent)):
        (folder / name).write_text("\n".join(map(article_tokens, found)), encoding="utf-8")


def write_rules(path: Path, nodes: Iterable[Node]) -> None:
    """Write the rules, one a line."""
    path.write_text("\n".join(map(nested, nodes)), encoding="utf-8")


def command(folder: Path, limit_s: float) -> list[str]:
    """Return the command that answers as bench.rules.child does, with the articles in `folder`."""
    java = ["java", "-Xmx6g", "-XX:+UseSerialGC", "-cp", _CLASSPATH.read_text(encoding="utf-8"), "Driver"]
    return [*java, str(folder / "articles"), str(folder / "recent"), str(limit_s)]


def nested(node: Node) -> str:
    """Write a query as the nested lists that Driver.java reads."""
    match node:
        case Term():
            text = f'"{" ".join(term_tokens(node))}"'
            return f"(prefix {text})" if node.prefix else text
        case All():
            return f"(all {' '.join(map(nested, node.items))})"
        case Any():
            return f"(any {' '.join(map(nested, node.items))})"
        case Not():
            return f"(not {nested(node.item)})"
        case Near():
            return f"(near {node.words} {nested(Any(node.left))} {nested(Any(node.right))})"
        case Some():
            return f"(some {node.number} {' '.join(map(nested, node.items))})"
        case Score():
            return nested(plain(node))
