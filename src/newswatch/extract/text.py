"""Text as it is stored: NFC, no control characters, one line for each paragraph."""

import re
import unicodedata

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_UNSPACED = re.compile(
    f"[{_HAN}{_KANA}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)  # Han, kana, Thai, Lao, Burmese, Khmer
_HANGUL = re.compile("[\uac00-\ud7a3]")
_WIDE = f"{_HAN}{_KANA}\u3000-\u303f\uff01-\uff60"
# A line break between two characters of a script without spaces stands for nothing.
_SOFT_BREAK = re.compile(f"(?<=[{_WIDE}])[^\\S\u3000]*\n\\s*(?=[{_WIDE}])")
# C0 and C1 controls without tab, line feed and carriage return; surrogates; noncharacters; soft hyphen, zero-width
# space, word joiner, byte order mark and interlinear marks. Joiners (200C, 200D) carry meaning and stay.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_WORD = re.compile(r"\w")
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»」』）)]*$")
"""Matches at the end of a text that ends like a sentence."""


def scrub(text: str) -> str:
    """Return `text` as NFC without control characters, surrogates and invisible marks; line breaks are kept."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text))


def one_line(text: str) -> str:
    """Return `text` scrubbed, with every run of white space as one space and line breaks collapsed.

    Between two Chinese or Japanese characters a line break disappears; elsewhere it becomes a space.
    """
    if not text.isascii() and "\n" in text:
        text = _SOFT_BREAK.sub("", text)
    line = " ".join(text.split())
    if not line.isprintable():  # the cheap question first: almost no line has anything to scrub
        line = " ".join(_UNWANTED.sub("", line).split())
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def join_paragraphs(paragraphs: "list[str] | tuple[str, ...]") -> str:
    """Return the paragraphs as an article's text: separated by one blank line."""
    return "\n\n".join(paragraphs)


def word_count(text: str) -> int:
    """Return the number of words: runs without white space; in unspaced scripts two characters count as one word."""
    unspaced = len(_UNSPACED.findall(text))
    if not unspaced:
        return len(text.split())
    spaced = sum(1 for token in _UNSPACED.sub(" ", text).split() if _WORD.search(token))
    return (unspaced + 1) // 2 + spaced


def weight(text: str) -> int:
    """Return the length of `text` in characters, those of unspaced scripts counted fourfold and Hangul twice.

    A measure of how much is said that is comparable between scripts.
    """
    if text.isascii():
        return len(text)
    return len(text) + 3 * len(_UNSPACED.findall(text)) + len(_HANGUL.findall(text))


def east_asian_share(text: str) -> float:
    """Return the share of characters that are Han, kana, Hangul or of another dense script, 0 to 1."""
    if not text or text.isascii():
        return 0.0
    return (len(_UNSPACED.findall(text)) + len(_HANGUL.findall(text))) / len(text)


def shorten(text: str, limit: int) -> str:
    """Return `text` cut to at most `limit` characters at a word boundary, with an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    if space > limit // 2:
        head = head[:space]
    return head.rstrip(" ,;:–—-、，；：") + "…"
