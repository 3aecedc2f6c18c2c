"""From the bytes of a feed to UTF-8, whatever they are and whatever they claim to be. Pure.

Declarations are often wrong in the same ways: EUC-KR for what is CP949, UTF-8 for anything, a server's default for
everything. What is valid UTF-8 is UTF-8, because other encodings do not look like it by accident; then the
declarations count, widened to what their names mean in practice; then the bytes are looked at.
"""

import codecs
import re

import cchardet

# Names mean the larger set that browsers take them for (https://encoding.spec.whatwg.org/#names-and-labels).
_WIDER = {
    "euc-kr": "cp949",
    "euckr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "korean": "cp949",
    "uhc": "cp949",
    "windows-949": "cp949",
    "ms949": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "x-euc-jp": "euc-jp",
}
# Python's own inventions, and UTF-7, which no feed uses but attackers do.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
_SERVER_DEFAULTS = frozenset({"cp1252", "utf-8"})
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,300}\?>")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def to_utf8(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    """Return the document in UTF-8 without byte order mark, XML declaration and control characters, and its charset.

    Never raises: bytes that fit no charset become U+FFFD.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _tidy(_recode(body[len(mark) :], charset)), charset
    wide = _wide_without_mark(body)
    if wide:
        return _tidy(_recode(body, wide)), wide
    if b"\x1b" not in body:  # ISO 2022 is ASCII with escapes
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return _tidy(body), "utf-8"
    charset = _charset(body, content_type)
    return _tidy(_recode(body, charset)), charset


def _charset(body: bytes, content_type: str | None) -> str:
    """Return the charset of bytes that are not UTF-8."""
    declared = _DECLARATION.match(body)
    in_header = _CHARSET.search(content_type or "")
    candidates = [_known(found[1]) for found in (in_header,) if found]
    candidates += [_known(declared[1].decode("ascii"))] if declared else []
    names = [name for name in candidates if name is not None]
    if len(names) == 2 and names[0] in _SERVER_DEFAULTS:
        names.reverse()  # RFC 7303 puts the header first, but this one is more likely nobody's decision
    for name in names:
        if name != "utf-8" and _fits(body, name):
            return name
    if "utf-8" in names and _mostly_utf8(body):
        return "utf-8"
    detected = _known(str(cchardet.detect(body).get("encoding") or ""))
    if detected and detected not in ("utf-8", "ascii") and _fits(body, detected):
        return detected
    for name in (*names, "utf-8"):
        if name != "cp1252" and _damage(body, name) < 0.02:
            return name
    return "cp1252"


def _known(name: str) -> str | None:
    lowered = name.strip().lower()
    lowered = _WIDER.get(lowered, lowered)
    try:
        found = codecs.lookup(lowered).name
        b"a".decode(found, "replace")  # some codecs are no charsets: "hex", "zlib"
    except (LookupError, UnicodeError):
        return None
    return None if found in _NO_CHARSETS else found


def _fits(body: bytes, charset: str) -> bool:
    try:
        body.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _mostly_utf8(body: bytes) -> bool:
    """Tell whether a few damaged bytes stand in what is UTF-8 otherwise."""
    return _damage(body, "utf-8") < 0.1


def _damage(body: bytes, charset: str) -> float:
    """Return the share of a document's characters outside ASCII that cannot be decoded."""
    text = body.decode(charset, "replace")
    foreign = sum(1 for character in text if character > "\x7f")
    return text.count("\ufffd") / foreign if foreign else 0.0


def _wide_without_mark(body: bytes) -> str | None:
    """Return the encoding of UTF-16 and UTF-32 without a byte order mark, told by the zeros around "<"."""
    head = body[:4]
    if head in (b"<\0\0\0", b"{\0\0\0"):
        return "utf-32-le"
    if head in (b"\0\0\0<", b"\0\0\0{"):
        return "utf-32-be"
    if len(head) == 4 and head[1] == 0 and head[3] == 0 and head[0:1] in (b"<", b"{", b"\n", b" "):
        return "utf-16-le"
    if len(head) == 4 and head[0] == 0 and head[2] == 0 and head[1:2] in (b"<", b"{", b"\n", b" "):
        return "utf-16-be"
    return None


def _recode(body: bytes, charset: str) -> bytes:
    return body.decode(charset, "replace").encode("utf-8", "replace")


def _tidy(data: bytes) -> bytes:
    """Take out what no XML parser accepts, and the declaration, which is no longer true."""
    data = data.translate(None, _CONTROLS).lstrip()
    return _XML_DECLARATION.sub(b"", data, count=1)
