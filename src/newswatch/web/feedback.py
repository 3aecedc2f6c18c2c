"""The pages behind the links in messages. Looking changes nothing; only a POST does, and it can be repeated.

The signed token in the address is the permission: there is no login. Mail programs and scanners that open every link
send GET and see a question. RFC 8058 lets a mail provider unsubscribe its user with one POST.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newswatch.model import Verdict
from newswatch.notify.links import Claim, Links, Purpose, Refused, path_of
from newswatch.notify.text import web_url
from newswatch.notify.wording import format_instant, format_span
from newswatch.pipeline.feedback import Feedback, Shown, Subscriber
from newswatch.store.database import is_transient
from newswatch.store.unsubscribed import How
from newswatch.web.pages import page, sentence

log = structlog.get_logger("newswatch.web")

_MAX_BODY = 16_384
_RETRY_AFTER_S = 60
_LENGTHS = (3600, 86400, 7 * 86400)  # offered besides the configured one
_VERDICTS = {Purpose.RELEVANT: Verdict.RELEVANT, Purpose.IRRELEVANT: Verdict.IRRELEVANT}
_HEADINGS = {
    Purpose.FEEDBACK: "What was this worth to you?",
    Purpose.RELEVANT: "Is this relevant to you?",
    Purpose.IRRELEVANT: "Is this not relevant to you?",
    Purpose.MUTE: "Mute this?",
}
_ASK = {Purpose.RELEVANT: "Yes, it is relevant", Purpose.IRRELEVANT: "It is not relevant", Purpose.MUTE: "Mute"}
_LINKS = {Purpose.RELEVANT: "Relevant", Purpose.IRRELEVANT: "Not relevant", Purpose.MUTE: "Mute"}
_WORDS = {Verdict.RELEVANT: "relevant", Verdict.IRRELEVANT: "not relevant"}

Form = dict[str, list[str]]
Handler = Callable[[Request], Awaitable[Response]]


class _Unusable(Exception):
    """A form that nothing can be done with. `status` is what the sender hears."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


def feedback_routes(feedback: Feedback) -> list[Route]:
    """Return the routes of the pages. Without links in the configuration in force every token is refused."""
    pages = _Pages(feedback)
    return [
        Route(f"/{path_of(Purpose.FEEDBACK)}/{{token}}", _guarded(pages.story), methods=["GET", "POST"]),
        Route(f"/{path_of(Purpose.UNSUBSCRIBE)}/{{token}}", _guarded(pages.mailbox), methods=["GET", "POST"]),
    ]


