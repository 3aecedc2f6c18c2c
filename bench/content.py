"""Made-up news for the benchmarks: articles, pages around them, feeds. The same for every run.

Pages have the weight of real ones: about 100 kB of HTML, most of it navigation, teasers, scripts and a footer, around
300 to 900 words of text. Extracting the text of one costs about what it costs for the median of the 181 real pages
of https://github.com/scrapinghub/article-extraction-benchmark.
"""

import gzip
import os
from pathlib import Path
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

    paragraphs = [" ".join(sentence() for _ in range(random.randint(1, 3))) for _ in range(random.randint(10, 24))]
    title = f"{word().title()} {word()} in {random.choice(_NAMES)} after {word()} {word()}, report {number}"
    if number % 50 == 0:
        title, paragraphs[0] = f"Leaders of South Korea and Japan meet in Nara, report {number}", _SUMMIT
    return title, paragraphs


def real_pages(folder: Path) -> list[bytes]:
    """Return the pages in a folder: *.html and *.html.gz."""
    packed = {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("*.html.gz")}
    plain = {path.name: path.read_bytes() for path in folder.glob("*.html")}
    return [body for _name, body in sorted((packed | plain).items())]


def pages(count: int) -> list[bytes]:
    """Return the pages to measure with: `count` invented ones, or those in the folder $NEWSWATCH_BENCH_PAGES."""
    folder = os.environ.get("NEWSWATCH_BENCH_PAGES")
    return real_pages(Path(folder)) if folder else [page(number) for number in range(count)]


def page(number: int) -> bytes:
    """Return an article's page."""
    random = Random(-number)
    title, paragraphs = article(number)
    menu = "".join(
        f'<li class="nav__item nav__item--{i % 7}"><a class="nav__link js-track" data-track="nav-{i}" '
        f'href="/section/{i}"><span class="nav__label">{random.choice(_NAMES)} {random.choice(_NAMES)}</span></a></li>'
        for i in range(60)
    )
    teasers = "".join(
        f'<div class="teaser teaser--small"><a href="/article/{random.randrange(10**6)}"><div class="teaser__image">'
        f'<img loading="lazy" src="/image/{i}.jpg" srcset="/image/{i}-320.jpg 320w, /image/{i}-640.jpg 640w" alt="">'
        f'</div><h3 class="teaser__title">{article(random.randrange(1000))[0]}</h3></a><p class="teaser__meta">'
        f'<span class="label">News</span><time>{random.randrange(1, 24)} hours ago</time></p></div>'
        for i in range(25)
    )
    script = "".join(
        f'window.__q=window.__q||[];window.__q.push(["slot",{i},"{random.random()}"]);' for i in range(200)
    )
    body = "".join(
        f'<p class="article__text">{_linked(text, random)}</p>{_inset(i, random)}' for i, text in enumerate(paragraphs)
    )
    latest = "".join(
        f'<li class="latest__item"><div class="latest__head"><img src="/thumb/{i}.png" alt="">'
        f"<b>{random.choice(_NAMES)}</b><time>{i} minutes ago</time></div>"
        f'<a href="/article/{i}">{article(random.randrange(10**6))[0]}</a></li>'
        for i in range(50)
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | The Lowmoor Courier</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:type" content="article">'
        f'<meta property="og:site_name" content="The Lowmoor Courier">'
        f'<meta property="article:published_time" content="2026-01-13T08:{number % 60:02}:00+00:00">'
        f'<meta name="author" content="{random.choice(_NAMES)} {random.choice(_NAMES)}">'
        f'<link rel="canonical" href="/article/{number}"><style>{".c{margin:0}" * 300}</style>'
        f'<script>{script}</script></head><body><div id="page"><header><nav><ul>{menu}</ul></nav></header>'
        f'<div class="layout"><div class="layout__main"><div class="story"><h1>{title}</h1>'
        f'<div class="story__byline"><span>By our reporter</span><span class="share"><a href="#">Share</a></span>'
        f'</div><div class="story__body">{body}</div></div><section class="latest"><h2>Latest</h2>'
        f"<ul>{latest}</ul></section>"
        f'</div><aside class="related"><h2>More on this</h2>{teasers}</aside></div>'
        f"<footer><ul>{menu}</ul><p>Copyright The Lowmoor Courier. All rights reserved.</p></footer></div>"
        f"<script>{script}</script></body></html>"
    ).encode()


def _linked(text: str, random: Random) -> str:
    words = text.split(" ")
    for _ in range(3):
        place = random.randrange(len(words))
        words[place] = f'<a href="/topic/{place}">{words[place]}</a>'
    return " ".join(words)


def _inset(number: int, random: Random) -> str:
    if number % 3 == 0:
        return (
            '<div class="ad-slot"><div class="ad-slot__label">Advertisement</div><div data-size="300x250"></div></div>'
        )
    if number % 3 == 1:
        return (
            f'<figure><picture><source srcset="/i/{number}.webp"><img src="/i/{number}.jpg" alt=""></picture>'
            f"<figcaption>The harbour at {random.choice(_NAMES)}. <span>Photo: Courier</span></figcaption></figure>"
        )
    name = random.choice(_NAMES)
    return f'<div class="box"><h4>Read also</h4><ul><li><a href="/article/{number}">{name}</a></li></ul></div>'


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
