"""From the bytes of a page to text.

No single detector is right for all Korean, Japanese and Chinese pages, and a declaration is often wrong (GBK sent as
GB2312, CP949 as EUC-KR, anything as UTF-8), so the evidence is asked in a fixed order and each answer is checked
against the bytes.
"""

import codecs
import re
from dataclasses import dataclass

import cchardet

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Escape sequences that announce JIS X 0208 (RFC 1468). The bytes are valid ASCII, so they must be seen before UTF-8.
_ISO_2022_JP = (b"\x1b$B", b"\x1b$@", b"\x1b(J")
# What a browser means by a label: WHATWG Encoding Standard, section 4.2, as names of Python codecs that are supersets.
_WIDER = {
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "uhc": "cp949",
    "windows-949": "cp949",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "x-euc-jp": "euc_jp",
}
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:\-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<(?:meta|\?xml)\b[^>]{0,400}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:\-]+)", re.IGNORECASE
)
_META_WINDOW = 4096  # browsers look at 1 024 bytes; real pages put the declaration later
# Python's names of charsets that pages are written in. Its other codecs are conversions (rot13, zlib) or, like utf-7,
# refused by every browser for their dangers.
_CHARSETS = re.compile(
    r"utf-8(-sig)?|utf-(16|32)(-[bl]e)?|cp\d+|iso8859-\d+|iso2022_\w+|koi8-\w|gb18030|gbk|gb2312|big5(hkscs)?|euc_\w+|"
    r"shift_jis\w*|mac-\w+|tis-620|johab|hz|ptcp154|kz1048"
)
_MAX_BAD = 0.002  # share of undecodable characters up to which a declared charset is believed
_FOREIGN = 20  # good characters outside ASCII for each bad one: other charsets are not valid UTF-8 that often
_DETECT_WINDOW = 200_000
_BYTE = {
    bytes([byte]).decode("cp1252"): byte for byte in range(0x80, 0xA0) if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_LATER = f"[\x80-\xbf{''.join(_BYTE)}]"  # a continuation byte of UTF-8, seen through Windows-1252
_DOUBLED = re.compile(f"[\xc2-\xdf]{_LATER}|[\xe0-\xef]{_LATER}{{2}}|[\xf0-\xf4]{_LATER}{{3}}")
_LEAD = re.compile("[\xc2-\xf4]")
_FEWEST_LEADS = 4
_MENDED_SHARE = 0.8
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the Python codec that read it, what named the codec, and how many characters were lost."""

    text: str
    encoding: str
    found_by: str  # bom | escape | utf-8 | http | meta | detector | fallback
    lost: int = 0


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Turn the bytes of a page into text. Never raises.

    Order: byte order mark, ISO-2022-JP escapes, strict UTF-8, charset of the HTTP header and of the page itself
    (widened as browsers do, believed only if almost everything decodes), then faust-cchardet, then UTF-8 with
    replacement characters.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return _read(body[len(bom) :], encoding, "bom")
    if b"\x1b" in body and any(escape in body for escape in _ISO_2022_JP):
        text = _strictly(body, "iso2022_jp_ext")
        if text is not None:
            return Decoded(text, "iso2022_jp_ext", "escape")
    text = _strictly(body, "utf-8")
    if text is not None:
        return Decoded(text, "utf-8", "utf-8")
    mostly = _read(body, "utf-8", "utf-8")
    if mostly.lost <= _MAX_BAD * len(mostly.text) and _FOREIGN * mostly.lost < _non_ascii(mostly.text):
        return mostly  # cut in the middle of a character, or with an advertisement in another charset
    for label, found_by in ((_http_label(content_type), "http"), (_meta_label(body), "meta")):
        declared = _codec(label)
        if declared is not None:
            read = _read(body, declared, found_by)
            if read.lost <= _MAX_BAD * len(read.text):
                return read
    detected = _codec(cchardet.detect(body[:_DETECT_WINDOW])["encoding"])
    if detected is not None:
        return _read(body, detected, "detector")
    return _read(body, "utf-8", "fallback")


def mended(text: str) -> tuple[str, int]:
    """Return a text in which UTF-8 that was read as Windows-1252 and stored so is put right, and how often it was.

    Some systems do that to every article they import ("donâ€™t", "ã‚½ã‚¦ãƒ«"). It is only done where nearly all letters
    that can begin such a sequence do begin one: in real French or Vietnamese hardly any does.
    """
    if text.isascii() or (leads := len(_LEAD.findall(text))) < _FEWEST_LEADS:
        return text, 0
    count = sum(1 for _ in _DOUBLED.finditer(text))
    if count < _MENDED_SHARE * leads:
        return text, 0
    return _DOUBLED.subn(_put_right, text)


def _put_right(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTE.get(character, ord(character) & 0xFF) for character in found[0]).decode()
    except UnicodeDecodeError:
        return found[0]


def _http_label(content_type: str | None) -> str | None:
    found = _HTTP_CHARSET.search(content_type or "")
    return found[1] if found else None


def _meta_label(body: bytes) -> str | None:
    found = _META_CHARSET.search(body[:_META_WINDOW])
    return found[1].decode("ascii", "replace") if found else None


def _codec(label: str | None) -> str | None:
    """Return the Python codec for a charset label, widened to what browsers use; None if there is none."""
    if not label:
        return None
    wanted = _WIDER.get(label.lower(), label.lower())
    try:
        info = codecs.lookup(wanted)
    except (LookupError, ValueError):
        return None
    return info.name if _CHARSETS.fullmatch(info.name) else None


def _non_ascii(text: str) -> int:
    return len(text.encode()) - len(text)


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeError:
        return None


def _read(body: bytes, encoding: str, found_by: str) -> Decoded:
    try:
        text = body.decode(encoding, "replace")
    except UnicodeError:  # a few codecs refuse to replace
        text = body.decode("utf-8", "replace")
    return Decoded(text, encoding, found_by, text.count(_REPLACEMENT))
