"""How the text of a page is found: what is taken away, what is added, and whose reading is taken."""

import json
from typing import Any

import pytest
from lxml.html import HtmlElement, tostring

from newswatch.extract.appdata import app_text
from newswatch.extract.around import loose_ends, standfirst
from newswatch.extract.article import extract
from newswatch.extract.prune import prune
from newswatch.extract.tree import parse_html
from newswatch.extract.vote import likeness, medoid
from newswatch.model import Article, ExtractRequest
from tests.extract.story import SENTENCES, STORY


def tree_of(body: str) -> HtmlElement:
    tree = parse_html(f"<html><body>{body}</body></html>")
    assert tree is not None
    return tree


def read(body: str, head: str = "", **fields: Any) -> Article:
    markup = (
        f"<!DOCTYPE html><html lang='en'><head><title>The ferry is back</title>{head}</head><body>{body}</body></html>"
    )
    outcome = extract(ExtractRequest("https://daily.example/a", markup.encode(), "text/html", **fields))
    assert isinstance(outcome, Article), outcome
    return outcome


# --- what is taken away before ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "junk",
    [
        '<div class="article__caption">The old pier in the fog</div>',
        "<figcaption>The old pier in the fog</figcaption>",
        '<div id="newsletterSignup"><p>Get our morning letter.</p></div>',
        '<p class="Disclaimer">The views are those of the author.</p>',
        '<section class="author-bio"><p>Jo Field writes about harbours.</p></section>',
        '<ul class="megaMenu"><li>World</li></ul>',
        '<span class="sr-only">Opens in a new window</span>',
    ],
)
def test_parts_named_as_no_text_are_taken_away(junk: str) -> None:
    tree = tree_of(f"<article>{STORY}{junk}</article>")
    prune(tree)
    assert tostring(tree) == tostring(tree_of(f"<article>{STORY}</article>"))


@pytest.mark.parametrize(
    "part",
    [
        f'<div class="modal">{STORY * 4}</div>',  # the article itself in a strangely named part
        '<div class="newsletter"><h1>The ferry is back</h1></div>',
        '<p class="biology">Eels returned to the harbour.</p>',
        '<p class="capitol">Eels returned to the harbour.</p>',
    ],
)
def test_what_may_be_the_article_stays(part: str) -> None:
    tree = tree_of(part)
    prune(tree)
    assert tostring(tree) == tostring(tree_of(part))


def test_a_page_that_is_one_named_part_survives() -> None:
    tree = parse_html('<div class="modal"><p>Ferry.</p></div>')
    assert tree is not None
    prune(tree)
    assert tree.text_content() == "Ferry."


# --- what stands around it ----------------------------------------------------------------------------------------


def test_the_standfirst_that_the_page_shows_is_part_of_the_text() -> None:
    lead = "Nine years after the last boat, two harbour cities have found the money for a new one."
    shown = f'<div class="top"><h2 class="sub">{lead}</h2></div>'
    tree = tree_of(f"{shown}<article>{STORY}</article>")
    assert standfirst(tree, lead[:70] + "…", SENTENCES) == lead
    assert standfirst(tree, lead, (lead, *SENTENCES)) is None  # it is there already
    assert standfirst(tree_of(STORY), lead, SENTENCES) is None  # only search engines see it
    assert (
        read(f"{shown}<article>{STORY}</article>", f'<meta name="description" content="{lead}">').paragraphs[0] == lead
    )


def test_a_description_in_other_words_or_without_an_end_is_no_standfirst() -> None:
    tree = tree_of(f"<div>News from the harbour, the weather and the tides, all day and every day</div>{STORY}")
    assert standfirst(tree, "News from the harbour, the weather and the tides, all day", SENTENCES) is None


def test_teasers_behind_the_text_are_loose() -> None:
    lines = (*SENTENCES, "More from the harbour", "Eels return to the old dock", "Storm tears down the pier")
    teasers = '<a href="/1">Eels return to the old dock</a><a>Storm tears down the pier</a>'
    tree = tree_of(f"{STORY}<h3>More from the harbour</h3>{teasers}")
    assert loose_ends(tree, lines) == {4, 5, 6}


