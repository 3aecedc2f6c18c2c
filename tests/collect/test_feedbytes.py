"""Charsets (fault row F19): bytes, what the document declares, what the header declares."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.collect.feed import parse_feed
from newswatch.collect.feedbytes import to_utf8
from newswatch.model import FeedDocument
from tests.collect.conftest import NOW

KOREAN = "한일 정상, 도쿄에서 회담 열고 경제 협력 논의"
KOREAN_WIDE = "펲시맨과 똠방각하가 뷁을 외치다, 한일 정상 회담"  # syllables that KS X 1001 lacks
JAPANESE = "日韓首脳が東京で会談、経済協力を確認"
CHINESE = "韩日首脑在东京举行会谈 讨论经济合作"
TRADITIONAL = "韓日領袖在東京舉行會談 討論經濟合作"
RUSSIAN = "Лидеры Японии и Южной Кореи провели переговоры в Токио и договорились о сотрудничестве"
TURKISH = "Japonya ve Güney Kore liderleri görüştü, işbirliği geliştirilecek"

CASES = [
    (KOREAN, "euc-kr", "euc-kr", None),
    (KOREAN_WIDE, "cp949", "euc-kr", None),
    (KOREAN_WIDE, "cp949", "ks_c_5601-1987", None),
    (KOREAN, "euc-kr", None, "text/xml; charset=euc-kr"),
    (KOREAN, "euc-kr", "utf-8", None),
    (KOREAN, "euc-kr", "utf-8", "text/xml; charset=utf-8"),
    (JAPANESE, "shift_jis", "shift_jis", None),
    (JAPANESE, "euc-jp", "euc-jp", None),
    (JAPANESE, "iso-2022-jp", "iso-2022-jp", None),
    (CHINESE, "gb2312", "gb2312", None),
    (TRADITIONAL, "big5", "big5", None),
    (RUSSIAN, "windows-1251", "windows-1251", None),
    (RUSSIAN, "windows-1251", None, None),
    (TURKISH, "windows-1254", "iso-8859-9", None),
    (KOREAN, "utf-8", "euc-kr", None),
    (KOREAN, "utf-8", None, "text/xml"),
    (KOREAN, "utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
    (KOREAN, "utf-16", "utf-16", None),
    (KOREAN, "utf-8", "klingon-8", None),
    (KOREAN, "utf-8", "utf-8", "text/html"),
    (KOREAN, "utf-16-le", "utf-16", None),
    (KOREAN, "utf-16-be", None, None),
    (RUSSIAN, "windows-1251", "windows-1251", "text/xml; charset=iso-8859-1"),
    (KOREAN, "utf-8-sig", None, None),
]


@pytest.mark.parametrize(("text", "charset", "declared", "header"), CASES)
def test_f19_the_exact_text_comes_out(text: str, charset: str, declared: str | None, header: str | None) -> None:
    encoding = f' encoding="{declared}"' if declared else ""
    document = (
        f'<?xml version="1.0"{encoding}?><rss version="2.0"><channel><title>{text}</title>'
        f"<item><title>{text}</title><description>{text} {text}</description></item></channel></rss>"
    )
    found = parse_feed(document.encode(charset), url="http://a.example/", content_type=header, now=NOW)
    assert isinstance(found, FeedDocument)
    assert found.title == text
    assert found.entries[0].title == text
    assert found.entries[0].summary == f"{text} {text}"


def test_a_few_damaged_bytes_do_not_change_the_charset() -> None:
    body = f"<rss>{KOREAN}".encode() + b"\xff" + f"{KOREAN}</rss>".encode()
    data, charset = to_utf8(body, "text/xml; charset=utf-8")
    assert charset == "utf-8"
    assert data.decode() == f"<rss>{KOREAN}\ufffd{KOREAN}</rss>"


def test_declaration_mark_and_controls_are_taken_out() -> None:
    body = codecs.BOM_UTF8 + b'\n<?xml version="1.0" encoding="utf-8"?><a>\x00b\x08\tc\n</a>'
    assert to_utf8(body, None) == (b"<a>b\tc\n</a>", "utf-8")


@given(st.binary(max_size=300), st.sampled_from([None, "text/xml; charset=euc-kr", "charset=utf-7", "charset=hex"]))
def test_any_bytes_become_utf8(body: bytes, header: str | None) -> None:
    data, _ = to_utf8(body, header)
    data.decode("utf-8")
