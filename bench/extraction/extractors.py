"""newswatch and the extractors beside it: each takes a page's bytes and its address and returns the text."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import trafilatura

from newswatch.extract.article import extract
from newswatch.extract.charset import decode
from newswatch.extract.htmltext import html_to_paragraphs
from newswatch.model import Article, ExtractOutcome, ExtractRequest

Extractor = Callable[[bytes, str | None], str]
BARE = "trafilatura"
"""The extractor that newswatch is compared with: `bare_extraction` with metadata and the library's own settings."""


def outcome(body: bytes, url: str | None, *, thorough: bool = False) -> ExtractOutcome:
    """Extract a page the way the pipeline does."""
    return extract(ExtractRequest(url=url, body=body, content_type="text/html", thorough=thorough))


def extractors() -> dict[str, Extractor]:
    """Return what is installed here by name, newswatch first."""
    found: dict[str, Extractor] = {
        "newswatch": lambda body, url: _text(outcome(body, url)),
        "newswatch, thorough": lambda body, url: _text(outcome(body, url, thorough=True)),
        BARE: lambda body, url: _trafilatura(body, url, with_metadata=True),
        "trafilatura, precision": lambda body, url: _trafilatura(body, url, favor_precision=True),
        "trafilatura, fast": lambda body, url: _trafilatura(body, url, fast=True),
    }
    if find_spec("readability"):
        found["readability-lxml"] = _readability
    if find_spec("resiliparse"):
        found["resiliparse"] = _resiliparse
    return found


def _text(found: ExtractOutcome) -> str:
    return found.text if isinstance(found, Article) else ""


def _trafilatura(body: bytes, url: str | None, **settings: Any) -> str:
    found = trafilatura.bare_extraction(body, url=url, include_comments=False, **settings)
    return str(getattr(found, "text", None) or "")


def _readability(body: bytes, _url: str | None) -> str:
    from readability import Document
    from readability.readability import Unparseable

    try:
        summary = Document(decode(body).text).summary()
    except Unparseable:
        return ""
    return "\n".join(html_to_paragraphs(summary))


def _resiliparse(body: bytes, _url: str | None) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(decode(body).text, main_content=True, alt_texts=False))
