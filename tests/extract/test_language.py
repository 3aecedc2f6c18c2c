"""The language of a text, also of a headline, by the text and not by its tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newswatch.extract.language import detect_language, primary_tag

HEADLINES = [
    ("en", "Two harbour cities bring back their ferry after nine years"),
    ("en", "U.S. stocks close higher as oil falls"),
    ("ko", "두 항구 도시, 9년 만에 여객선 재개"),
    ("ko", "韓日 정상, 나라서 회담"),
    ("ko", "李대통령 訪日"),
    ("ja", "連絡船、9年ぶり再開へ　東浜市と港町が合意"),
    ("zh", "两座港城恢复轮渡，三月起每天往返两班"),
    ("zh", "兩座港城恢復渡輪，三月起每天往返兩班"),
    ("es", "Las dos ciudades recuperan el transbordador tras nueve años sin servicio"),
    ("fr", "Les deux villes portuaires rétablissent leur bac après neuf ans d’arrêt"),
    ("de", "Zwei Hafenstädte nehmen die Fähre nach neun Jahren wieder in Betrieb"),
    ("it", "Le due città portuali riattivano il traghetto dopo nove anni"),
    ("pt", "As duas cidades retomam a balsa depois de nove anos sem serviço"),
    ("nl", "De twee havensteden krijgen na negen jaar hun veerboot terug"),
    ("sv", "De två hamnstäderna får tillbaka sin färja efter nio år"),
    ("da", "De to havnebyer får deres færge tilbage efter ni år, siger borgmesteren nu"),
    ("fi", "Kaksi satamakaupunkia saa lauttansa takaisin yhdeksän vuoden jälkeen"),
    ("pl", "Dwa miasta portowe przywracają prom po dziewięciu latach przerwy"),
    ("cs", "Dvě přístavní města obnoví přívoz po devíti letech"),
    ("hu", "A két kikötőváros kilenc év után újraindítja a kompot"),
    ("ro", "Cele două orașe portuare reiau feribotul după nouă ani"),
    ("tr", "İki liman kenti dokuz yıl sonra feribotu yeniden başlatıyor"),
    ("id", "Dua kota pelabuhan akan menghidupkan kembali kapal feri setelah sembilan tahun"),
    ("vi", "Hai thành phố cảng nối lại tuyến phà sau chín năm"),
    ("ru", "Два портовых города возобновляют паром после девяти лет перерыва"),
    ("uk", "Два портові міста відновлюють пором після дев’яти років перерви"),
    ("bg", "Двата пристанищни града възстановяват ферибота след девет години"),
    ("el", "Οι δύο πόλεις επαναφέρουν το πλοίο ύστερα από εννέα χρόνια"),
    ("ar", "المدينتان تعيدان العبّارة بعد تسع سنوات من التوقف في الميناء"),
    ("fa", "دو شهر بندری پس از نه سال کشتی را به کار می‌اندازند"),
    ("ur", "دو بندرگاہی شہروں نے نو سال کے بعد کشتی بحال کر دی ہے"),
    ("he", "שתי ערי הנמל מחזירות את המעבורת אחרי תשע שנים"),
    ("hi", "दो बंदरगाह शहरों ने नौ साल के बाद नौका सेवा बहाल की है"),
    ("th", "สองเมืองท่าเปิดเรือข้ามฟากอีกครั้งหลังเก้าปี"),
    ("bn", "দুই বন্দর শহর নয় বছর পর ফেরি চালু করছে"),
]


@pytest.mark.parametrize(("language", "headline"), HEADLINES)
def test_a_headline_is_enough(language: str, headline: str) -> None:
    guess = detect_language(headline)
    assert guess.language == language
    assert 0 < guess.confidence <= 1


@pytest.mark.parametrize(("language", "headline"), HEADLINES)
def test_a_wrong_tag_does_not_mislead(language: str, headline: str) -> None:
    wrong = "en-US" if language != "en" else "ko-KR"
    assert detect_language(f"{headline}. {headline}", hints=[wrong]).language == language


def test_a_tag_decides_where_the_text_does_not() -> None:
    assert detect_language("首脳会談開催", hints=["ja"]).language == "ja"
    assert detect_language("首脳会談開催").language == "zh"
    assert detect_language("Dengan selamat", hints=["ms"]).language == "ms"


def test_english_names_do_not_change_a_korean_text() -> None:
    assert detect_language("BTS 'Dynamite' 빌보드 Hot 100 1위").language == "ko"
    assert detect_language("Apple、iPhone 17を発表").language == "ja"


def test_confidence_grows_with_the_text() -> None:
    short = detect_language("The ferry is back")
    long = detect_language(
        "The ferry is back, and the mayors said that it would leave on time from the old pier in March."
    )
    assert short.confidence < long.confidence
    assert long.confidence > 0.9


@pytest.mark.parametrize("text", ["", "12 345", "+ ↺ − 16 px", "☃☃☃"])
def test_without_words_the_language_is_unknown(text: str) -> None:
    guess = detect_language(text)
    assert (guess.language, guess.confidence < 0.2) == ("und", True)


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert 0 <= detect_language(text, hints=["xx", None, "zh-Hant-TW"]).confidence <= 1


@pytest.mark.parametrize(
    ("tag", "primary"),
    [("en-GB", "en"), ("zh_CN", "zh"), ("yue", "zh"), ("no", "nb"), ("english", None), ("", None), (None, None)],
)
def test_tags_are_reduced_to_their_language(tag: str | None, primary: str | None) -> None:
    assert primary_tag(tag) == primary
