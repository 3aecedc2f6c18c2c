"""Authors, credited sources and headlines: names and sentences out of what publishers write."""

import pytest

from newswatch.extract.authors import clean_authors
from newswatch.extract.headline import LONGEST, headline_from
from newswatch.extract.source import find_credits, find_reporter


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("BY JANE DOE and Kim Min-su, Reporter", ("JANE DOE", "Kim Min-su")),
        ("Jane Doe, Kim Min-su; Lee Ha-na · Bo Li", ("Jane Doe", "Kim Min-su", "Lee Ha-na", "Bo Li")),
        ("von Anna Schmidt und Jens Müller", ("Anna Schmidt", "Jens Müller")),
        ("Par Élise Martin et Paul Bon", ("Élise Martin", "Paul Bon")),
        ("홍길동 기자 외 1명", ("홍길동",)),
        ("홍길동 특파원 gildong@news.example", ("홍길동",)),
        ("山田太郎 記者", ("山田太郎",)),
        ("【ソウル】佐藤花子特派員", ("佐藤花子",)),
        ("记者：李华 张伟", ("李华", "张伟")),
        ("Jane Doe (Seoul)", ("Jane Doe",)),
        ("https://example.org/jane", ()),
        ("jane@example.org", ()),
        ("admin", ()),
        ("Staff Writer", ()),
        ("編集部", ()),
        ("News.Az", ()),
        ("Martin Luther King, Jr.", ("Martin Luther King, Jr",)),
        ("x" * 500, ()),
        ("", ()),
    ],
)
def test_authors_are_names_and_nothing_else(raw: str, names: tuple[str, ...]) -> None:
    assert clean_authors([raw], publisher="News.Az") == names


def test_a_date_beside_a_name_is_no_part_of_it() -> None:
    for beside in (" 30 August 2023 • 4:45pm", " June 19", " 05.01.2025", " | 2026-01-13 14:49"):
        assert clean_authors([f"Madeleine Howell{beside}"]) == ("Madeleine Howell",)
    assert clean_authors(["April March", "May Berg", "Jan Sepp"]) == ("April March", "May Berg", "Jan Sepp")
    assert clean_authors(["Trine Juncher og Tôrtia Reimer"]) == ("Trine Juncher", "Tôrtia Reimer")


def test_an_author_named_twice_is_one() -> None:
    assert clean_authors(["Jane Doe", "By JANE DOE"]) == ("Jane Doe",)


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("en", "The city will pay, Harbour Watch reports, citing The Eastmere Herald.", ["The Eastmere Herald"]),
        ("en", "SEOUL, Jan. 13 (Yonhap) -- The president left.", ["Yonhap"]),
        ("en", "The minister told Reuters that he would stay.", ["Reuters"]),
        ("en", "According to the Eastmere Herald, nothing was signed.", ["Eastmere Herald"]),
        ("en", "The Japan Times reported on Monday that it was over.", ["The Japan Times"]),
        ("en", "It had been reported by Bloomberg News before.", ["Bloomberg News"]),
        ("en", "Prices rose again. (AFP)", ["AFP"]),
        ("en", "He spoke, citing President Marsh. The minister told parliament, the council reported.", []),
        ("en", "According to the mayor, the cost will be shared. Police reported no injuries.", []),
        ("ko", "(서울=연합뉴스) 홍길동 기자 = 시장은 말했다.", ["연합뉴스"]),
        ("ko", "뉴시스에 따르면 시장은 떠났다.", ["뉴시스"]),
        ("ko", "요미우리신문은 13일 회담이 열린다고 보도했다.", ["요미우리신문"]),
        ("ko", "교도통신을 인용해 전했다.", ["교도통신"]),
        ("ko", "시장에 따르면 비용은 나눈다.", []),
        ("ja", "【ソウル＝共同】市長は述べた。", ["共同"]),
        ("ja", "【ソウル時事】市長は述べた。", ["時事"]),
        ("ja", "市長は述べた。（共同）", ["共同"]),
        ("ja", "東浜新聞によると、対立していた。", ["東浜新聞"]),
        ("ja", "ロイター通信が報じた。", ["ロイター通信"]),
        ("ja", "市長によると、費用は分ける。", []),
        ("zh", "据新华社报道，两市达成协议。", ["新华社"]),
        ("zh", "新华社东京1月13日电 两市达成协议。", ["新华社"]),
        ("zh", "（观察者网讯）两市达成协议。", ["观察者网"]),
        ("zh", "据日本共同社13日报道，市长表示。", ["共同社"]),
        ("zh", "市长表示，费用由两市承担。", []),
        ("de", "Berlin (Reuters) - Die Städte einigten sich.", ["Reuters"]),
    ],
)
def test_the_text_says_whom_it_credits(language: str, text: str, names: list[str]) -> None:
    found = find_credits(text, language)
    assert [credit.name.removeprefix("the ") for credit in found] == names
    assert all(text[credit.start : credit.end] == credit.name for credit in found)


def test_offsets_count_from_the_start_of_the_text() -> None:
    text = "First paragraph 𝄞.\n\nThe mayor told Reuters so."
    (credit,) = find_credits(text, "en")
    assert (text[credit.start : credit.end], credit.pattern) == ("Reuters", "told")


def test_a_name_is_credited_once_and_the_publisher_never() -> None:
    text = "She told Reuters. He told Reuters.\n\nThe mayor told The Harbour Daily."
    assert [credit.name for credit in find_credits(text, "en", publisher="Harbour Daily")] == ["Reuters"]


def test_the_text_may_name_its_own_publisher() -> None:
    assert find_reporter("Fares will fall, News.Az reports, citing The Diplomat.") == "News.Az"
    assert find_reporter("The mayor reports that all is well.") is None


@pytest.mark.parametrize(
    ("language", "text", "headline"),
    [
        ("en", "The ferry is back. It sails in March.", "The ferry is back"),
        ("en", "U.S. Senator J. Doe met Mr. Kim on Jan. 3. They left.", "U.S. Senator J. Doe met Mr. Kim on Jan. 3"),
        ("en", "“It has to leave on time,” the mayor said. Then he left.", "“It has to leave on time,” the mayor said"),
        ("ko", "두 도시가 여객선을 다시 띄운다. 3월부터다.", "두 도시가 여객선을 다시 띄운다"),
        ("ja", "市長は「船を出す。」と述べた。3月からだ。", "市長は「船を出す。」と述べた"),
        ("zh", "两市恢复轮渡。航线从三月起。", "两市恢复轮渡"),
        ("en", "No full stop\n\nSecond paragraph.", "No full stop"),
        ("en", "", ""),
    ],
)
def test_a_headline_is_the_first_sentence(language: str, text: str, headline: str) -> None:
    assert headline_from(text, language) == headline


LONG = "The mayors of Harborview and Eastmere agreed on Tuesday to reopen the ferry line between their two cities"
LONGER = "The mayors of Harborview and Eastmere have agreed on this cold Tuesday to reopen the ferry line they closed"


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (f"{LONG}, nine years after the last boat left the old pier.", f"{LONG}…"),  # at a clause
        (f"{LONGER} in the winter of the great storm.", f"{LONGER}…"),  # before a phrase that would dangle
    ],
)
def test_a_long_sentence_ends_where_a_reader_pauses(text: str, headline: str) -> None:
    assert headline_from(text, "en") == headline
    assert len(headline) <= LONGEST


def test_a_text_without_spaces_is_cut_too() -> None:
    assert len(headline_from("船" * 500, "ja")) == LONGEST // 2
    assert len(headline_from("x" * 500, "en")) == LONGEST
