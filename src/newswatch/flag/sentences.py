"""Where sentences and paragraphs begin. Small on purpose: proximity needs borders, not linguistics.

A sentence ends at . ! ? followed by space, or at 。！？, closing quotes and brackets included. Abbreviations, initials
and the 」と of a Japanese quotation do not end one.
"""

import re

_END = re.compile(
    r"""(?:(?P<dots>[.!?…]+)(?P<close>["'”’»)\]」』]*)(?=\s|$)|[。！？!?｡]+["'”’」』）)\]]*)""",
)
_BREAK = re.compile(r"\n[ \t\u3000]*\n\s*|\n")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“‘])(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Gen|Adm|Col|Lt|Sgt|Sen|Rep|Gov|Pres|St|Jr|Sr|No|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|vs|etc|Inc|Corp|Co|Ltd|a\.m|p\.m)$"
)
_QUOTING = re.compile(r"[とはがをもの、,]")  # 「…。」と述べた goes on


def sentence_starts(text: str, limit: int | None = None) -> list[int]:
    """Return the offsets at which sentences of `text` begin, the first one 0, looking no further than `limit`."""
    starts = {0}
    end = len(text) if limit is None else min(limit, len(text))
    for found in _END.finditer(text, 0, end):
        at = found.end()
        if found["dots"] == "." and _continues(text, found.start(), at):
            continue
        if found[0][-1] in "」』”’" and _QUOTING.match(text, at):
            continue
        while at < len(text) and text[at].isspace():
            at += 1
        if at < len(text):
            starts.add(at)
    starts.update(start for start in paragraph_starts(text) if start <= end)
    return sorted(starts)


def _continues(text: str, dot: int, after: int) -> bool:
    """Whether the full stop at `dot` belongs to an abbreviation, or small letters follow."""
    following = text[after : after + 3].lstrip()[:1]
    if following.islower():
        return True
    return _ABBREVIATION.search(text[max(0, dot - 12) : dot]) is not None


def paragraph_starts(text: str) -> list[int]:
    """Return the offsets at which paragraphs begin, the first one 0.

    A blank line ends a paragraph; a single line break does so only behind a finished sentence, so that texts broken
    into lines of equal length stay whole.
    """
    starts = [0]
    for found in _BREAK.finditer(text):
        before = text[max(0, found.start() - 3) : found.start()].rstrip()
        finished = before[-1:] in ".!?…。！？｡\"'”’」』)）:" or found[0].count("\n") > 1
        if finished and found.end() < len(text):
            starts.append(found.end())
    return starts
