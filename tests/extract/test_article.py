"""From page and feed entry to article: whole pages with the expected article beside them, fallbacks, and refusals."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from newswatch.extract.article import extract
from newswatch.model import Article, ExtractRequest, NotAnArticle, Published
from tests.extract.story import SENTENCES, STORY

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def page(body: str, head: str = "", *, title: str = "The ferry is back", lang: str = "en") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f'<body><nav><a href="/">Home</a><a href="/w">World</a></nav>{body}<footer>Imprint</footer></body></html>'
    ).encode()


def request(body: bytes | None, **fields: Any) -> ExtractRequest:
    return ExtractRequest(url="https://daily.example/a", body=body, content_type="text/html", now=NOW, **fields)


def article(body: bytes | None, **fields: Any) -> Article:
    outcome = extract(request(body, **fields))
    assert isinstance(outcome, Article), outcome
    return outcome


def refusal(body: bytes | None, **fields: Any) -> NotAnArticle:
    outcome = extract(request(body, **fields))
    assert isinstance(outcome, NotAnArticle), outcome
    assert outcome.detail
    return outcome


def json_ld(**fields: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


def as_json(found: Article) -> dict[str, Any]:
    """The article in the form of the expectation files."""
    published, modified = found.published, found.modified
    when = None if published is None else (published.at or published.on)
    return {
        "paragraphs": list(found.paragraphs),
        "title": found.title,
        "authors": list(found.authors),
        "published": published and when and [published.precision, published.found_by, when.isoformat()],
        "modified": modified and modified.at and modified.at.isoformat(),
        "language": found.language,
        "source_name": found.source_name,
        "credited": [credit.name for credit in found.credited],
        "section": found.section,
        "image_url": found.image_url,
        "canonical_url": found.canonical_url,
        "method": found.method,
        "paywall": found.paywall,
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.html")))
def test_a_page_becomes_the_article_beside_it(name: str) -> None:
    expected = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    body = (DATA / f"{name}.html").read_bytes()
    outcome = extract(ExtractRequest(body=body, now=NOW, **expected.pop("request")))
    assert isinstance(outcome, Article), outcome
    assert as_json(outcome) == expected
    assert outcome.method_reason
    assert outcome.display_headline == outcome.title
    assert all(outcome.text[credit.start : credit.end] == credit.name for credit in outcome.credited)


def test_requests_and_outcomes_cross_processes() -> None:
    asked = request(page(f"<article>{STORY}</article>"))
    assert pickle.loads(pickle.dumps(extract(pickle.loads(pickle.dumps(asked))))) == extract(asked)


# --- fallbacks, in their order -------------------------------------------------------------------------------------


def test_a_body_that_is_only_in_json_ld_is_taken() -> None:
    found = article(page('<div id="root"></div>', json_ld(headline="Ferry", articleBody=" ".join(SENTENCES))))
    assert (found.method, found.text) == ("json-ld", " ".join(SENTENCES))
    assert "articleBody" in found.method_reason


def test_json_ld_does_not_replace_a_whole_text() -> None:
    found = article(page(f"<article>{STORY}</article>", json_ld(headline="Ferry", articleBody=SENTENCES[0])))
    assert (found.method, found.paragraphs) == ("trafilatura-fast", SENTENCES)


def test_the_feeds_content_replaces_a_teaser() -> None:
    found = article(page(f"<article><p>{SENTENCES[0]}</p></article>"), entry_content_html=STORY)
    assert (found.method, found.paragraphs) == ("feed", SENTENCES)
    assert "trafilatura-fast found 102" in found.method_reason


def test_without_a_page_the_entry_is_read() -> None:
    found = article(
        None,
        page_reason="robots",
        entry_title="The ferry is back",
        entry_content_html=STORY,
        entry_authors=("By Jane Doe",),
        entry_published=Published(precision="second", found_by="feed", at=datetime(2026, 1, 13, 6, tzinfo=UTC)),
        source_name="Harbour Daily",
    )
    assert (found.method, found.paragraphs, found.authors) == ("feed", SENTENCES, ("Jane Doe",))
    assert (found.title, found.source_name, found.language) == ("The ferry is back", "Harbour Daily", "en")
    assert found.published is not None
    assert found.published.at == datetime(2026, 1, 13, 6, tzinfo=UTC)
    assert "robots" in found.method_reason


def test_a_summary_counts_together_with_its_headline() -> None:
    found = article(
        None,
        entry_title="Two harbour cities bring back their ferry line",
        entry_summary="It sails in March, twice a day each.",
    )
    assert (found.method, found.text) == ("feed-summary", "It sails in March, twice a day each.")
    assert refusal(None, entry_title="Ferry", entry_summary="In March.").reason == "too_short"


def test_a_short_text_in_an_unspaced_script_is_long_enough() -> None:
    assert (
        article(None, entry_summary="東浜市と港町の両市長は、連絡船を三月に再開することで合意した。").language == "ja"
    )


def test_no_page_and_no_text_says_why() -> None:
    refused = refusal(None, page_reason="blocked_address", entry_title="Ferry")
    assert refused.reason == "no_text"
    assert "blocked_address" in refused.detail


# --- what is no article --------------------------------------------------------------------------------------------

CONSENT = (
    "<h1>Before you continue</h1><p>We and our 842 partners use cookies and similar technologies to store and access "
    "personal data. You can give your consent or manage your privacy settings.</p>"
)
LOGIN = "<p>Please log in to your account with your e-mail and password. Forgot your password? Create an account.</p>"
ROBOT = "<p>Checking your browser before accessing the site. Please enable JavaScript to continue; it is automatic.</p>"
LISTING = "".join(
    f'<div><h2><a href="/s/{number}">Headline {number} on the council and its many troubles</a></h2></div>'
    for number in range(30)
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\x00", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3" + b"x" * 500, "pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "image"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "image"),
        (b"PK\x03\x04" + bytes(500), "not_html"),
        (bytes((number * 7919 + number * number) % 256 for number in range(9_000)), "not_html"),
        (b'{"a": 1}', "no_text"),
        (page("<p>Hello</p>"), "too_short"),
        (page(CONSENT), "consent"),
        (page(LOGIN, title="Sign in"), "login"),
        (page(ROBOT, title="Just a moment..."), "blocked"),
        (
            page("<p>The page that you are looking for has been moved or deleted by us.</p>", title="Page not found"),
            "missing",
        ),
        (page(f"<main>{LISTING}</main>"), "listing"),
        (page("<p>" + "&amp;" * 50_000 + "</p>"), "too_short"),
        (b"<html><p>+ - 16 px and</p></html>", "too_short"),
    ],
)
def test_what_is_no_article_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    assert refusal(body).reason == reason


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"", page(CONSENT), page(LOGIN), page(f"<main>{LISTING}</main>")])
def test_a_refused_page_leaves_the_feeds_text(body: bytes) -> None:
    found = article(body, entry_title="The ferry is back", entry_content_html=STORY)
    assert (found.method, found.paragraphs) == ("feed", SENTENCES)


def test_the_content_type_says_what_the_bytes_do_not() -> None:
    outcome = extract(ExtractRequest(url=None, body=b"...", content_type="application/pdf"))
    assert isinstance(outcome, NotAnArticle)
    assert outcome.reason == "pdf"


def test_a_page_over_the_cap_is_not_read() -> None:
    refused = refusal(page(f"<article>{STORY}</article>"), max_bytes=100)
    assert (refused.reason, "allowed" in refused.detail) == ("too_large", True)


def test_an_article_about_cookies_is_an_article() -> None:
    text = "".join(
        f"<p>{sentence} The cookie law and the consent of users were debated, too.</p>" for sentence in SENTENCES
    )
    assert article(page(f"<article>{text * 6}</article>")).method == "trafilatura-fast"


# --- metadata ------------------------------------------------------------------------------------------------------


def test_the_sites_name_is_no_part_of_the_title() -> None:
    site = '<meta property="og:site_name" content="Harbour Daily">'
    for title in ("The ferry is back | Harbour Daily", "The ferry is back - Harbour Daily", "The ferry is back"):
        assert article(page(f"<article>{STORY}</article>", site, title=title)).title == "The ferry is back"


def test_a_dash_of_the_title_stays() -> None:
    assert (
        article(page(f"<article>{STORY}</article>", title="The ferry - a love story")).title
        == "The ferry - a love story"
    )


def test_the_title_most_sources_agree_on_wins() -> None:
    head = json_ld(headline="Ferry") + '<meta property="og:title" content="The ferry is back">'
    found = article(
        page(f"<article><h1>The ferry is back</h1>{STORY}</article>", head), entry_title="The ferry is back"
    )
    assert found.title == "The ferry is back"


def test_a_title_without_end_is_shortened() -> None:
    found = article(page(f"<article><h1>{'long title ' * 500}</h1>{STORY}</article>", title="long title " * 500))
    assert found.title is not None
    assert len(found.title) <= 400
    assert found.paragraphs == SENTENCES


def test_a_page_without_title_gets_a_headline_from_its_lead() -> None:
    found = article(None, entry_content_html=STORY)
    assert found.title is None
    assert found.display_headline == SENTENCES[0].removesuffix(".")


def test_broken_and_hostile_json_ld_is_skipped() -> None:
    for script in (
        "{",
        "[" * 50_000,
        '"x"',
        '{"@type": "NewsArticle", "author": [1, null], "image": 7, "headline": {"x": 1}}',
    ):
        head = f'<script type="application/ld+json">{script}</script><meta name="author" content="Jane Doe">'
        assert article(page(f"<article>{STORY}</article>", head)).authors == ("Jane Doe",)


def test_json_ld_with_raw_line_breaks_and_comment_marks_is_read() -> None:
    node = '{"@type": ["NewsArticle"], "headline": "The\nferry", "author": {"name": "Jane Doe"}}'
    script = f'<!--\n{{"@graph": [{node}]}}\n//-->'
    found = article(page(f"<article>{STORY}</article>", f'<script type="application/ld+json">{script}</script>'))
    assert (found.title, found.authors) == ("The ferry", ("Jane Doe",))


def test_addresses_become_absolute_and_only_web_addresses_count() -> None:
    head = '<link rel="canonical" href="/canonical"><meta property="og:image" content="javascript:alert(1)">'
    found = article(page(f"<article>{STORY}</article>", head))
    assert (found.canonical_url, found.image_url) == ("https://daily.example/canonical", None)


def test_the_publisher_is_no_author() -> None:
    head = json_ld(headline="x", author={"name": "News.Az"}, publisher={"name": "News.Az"})
    found = article(page(f"<article>{STORY}<p>News.Az</p></article>", head))
    assert (found.authors, found.source_name, found.paragraphs) == ((), "News.Az", SENTENCES)


def test_impossible_dates_are_noted_and_the_next_one_is_taken() -> None:
    head = json_ld(headline="x", datePublished="1970-01-01T00:00:00Z") + '<meta name="date" content="2026-01-13">'
    found = article(page(f"<article>{STORY}</article>", head))
    assert found.published is not None
    assert found.published.on == date(2026, 1, 13)
    assert "1970" in found.notes[0]


def test_the_address_is_the_last_place_to_look_for_a_date() -> None:
    asked = replace(request(page(f"<article>{STORY}</article>")), url="https://daily.example/2026/01/13/ferry")
    found = extract(asked)
    assert isinstance(found, Article)
    assert found.published is not None
    assert (found.published.on, found.published.found_by) == (date(2026, 1, 13), "url")


def test_a_page_that_is_not_free_but_whole_is_no_stub() -> None:
    whole = article(
        page(f"<article>{STORY * 4}</article>".replace("Tuesday", "Monday", 1), json_ld(isAccessibleForFree=False))
    )
    stub = article(page(f"<article>{STORY}</article>", json_ld(isAccessibleForFree=False, wordCount=900)))
    walled = article(page(f"<article>{STORY}<p>Subscribe to continue reading</p></article>"))
    assert (whole.paywall, stub.paywall, walled.paywall) == (False, True, True)


# --- texts that are hard to keep whole -----------------------------------------------------------------------------


def test_ruby_does_not_split_a_name() -> None:
    text = "東浜市の<ruby>髙橋<rt>たかはし</rt></ruby>市長は、連絡船を三月に再開することで港町と合意したと述べた。"
    found = article(
        page(f"<article><p>{text}</p><p>{text.replace('三月', '四月')}</p></article>", lang="ja", title="連絡船再開")
    )
    assert found.text.startswith("東浜市の髙橋市長は")


def test_a_short_article_keeps_its_paragraphs() -> None:
    found = article(
        page(f"<article><h1>The ferry is back</h1><p>{SENTENCES[0]}</p><p>It sails in March.</p></article>")
    )
    assert found.paragraphs == (SENTENCES[0], "It sails in March.")


def test_a_list_and_a_quotation_are_paragraphs() -> None:
    body = f"<article>{STORY}<ul><li>The first boat leaves at six.</li><li>The last returns at ten.</li></ul></article>"
    assert article(page(body)).paragraphs[-2:] == ("The first boat leaves at six.", "The last returns at ten.")


def test_mojibake_of_surrogates_and_controls_is_cleaned() -> None:
    found = article(
        page(f"<article>{STORY}<p>bad &#xD800; &#1; &#x1F600; caf&#x65;&#x301; entity in the text</p></article>")
    )
    assert found.text.encode()
    assert found.paragraphs[-1].endswith("😀 café entity in the text")
