"""The names by which texts credit news sources, as parts of regular expressions.

Each language has names that are known, and a form that looks like a news source: "The Eastmere Herald", "동해일보".
"""


def _either(names: str) -> str:
    """Return an alternation of the lines of `names`, longest first so that the whole name is taken."""
    listed = [name.strip().replace(".", r"\.") for name in names.strip().splitlines() if name.strip()]
    parts = [part.strip() for line in listed for part in line.split("|")]
    return "|".join(sorted(parts, key=len, reverse=True))


EN_KNOWN = _either("""
    Reuters | AFP | Agence France-Presse | AP | Associated Press | Bloomberg | Bloomberg News | UPI | dpa | DPA
    ANSA | EFE | Yonhap | Yonhap News | Yonhap News Agency | Newsis | News1 | KBS | MBC | SBS | JTBC | YTN
    KCNA | Korean Central News Agency | Kyodo | Kyodo News | Jiji | Jiji Press | NHK | NHK World | Nikkei
    Nikkei Asia | Asahi | Mainichi | Yomiuri | Sankei | Xinhua | Xinhua News Agency | CCTV | CGTN | Caixin | CNA
    Focus Taiwan | TASS | RIA Novosti | Interfax | Kommersant | PTI | ANI | BBC | BBC News | CNN | CNBC
    NBC News | ABC News | CBS News | Fox News | Al Jazeera | Axios | Politico | Der Spiegel | Le Monde | El País
    Haaretz | Hankyoreh
""")
EN_KINDS = _either("""
    Times | Post | News | Journal | Herald | Tribune | Guardian | Telegraph | Independent | Economist | Gazette
    Chronicle | Observer | Daily | Press | Agency | Shimbun | Ilbo | Today | Magazine | Review | Standard | Mail
    Globe | Star | Sun | Mirror | Wire | Broadcasting | Television | TV | Radio | Insider | Diplomat | Courier
    Dispatch | Gazeta | Zeitung
""")
KO_KNOWN = _either("""
    연합뉴스 | 뉴시스 | 뉴스1 | 로이터 통신 | 로이터통신 | 로이터 | AFP 통신 | AFP통신 | AFP | AP 통신 | AP통신
    AP | 블룸버그 통신 | 블룸버그통신 | 블룸버그 | 교도통신 | 교도 | 지지통신 | 신화통신 | 신화 | 타스통신
    타스 | 조선중앙통신 | 한겨레 | 매일경제 | 한국경제 | NHK 방송 | NHK | BBC 방송 | BBC | CNN 방송 | CNN | KBS
    MBC | SBS | JTBC | YTN
""")
KO_KINDS = "일보|신문|통신|방송|뉴스|타임스|포스트|저널"
JA_KNOWN = _either("""
    共同通信社 | 共同通信 | 共同 | 時事通信社 | 時事通信 | 時事 | ロイター通信 | ロイター | AFP通信 | AFP時事
    AFP | AP通信 | AP | ブルームバーグ通信 | ブルームバーグ | 新華社通信 | 新華社 | 聯合ニュース | タス通信
    NHK | TBS | 日経 | ハンギョレ | CNN | BBC
""")
JA_KINDS = "新聞|通信社|通信|テレビ|放送|日報|タイムズ|ポスト|ニュース"
ZH_KNOWN = _either("""
    新华社 | 新華社 | 中新社 | 中新网 | 中央社 | 共同社 | 時事社 | 时事社 | 时事通讯社 | 路透社 | 路透 | 法新社
    美联社 | 美聯社 | 彭博社 | 彭博新闻社 | 彭博 | 韩联社 | 韓聯社 | 塔斯社 | 朝中社 | 央视新闻 | 央视 | 央視
    观察者网 | 澎湃新闻 | 财新 | 日本放送协会 | NHK | CNN | BBC
""")
ZH_KINDS = "通讯社|通訊社|日报|日報|时报|時報|晚报|晚報|新闻社|新闻网|新聞網|电视台|電視台|广播公司|新闻|新聞|周刊"

EN_SOURCE = (
    rf"(?P<name>(?:[Tt]he )?(?:{EN_KNOWN})\b|"
    rf"(?:[Tt]he )?(?:[A-Z][\w’'&.-]+ ){{0,4}}(?:{EN_KINDS})\b)"
)
EN_NAME = r"(?P<name>(?:[Tt]he )?[A-Z][\w’'&-]*(?:\.[A-Z][\w-]*)?(?: [A-Z][\w&-]*(?:\.[A-Z][\w-]*)?){0,4})"
EN_PUBLISHER = r"(?P<name>[A-Z][\w&-]*(?:\.[A-Za-z]{2,})?(?: [A-Z][\w&-]*(?:\.[A-Za-z]{2,})?){0,3})"
KO_SOURCE = rf"(?P<name>(?:{KO_KNOWN})|[가-힣A-Za-z]{{1,10}}(?:{KO_KINDS}))"
JA_SOURCE = rf"(?P<name>(?:{JA_KNOWN})|[一-龠々ァ-ヴー・A-Za-z]{{1,14}}(?:{JA_KINDS}))"
ZH_SOURCE = rf"《?(?P<name>(?:{ZH_KNOWN})|[\u4e00-\u9fffA-Za-z·]{{1,12}}?(?:{ZH_KINDS}))》?"
