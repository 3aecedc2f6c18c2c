"""Headlines as the world, or somebody with bad intentions, writes them."""

from urllib.parse import quote

from newswatch.model import Message
from tests.notify.values import article, message

HEADLINES = [
    "한일 정상, 나라에서 셔틀외교 재개 합의",
    "日韓首脳、奈良で会談 「シャトル外交」を継続",
    "Korea, Japan leaders meet in Nara",
    "韩日首脑在奈良举行会谈",
    "Breaking 🚨 family 👨‍👩‍👧 flag 🇰🇷🇯🇵 e\u0301",
    "قمة كوريا واليابان في نارا",
    "abc \u202egnp.exe\u202c \u2066x",
    "Subject\r\nBcc: victim@example.org\r\n\r\nbody",
    "line\u2028separator\u2029paragraph\x85next",
    "lone \ud83d surrogate \udc00",
    "<!channel> <!here> <@U012AB3CD> <#C012AB3CD> <!subteam^S1> @here @channel",
    "*bold* _italic_ ~strike~ `code` > quote & &amp; &lt;",
    "[bold red]markup[/bold red] [link=https://evil.example]x[/link] \\",
    "x" * 5000,
    "긴" * 5000,
    "word " * 1000,
    "Z" + "\u0301" * 5000,
    "nul \x00 bell \x07 escape \x1b[31mred\x1b[0m",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)> {{ 7 * 7 }} {% raw %}',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "=?utf-8?b?QmNj?= encoded word",
    "=?utf-8?b?DQpCY2M6IHhAeS5leGFtcGxl?=",
    "|pipe|link|<https://evil.example|click>",
    ".",
    "",
    " \t\n ",
    "\ufeff\ufffe\uffff",
]


def hostile(headline: str) -> Message:
    """Put the text wherever an article's own words can stand."""
    parts = {"headline": headline, "source_name": headline, "credited": (headline,)}
    good = f"https://n.example/?q={quote(headline[:100], errors='replace')}"  # so that the headline is a link's label
    bad = f"https://n.example/?q={headline}"
    return message(article(1, **parts, url=good), article(2, **parts, url=bad), body=f"{headline}. Nara {headline}")
