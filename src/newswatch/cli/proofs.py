"""Proofs as people see them: a tree of clauses, each mention highlighted in its surroundings."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from newswatch.cli.output import clean
from newswatch.flag.syntax import number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from newswatch.flag.explain import Explanation, Proof
    from newswatch.model import Evidence, MatchInput

_AROUND = 30  # characters shown on both sides of a mention
_UNCUT = 100_000  # columns where nobody's window is to be filled

_GOOD, _BAD, _FOUND, _ASIDE = "green", "red", "bold yellow", "dim"


def print_proofs(proofs: Iterable["Explanation"], article: "MatchInput", *, full: bool) -> None:
    """Print explanations, each as a tree; with `full`, mentions also at the clauses that join others.

    Colours and the width of the window are used on a terminal alone.
    """
    console = plain_console()
    for proof in proofs:
        console.print(_tree(proof, article, full=full))


def plain_console() -> "Console":
    """Return a console for standard output whose lines are broken on a terminal alone."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNCUT)


def mention(found: "Evidence", article: "MatchInput") -> "Text":
    """Return a mention as a line: field, offsets, surroundings, alias and entity, weight."""
    from rich.text import Text

    text = article.title if found.field == "title" else article.body
    before, after = text[max(0, found.start - _AROUND) : found.start], text[found.end : found.end + _AROUND]
    line = Text.assemble((f"{found.field} {found.start}-{found.end}: ", _ASIDE))
    line.append(f"{'…' if found.start > _AROUND else ''}{clean(before)}{_gap(before[-1:])}")
    line.append(f"«{clean(found.text)}»", style=_FOUND)
    line.append(f"{_gap(after[:1])}{clean(after)}{'…' if found.end + _AROUND < len(text) else ''}")
    if found.entity:
        line.append(f" = {clean(found.alias)} ({clean(found.entity)})", style="cyan")
    if found.weight is not None:
        line.append(f", weight {number(found.weight)}", style=_ASIDE)
    return line


def _gap(char: str) -> str:
    return " " if char.isspace() else ""


def _tree(explanation: "Explanation", article: "MatchInput", *, full: bool) -> "Tree":
    from rich.text import Text
    from rich.tree import Tree

    verdict = f"matches, severity {explanation.severity}" if explanation.matched else "does not match"
    needs = f", needs {number(explanation.threshold)}" if explanation.threshold else ""
    root = Text.assemble((f"{explanation.rule_id} ({clean(explanation.rule_name)}) ", "bold"))
    root.append(verdict, style=_GOOD if explanation.matched else _BAD)
    root.append(f"; score {number(explanation.score)}{needs}")
    tree = Tree(root, guide_style=_ASIDE)
    for line in explanation.missing:
        tree.add(Text(f"missing: {clean(line)}", style="bold red"))
    _add(tree, explanation.proof, article, full=full)
    for case in explanation.cases:
        branch = tree.add(Text(f"severity {case.severity} if", style=_ASIDE))
        _add(branch, case.proof, article, full=full)
    return tree


def _add(tree: "Tree", proof: "Proof", article: "MatchInput", *, full: bool) -> None:
    from rich.text import Text

    line = Text.assemble(("✓ ", _GOOD) if proof.holds else ("✗ ", _BAD))
    line.append(clean(proof.clause))
    if proof.detail:
        line.append(f"  [{clean(proof.detail)}]", style=_ASIDE if proof.holds else "yellow")
    branch = tree.add(line)
    if full or not proof.children:  # else its parts show the mentions
        for one in proof.evidence:
            branch.add(mention(one, article))
        if proof.total > len(proof.evidence):
            branch.add(Text(f"… {proof.total - len(proof.evidence)} more", style=_ASIDE))
    for child in proof.children:
        _add(branch, child, article, full=full)
