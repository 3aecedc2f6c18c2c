"""Made-up news for the benchmarks: articles, pages around them, feeds. The same for every run.

Pages have the weight of real ones: about 100 kB of HTML, most of it navigation, teasers, scripts and a footer, around
400 to 900 words of text.
"""

from random import Random

_NAMES = "Aldery Brankov Castellan Dunmere Eastvale Farrow Greyloch Hallin Istria Jorvik Kestrel Lowmoor".split()
_SYLLABLES = "ba dor el fen gal hin jas kor lim mar nel or pas quin ral sed tam ul ver win".split()
_FORMS = (
    "The {} {} of the {} said on {} that the {} was {} and that {} {} would be {} before the {}.",
    "In {}, where the {} had been {} for years, {} {} were {} when the {} of {} opened its {}.",
    "It is not {} whether the {} can {} the {} without a {} from {}, according to {} {} of the {}.",
    "{} and {} have {} over the {} since {}, although their {} has become more {} than the {}.",
    "People who {} in the {} near {} were told to {} their {} because of a {} that nobody had {}.",
)
_SUMMIT = (
    "President Lee Jae Myung of South Korea and Prime Minister Sanae Takaichi of Japan agreed at a summit in Nara to "
    "resume shuttle diplomacy and to work together on supply chains."
)


def article(number: int) -> tuple[str, list[str]]:
    """Return title and paragraphs of an article. One in fifty is about the summit that the shipped rules look for.

    The grammar is English and the words are invented, so that no two articles look like copies of each other.
    """
    random = Random(number)

    def word() -> str:
        if random.random() < 0.2:
            return random.choice(_NAMES)
        return "".join(random.choices(_SYLLABLES, k=random.randint(2, 3)))

    def sentence() -> str:
        form = random.choice(_FORMS)
        text = form.format(*(word() for _ in range(form.count("{}"))))
        return text[0].upper() + text[1:]

    paragraphs = [" ".join(sentence() for _ in range(random.randint(2, 4))) for _ in range(random.randint(7, 13))]
    title = f"{word().title()} {word()} in {random.choice(_NAMES)} after {word()} {word()}, report {number}"
    if number % 50 == 0:
        title, paragraphs[0] = f"Leaders of South Korea and Japan meet in Nara, report {number}", _SUMMIT
    return title, paragraphs


def page(number: int) -> bytes:
    """Return an article's page."""
    random = Random(-number)
    title, paragraphs = article(number)
    menu = "".join(
        f'<li class="nav__item nav__item--{i % 7}"><a class="nav__link js-track" data-track="nav-{i}" '
        f'href="/section/{i}"><span class="nav__label">{random.choice(_NAMES)} {random.choice(_NAMES)}</span></a></li>'
        for i in range(90)
    )
    teasers = "".join(
        f'<div class="teaser teaser--small"><a href="/article/{random.randrange(10**6)}"><div class="teaser__image">'
        f'<img loading="lazy" src="/image/{i}.jpg" srcset="/image/{i}-320.jpg 320w, /image/{i}-640.jpg 640w" alt="">'
        f'</div><h3 class="teaser__title">{article(random.randrange(1000))[0]}</h3></a><p class="teaser__meta">'
        f'<span class="label">News</span><time>{random.randrange(1, 24)} hours ago</time></p></div>'
        for i in range(45)
    )
    script = "".join(
        f'window.__q=window.__q||[];window.__q.push(["slot",{i},"{random.random()}"]);' for i in range(350)
    )
    body = "".join(f'<p class="article__text">{text}</p>' for text in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Lowmoor Courier</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:type" content="article">'
        f'<meta property="og:site_name" content="The Lowmoor Courier">'
        f'<meta property="article:published_time" content="2026-01-13T08:{number % 60:02}:00+00:00">'
        f'<meta name="author" content="{random.choice(_NAMES)} {random.choice(_NAMES)}">'
        f'<link rel="canonical" href="/article/{number}"><style>{".c{margin:0;padding:0}" * 300}</style>'
        f"<script>{script}</script></head><body><header><nav><ul>{menu}</ul></nav></header><main>"
        f'<article class="article"><h1>{title}</h1><p class="article__byline">By our reporter</p>{body}</article>'
        f'<aside class="related"><h2>More on this</h2>{teasers}</aside></main>'
        f"<footer><ul>{menu}</ul><p>Copyright The Lowmoor Courier. All rights reserved.</p></footer>"
        f"<script>{script}</script></body></html>"
    ).encode()


def feed(number: int, entries: int, *, base: str) -> bytes:
    """Return RSS 2.0 with `entries` articles, whose pages are below `base`."""
    items = []
    for index in range(entries):
        key = number * entries + index
        title, paragraphs = article(key)
        items.append(
            f"<item><title>{title}</title><link>{base}/article/{key}</link>"
            f'<guid isPermaLink="true">{base}/article/{key}</guid>'
            f"<pubDate>Tue, 13 Jan 2026 {8 + index % 12:02}:{number % 60:02}:00 GMT</pubDate>"
            f"<author>desk@example.org (Desk)</author><category>News</category>"
            f"<description><![CDATA[<p>{paragraphs[0]}</p><p>{paragraphs[1]}</p>]]></description></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Courier {number}</title><link>{base}/</link><description>News</description><language>en</language>"
        f"{''.join(items)}</channel></rss>"
    ).encode()
