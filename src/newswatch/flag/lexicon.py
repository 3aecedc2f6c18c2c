"""Everyday words that contain a short term and mean something else: what `lint` offers after EXCEPT.

Chosen for news: the term is often meant as the name of a place, an office or an event, and the longer word is none of
them. A word that only narrows the term (京都府, 회담장) is not here.
"""

from collections.abc import Iterable

_WORDS = """
    東京都 京都議定書 首都圏 首都高 日本橋 日本脳炎 南日本 西日本 東日本 北日本 日本語 日本人 中国地方 中国電力
    香港 空港 中国語 中国人 韓国語 韓国人 外国人参政権 奈良時代 奈良漬 山口組 元首相 前首相 副首相 元総理 前総理 副総理

    한국어 한국인 일본어 일본인 일본뇌염 중국어 중국인 중국집 미국인 우리나라 나라살림 나라장터 정상화 정상적 비정상
    정상가 서울대 서울우유 도쿄돔 방한복 방한용품 방한화 부산물 부총리 부의장 부회장 경주마 회의적 회의론 외상값
    연기자 연기력 연기대상 전망대 수도권 수도꼭지 수도요금 무정부 대구탕 시장경제

    东京都 日本语 日本人 日本脑炎 韩国语 韩国人 中国人 中国会计 人参加 南京市长江 首尔大学 高市值 高市场 前首相
    副首相 前总统 副总统 前總統 副總統 前总理 副总理
"""
WORDS = tuple(_WORDS.split())
_SAME = frozenset({("東京", "東京都"), ("东京", "东京都")})
"""Terms that do mean the longer word, which is listed for another term (京都)."""


def containing(term: str, more: Iterable[str] = ()) -> list[str]:
    """Return the words that contain `term`, without `term` itself; `more` are words beside those listed here."""
    return sorted({word for word in (*WORDS, *more) if term in word and term != word and (term, word) not in _SAME})
