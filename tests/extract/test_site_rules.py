"""What is known of single sites: the shipped file, the operator's, and what they do to a page."""

from pathlib import Path
from typing import Any

import pytest

from newswatch.collect.catalogue import catalogue
from newswatch.config import load_config
from newswatch.errors import ConfigError
from newswatch.extract.article import extract
from newswatch.extract.site_rules import parse_rules, read_rules, rule_for, shipped_rules
from newswatch.model import Article, ExtractRequest, SiteRule
from newswatch.urls import registered_domain

SENTENCES = (
    "The mayors of Harborview and Eastmere agreed on Tuesday to reopen the ferry line between their cities.",
    "The agreement foresees two crossings a day from March and four in the summer season, said Mayor Ellen Marsh.",
    "Engineers expect the work to take eleven weeks; divers are to inspect the piles before the end of the month.",
)
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
BOX = "<p>Our reader service answers every question about ferries, piers and the tides of the bay.</p>"


def read(body: str, rule: SiteRule | None, url: str = "https://www.herald.example/a") -> Article:
    markup = f"<html><head><title>The ferry</title></head><body>{body}</body></html>".encode()
    outcome = extract(ExtractRequest(url, markup, "text/html", site_rule=rule))
    assert isinstance(outcome, Article), outcome
    return outcome


def test_the_shipped_rules_have_reasons_and_are_for_publishers_of_the_catalogue() -> None:
    hosts = {feed.url.split("/")[2] for feed in catalogue()}
    publishers = {registered_domain(host) for host in hosts} | {"bbc.co.uk", "bbc.com"}  # the feeds are at bbci.co.uk
    assert shipped_rules().keys() <= publishers
    assert all(rule.why and (rule.body or rule.remove or rule.lines) for rule in shipped_rules().values())


def test_parts_are_removed_and_only_the_body_is_read() -> None:
    page = f"<div class='x'>{BOX}</div><div id='story'>{STORY}<div class='y'>{BOX}</div></div>"
    rule = SiteRule(body="//div[@id='story']", remove=("//div[@class='y']",))
    assert read(page, rule).paragraphs == SENTENCES
    assert len(read(page, None).paragraphs) > len(SENTENCES)


def test_a_rule_that_fits_nothing_does_nothing() -> None:
    rule = SiteRule(body="//div[@id='gone']", remove=("//nosuch",), lines=("^nothing",))
    assert read(f"<article>{STORY}</article>", rule).paragraphs == SENTENCES


def test_lines_are_removed_with_a_trace() -> None:
    found = read(f"<article>{STORY}{BOX}</article>", SiteRule(lines=("^Our reader service",)))
    assert found.paragraphs == SENTENCES
    assert [line.reason for line in found.removed] == ["site_rule"]


def test_a_shipped_rule_is_used_for_every_host_of_its_site() -> None:
    offer = "<p class='appE1121'>This harbour has an application of its own that you can take to the sea with you.</p>"
    page = f"<div class='text'>{STORY}{offer}</div>"
    assert read(page, None, "https://news.ltn.com.tw/a").paragraphs == SENTENCES
    assert len(read(page, None, "https://notltn.com.tw/a").paragraphs) == 4
    assert rule_for("a.b.example", {"b.example": SiteRule("one")}) == SiteRule("one")
    assert rule_for(None, shipped_rules()) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[site.a]", "'site' is unknown"),
        ('[sites."a.example"]\nbodi = "//p"', "'bodi' is unknown; known are body"),
        ('[sites."a.example"]\nbody = "//p["', "a.example"),
        ('[sites."a.example"]\nlines = ["("]', "a.example"),
        ('[sites."a.example"]\nremove = "//p"', "remove is not a list"),
        ("sites = [", "invalid value"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="(?i)" + message.replace("[", r"\[")):
        parse_rules(text)


def test_the_operators_file_is_checked_at_the_start_and_used(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "newswatch.toml"
    file.write_text('[extraction]\nsites = "sites.toml"\n')
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(file, environ={})
    (tmp_path / "sites.toml").write_text('[sites."Herald.example"]\nlines = ["^Our reader"]\n')
    assert load_config(file, environ={}).site_rules == {"herald.example": SiteRule(lines=("^Our reader",))}
    assert read_rules(tmp_path / "sites.toml")
