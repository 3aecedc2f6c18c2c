"""An alert as a Slack payload: Block Kit for the eye, `text` for notifications, plain text for the worst case. Pure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from newswatch.model import Message, Published, Severity, Snippet
from newswatch.notify.channels.slack_limits import escape, fit, shorten
from newswatch.notify.own_templates import OwnTemplates, as_text
from newswatch.notify.pages import Entry, Page, fallback_line, more_stories, page_of
from newswatch.notify.phrases import phrases
from newswatch.notify.snippets import pieces
from newswatch.notify.wording import (
    Words,
    epoch,
    feedback_words,
    format_instant,
    in_words,
    published_words,
    said_published,
)

EVENT_TYPE = "newswatch.alert"
MAX_PLAIN = 3000
MAX_LISTED = 40  # stories in one message; Slack takes 50 blocks
MAX_LISTED_CHARACTERS = 11_000  # of these, so that the whole stays under what Slack refuses
_EMOJI = {
    Severity.INFO: ":information_source:",
    Severity.NORMAL: ":newspaper:",
    Severity.HIGH: ":large_orange_circle:",
    Severity.FLASH: ":rotating_light:",
}


def own_slack(folder: Path) -> OwnTemplates:
    """Return the user's templates of Slack messages; `link` and `strong` write Slack's markup."""
    filters: dict[str, Callable[..., str]] = {"link": _link, "strong": lambda text: f"*{escape(text)}*"}
    return OwnTemplates(folder, "slack", escape=as_text(escape), filters=filters)


def slack_payload(
    message: Message, *, key: str, zone: str, language: str = "en", own: OwnTemplates | None = None
) -> dict[str, Any]:
    """Return the payload without what the transport adds (channel, thread). Within Slack's limits, no live mentions."""
    blocks = _own(message, key, zone, language, own)
    if blocks is None:
        page = page_of(message, zone, language)
        blocks = _story(message, zone, language) if page is None else page_blocks(page, language)
    return _whole(message, blocks, key=key, zone=zone, language=language)


def reply_payload(
    message: Message, *, key: str, zone: str, language: str = "en", own: OwnTemplates | None = None
) -> dict[str, Any]:
    """Return the payload of a follow-up in a thread: what changed and new evidence. What was told is above it."""
    if (written := _own(message, key, zone, language, own)) is not None:
        return _whole(message, written, key=key, zone=zone, language=language)
    words = in_words(message, zone, language)
    lines = "\n".join(f"*{escape(line)}*" for line in words.changes)
    blocks: list[dict[str, Any]] = [{"type": "section", "text": _mrkdwn(lines)}] if lines else []
    told = "; ".join(words.changes)
    blocks.append(_context(f"{escape(words.source)}: {_link(words.headline, words.url)}"))
    if message.snippets:
        blocks.append(_snippets(message.snippets))
    if words.others:
        blocks.append(_others(words, language))
    blocks += _answers(message, language)
    return fit({**_frame(message, key), "text": escape(f"{told} — {words.headline}"), "blocks": blocks})


def _own(message: Message, key: str, zone: str, language: str, own: OwnTemplates | None) -> list[dict[str, Any]] | None:
    """Return what the user's template says, in as many sections as it takes; None without one."""
    text = own.write("slack.txt", message, key=key, zone=zone, language=language) if own is not None else None
    if text is None:
        return None
    sections: list[str] = []
    for line in text.strip().splitlines():
        if sections and len(sections[-1]) + 1 + len(line) <= MAX_PLAIN:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    if not any(map(str.strip, sections)):
        raise ValueError("slack.txt says nothing")
    return [{"type": "section", "text": _mrkdwn(section)} for section in sections if section.strip()]


def _whole(message: Message, blocks: list[dict[str, Any]], *, key: str, zone: str, language: str) -> dict[str, Any]:
    """Return the payload of a message that stands for itself."""
    return fit({"text": escape(fallback_line(message, zone, language)), "blocks": blocks, **_frame(message, key)})


def _frame(message: Message, key: str) -> dict[str, Any]:
    """Return what every payload has."""
    return {
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {
            "event_type": EVENT_TYPE,
            "event_payload": {"delivery_id": key, "story_id": str(message.story_id or 0)},
        },
    }


def _story(message: Message, zone: str, language: str) -> list[dict[str, Any]]:
    words = in_words(message, zone, language)
    blocks = [_headline(message, words), _facts(message, words, zone, language)]
    if words.changes or words.notes:
        blocks.insert(1, _context("\n".join(map(escape, (*words.changes, *words.notes)))))
    if message.snippets:
        blocks.append(_snippets(message.snippets))
    blocks += _why(words, language)
    if words.others:
        blocks.append(_others(words, language))
    return [*blocks, *_answers(message, language)]


def page_blocks(page: Page, language: str = "en") -> list[dict[str, Any]]:
    """Return a digest, roll-up or notice: a section for each story, as many as Slack takes, and how many more."""
    blocks = [{"type": "section", "text": _mrkdwn(f"{_EMOJI[page.severity]} *{escape(page.title)}*")}]
    if page.facts:
        blocks.append(_context(escape("\n".join(page.facts))))
    entries = [_entry(entry, language) for entry in page.entries]
    foot = [_context(escape("\n".join(filter(None, (page.more, *page.notes)))))] if page.more or page.notes else []
    shown = _as_many_as_fit(entries, MAX_LISTED, MAX_LISTED_CHARACTERS)
    if shown < len(entries):
        foot.insert(0, _context(more_stories(len(entries) - shown, phrases(language))))
    if page.feedback_url is not None:
        foot.append(_context(_link(phrases(language).say("What was relevant?"), page.feedback_url)))
    return [*blocks, *entries[:shown], *foot]


