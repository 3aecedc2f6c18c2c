"""Author names out of the strings that publishers write into their pages."""

import re
from collections.abc import Iterable, Iterator

from newswatch.extract.text import one_line

_MAX_NAME = 80
_MAX_AUTHORS = 12
_LEADING = re.compile(
    r"^(?:by|written by|reported by|story by|words by|von|par|por|di|da|door|av|af|door|tekst|text|autor(?:in)?|"
    r"author|"
    r"글|취재|기자|文|撰文|记者|記者|作者|编辑|編輯|責任編集)\b\s*[:：=]?\s+|^(?:文|撰文|记者|記者|作者|"
    r"글)\s*[:：/／]\s*",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"\s*(?:(?:선임|전문|수습|인턴)?\s*(?:기자|특파원|논설위원|편집위원|에디터)(?:\s*외\s*\d+\s*명)?|編集委員|"
    r"論説委員|特派員|記者|记者|"
    r"通訊員|通讯员|(?:,\s*)?(?:staff writer|correspondent|senior reporter|staff reporter|reporter|editor|journalist|"
    r"in (?:Seoul|Tokyo|Beijing|Washington|London|Brussels|New York|Hong Kong|Taipei)))\s*$",
    re.IGNORECASE,
)
_MORE = re.compile(r"\s*외\s*\d+\s*(?:명|인)\s*$|\s*(?:et al\.?|and others)\s*$", re.IGNORECASE)
_MAIL_OR_URL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?:)?//\S+|www\.\S+", re.IGNORECASE)
_BRACKETED = re.compile(r"[(（\[【<＜][^)）\]】>＞]*[)）\]】>＞]")
_SPLIT = re.compile(
    r"\s*(?:[;·・|/、，]|,(?!\s*(?:Jr|Sr|III|II|Ph\.?D|MD)\b)|\band\b|\bund\b|\bet\b|\bog\b|\boch\b|&)\s*",
    re.IGNORECASE,
)
# Names one after the other, as Chinese bylines have them; in Japanese a space stands between surname and given name.
_SPACED_HAN = re.compile(r"^[\u4e00-\u9fff]{2,4}(?: [\u4e00-\u9fff]{2,4})+$")
_CHINESE_LABEL = re.compile(r"记者|作者|编辑|通讯员")
_LABEL = 20  # characters
# "Ada Reyes 30 August 2023 • 4:45pm", "Ada Reyes, January 13": what stands beside the name in the same line
_DATED = re.compile(
    r"[\s,•·|–-]+(?:\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}|\d{4}-\d{2}-\d{2}|(?:\d{1,2}\.? )?(?:jan|feb|mar|apr|may|june?|"
    r"july?|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,4})\b.*$",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(
    r"^(?:\d|admin(?:istrator)?$|editor(?:ial)?(?:s| team| staff| board)?$|staff(?: reporters?| writers?)?$|"
    r"newsroom$|web ?desk$|"
    r"news ?desk$|unknown$|none$|null$|anonymous$|guest$|redaktion$|redacci[oó]n$|r[ée]daction$|"
    r"온라인\s*뉴스\s*팀$|디지털\s*뉴스\s*팀$|編集部$|编辑部$)",
    re.IGNORECASE,
)


def clean_authors(raw: Iterable[str], *, publisher: str | None = None) -> tuple[str, ...]:
    """Return the names in `raw`, split, without prefixes, job titles, addresses and repeats, in order.

    The publisher's own name and words such as "admin" are no authors.
    """
    names: dict[str, str] = {}
    own = (publisher or "").casefold()
    for text in raw:
        for name in _names(text):
            key = name.casefold()
            if name and key != own and key not in names and not _NOT_A_NAME.match(name):
                names[key] = name
    return tuple(names.values())[:_MAX_AUTHORS]


def _names(text: str) -> Iterator[str]:
    chinese = _CHINESE_LABEL.search(text[:_LABEL]) is not None
    for part in _SPLIT.split(_MAIL_OR_URL.sub(" ", one_line(text[:1000]))):
        name = _clean_one(part)
        yield from name.split() if chinese and _SPACED_HAN.match(name) else [name]


def _clean_one(part: str) -> str:
    name = _DATED.sub("", _MORE.sub("", _BRACKETED.sub(" ", part)))
    before = None
    while before != name:  # "By Kim Min-su, Reporter" sheds one word after the other
        before = name
        name = _TRAILING.sub("", _LEADING.sub("", name.strip(" ,.-–—:=：/|@\"'“”")))
    name = one_line(name)
    return name if 1 < len(name) <= _MAX_NAME and any(letter.isalpha() for letter in name) else ""
