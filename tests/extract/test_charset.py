"""Bytes to text: what is declared, what is not, and what is declared wrongly."""

import codecs

import pytest

from newswatch.extract.charset import decode

TEXTS = {
    "ko": "두 항구 도시가 9년 만에 여객선을 다시 띄우기로 합의했다. 똠방각하 펲시콜라라는 식당도 손님을 기다린다. ",
    "ja": "東浜市と港町の両市長は連絡船を再開することで合意した。髙橋市長は①桟橋の補強を約束した。",
    "zh": "两座港城达成协议，将恢复中断九年的轮渡。市长朱镕说，渡船必须准时出发。",
    "zh-TW": "兩座港城達成協議，將恢復中斷九年的渡輪。市長說，渡船必須準時出發。",
    "ru": "Мэры двух портовых городов договорились возобновить паромную линию, закрытую девять лет назад. ",
    "fr": "Les maires se sont mis d’accord à l’été : « Les habitants ont assez attendu », a déclaré l’élue. ",
}
REAL = [  # language, the codec it is sent in, the charset a publisher would declare
    ("ko", "cp949", "euc-kr"),
    ("ko", "utf-8", "utf-8"),
    ("ja", "cp932", "Shift_JIS"),
    ("zh", "gbk", "gb2312"),
    ("zh", "gb18030", "gb18030"),
    ("zh-TW", "big5", "big5"),
    ("ru", "cp1251", "windows-1251"),
    ("ru", "koi8-r", "koi8-r"),
    ("fr", "cp1252", "iso-8859-1"),
]


def page(language: str, meta: str = "") -> str:
    return f"<html><head>{meta}<title>x</title></head><body><p>{TEXTS[language] * 3}</p></body></html>"


@pytest.mark.parametrize(("language", "codec", "declared"), REAL)
def test_a_page_that_declares_its_charset_is_read(language: str, codec: str, declared: str) -> None:
    text = page(language, f'<meta charset="{declared}">')
    read = decode(text.encode(codec))
    assert (read.text, read.lost) == (text, 0)


@pytest.mark.parametrize(("language", "codec", "declared"), REAL)
def test_the_http_header_declares_too(language: str, codec: str, declared: str) -> None:
    text = page(language)
    read = decode(text.encode(codec), f"text/html; charset={declared}")
    assert (read.text, read.found_by) == (text, "utf-8" if codec == "utf-8" else "http")


@pytest.mark.parametrize(("language", "codec", "declared"), REAL)
def test_a_page_without_declaration_is_recognised(language: str, codec: str, declared: str) -> None:
    text = page(language)
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize(("language", "codec", "declared"), REAL)
def test_a_page_that_lies_is_recognised(language: str, codec: str, declared: str) -> None:
    text = page(language, '<meta charset="utf-8">')
    assert decode(text.encode(codec), "text/html; charset=utf-8").text == text


@pytest.mark.parametrize("codec", ["euc_jp", "iso2022_jp"])
def test_old_japanese_encodings_are_read_with_and_without_a_declaration(codec: str) -> None:
    for meta in ("", f'<meta charset="{codec.replace("_", "-")}">', '<meta charset="utf-8">'):
        text = page("ja", meta).replace("髙", "高").replace("①", "")
        assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize(
    ("bom", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_beats_every_declaration(bom: bytes, codec: str) -> None:
    text = page("ko", '<meta charset="euc-kr">')
    read = decode(bom + text.encode(codec), "text/html; charset=big5")
    assert (read.text, read.found_by) == (text, "bom")


def test_a_page_cut_inside_a_character_stays_utf8() -> None:
    body = page("ko").encode()
    cut = body[: body.index("했다".encode()) + 1]
    read = decode(cut)
    assert (read.encoding, read.lost) == ("utf-8", 1)


@pytest.mark.parametrize("label", ["rot13", "idna", "utf-7", "no-such-charset", "\x00", "x" * 999, "unicode_escape"])
def test_a_charset_that_is_none_is_ignored(label: str) -> None:
    text = page("fr")
    assert decode(text.encode("cp1252"), f"text/html; charset={label}").text == text


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff\xfe", bytes(range(256)) * 40, b"\x1b$B", b"\x1b$B\xff\xff"])
def test_no_bytes_are_an_error(body: bytes) -> None:
    assert isinstance(decode(body).text, str)
