"""Whom a text credits: "according to Reuters", "연합뉴스에 따르면", "（共同）", "据新华社报道".

Each form of words is one pattern; the name is where the span points. A name that is followed by a verb of speech is
only taken when it is a news source: a known agency or paper, or a name that looks like one, because people report,
announce and claim things too.
"""

import re

from newswatch.model import CreditedSource

_MAX_CREDITS = 8

# News sources that credits name most, beside those that look like one. Written as they stand in texts.
_KNOWN = (
    "Reuters|AFP|Agence France-Presse|AP|Associated Press|The Associated Press|Bloomberg(?: News)?|Yonhap(?: News(?: Agency)?)?|"
    "Kyodo(?: News)?|Jiji(?: Press)?|Xinhua(?: News Agency)?|TASS|RIA Novosti|Interfax|ANSA|EFE|dpa|DPA|PTI|ANI|NHK(?: World)?|"
    "BBC(?: News)?|CNN|CNBC|NBC News|ABC News|CBS News|Fox News|Al Jazeera|Axios|Politico|Nikkei(?: Asia)?|The Diplomat|KBS|MBC|"
    "SBS|JTBC|YTN|KCNA|Korean Central News Agency|CCTV|CGTN|Newsis|News1|UPI|Nikkei|Asahi|Mainichi|Yomiuri|Sankei|Dong-A Ilbo|"
    "Chosun Ilbo|JoongAng Ilbo|Hankyoreh|Hankook Ilbo|Der Spiegel|Le Monde|El País|Haaretz|Kommersant|Caixin|Focus Taiwan|CNA"
)
_LOOKS = (
    r"(?:[Tt]he )?(?:[A-Z][\w’'&.-]+ ){0,4}(?:Times|Post|News|Journal|Herald|Tribune|Guardian|Telegraph|Independent|Economist|"
    r"Gazette|Chronicle|Observer|Daily|Press|Agency|Shimbun|Ilbo|Today|Magazine|Review|Standard|Mail|Globe|Star|Sun|Mirror|"
    r"Wire|Broadcasting|Television|TV|Radio|Insider|Diplomat|Wire)"
)
_SOURCE = rf"(?P<name>(?:the )?(?:{_KNOWN})\b|{_LOOKS}\b)"
_ANY_NAME = r"(?P<name>(?:[Tt]he )?[A-Z][\w’'&-]*(?:\.[A-Z][\w-]*)?(?: [A-Z][\w&-]*(?:\.[A-Z][\w-]*)?){0,4})"
_PUBLISHER = r"(?P<name>[A-Z][\w&-]*(?:\.[A-Za-z]{2,})?(?: [A-Z][\w&-]*(?:\.[A-Za-z]{2,})?){0,3})"

_KO_KNOWN = (
    "연합뉴스|뉴시스|뉴스1|로이터(?: ?통신)?|AFP(?: ?통신)?|AP(?: ?통신)?|블룸버그(?: ?통신)?|교도(?: ?통신)?|지지(?: ?통신)?|"
    "신화(?: ?통신)?|타스(?: ?통신)?|"
    "조선중앙통신|조선일보|중앙일보|동아일보|한겨레|경향신문|한국일보|매일경제|한국경제|NHK(?: ?방송)?|BBC(?: ?방송)?|CNN(?: ?방송)?|"
    "KBS|MBC|SBS|JTBC|YTN"
)
_KO_SOURCE = rf"(?P<name>(?:{_KO_KNOWN})|[가-힣A-Za-z]{{1,10}}(?:일보|신문|통신|방송|뉴스|타임스|포스트|저널))"
_JA_KNOWN = (
    "共同(?:通信(?:社)?)?|時事(?:通信(?:社)?)?|ロイター(?:通信)?|AFP(?:通信|時事)?|AP(?:通信)?|ブルームバーグ(?:通信)?|新華社(?:通信)?|"
    "聯合ニュース|タス通信|NHK|TBS|読売新聞|朝日新聞|毎日新聞|産経新聞|日本経済新聞|日経|中央日報|朝鮮日報|東亜日報|ハンギョレ|CNN|BBC"
)
_JA_SOURCE = rf"(?P<name>(?:{_JA_KNOWN})|[一-龠ァ-ヴー・A-Za-z]{{1,14}}(?:新聞|通信(?:社)?|テレビ|放送|日報|タイムズ|ポスト|紙|ニュース))"
_ZH_KNOWN = (
    "新华社|新華社|中新社|中新网|中央社|共同社|時事社|时事社|时事通讯社|路透社?|法新社|美联社|美聯社|彭博(?:社|新闻社)?|韩联社|韓聯社|"
    "塔斯社|朝中社|央视(?:新闻)?|央視|人民日报|环球时报|環球時報|观察者网|澎湃新闻|财新|日本放送协会|NHK|CNN|BBC"
)
_ZH_SOURCE = (
    rf"《?(?P<name>(?:{_ZH_KNOWN})|[\u4e00-\u9fffA-Za-z·]{{1,12}}?"
    r"(?:通讯社|通訊社|日报|日報|时报|時報|晚报|晚報|新闻社|新闻网|新聞網|电视台|電視台|广播公司|新闻|周刊|新聞))》?"
)

