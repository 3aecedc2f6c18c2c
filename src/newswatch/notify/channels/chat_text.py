"""An alert as a short chat message in one of the forms that chat services read: text, Markdown or HTML. Pure.

Nothing in a headline is markup there, and nothing in it calls anybody: `@` and what stands behind it are kept apart.
"""

import html
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from newswatch.model import Message, Snippet
from newswatch.notify.own_templates import OwnTemplates, as_text
from newswatch.notify.pages import Page, more_stories, page_of
from newswatch.notify.phrases import Phrases, phrases
from newswatch.notify.snippets import pieces
from newswatch.notify.text import truncate
from newswatch.notify.wording import ReasonLine, Words, feedback_words, in_words

_KEPT_APART = "\N{WORD JOINER}"
_CALLS = re.compile(r"(?<=[@＠])|(?<=<)(?=[!#&:])")  # @everyone, @channel, <@U1>; <!channel>, <#C1>
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~#])")
_MAX_HEADLINE = 150
_SHORT_HEADLINE = 60
_LONGEST_ESCAPE = 6  # &quot;


class Form(StrEnum):
    """How a service reads the messages it is given."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


class _Writer:
    """Writes pieces of a message in one form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.line_end = {Form.TEXT: "\n", Form.MARKDOWN: "\n\n", Form.HTML: "<br/>"}[form]
        self.between = "\n" if form is Form.TEXT else " · "  # links that belong together

    def text(self, text: str) -> str:
        apart = _CALLS.sub(_KEPT_APART, text)
        if self._form is Form.HTML:
            return html.escape(apart)
        return _MARKDOWN.sub(r"\\\1", apart) if self._form is Form.MARKDOWN else apart

    def strong(self, text: str) -> str:
        written = self.text(text)
        if not written or self._form is Form.TEXT:
            return written
        return f"<b>{written}</b>" if self._form is Form.HTML else f"**{written}**"

    def link(self, label: str, url: str | None) -> str:
        """Return a link; in plain text the address follows its label."""
        if url is None:
            return self.text(label)
        place = _plain_address(url)
        if self._form is Form.HTML:
            return f'<a href="{html.escape(place)}">{self.text(label)}</a>'
        if self._form is Form.MARKDOWN:
            return f"[{self.text(label)}]({place})"
        return f"{self.text(label)}\n{place}"

    def quote(self, snippet: Snippet) -> str:
        """Return a passage with its highlights strong, and where it stands."""
        parts = [self.strong(text) if found else self.text(text) for text, found in pieces(snippet)]
        source = f" ({snippet.source_name})" if snippet.source_name else ""
        return "“" + "".join(parts) + "”" + self.text(source)


def chat_text(message: Message, *, zone: str, form: Form, limit: int, language: str = "en") -> str:
    """Return a message of at most `limit` characters: what matters most first, whole lines, as many as fit."""
    writer = _Writer(form)
    said = phrases(language)
    page = page_of(message, zone, language)
    if page is not None:
        return _page(writer, page, said, limit)
    words = in_words(message, zone, language)
    return _fit(writer, _story(writer, message, words, said, language, limit), limit)[0]


def own_chat(folder: Path, form: Form) -> OwnTemplates:
    """Return the user's templates of chat messages; `link`, `strong` and `quote` write in the form of the service."""
    writer = _Writer(form)
    filters: dict[str, Callable[..., str]] = {"link": writer.link, "strong": writer.strong, "quote": writer.quote}
    return OwnTemplates(folder, "apprise", escape=as_text(writer.text), filters=filters)


def cut(text: str, form: Form, limit: int) -> str:
    """Return as many of the lines of a template's text as fit. Raises ValueError if not even the first does."""
    writer = _Writer(form)
    lines = text.strip().splitlines()
    told, _ = _fit(writer, lines, limit)
    if not told or len(told) > limit:
        raise ValueError(f"the first line has {len(told)} characters, and at most {limit} fit")
    return told


def _story(writer: _Writer, message: Message, words: Words, said: Phrases, language: str, limit: int) -> Iterable[str]:
    mark = f"{words.mark}: " if words.mark else ""
    yield _headline(writer, words.severity, mark + words.headline, words.url, limit)
    yield from map(writer.strong, (*words.changes, *words.notes))
    facts = (words.source, words.language, words.published, words.seen, words.counts)
    yield writer.text(" · ".join(filter(None, facts)))
    yield from map(writer.quote, message.snippets)
    answers = [writer.link(label, url) for label, url in feedback_words(message, language)]
    if answers:
        yield writer.between.join(answers)
    yield from (writer.text(_why(reason, said)) for reason in words.reasons)
    yield from (writer.link(f"{other.source}: {other.headline}", other.url) for other in words.others)
    if words.more:
        yield writer.text(words.more)


def _headline(writer: _Writer, severity: str, headline: str, url: str | None, limit: int) -> str:
    """Return severity and headline with its link, or as much of that as fits."""
    for length, place in ((_MAX_HEADLINE, url), (_SHORT_HEADLINE, url), (_MAX_HEADLINE, None), (_SHORT_HEADLINE, None)):
        line = f"{writer.strong(severity)} {writer.link(truncate(headline, length), place)}"
        if len(line) <= limit:
            return line
    return writer.text(f"{severity} {headline}"[: limit // _LONGEST_ESCAPE])


def _why(reason: ReasonLine, said: Phrases) -> str:
    facts = f"{reason.rule} ({reason.severity}, {reason.score})" + (f"; {reason.found}" if reason.found else "")
    return said.say("why: {facts}", facts=facts)


def _page(writer: _Writer, page: Page, said: Phrases, limit: int) -> str:
    """Return a digest, roll-up or notice, with how many stories are left out."""
    head = [writer.strong(truncate(page.title, _SHORT_HEADLINE)), *map(writer.text, page.facts)]
    entries = [
        writer.line_end.join(
            (
                _headline(writer, entry.severity, entry.headline, entry.url, limit),
                *map(writer.strong, entry.changes),
                writer.text(entry.facts),
            )
        )
        for entry in page.entries
    ]
    foot = [writer.text(line) for line in (page.more, *page.notes) if line]
    if page.feedback_url is not None:
        foot.append(writer.link(said.say("What was relevant?"), page.feedback_url))
    told, _ = _fit(writer, [*head, *foot], limit)
    left = limit - len(told) - 2 * len(writer.line_end) - len(more_stories(len(entries), said))
    shown = _fit(writer, entries, left)[1] if entries else 0
    hidden = len(entries) - shown
    more = [writer.text(more_stories(hidden, said))] if hidden else []
    return _fit(writer, [*head, *entries[:shown], *more, *foot], limit)[0]


def _fit(writer: _Writer, lines: Iterable[str], limit: int) -> tuple[str, int]:
    """Return as many of the first lines as fit, one at least, and their number."""
    told, number = "", 0
    for line in lines:
        longer = f"{told}{writer.line_end}{line}" if number else line
        if number and len(longer) > limit:
            break
        told, number = longer, number + 1
    return told, number


def _plain_address(url: str) -> str:
    """Return an address that calls nobody and ends no link: `@` and brackets behind the host percent-encoded."""
    parts = urlsplit(url)
    rest = parts._replace(scheme="", netloc="").geturl()
    for char in "@()":
        rest = rest.replace(char, f"%{ord(char):02X}")
    return f"{parts.scheme}://{parts.netloc}{rest}"
