"""A headline for texts that have none: the lead's first sentence, shortened where a reader would pause."""

import re

from newswatch.extract.text import shorten

LONGEST = 120  # characters
_SHORTEST_CLAUSE = 40
_SENTENCE = re.compile(
    r"(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-Z0-9À-ÞА-Я가-힣])|(?<=[。！？])(?![」』”）])|(?<=[。！？][」』”）])(?![\u3041-\u3096、，])"
)
# A full stop after one of these, or after a single letter, does not end a sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Maj|Rev|Hon|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|"
    r"No|vs|etc|Inc|Ltd|Co|Corp|approx|U\.S|U\.K|U\.N|E\.U|a\.m|p\.m)|^\d{1,2})\.$"
)
_CLAUSE_END = re.compile(r"[,;:，；：、](?=\s|[\u3041-\u9fff])|\s[–—-](?=\s)")
# What a cut leaves behind of a phrase: "in Nara…", "with the…"
_DANGLING = re.compile(
    r"\s+(?:in|of|on|at|with|to|for|by|from|and|or|that|which|who|the|a|an|as|over|after|between|into|under|against|during)"
    r"(?:\s+[\w’'-]+){0,2}…$"
)


def headline_from(text: str, language: str) -> str:
    """Return a headline of at most 120 characters from an article's text; "" for an empty text.

    A sentence that fits is taken whole, without its full stop. A longer one ends at its last clause that fits, or
    at a word, with an ellipsis. `language` is the text's primary tag: in Chinese and Japanese a line says as much
    in half the characters.
    """
    limit = LONGEST // 2 if language in {"zh", "ja"} else LONGEST
    lead = text.strip().split("\n", 1)[0].strip()
    sentence = _first_sentence(lead)
    if len(sentence) <= limit:
        return sentence.rstrip(".。") if not sentence.endswith(("...", "…")) else sentence
    clauses = [found.start() for found in _CLAUSE_END.finditer(sentence, 0, limit - 1)]
    if clauses and clauses[-1] >= min(_SHORTEST_CLAUSE, limit // 2):
        return sentence[: clauses[-1]].rstrip() + "…"
    cut = shorten(sentence, limit)
    dangling = _DANGLING.search(cut)
    return cut[: dangling.start()] + "…" if dangling and dangling.start() >= _SHORTEST_CLAUSE else cut


def _first_sentence(lead: str) -> str:
    for found in _SENTENCE.finditer(lead):
        head = lead[: found.end()].strip()
        if head and not _ABBREVIATION.search(head):
            return head
    return lead