def _as_many_as_fit(entries: list[dict[str, Any]], most: int, characters: int) -> int:
    total = 0
    for number, entry in enumerate(entries[:most]):
        total += len(entry["text"]["text"])
        if total > characters:
            return number
    return min(len(entries), most)


def _entry(entry: Entry, language: str) -> dict[str, Any]:
    tag = f"  `{escape(entry.language)}`" if entry.language else ""
    lines = [f"*{entry.severity}*  {_link(entry.headline, entry.url)}{tag}", escape(entry.facts)]
    lines += [escape(change) for change in entry.changes]
    if entry.rules:
        lines.append(phrases(language).say("why: {facts}", facts=escape(entry.rules)))
    if entry.snippet is not None:
        lines.append(f"> {escape(entry.snippet.text)}")
    return {"type": "section", "text": _mrkdwn("\n".join(lines))}


def plain_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the same message without blocks, for a Slack that refuses them: all their facts as lines of text."""
    lines = [line for block in payload.get("blocks", ()) for line in _lines(block)]
    text = shorten("\n".join(lines) or payload["text"], MAX_PLAIN)
    return {**{name: value for name, value in payload.items() if name != "blocks"}, "text": text}


def to_bytes(payload: dict[str, Any]) -> bytes:
    """Return a payload as UTF-8 JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack must not turn words of a headline into links or channel names.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts if text]}


def _link(label: str, url: str | None) -> str:
    if not url:
        return escape(label)
    return f"<{escape(url).replace('|', '%7C')}|{escape(label)}>"


def _headline(message: Message, words: Words) -> dict[str, Any]:
    mark = f"{words.mark}: " if words.mark else ""
    language = f"  `{escape(words.language)}`" if words.language else ""
    text = f"{_EMOJI[message.severity]} *{words.severity}*  {mark}{_link(words.headline, words.url)}{language}"
    return {"type": "section", "text": _mrkdwn(text)}


def _facts(message: Message, words: Words, zone: str, language: str) -> dict[str, Any]:
    return _context(
        escape(words.source),
        _published(message.published, zone, language),
        escape(words.seen),
        f"*{escape(words.counts)}*" if words.counts else "",
    )


def _published(published: Published | None, zone: str, language: str) -> str:
    """Date an instant in each reader's own zone; the fallback is in the destination's. A day stays a day."""
    if published is None or published.at is None:
        return escape(published_words(published, zone, language))
    fallback = format_instant(published.at, zone)
    time = f"<!date^{epoch(published.at)}^{{date_short_pretty}} {{time}}|{fallback}>"
    return said_published(time, published, language)


def _snippets(snippets: tuple[Snippet, ...]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [_quote(snippet) for snippet in snippets]}


def _quote(snippet: Snippet) -> dict[str, Any]:
    """Set the highlights bold. Rich text needs no spaces around them, as mrkdwn's asterisks would."""
    parts: list[dict[str, Any]] = []
    for text, found in pieces(snippet):
        parts += _text(text, {"bold": True} if found else None)
    if snippet.source_name:
        parts += _text(f"  ({snippet.source_name})", {"italic": True})
    return {"type": "rich_text_quote", "elements": parts}


def _text(text: str, style: dict[str, bool] | None = None) -> list[dict[str, Any]]:
    if not text:
        return []
    return [{"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}]


def _why(words: Words, language: str) -> list[dict[str, Any]]:
    """Return one line for each rule, with what was found and the clauses that were met."""
    lines, said = [], phrases(language)
    for reason in words.reasons[:5]:
        facts = ", ".join(filter(None, (reason.severity, reason.score)))
        found = f"; {reason.found}" if reason.found else ""
        lines.append(said.say("why: {facts}", facts=f"*{escape(reason.rule)}* ({escape(facts)}){escape(found)}"))
        lines += [f"• {escape(line)}" for line in reason.why[:3]]
    if len(words.reasons) > 5:
        lines.append(said.several("and {n} more rule", "and {n} more rules", len(words.reasons) - 5))
    return [_context("\n".join(lines))] if lines else []


def _others(words: Words, language: str) -> dict[str, Any]:
    lines = [f"{escape(other.source)}: {_link(other.headline, other.url)}" for other in words.others]
    return _context(phrases(language).say("also: {others}", others=" · ".join([*lines, *filter(None, [words.more])])))


def _answers(message: Message, language: str) -> list[dict[str, Any]]:
    # Links, not buttons: without somebody who takes its click, a button shows a warning, even one with an address.
    links = [_link(label, url) for label, url in feedback_words(message, language)]
    return [_context(" · ".join(links))] if links else []


def _lines(block: dict[str, Any]) -> list[str]:
    if block["type"] == "section":
        return [block["text"]["text"]]
    if block["type"] == "context":
        return [" · ".join(element["text"] for element in block["elements"])]
    if block["type"] == "rich_text":
        return ["> " + escape("".join(part["text"] for part in quote["elements"])) for quote in block["elements"]]
    return []
