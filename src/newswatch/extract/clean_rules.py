"""Lines of a page that are no part of its article, as data for `clean`.

A rule looks at one whole paragraph. `edge` rules only apply near the beginning or the end of a text, where such lines
stand; that keeps an article *about* newsletters or copyright whole.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineRule:
    """One kind of line to remove: the reason recorded, the pattern that must match, the longest line it may take."""

    reason: str
    pattern: re.Pattern[str]
    longest: int
    edge: bool = False


def _rule(reason: str, longest: int, *patterns: str, edge: bool = False) -> LineRule:
    return LineRule(
        reason, re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE), longest, edge
    )


_NETWORKS = (
    r"facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|e-?mail|line|kakao(?:talk)?|weibo|wechat|"
    r"instagram|threads|"
    r"bluesky|mastodon|flipboard|pocket|print|copy(?: link| url)?|link|페이스북|트위터|카카오(?:톡|스토리)?|"
    r"네이버(?: ?블로그|밴드)?|밴드|"
    r"url ?복사|링크 ?복사|인쇄|메일|フェイスブック|ツイッター|ライン|はてな(?:ブックマーク)?|印刷|メール|微信|"
    r"微博|qq(?:空间)?|打印|朋友圈"
)
_SHARE = (
    r"share(?: this(?: article| story| page)?)?|share on|tweet|post|공유(?:하기)?|シェア(?:する)?|ポスト|ツイート|"
    r"分享(?:到|至)?"
)

RULES: tuple[LineRule, ...] = (
    _rule(
        "share_bar",
        160,
        rf"^(?:(?>{_SHARE}|{_NETWORKS}|via|on|by|to|this|and|で|を|에|으로|로)[\s:：|·,/＆&>-]*+)++$",
        r"^(?:share|save|comments?|follow us|print|listen)(?:\s*[\d|·]+)?$",
        r"^follow (?:us|\w+) on .{3,60}$",
        r"^이 기사를 공유(?:합니다|하기)$|^기사 ?공유(?:하기)?$|^この記事をシェア(?:する)?$|^分享让更多人看到$",
    ),
    _rule(
        "toast",
        60,
        r"^(?:기사 ?)?(?:url|주소|링크)[이가을를]? ?복사(?:되었습니다|됐습니다|했습니다).?$",
        r"^(?:(?:url|リンク)を)?コピー(?:完了)?しました.?$|^完了しました.?$|^(?:链接|链接已)?复制成功.?$|"
        r"^已复制.{0,10}$",
        r"^(?:link|url) copied(?: to (?:the )?clipboard)?[.!]?$|^copied!?$",
    ),
    _rule(
        "widget",
        80,
        r"^(?:글자 ?크기|글씨 ?크기|글자 ?(?:크게|작게)|본문 ?글씨).{0,30}$|^文字サイズ.{0,20}$|^字(?:号|體|体|"
        r"級)[:：]?.{0,20}$",
        r"^(?:text|font) size.{0,20}$|^(?:listen to (?:this )?article|듣기|음성으로 듣기|音声で聞く).{0,30}$",
        r"^(?:\d+ min(?:ute)?s? (?:read|ago)|\d+ ?분 ?(?:읽기|전))$|^(?:advertisement|advertising|ad|sponsored|"
        r"광고|広告|PR|広告の後に続きます|广告)$",
        r"^(?:skip advertisement|(?:start|end) of article|article content|story continues below(?: this)?"
        r"(?: advertisement)?|advertisement ?[-–—] ?(?:continue|scroll)\b.*|hauptinhalt|neuer abschnitt|inhalt|"
        r"(?:\d+ )?(?:comments?|kommentare?|commentaires?|comentarios?|댓글|コメント|评论))(?:\s*\(?\d*\)?)$",
        r"^[a-z]+(?:-[a-z]+){2,}$",  # names of a style sheet
        r"^(?:loading|please wait|javascript is (?:disabled|not available)).{0,40}$",
        r"^(?:(?:play|pause|mute|unmute)(?: video| audio)?|video player.{0,30})$",
    ),
    _rule(
        "copyright",
        260,
        r"^[<〈＜\[(（【☞ⓒ©\s]*(?:저작권자?|copyrights?|copyright\s*[ⓒ©(]|ⓒ|©).{0,240}$",
        r"^.{0,160}무단 ?(?:전재|복제|배포).{0,120}$|^.{0,80}(?:無断転載|無断複写|無断での転載|転載を禁).{0,80}$",
        r"^.{0,120}(?:all rights reserved|may not be (?:published|reproduced)[^.]{0,80}without).{0,120}$",
        r"^.{0,60}(?:版权所有|版權所有|未经(?:授权|许可)|未經(?:授權|許可)|不得转载|请勿转载).{0,120}$",
    ),
    _rule(
        "read_more",
        220,
        r"^(?:[▶►☞▷■●◆*·>\s-]*)(?:read (?:more|also|next|full (?:story|article))|also read|see also|related(?: "
        r"(?:stories|articles|news|content|topics|coverage))?|"
        r"more (?:on this|stories|from)|recommended(?: for you)?|you (?:may|might) (?:also )?like|don'?t miss|"
        r"trending|most read|"
        r"(?:lesen|lies) sie auch|(?:lesen|hören) sie (?:hier|dazu) (?:auch|mehr)|auch interessant|"
        r"mehr (?:zum thema|dazu)|das könnte (?:sie|dich) auch interessieren|läs (?:också|mer)|"
        r"les (?:også|mer)|læs (?:også|mere)|lue myös|"
        r"czytaj więcej|lees meer|leer más|saiba mais|přečtěte si|baca juga|devamını oku|xem thêm|"
        r"lire aussi|à lire aussi|lea también|leggi anche|leia também|"
        r"lees ook|czytaj także|читайте также)\b[\s:：>»-]*.{0,160}$",
        r"^(?:[▶►☞▷■●◆*·>\[【\s-]*)(?:관련 ?(?:기사|뉴스)|주요 ?뉴스|많이 본 ?(?:기사|뉴스)|이 시각 (?:주요 "
        r")?뉴스|함께 보면 좋은|추천 ?(?:기사|뉴스)).{0,120}$",
        r"^(?:[▶►☞▷■●◆*·>\[【<＜\s-]*)(?:関連(?:記事|ニュース|リンク)|あわせて(?:読みたい|読む)|"
        r"こちらも(?:おすすめ|読む)|おすすめ(?:記事)?|続きを読む|もっと見る|人気記事|アクセスランキング).{0,120}$",
        r"^(?:[▶►☞▷■●◆*·>\[【\s-]*)(?:相关(?:阅读|报道|新闻|推荐|文章|链接)|相關(?:新聞|報導|閱讀)|延伸(?:阅读|"
        r"閱讀)|推荐阅读|更多(?:新闻|新聞|精彩|內容|内容)|阅读更多|热门推荐|點我看更多).{0,120}$",
        r"^the post .{3,180} (?:appeared first|first appeared) on .{2,60}$",
        edge=True,
    ),
    _rule(
        "embed_consent",
        700,
        r"^(?:empfohlener (?:redaktioneller|externer) inhalt|externer inhalt(?: nicht verfügbar)?|contenu externe|"
        r"external content)[.:]?$",
        r"^.{0,80}(?:an dieser stelle (?:finden|steht)|privatsphäre-einstellungen verhindern|"
        r"mit aktivierung des schalters|datenschutz-?einstellungen .{0,40}(?:verhindern|angezeigt)).{0,600}$",
        r"^.{0,60}(?:content is (?:not available|blocked|hosted)|can(?:no|')t (?:show|load) (?:this|the) content|"
        r"we need your (?:consent|permission)|to (?:view|load) this (?:content|video|tweet|post)).{0,200}\b(?:privacy|"
        r"cookies?|consent|preferences|third party|permission)\b.{0,300}$",
    ),
    _rule(
        "subscribe",
        260,
        r"^.{0,80}(?:sign up (?:for|to)|subscribe to|join) (?:our|the|us|this)\b.{0,120}(?:newsletter|channel|"
        r"briefing|whatsapp|telegram|updates|youtube).{0,60}$",
        r"^(?:download|get) (?:the|our) .{0,60}app\b.{0,60}$|^(?:newsletter|sign up|subscribe(?: now)?|log ?in|"
        r"register)[.!]?$",
        r"^.{0,60}(?:구독(?:하기|과 좋아요| 신청)|채널 추가|앱 다운로드|제보는|제보하기|카카오톡 ?(?:@|아이디|:|"
        r"okjebo)).{0,120}$",
        r"^.{0,60}(?:メルマガ|ニュースレター|アプリ|友だち追加|チャンネル登録).{0,30}(?:登録|ダウンロード|配信|"
        r"こちら|はこちら).{0,60}$",
        r"^.{0,60}(?:关注(?:我们|公众号)|扫(?:码|一扫)|扫描二维码|下载(?:客户端|app)|訂閱|加入(?:好友|會員)).{0,60}$",
        edge=True,
    ),
    _rule(
        "paywall",
        260,
        r"^.{0,120}(?:この記事は(?:有料|会員)|有料(?:会員|記事|プラン)|会員限定|残り\s*[\d,]+\s*文字|"
        r"続きを(?:お読み|読む)|無料会員登録).{0,120}$",
        r"^.{0,120}(?:subscribe|log ?in|sign in|register|become a (?:member|subscriber)) (?:now )?to (?:continue|"
        r"read|keep|unlock|access)\b.{0,120}$",
        r"^.{0,80}(?:this (?:article|content|story) is (?:only )?(?:for|available (?:only )?(?:to|for)|reserved "
        r"for) (?:our )?(?:paid )?(?:subscribers|members)).{0,80}$",
        r"^.{0,80}(?:already a (?:subscriber|member)\?|start your free trial).{0,80}$",
        r"^.{0,80}(?:유료 ?(?:회원|기사|구독)|구독자 ?전용|회원 ?전용|로그인(?:하고|하시면|후)).{0,120}$",
        r"^.{0,80}(?:付费(?:内容|阅读|会员)|訂閱會員|登录后|登入後|剩余\d+%).{0,120}$",
        edge=True,
    ),
    _rule(
        "credit_line",
        140,
        r"^[(（\[【<]?\s*(?:photo|image|picture|photograph|illustration|file photo|graphic)s?(?: credit| by| "
        r"courtesy)?\s*[:：|/].{0,110}$",
        r"^[(（]?\s*(?:photo|image|illustration) (?:by|courtesy of) .{0,100}$",
        r"^[(（\[【<]?\s*(?:사진|그래픽|자료 ?사진|사진 ?제공|일러스트)\s*[=:：/|].{0,100}$",
        r"^[(（\[【<]?\s*(?:写真|画像|撮影|図|グラフィック)\s*[=＝:：/].{0,100}$|^.{0,80}(?:代表撮影|"
        r"資料写真)[)）]?$",
        r"^[(（\[【<]?\s*(?:图|圖|图片|图源|圖片|摄影|資料圖|资料图|图片来源|圖片來源)\s*[/=:：].{0,100}$",
    ),
    _rule(
        "editor",
        420,
        r"^[(（\[【]?\s*(?:责任编辑|責任編輯|编辑|編輯|责编|校对|审核|监制|作者|来源|來源|文|编译)\s*[/:：].{0,60}$",
        r"^[(（]?(?:完|了|끝|終|end)[)）]?$|^-?\s*(?:30|end|ends|###)\s*-?$",
        r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2} ?(?:송고|수정|전송)$",
        r"^(?:edited|reporting|editing|additional reporting|writing|compiled|translated) by .{3,100}$",
        r"^reporting by .{3,80}(?:;| and | in )[^.]{0,300}\b(?:editing|writing) by .{3,80}$|^our standards: .{0,60}$",
        edge=True,
    ),
    _rule(
        "contact",
        100,
        r"^[가-힣A-Za-z.\s·=/()-]{0,40}[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*$",
        r"^[가-힣]{2,4}\s*(?:선임|인턴)?\s*(?:기자|특파원)(?:\s*외\s*\d+\s*명)?$|^(?:記者|"
        r"记者)\s*[:：/]?\s*\S{2,12}$",
        r"^by [A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,4}(?:,? (?:staff writer|correspondent|reporter))?$",
        edge=True,
    ),
    _rule(
        "date_line",
        90,
        r"^(?:published|updated|posted|last (?:updated|modified)|first published|date|issued|입력|수정|등록|승인|"
        r"기사입력|최종수정|송고|公開|更新|配信|掲載|发布|發布|更新时间|发布时间|发表于)?\s*"
        r"(?:at|on|date|시간|일시|時間|日時|于|於)?\s*[:：]?\s*"
        r"(?:\d{4}\s?[-./年년]\s?\d{1,2}\s?[-./月월]\s?\d{1,2}\s?[日일.]?|[a-z]{3,9}\.? \d{1,2},? \d{4}|"
        r"\d{1,2} [a-z]{3,9}\.? \d{4})"
        r"(?:[\s,|·()/-]|at\b|(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b|[월화수목금토일](?:요일)?|"
        r"[月火水木金土日](?:曜日)?|星期[一二三四五六日])*"
        r"(?:(?:오전|오후|午前|午後|上午|下午)?\s*\d{1,2}[:時时시点]\d{0,2}(?::\d{2})?\s*[분分]?\s*(?:[ap]\.?m\.?)?"
        r"\s*\(?[a-z]{0,4}\)?)?[\W\d]*(?:updated|수정|更新)?[\W\d]{0,30}(?:(?:minutes?|hours?|days?) ago)?$",
        edge=True,
    ),
)
"""In the order in which they are asked; the first that fits names the reason."""
