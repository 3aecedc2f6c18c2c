"""Alerts for someone who watches the terminal."""

import os
import sys
from collections.abc import Callable
from datetime import datetime
from io import StringIO

from rich.console import Console
from rich.errors import MarkupError
from rich.markup import escape
from rich.text import Text

from newswatch.model import AttemptResult, Delivery, Message, Outcome, Rendered, Severity, Snippet
from newswatch.notify.channels.base import content, safe_detail
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.pages import Page, page_of
from newswatch.notify.phrases import phrases
from newswatch.notify.settings import TerminalDestination
from newswatch.notify.snippets import pieces
from newswatch.notify.wording import ReasonLine, Words, in_words

CONTENT_TYPE = "text/x-rich-markup; charset=utf-8"
_COLOURS = {
    Severity.INFO: "blue",
    Severity.NORMAL: "green",
    Severity.HIGH: "yellow",
    Severity.FLASH: "red",
}
_MAX_WIDTH = 110


class TerminalChannel:
    """Prints. Colours only where standard output is a terminal and NO_COLOR is not set (https://no-color.org)."""

    type = "terminal"
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(self, settings: TerminalDestination, *, write: Callable[[str], None]) -> None:
        """Take where text goes; `write` gets whole lines with their line ends."""
        self._write = write
        self._zone, self._language = settings.zone, settings.language

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the alert in rich's markup, so that the width is that of the terminal it will appear on."""
        page = page_of(message, self._zone, self._language)
        if page is not None:
            return Rendered(CONTENT_TYPE, _page(page).encode("utf-8", "replace"), page.fallback)
        words = in_words(message, self._zone, self._language)
        say = phrases(self._language).say
        lines = [
            _title(message, words),
            *_new(words),
            *_facts(words),
            *map(_snippet, message.snippets),
            *_why(words.reasons, say),
        ]
        lines += [f"  [dim]{say('also')}[/dim] {escape(f'{other.source}: {other.headline}')}" for other in words.others]
        if words.more:
            lines.append(f"  [dim]{words.more}[/dim]")
        if words.url:
            lines.append(f"  {escape(words.url)}")
        return Rendered(CONTENT_TYPE, ("\n".join(lines) + "\n").encode("utf-8", "replace"), words.fallback)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Print the alert."""
        try:
            self._write(_paint(content(delivery).body.decode("utf-8", "replace")))
        except OSError as error:
            return AttemptResult(Outcome.RETRY, safe_detail(f"the terminal cannot be written to: {error}"))
        return AttemptResult(Outcome.DELIVERED, "printed")

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Return None: nobody knows what a terminal has shown."""
        return None


def _page(page: Page) -> str:
    colour = _COLOURS[page.severity]
    lines = [f"[bold reverse {colour}] {escape(page.title)} [/]", *(f"  {escape(fact)}" for fact in page.facts)]
    for entry in page.entries:
        lines.append(f"  [bold]{escape(f'{entry.severity}: {entry.headline}')}[/bold]")
        lines.append(f"    {escape(f'{entry.facts} · {entry.rules}')}")
        lines += [f"    {escape(change)}" for change in entry.changes]
        if entry.snippet is not None:
            lines.append("  " + _snippet(entry.snippet))
        if entry.url:
            lines.append(f"    {escape(entry.url)}")
    return "\n".join([*lines, *(f"  [dim]{escape(note)}[/dim]" for note in (page.more, *page.notes) if note)]) + "\n"


def _new(words: Words) -> list[str]:
    return [f"  [bold]{escape(line)}[/bold]" for line in (*words.changes, *words.notes)]


def _title(message: Message, words: Words) -> str:
    colour = _COLOURS[message.severity]
    mark = f"{words.mark} " if words.mark else ""
    return f"[bold reverse {colour}] {mark}{words.severity.upper()} [/] [bold]{escape(words.headline)}[/bold]"


def _facts(words: Words) -> list[str]:
    facts = [words.source, words.language, words.published, words.seen, words.counts]
    return ["  " + escape(" · ".join(filter(None, facts)))]


def _snippet(snippet: Snippet) -> str:
    """Mark the highlights and say where the passage stands."""
    parts = [f"[bold underline]{escape(text)}[/]" if found else escape(text) for text, found in pieces(snippet)]
    source = f" [dim]({escape(snippet.source_name)})[/dim]" if snippet.source_name else ""
    return "  “" + "".join(parts) + "”" + source


def _why(reasons: tuple[ReasonLine, ...], say: Callable[[str], str]) -> list[str]:
    lines = []
    for reason in reasons:
        found = f"; {reason.found}" if reason.found else ""
        lines.append(
            f"  [cyan]{say('why')}[/cyan] " + escape(f"{reason.rule} ({reason.severity}, {reason.score}{found})")
        )
        lines += ["      " + escape(line) for line in reason.why]
    return lines


def _paint(markup: str) -> str:
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    screen = Console()
    console = Console(
        file=StringIO(),
        force_terminal=colours,
        width=min(screen.width, _MAX_WIDTH) if colours else None,
        highlight=False,
        emoji=False,
        soft_wrap=not colours,
    )
    try:
        text = Text.from_markup(markup, emoji=False)
    except MarkupError:
        text = Text(markup)
    with console.capture() as captured:
        console.print(text, end="")
    return captured.get()