def _guarded(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        # Forms of other sites cannot know the token; a browser that says it comes from one is refused all the same.
        if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return sentence(403, "Refused", "This request comes from another site.")
        try:
            return await handler(request)
        except _Unusable as error:
            return sentence(error.status, "That did not work", str(error))
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("database trouble while a reader answers", error=str(error).partition("\n")[0])
            again = {"Retry-After": str(_RETRY_AFTER_S)}
            return sentence(503, "Not now", "The database does not answer. Please try again later.", headers=again)

    return answer


class _Pages:
    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    async def story(self, request: Request) -> Response:
        """Answer for feedback on a story."""
        claim = self._claim(request)
        if isinstance(claim, Response):
            return claim
        if claim.purpose is Purpose.UNSUBSCRIBE:
            return _refusal(Refused.FORGED)
        if claim.story_id == 0:
            return await self._stories(claim)
        form = await _form(request) if request.method == "POST" else None
        shown = await self._feedback.look(claim)
        if shown is None:
            return _forgotten()
        if form is None:
            return self._story(claim, shown)
        if claim.purpose is Purpose.FEEDBACK:
            raise _Unusable(405, "This link shows what can be said; it changes nothing.")
        rules = {one.rule_id for one in shown.flagged}.intersection(form.get("rule", ()))
        if "undo" in form and claim.purpose is Purpose.MUTE:
            after = await self._feedback.unmute(claim)
        elif not rules:
            return self._story(claim, shown, status=400, problem="Choose at least one rule.")
        elif claim.purpose is Purpose.MUTE:
            lasting = self._lasting(form)
            every = form.get("what") == ["every"]
            after = await self._feedback.mute(claim, rules, lasting, every_story=every)
        else:
            after = await self._feedback.judge(claim, rules, _VERDICTS[claim.purpose])
        done = "unmuted" if "undo" in form else claim.purpose.name.lower()
        self._report(done, to=shown.destination, rules=sorted(rules), story=claim.story_id)
        return _forgotten() if after is None else self._story(claim, after, done=True)

    async def _stories(self, claim: Claim) -> Response:
        """Show what a list told of, to choose from."""
        found = await self._feedback.stories(claim)
        if not found:
            return _forgotten()
        stories = [(one, self._links.url_of(replace(claim, story_id=one.story_id))) for one in found]
        return page("stories.html", heading=_HEADINGS[Purpose.FEEDBACK], stories=stories)

    def _lasting(self, form: Form) -> timedelta:
        offered = {str(seconds): seconds for seconds in self._lengths()}
        given = form.get("for", list(offered))[0]
        if given not in offered:
            raise _Unusable(400, "This is not one of the times that were offered.")
        return timedelta(seconds=offered[given])

    def _lengths(self) -> list[int]:
        """Return for how many seconds something can be muted, the configured time first."""
        return list(dict.fromkeys((int(self._feedback.context.config.feedback.mute_for), *_LENGTHS)))

    def _story(
        self, claim: Claim, shown: Shown, *, status: int = 200, problem: str = "", done: bool = False
    ) -> Response:
        first, purpose = shown.flagged[0], claim.purpose
        others = [
            (words, self._links.url_of(replace(claim, purpose=other)))
            for other, words in _LINKS.items()
            if other is not purpose
        ]
        muting = purpose is Purpose.MUTE
        open_to = [one for one in shown.flagged if not (muting and one.rule_id in shown.muted_until)]
        return page(
            "feedback.html",
            status=status,
            heading="Thank you" if done else _HEADINGS[purpose],
            problem=problem,
            story=first,
            headline=first.headline,
            url=web_url(first.url),
            source=first.source_name,
            said=_said(shown),
            rules=open_to,
            reader=shown.reader,
            ask="" if done or not open_to else _ASK.get(purpose, ""),
            lengths=[(seconds, format_span(seconds)) for seconds in self._lengths()] if muting else [],
            muted=muting and bool(shown.muted_until),
            others=others,
        )

    async def mailbox(self, request: Request) -> Response:
        """Answer for a mail address that wants no more, or more again."""
        claim = self._claim(request)
        if isinstance(claim, Response):
            return claim
        if claim.purpose is not Purpose.UNSUBSCRIBE:
            return _refusal(Refused.FORGED)
        if request.method != "POST":
            found = await self._feedback.subscriber(claim)
            return _forgotten() if found is None else _subscription(found)
        body = await _body(request)
        if "undo" in _fields(body):
            found, done = await self._feedback.resubscribe(claim), "resubscribed"
        else:
            # RFC 8058: the body says so, in either form of encoding.
            how: How = "one_click" if b"One-Click" in body else "page"
            found, done = await self._feedback.unsubscribe(claim, how), "unsubscribed"
        if found is None:
            return _forgotten()
        self._report(done, to=found.destination)
        return _subscription(found)

    @property
    def _links(self) -> Links:
        links = self._feedback.context.links
        if links is None:
            raise _Unusable(404, "Links in messages are switched off here.")
        return links

    def _claim(self, request: Request) -> Claim | Response:
        claim = self._links.read(request.path_params["token"], self._feedback.context.now())
        return _refusal(claim) if isinstance(claim, Refused) else claim

    def _report(self, done: str, **facts: Any) -> None:
        self._feedback.context.metrics.feedback.labels(done).inc()
        log.info("a reader answered", said=done, **facts)


def _refusal(reason: Refused) -> Response:
    if reason is Refused.EXPIRED:
        return sentence(410, "This link has expired", "Newer messages have links that work.")
    text = "It was not made here, or a part of it is missing. Open it again from the message, or copy all of it."
    return sentence(404, "This link is not valid", text)


def _forgotten() -> Response:
    return sentence(410, "Nothing is known of this message any more", "What it told of is no longer stored.")


def _said(shown: Shown) -> list[str]:
    """Return what is known of each rule so far: what this reader said, until when it is muted."""
    lines = []
    for one in shown.flagged:
        until = shown.muted_until.get(one.rule_id)
        facts = [
            f"marked as {_WORDS[one.verdict]}" if one.verdict is not None else "",
            f"muted until {_instant(until, shown.zone)}" if until is not None else "",
        ]
        if any(facts):
            lines.append(f"{one.rule_name}: {', '.join(filter(None, facts))}")
    return lines


def _subscription(found: Subscriber) -> Response:
    stopped = found.stopped_at is not None
    text = (
        f"{found.address} gets no more mail of “{found.destination}” since {_instant(found.stopped_at, found.zone)}."
        if found.stopped_at is not None
        else f"{found.address} will get no more mail of “{found.destination}”. Others go on getting it."
    )
    heading = "You are unsubscribed" if stopped else "Unsubscribe?"
    return page("unsubscribe.html", heading=heading, text=text, stopped=stopped)


def _instant(instant: datetime, zone: str) -> str:
    return format_instant(instant, zone)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise _Unusable(413, "This form is too large.")
    return body


async def _form(request: Request) -> Form:
    return _fields(await _body(request))


def _fields(body: bytes) -> Form:
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise _Unusable(400, "This form cannot be read.") from error
