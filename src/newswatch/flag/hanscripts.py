"""Han characters in their traditional, simplified and Japanese (shinjitai) forms, for the variants of a name.

Only characters whose forms correspond one to one in names, countries and offices are here: where simplification merged
several characters (后, 里, 干, 范, 余, 于, 郁), a name is given in each script instead. What folding equates already
(髙 and 高, 德 and 徳) is left to it.

References: Unicode Standard Annex 38 (kSimplifiedVariant, kTraditionalVariant); the tables of 通用规范汉字表 (2013) and
常用漢字表 (2010).
"""

from functools import cache

_TRADITIONAL, _SIMPLIFIED, _JAPANESE = range(3)

# traditional, simplified, Japanese
_FORMS = """
國国国 韓韩韓 學学学 會会会 總总総 統统統 長长長 來来来 東东東 區区区 縣县県 廣广広 島岛島 慶庆慶 漢汉漢 滿满満
臺台台 灣湾湾 龍龙竜 張张張 陳陈陳 劉刘劉 楊杨楊 黃黄黄 趙赵趙 吳吴呉 馬马馬 盧卢盧 鄭郑鄭 許许許 蘇苏蘇 葉叶葉
羅罗羅 錢钱銭 孫孙孫 鄧邓鄧 馮冯馮 韋韦韋 謝谢謝 賴赖頼 鍾钟鍾 譚谭譚 賈贾賈 鄒邹鄒 陸陆陸 閻阎閻 顧顾顧 嚴严厳
歐欧欧 蕭萧蕭 蔣蒋蒋 賀贺賀 龔龚龔 關关関 竇窦竇 駱骆駱 鮑鲍鮑 邊边辺 濱滨浜 澤泽沢 齋斋斎 齊齐斉 櫻樱桜 瀧泷滝
鹽盐塩 濤涛涛 壽寿寿 榮荣栄 峽峡峡 禮礼礼 禪禅禅 彌弥弥 應应応 寶宝宝 實实実 義义義 偉伟偉 錫锡錫 悅悦悦 晉晋晋
惠惠恵 輝辉輝 煥焕煥 鎮镇鎮 銘铭銘 鈞钧鈞 銀银銀 鐵铁鉄 鐘钟鐘 鋼钢鋼 錄录録 鍵键鍵 鴻鸿鴻 鵬鹏鵬 鳳凤鳳 鶴鹤鶴
鷹鹰鷹 麗丽麗 顯显顕 頌颂頌 順顺順 頤颐頤 題题題 顏颜顔 願愿願 類类類 風风風 飛飞飛 駿骏駿 驗验験 騰腾騰 驥骥驥
黨党党 點点点 齡龄齢 亞亚亜 億亿億 傳传伝 價价価 優优優 儀仪儀 兒儿児 勝胜勝 勞劳労 勳勋勲 勵励励 華华華 協协協
單单単 卽即即 參参参 員员員 問问問 啓启啓 喬乔喬 圍围囲 園园園 圓圆円 團团団 堅坚堅 報报報 塊块塊 墳坟墳 壓压圧
壞坏壊 奧奥奥 獎奖奨 妝妆粧 孃娘嬢 寧宁寧 寬宽寛 審审審 專专専 將将将 對对対 導导導 屬属属 岡冈岡 嶺岭嶺 巖岩巌
師师師 帶带帯 廳厅庁 彈弹弾 強强強 彥彦彦 徑径径 從从従 恆恒恒 惡恶悪 愛爱愛 憲宪憲 懷怀懐 戀恋恋 戰战戦 戲戏戯
戶户戸 拜拜拝 擇择択 據据拠 擧举挙 擴扩拡 攝摄摂 敎教教 數数数 斷断断 時时時 晝昼昼 曉晓暁 條条条 棧栈桟 樂乐楽
樓楼楼 樞枢枢 樣样様 橋桥橋 檢检検 權权権 歡欢歓 歷历歴 歸归帰 殘残残 殼壳殻 氣气気 沒没没 淚泪涙 淺浅浅 淸清清
渴渴渇 溪溪渓 滄沧滄 潤润潤 潛潜潜 濟济済 爲为為 爭争争 爾尔爾 狀状状 獨独独 獲获獲 現现現 瑩莹瑩 瑋玮瑋 環环環
瓊琼瓊 產产産 當当当 疊叠畳 發发発 盜盗盗 監监監 盤盘盤 眞真真 眾众衆 碩硕碩 祕秘秘 祿禄禄 禎祯禎 稱称称 穩稳穏
競竞競 紀纪紀 約约約 紅红紅 納纳納 紐纽紐 純纯純 級级級 細细細 組组組 結结結 絕绝絶 經经経 綠绿緑 維维維 綱纲綱
緒绪緒 編编編 練练練 織织織 繼继継 續续続 纖纤繊 聖圣聖 聯联聯 聲声声 聰聪聡 職职職 肅肃粛 舉举挙 舊旧旧 莊庄荘
萬万万 蓮莲蓮 藝艺芸 藥药薬 蘭兰蘭 處处処 虛虚虚 號号号 虧亏虧 術术術 衛卫衛 裝装装 見见見 規规規 視视視 親亲親
覺觉覚 觀观観 訪访訪 設设設 訴诉訴 詞词詞 試试試 詩诗詩 該该該 詳详詳 誌志誌 認认認 誠诚誠 說说説 課课課 調调調
談谈談 論论論 諸诸諸 諾诺諾 謙谦謙 講讲講 謹谨謹 證证証 識识識 譯译訳 議议議 護护護 讀读読 變变変 讓让譲 豐丰豊
貞贞貞 負负負 財财財 貨货貨 貫贯貫 責责責 貴贵貴 買买買 貿贸貿 費费費 資资資 賢贤賢 質质質 贊赞賛 趨趋趨 軍军軍
軌轨軌 軒轩軒 載载載 輔辅輔 輕轻軽 輪轮輪 輸输輸 轉转転 轟轰轟 農农農 辭辞辞 違违違 遙遥遥 遜逊遜 遞递逓 遠远遠
適适適 遲迟遅 遷迁遷 選选選 遺遗遺 還还還 鄉乡郷 醫医医 釋释釈 鈴铃鈴 鋭锐鋭 錦锦錦 鎌镰鎌 門门門 開开開 間间間
閣阁閣 閱阅閲 闊阔闊 闘斗闘 陣阵陣 陰阴陰 陽阳陽 階阶階 際际際 險险険 隨随随 隱隐隠 隸隶隷 雙双双 雜杂雑 離离離
難难難 電电電 靈灵霊 靜静静 響响響 頁页頁 項项項 須须須 預预預 頒颁頒 領领領 頭头頭 額额額 飯饭飯 飲饮飲 館馆館
魯鲁魯 鮮鲜鮮 鯨鲸鯨 鷗鸥鴎 麥麦麦 默默黙 龐庞龐 龜龟亀 俠侠侠 倉仓倉 個个個 側侧側 偵侦偵 傑杰傑 傷伤傷 僞伪偽
儉俭倹 內内内 兩两両 冊册冊 淨净浄 凱凯凱 則则則 剛刚剛 創创創 劃划画 劇剧劇 務务務 動动動 勢势勢 廠厂廠 厭厌厭
呂吕呂 場场場 夢梦夢 姬姬姫 娛娱娯 婦妇婦 嬌娇嬌 宮宫宮 尋寻尋 崗岗崗 嵐岚嵐 帥帅帥 幾几幾 庫库庫 廟庙廟 廢废廃
徹彻徹
""".split()


@cache
def _table(script: int) -> dict[int, str]:
    """Return what each character becomes in `script`. The first row in which a character stands decides."""
    table: dict[int, str] = {}
    for forms in _FORMS:
        for char in forms:
            table.setdefault(ord(char), forms[script])
    return table


def han_forms(text: str) -> tuple[str, ...]:
    """Return `text` in traditional, simplified and Japanese characters, each once and without itself."""
    forms = dict.fromkeys(text.translate(_table(script)) for script in (_TRADITIONAL, _SIMPLIFIED, _JAPANESE))
    return tuple(form for form in forms if form != text)
