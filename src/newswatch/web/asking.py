"""What the pages behind the links of messages say, in the language of who reads the messages. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import Any, get_args

from starlette.responses import Response

from newswatch.model import Verdict
from newswatch.notify.links import Claim, Links, Purpose
from newswatch.notify.phrases import Language, Phrases, phrases
from newswatch.notify.text import web_url
from newswatch.notify.wording import format_instant
from newswatch.pipeline.feedback import Shown, Subscriber, ToldStories
from newswatch.web.pages import page

RETRY_AFTER_S = 60
_LANGUAGES: tuple[Language, ...] = get_args(Language)
_ANSWERS = (Purpose.RELEVANT, Purpose.IRRELEVANT, Purpose.MUTE)

phrases_of = partial(phrases, package="newswatch.web")


class Trouble(Enum):
    """Why a reader gets no answer."""

    FORGED = "forged"
    EXPIRED = "expired"
    OFF = "off"
    FORGOTTEN = "forgotten"
    OTHER_SITE = "other site"
    ONLY_SHOWS = "only shows"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too large"
    DATABASE = "database"


_STATUS = {
    Trouble.FORGED: 404,
    Trouble.EXPIRED: 410,
    Trouble.OFF: 404,
    Trouble.FORGOTTEN: 410,
    Trouble.OTHER_SITE: 403,
    Trouble.ONLY_SHOWS: 405,
    Trouble.UNREADABLE: 400,
    Trouble.TOO_LARGE: 413,
    Trouble.DATABASE: 503,
}


def language_of(accepted: str) -> Language:
    """Return the first language of an Accept-Language header that there are phrases of, else English."""
    tags = [part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted.split(",")]
    return next((language for tag in tags for language in _LANGUAGES if tag == language), "en")


def trouble_page(trouble: Trouble, language: str) -> Response:
    """Return the page that says what is wrong."""
    say = phrases_of(language).say
    heading, text = {
        Trouble.FORGED: (
            say("This link is not valid"),
            say("It was not made here, or a part of it is missing. Open it again from the message, or copy all of it."),
        ),
        Trouble.OFF: (say("This link is not valid"), say("Links in messages are switched off here.")),
        Trouble.EXPIRED: (say("This link has expired"), say("Newer messages have links that work.")),
        Trouble.FORGOTTEN: (
            say("Nothing is known of this message any more"),
            say("What it told of is no longer stored."),
        ),
        Trouble.OTHER_SITE: (say("That did not work"), say("The request comes from another site.")),
        Trouble.ONLY_SHOWS: (say("That did not work"), say("This link shows what can be said; it changes nothing.")),
        Trouble.UNREADABLE: (say("That did not work"), say("The form cannot be read.")),
        Trouble.TOO_LARGE: (say("That did not work"), say("The form is too large.")),
        Trouble.DATABASE: (say("Not now"), say("The database does not answer. Please try again later.")),
    }[trouble]
    headers = {"Retry-After": str(RETRY_AFTER_S)} if trouble is Trouble.DATABASE else {}
    return _page("sentence.html", language, _STATUS[trouble], headers, heading=heading, text=text)


def stories_page(claim: Claim, told: ToldStories, links: Links) -> Response:
    """Return the page that shows what a list told of, to choose from."""
    stories = [(one, links.url_of(replace(claim, story_id=one.story_id))) for one in told.stories]
    return _page("stories.html", told.language, heading=_heading(claim.purpose, told.language), stories=stories)


def story_page(
    claim: Claim, shown: Shown, links: Links, *, lengths: Sequence[int], nothing_chosen: bool, done: bool
) -> Response:
    """Return the page that asks about a story, or thanks for the answer. `lengths`: for how long it can be muted."""
    said, purpose, first = phrases_of(shown.language), claim.purpose, shown.flagged[0]
    muting = purpose is Purpose.MUTE
    open_to = [one for one in shown.flagged if not (muting and one.rule_id in shown.muted_until)]
    asks = not done and bool(open_to) and purpose is not Purpose.FEEDBACK
    return _page(
        "feedback.html",
        shown.language,
        400 if nothing_chosen else 200,
        heading=said.say("Thank you") if done else _heading(purpose, shown.language),
        problem=said.say("Choose at least one rule.") if nothing_chosen else "",
        story=first,
        url=web_url(first.url),
        known=_known(shown, said),
        rules=open_to,
        reader=shown.reader,
        ask=_ask(purpose, said) if asks else "",
        lengths=[(seconds, _span(seconds, said)) for seconds in lengths] if muting else [],
        muted=muting and bool(shown.muted_until),
        others=[
            (_name(other, said), links.url_of(replace(claim, purpose=other))) for other in _ANSWERS if other != purpose
        ],
    )


def subscription_page(found: Subscriber) -> Response:
    """Return the page that asks whether to unsubscribe, or says that it is done."""
    say = phrases_of(found.language).say
    if found.stopped_at is None:
        text = say(
            "{address} will get no more mail of “{name}”. Others go on getting it.",
            address=found.address,
            name=found.destination,
        )
    else:
        text = say(
            "{address} gets no more mail of “{name}” since {time}.",
            address=found.address,
            name=found.destination,
            time=format_instant(found.stopped_at, found.zone),
        )
    stopped = found.stopped_at is not None
    heading = say("You are unsubscribed") if stopped else say("Unsubscribe?")
    return _page("unsubscribe.html", found.language, heading=heading, text=text, stopped=stopped)


def _page(
    template: str, language: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response:
    say = phrases_of(language).say
    return page(template, status=status, headers=headers, language=language, say=say, **values)


def _heading(purpose: Purpose, language: str) -> str:
    say = phrases_of(language).say
    return {
        Purpose.FEEDBACK: say("What was this worth to you?"),
        Purpose.RELEVANT: say("Is this relevant to you?"),
        Purpose.IRRELEVANT: say("Is this not relevant to you?"),
        Purpose.MUTE: say("Mute this?"),
    }[purpose]


def _ask(purpose: Purpose, said: Phrases) -> str:
    return {
        Purpose.RELEVANT: said.say("It is relevant"),
        Purpose.IRRELEVANT: said.say("It is not relevant"),
        Purpose.MUTE: said.say("Mute"),
    }[purpose]


def _name(purpose: Purpose, said: Phrases) -> str:
    return {
        Purpose.RELEVANT: said.say("Relevant"),
        Purpose.IRRELEVANT: said.say("Not relevant"),
        Purpose.MUTE: said.say("Mute"),
    }[purpose]


def _known(shown: Shown, said: Phrases) -> list[str]:
    """Return what is known of each rule so far: what this reader said, until when it is muted."""
    lines = []
    for one in shown.flagged:
        until = shown.muted_until.get(one.rule_id)
        facts = []
        if one.verdict is not None:
            relevant = one.verdict is Verdict.RELEVANT
            facts.append(said.say("marked as relevant") if relevant else said.say("marked as not relevant"))
        if until is not None:
            facts.append(said.say("muted until {time}", time=format_instant(until, shown.zone)))
        if facts:
            lines.append(f"{one.rule_name}: {', '.join(facts)}")
    return lines


def _span(seconds: int, said: Phrases) -> str:
    """Return a length of time in its units: "1 hour", "7 days", "1 day 12 hours"."""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    parts = [
        said.several("{n} day", "{n} days", days) if days else "",
        said.several("{n} hour", "{n} hours", hours) if hours else "",
        said.several("{n} minute", "{n} minutes", rest // 60) if rest >= 60 else "",
    ]
    return " ".join(filter(None, parts))
