"""What kind of event an article tells of, by the words for it in English, Korean, Japanese and Chinese.

Used where words cannot be compared, across languages: two people in one place may have met there or been robbed there.
The kinds are broad on purpose, and an article can be of several.
"""

import re
from collections.abc import Iterable

_WORDS = {
    "talks": (
        "talks summit* talk* meet* met visit* host* negotiat* delegation* diplomat* agreement* agree* treat* pact* "
        "sign* "
        "회담 정상 회의 방문 방일 방한 방중 협상 협정 합의 만나 만났 会談 首脳 会議 会合 訪問 訪日 訪韓 訪中 交渉 "
        "協定 合意 会谈 首脑 会晤 峰会 访问 访华 谈判 协议 會談 首腦 會晤 峰會 談判 協議"
    ),
    "elections": (
        "election* vote* voter* ballot* poll* referendum* candidate* win* elected resign* appoint* cabinet* "
        "inaugurat* "
        "선거 투표 당선 후보 사임 사퇴 임명 내각 취임 選挙 投票 当選 候補 辞任 任命 内閣 就任 选举 当选 候选 辞职 "
        "内阁 就职 選舉 當選 候選 辭職 內閣 就職"
    ),
    "nature": (
        "earthquake* quake* tsunami* typhoon* storm* flood* landslide* eruption* wildfire* drought* heatwave* snow* "
        "지진 쓰나미 태풍 폭우 홍수 산사태 분화 산불 가뭄 폭염 폭설 地震 津波 台風 豪雨 洪水 土砂 噴火 山火事 猛暑 "
        "大雪 海啸 台风 暴雨 山体滑坡 火山 山火 干旱 海嘯 颱風"
    ),
    "accidents": (
        "crash* collision* collid* derail* sank sink* fire* blaze* explosion* explod* collapse* accident* rescue* "
        "capsiz* "
        "추락 충돌 탈선 침몰 화재 폭발 붕괴 사고 구조 전복 墜落 衝突 脱線 沈没 火災 爆発 崩落 事故 救助 転覆 坠毁 "
        "相撞 脱轨 沉没 火灾 爆炸 坍塌 救援 倾覆 墜毀 脫軌 沉沒"
    ),
    "attacks": (
        "attack* strike* bomb* kill* shoot* shot troop* war* invade* invasion* missile* launch* drill* nuclear "
        "ceasefire* "
        "공격 공습 폭격 사살 총격 전쟁 침공 미사일 발사 훈련 휴전 攻撃 空爆 爆撃 射殺 銃撃 戦争 侵攻 ミサイル 発射 "
        "演習 停戦 袭击 空袭 轰炸 枪击 战争 入侵 导弹 发射 演习 停火 襲擊 空襲 轟炸 槍擊 戰爭 導彈 飛彈 發射"
    ),
    "courts": (
        "court* trial* judge* verdict* sentence* guilty arrest* indict* charge* convict* prosecut* sue* lawsuit* "
        "police fraud* theft* robb* stole* "
        "법원 재판 판결 선고 유죄 무죄 체포 구속 기소 검찰 소송 경찰 사기 절도 강도 裁判 判決 有罪 無罪 逮捕 起訴 "
        "検察 提訴 警察 詐欺 窃盗 強盗 法院 审判 判决 无罪 起诉 检察 诉讼 警方 诈骗 盗窃 抢劫 審判 檢察 訴訟 詐騙 "
        "竊盜"
    ),
    "economy": (
        "market* stock* share* rate* inflation econom* trade tariff* bank* profit* merger* acqui* bankrupt* invest* "
        "export* factory factories deal* "
        "증시 주가 금리 물가 경제 무역 관세 은행 이익 합병 인수 파산 투자 수출 공장 株価 金利 物価 経済 貿易 関税 "
        "銀行 利益 合併 買収 破綻 投資 輸出 工場 股市 股价 利率 通胀 经济 贸易 关税 银行 利润 合并 收购 破产 投资 "
        "出口 工厂 股價 經濟 關稅 併購"
    ),
    "sport": (
        "match* game* cup* league* champion* goal* medal* olympic* tournament* final* coach* defeat* beat* "
        "경기 우승 리그 결승 메달 올림픽 대회 감독 승리 패배 試合 優勝 リーグ 決勝 メダル 五輪 大会 監督 勝利 敗戦 "
        "比赛 夺冠 联赛 决赛 奖牌 奥运 锦标赛 主教练 比賽 奪冠 聯賽 決賽 獎牌 奧運"
    ),
    "deaths": ("die* dead death* funeral* obituar* 사망 별세 장례 추모 死去 逝去 葬儀 追悼 去世 逝世 葬礼 悼念 葬禮"),
    "health": (
        "virus* outbreak* vaccin* epidemic* pandemic* hospital* disease* infect* "
        "바이러스 감염 백신 전염병 병원 질병 ウイルス 感染 ワクチン 流行 病院 病毒 疫情 疫苗 医院 醫院"
    ),
    "culture": (
        "film* movie* concert* festival* award* album* novel* museum* exhibition* singer* actor* actress* "
        "영화 콘서트 축제 시상 앨범 소설 박물관 전시 가수 배우 映画 コンサート 受賞 アルバム 小説 博物館 展覧 歌手 "
        "俳優 电影 演唱会 音乐节 获奖 专辑 小说 博物馆 展览 演员 電影 演唱會 獲獎 展覽 演員"
    ),
}
"""By kind: words in Latin letters, whole but for `*`, and words of the other scripts, wherever they stand."""


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    latin: list[str] = []
    others: list[str] = []
    for word in words:
        (latin if word.isascii() else others).append(re.escape(word).replace(r"\*", r"\w*"))
    return re.compile(rf"\b(?:{'|'.join(latin)})\b|{'|'.join(others)}", re.IGNORECASE | re.ASCII)


_PATTERNS = tuple(_pattern(words.split()) for words in _WORDS.values())


def kinds(title: str, lead: str) -> int:
    """Return the kinds of event that headline and lead have words for, one bit each; 0 if none."""
    text = f"{title}\n{lead}"
    return sum(1 << number for number, pattern in enumerate(_PATTERNS) if pattern.search(text))
