"""Notices what is no article: by its first bytes, by its words, by its form. Every refusal has a reason."""

import re
from collections.abc import Sequence

from newswatch.extract.text import weight
from newswatch.model import NotAnArticle

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "pdf", "a PDF file"),
    (b"\x89PNG", "image", "a PNG image"),
    (b"\xff\xd8\xff", "image", "a JPEG image"),
    (b"GIF8", "image", "a GIF image"),
    (b"RIFF", "media", "an image or a recording (RIFF)"),
    (b"\x00\x00\x00\x18ftyp", "media", "a video"),
    (b"\x00\x00\x00\x20ftyp", "media", "a video"),
    (b"ID3", "media", "a recording (MP3)"),
    (b"OggS", "media", "a recording (Ogg)"),
    (b"PK\x03\x04", "not_html", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "not_html", "an office document"),
    (b"\x1f\x8b", "not_html", "a compressed file"),
    (b"Rar!", "not_html", "an archive"),
    (b"7z\xbc\xaf", "not_html", "an archive"),
)
_TYPES: tuple[tuple[str, str, str], ...] = (
    ("application/pdf", "pdf", "a PDF file"),
    ("image/", "image", "an image"),
    ("audio/", "media", "a recording"),
    ("video/", "media", "a video"),
    ("application/zip", "not_html", "an archive"),
    ("application/json", "not_html", "a JSON document"),
    ("application/octet-stream", "not_html", "a file of unknown kind"),
)
_SOMETHING = re.compile(rb"[^\s\x00]")
_CONTROL_SHARE = 0.1
_CONTROLS = bytes(set(range(1, 32)) - {9, 10, 12, 13, 27})  # NUL is in every UTF-16 page, ESC in ISO-2022-JP

_WALL_WEIGHT = 2_400  # a text that says more is an article that mentions cookies
_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|privacy (?:policy|settings|choices)|personali[sz]ed ads|our partners|legitimate "
    r"interest|datenschutz|"
    r"einwilligung|politique de confidentialité|consentement|개인정보 ?(?:처리|수집)|쿠키|クッキー|"
    r"プライバシーポリシー|個人情報|隐私政策|隱私",
    re.IGNORECASE,
)
_GATE = re.compile(
    r"\b(?:log|sign) ?in\b|\bpassword\b|forgot your|create an account|subscribe to (?:continue|read)|start your "
    r"(?:free )?trial|"
    r"로그인|비밀번호|회원가입|ログイン|パスワード|会員登録|登录|登入|密码|注册账号",
    re.IGNORECASE,
)
_ROBOT = re.compile(
    r"(?:are you|you are not) a (?:robot|human)|verify(?:ing)? (?:that )?you are (?:a )?human|checking your "
    r"browser|enable javascript|"
    r"access (?:to this page has been )?denied|captcha|unusual traffic|just a moment|attention required|ddos "
    r"protection|"
    r"403 forbidden|service unavailable|too many requests|자동 ?등록 ?방지|アクセスが(?:拒否|制限)|访问(?:被拒绝|"
    r"过于频繁)|请完成验证",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"^\W*(?:(?:error )?404(?: error| not found|$|\W*page)|page not found|not found$|this page (?:does not|"
    r"doesn.t) exist|"
    r"(?:요청하신 )?페이지를 찾을 수|ページが見つかりません|お探しのページ|页面不存在|找不到(?:页面|網頁))",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…。！？][\"”’」』)）]*(?:\s|$)|다[.\"”]|요[.\"”]")
_LISTING_LINES = 6
_LISTING_LONGEST = 160


def refuse_bytes(body: bytes, content_type: str | None) -> NotAnArticle | None:
    """Return why these bytes cannot hold a page: a PDF, an image, an archive, nothing at all. None if they may."""
    if not _SOMETHING.search(body):
        return NotAnArticle("empty", "the server sent an empty page")
    start = body[:64].lstrip(b" \t\r\n\xef\xbb\xbf")
    for signature, reason, name in _SIGNATURES:
        if start.startswith(signature):
            return NotAnArticle(reason, f"the address leads to {name}, not to a page")
    looks_like_html = b"<" in body[:4096]
    for prefix, reason, name in _TYPES:
        if (content_type or "").strip().lower().startswith(prefix) and not looks_like_html:
            return NotAnArticle(reason, f"the server says that it is {name} ({(content_type or '').strip()[:60]})")
    head = body[:2048]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _CONTROL_SHARE * len(head):
        return NotAnArticle("not_html", "the page is binary data")
    return None


def refuse_text(
    paragraphs: Sequence[str], *, title: str | None, min_weight: int, is_article: bool, is_listing: bool
) -> NotAnArticle | None:
    """Return why this text is no article: nothing, one word, a consent or login page, a list of links. None if it is.

    `min_weight` is the least that an article says (`text.weight`); `is_article` and `is_listing` are the page's own
    statements about itself.
    """
    size = sum(weight(paragraph) for paragraph in paragraphs)
    text = "\n".join(paragraphs)
    if not size:
        return NotAnArticle("no_text", "no running text was found on the page")
    if _MISSING.match(title or "") or (size < _WALL_WEIGHT and _MISSING.match(text)):
        return NotAnArticle("missing", f"the page says that it does not exist: {text[:80]!r}")
    if size < _WALL_WEIGHT and not is_article:
        words = len(text.split()) or 1
        for pattern, reason, name in (
            (_ROBOT, "blocked", "a check for robots"),
            (_CONSENT, "consent", "a consent page"),
            (_GATE, "login", "a login page"),
        ):
            hits = len(pattern.findall(f"{title or ''}\n{text}"))
            if hits >= 3 or (hits and (hits / words > 0.03 or reason == "blocked")):
                return NotAnArticle(reason, f"the text is that of {name}: {text[:80]!r}")
    if size < min_weight:
        return NotAnArticle("too_short", f"only {len(text)} characters of text: {text[:80]!r}")
    if is_listing or (not is_article and _looks_listed(paragraphs)):
        return NotAnArticle("listing", "the page is a list of articles, not an article")
    return None


def _looks_listed(paragraphs: Sequence[str]) -> bool:
    """Many short lines, hardly one of them a sentence."""
    sentences = sum(1 for paragraph in paragraphs if _SENTENCE_END.search(paragraph))
    longest = max(weight(paragraph) for paragraph in paragraphs)
    return len(paragraphs) >= _LISTING_LINES and sentences <= len(paragraphs) / 6 and longest <= _LISTING_LONGEST