def test_a_list_without_links_and_a_linked_sentence_stay() -> None:
    lines = ("Crossings", *SENTENCES, "First boat: 06:10", "Last boat: 22:40")
    assert loose_ends(tree_of(STORY), lines) == set()
    linked = (*SENTENCES, "Read the agreement of the two cities here.")
    assert loose_ends(tree_of("<a>Read the agreement of the two cities here.</a>"), linked) == set()


def test_teasers_are_in_the_audit_trail() -> None:
    links = "".join(f'<p><a href="/{n}">Harbour story number {n} of many</a></p>' for n in range(3))
    found = read(f"<article>{STORY}{links}</article>")
    assert found.paragraphs == SENTENCES
    assert {line.reason for line in found.removed} <= {"teaser"}


# --- whose reading ------------------------------------------------------------------------------------------------


def test_likeness_is_a_share_of_the_words_in_order() -> None:
    assert likeness(SENTENCES, SENTENCES) == 1
    assert likeness(SENTENCES, ["Quite another text about eels in the harbour."]) == 0
    assert likeness(["二つの港町が連絡船を再開する。"], ["二つの港町が連絡船を再開する。料金は未定。"]) > 0.7
    assert likeness([], []) == 1


def test_the_reading_most_like_the_others_is_chosen() -> None:
    wrong = ["Cookies help us to show you what you like, and nothing else."]
    assert medoid([wrong, SENTENCES, SENTENCES[:3]])[0] in {1, 2}
    assert medoid([SENTENCES, SENTENCES, wrong])[0] == 0


def test_thorough_reading_takes_what_two_readers_found() -> None:
    """Long captions of a photo box deceive the first reader alone."""
    usual = read(f"<article>{STORY}</article>")
    thorough = read(f"<article>{STORY}</article>", thorough=True)
    assert (thorough.text, thorough.method) == (usual.text, usual.method)


def test_thorough_reading_survives_a_page_nobody_can_read() -> None:
    outcome = extract(ExtractRequest("https://daily.example/a", b"<p>x</p>", "text/html", thorough=True))
    assert not isinstance(outcome, Article)


# --- data for scripts ---------------------------------------------------------------------------------------------


def next_data(**props: Any) -> str:
    return f'<script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"pageProps": props}})}</script>'


def test_html_in_next_data_is_read() -> None:
    teaser = {"title": "Eels return", "summary": "Eels have returned to the old dock of the harbour, divers say."}
    found = read(f'<div id="__next"></div>{next_data(related=[teaser], post={"content": STORY, "id": 7})}')
    assert (found.paragraphs, found.method) == (SENTENCES, "script-data")
    assert "script" in found.method_reason


def test_blocks_in_next_data_are_paragraphs() -> None:
    blocks = [{"type": "text", "data": {"text": sentence}} for sentence in SENTENCES]
    assert app_text(next_data(article={"blocks": blocks}, description="Harbour news.")) == SENTENCES


def test_flight_rows_are_read() -> None:
    text = f'<div class="caption">The pier</div>$$AD$${STORY}'
    rows = [f"a:T{len(text.encode()):x},", text + '\nb:["$","p",null,{"children":"Menu"}]\n', 'c:{"x":1}\n']
    pushes = "".join(
        f"<script>self.__next_f.push({json.dumps([1, row], separators=(',', ':'))})</script>" for row in rows
    )
    assert app_text(pushes) == SENTENCES


def test_fusion_content_is_read() -> None:
    parts = [{"type": "text", "content": f"<b>{one}</b>"} for one in SENTENCES] + [
        {"type": "image", "caption": "Pier."}
    ]
    content = json.dumps({"content_elements": parts, "headlines": {"basic": "The ferry is back"}})
    assert app_text(f"<script>window.Fusion=1;Fusion.globalContent={content};Fusion.x=1;</script>") == SENTENCES
    assert app_text("<script>Fusion.globalContent={broken</script>") == ()


@pytest.mark.parametrize(
    "markup",
    [
        "",
        '<script id="__NEXT_DATA__">{"broken": </script>',
        next_data(menu=["Home", "World"]),
        '<script>self.__next_f.push([1,"a:Tfff,short"])</script>',
        '<script>self.__next_f.push([1,"' + "a:[" * 10_000 + '"])</script>',
    ],
)
def test_data_without_an_article_gives_nothing(markup: str) -> None:
    assert app_text(markup) == ()