_PATTERNS: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    language: tuple((name, re.compile(pattern, re.MULTILINE)) for name, pattern in patterns)
    for language, patterns in {
        "en": (
            (
                "reports, citing",
                rf"\b(?:reports?|reported|writes|wrote),?\s+(?:citing|quoting)\s+{_ANY_NAME}(?=[\s.,;:)]|$)",
            ),
            ("citing", rf"\b(?:[Cc]iting|quoting)\s+(?:a report (?:by|from|in)\s+)?{_SOURCE}"),
            ("according to", rf"\b[Aa]ccording to\s+(?:a report (?:by|from|in)\s+)?{_SOURCE}"),
            ("told", rf"\b(?:told|in an interview with)\s+{_SOURCE}"),
            ("reported", rf"{_SOURCE}\s+(?:has |have |had |also |first |earlier )?(?:reported|reports|wrote|writes)\b"),
            ("reported by", rf"\b(?:reported|published|carried|quoted|cited) by\s+{_SOURCE}"),
            ("via", rf"\bvia\s+{_SOURCE}"),
            ("dateline", rf"^[^()\n]{{2,60}}\(\s*{_SOURCE}\s*\)\s*[-–—]"),
            ("tail", rf"\(\s*(?:Source:\s*)?{_SOURCE}\s*\)\s*$"),
        ),
        "ko": (
            ("dateline", rf"[(\[][가-힣·\s]{{1,14}}=\s*{_KO_SOURCE}\s*[)\]]"),
            ("에 따르면", rf"{_KO_SOURCE}(?:의? ?보도)?에 따르면"),
            ("인용", rf"{_KO_SOURCE}(?:을|를|의 보도를| 등을| 보도를) 인용"),
            ("보도", rf"{_KO_SOURCE}(?:은|는|이|가|도)\s[^.\n]{{0,80}}?(?:보도|전)(?:했다|하였다|한 바)"),
            ("인터뷰", rf"{_KO_SOURCE}(?:과|와)의 인터뷰"),
        ),
        "ja": (
            ("dateline", rf"【[^】\n]{{1,20}}[=＝]\s*{_JA_SOURCE}】"),
            ("dateline", rf"^[\[［（(][^\]］）)\n【】]{{1,20}}[\s　]{_JA_SOURCE}[\]］）)]"),
            ("dateline", rf"【[^】\n]{{1,12}}[=＝・\s]{_JA_SOURCE}】"),
            ("dateline", rf"【[^】\n]{{1,8}}(?P<name>{_JA_KNOWN})】"),
            ("（）", rf"[（(]{_JA_SOURCE}[）)]"),
            ("によると", rf"{_JA_SOURCE}(?:の報道)?に(?:よると|よれば)"),
            ("報じた", rf"{_JA_SOURCE}(?:は|が|も)[^。\n]{{0,80}}?(?:報じ|伝え)"),
            ("引用", rf"{_JA_SOURCE}(?:の報道)?を引用"),
        ),
        "zh": (
            ("据", rf"(?:据|據|援引|引述){_ZH_SOURCE}[^。\n]{{0,20}}?(?:报道|報道|報導|消息|称|稱)"),
            ("电", rf"^[（(]?{_ZH_SOURCE}[\u4e00-\u9fff]{{0,8}}(?:\d{{1,2}}月)?\d{{1,2}}日[电電讯訊]"),
            ("讯", rf"[（(]{_ZH_SOURCE}[讯訊][）)]"),
            ("报道称", rf"{_ZH_SOURCE}(?:网站)?(?:\d{{1,2}}日)?(?:报道|報道|報導)(?:称|稱|说|說|，)"),
        ),
    }.items()
}
_REPORTER = re.compile(rf"(?<![\w’']){_PUBLISHER}\s+(?:reports|reported|writes),?\s+(?:citing|quoting)\b")
_ARTICLES = re.compile(r"^the ")
_LEADING_WORDS = re.compile(
    r"^(?:And|But|While|As|When|Also|However|Local|State|Japanese|South Korean|Chinese|US|U\.S\.)\s+"
)


def find_credits(text: str, language: str, *, publisher: str | None = None) -> tuple[CreditedSource, ...]:
    """Return whom `text` credits, in order of appearance, each name once.

    Offsets are code points in `text`. `language` is a BCP 47 primary tag; languages other than ko, ja and zh are read
    with the English patterns, which also find agencies in their datelines. The publisher itself is not a credit.
    """
    own = _key(publisher or "")
    found: list[CreditedSource] = []
    for pattern_name, pattern in _PATTERNS.get(language, _PATTERNS["en"]):
        for hit in pattern.finditer(text):
            start, end = hit.span("name")
            name = text[start:end]
            for prefix in (_ARTICLES, _LEADING_WORDS):
                if leading := prefix.match(name):
                    start += leading.end()
                    name = name[leading.end() :]
            if name and _key(name) != own:
                found.append(CreditedSource(name, start, end, pattern_name))
    found.sort(key=lambda credit: (credit.start, -credit.end))
    first: dict[str, CreditedSource] = {}
    for credit in found:
        first.setdefault(_key(credit.name), credit)
    return tuple(first.values())[:_MAX_CREDITS]


def find_reporter(text: str) -> str | None:
    """Return the publisher that the text itself names: the X of "X reports, citing Y"."""
    found = _REPORTER.search(text)
    return found["name"] if found else None


def _key(name: str) -> str:
    return name.casefold().removeprefix("the ").replace(" ", "").rstrip(".")
