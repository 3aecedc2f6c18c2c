"""An alert as an item of feeds: which feeds it stands in, and what it says there. Pure.

The form is that of JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), which the Atom feed is made of too.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from newswatch.model import AlertReason, Message, NotificationKind, Relation, StoryArticle
from newswatch.notify.channels.payload import instant
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import page_of
from newswatch.notify.phrases import phrases
from newswatch.notify.snippets import MAX_SNIPPETS
from newswatch.notify.templating import TEMPLATES
from newswatch.notify.wording import in_words

ALL, DIGESTS, NOTICES = "all", "digests", "notices"
_NAMES = UUID("6f0c3b1e-6f0f-5f0e-9a51-1d0b4c6a2f77")  # the name space of our own ids (RFC 9562, section 5.5)


def feeds_of(message: Message, language: str = "en") -> dict[str, str]:
    """Return the feeds that a message stands in, by the path of their files, each with what it is about."""
    if message.listing is not None:
        return {DIGESTS: phrases(language).say("digests")}
    if message.notice is not None:
        return {NOTICES: phrases(language).say("notices")}
    return {ALL: "", **{f"rules/{reason.rule_id}": reason.rule_name for reason in _reasons(message)}}


def item_of(
    message: Message, *, key: str, now: datetime, zone: str, language: str = "en", own: OwnTemplates | None = None
) -> dict[str, Any]:
    """Return the item. That of a story has the same id in every feed and every message about it.

    So a follow-up changes the item of its story: what is new comes first, then the story as it is now.
    """
    story = message.story_id is not None and message.listing is None and message.notice is None
    shown = _as_it_is_now(message)
    page = page_of(shown, zone, language)
    words = in_words(shown, zone, language)
    say = phrases(language).say
    templates = TEMPLATES if own is None else own.environment
    html = templates.get_template("entry.html").render(message=shown, words=words, page=page, say=say)
    item: dict[str, Any] = {
        "id": uuid5(_NAMES, f"story/{message.story_id}" if story else f"message/{key}").urn,
        "url": shown.url,
        "title": words.headline if page is None else page.title,
        "summary": words.fallback if page is None else page.fallback,
        "content_html": html,
        "date_published": instant(now),
        "date_modified": instant(now),
        "authors": [{"name": shown.source_name}] if shown.source_name and page is None else None,
        "language": words.language or None if page is None else None,
        "tags": [shown.severity.value, *(reason.rule_id for reason in shown.reasons)],
        "_newswatch": {"delivery": key, "kind": message.kind.value},
    }
    return {name: value for name, value in item.items() if value is not None}


def _reasons(message: Message) -> list[AlertReason]:
    told = message.root.message if message.root is not None else None
    every = (*message.reasons, *(told.reasons if told is not None else ()))
    return list({reason.rule_id: reason for reason in every}.values())


def _as_it_is_now(message: Message) -> Message:
    """Return a follow-up as the message of the whole story, in which what is new comes first."""
    told = message.root.message if message.root is not None else None
    if told is None or message.kind is not NotificationKind.UPDATE:
        return message
    newest = StoryArticle(
        article_id=0,
        headline=message.headline,
        url=message.url,
        source_name=message.source_name,
        language=message.language,
        relation=Relation.REPORT,
        published=message.published,
        first_seen_at=message.first_seen_at,
    )
    others = {(one.url, one.headline): one for one in (newest, *message.others, *told.others)}
    others.pop((told.url, told.headline), None)
    return replace(
        told,
        changes=message.changes,
        snippets=(*message.snippets, *(one for one in told.snippets if one not in message.snippets))[:MAX_SNIPPETS],
        others=tuple(others.values()),
        reasons=tuple(_reasons(message)),
        via=message.via,
    )
