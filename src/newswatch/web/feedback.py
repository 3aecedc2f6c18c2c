"""What is answered at the links in messages. Looking changes nothing; only a POST does, and it can be repeated.

The signed token in the address is the permission: there is no login. Mail programs and scanners that open every link
send GET and see a question. RFC 8058 lets a mail provider unsubscribe its user with one POST.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newswatch.model import Verdict
from newswatch.notify.links import Claim, Links, Purpose, Refused, path_of
from newswatch.pipeline.feedback import Feedback, Shown
from newswatch.store.database import is_transient
from newswatch.store.unsubscribed import How
from newswatch.web import asking
from newswatch.web.common import body_of, from_other_site

log = structlog.get_logger("newswatch.web")

_MAX_BODY = 16_384
_LENGTHS = (3600, 86400, 7 * 86400)  # offered besides the configured one
_VERDICTS = {Purpose.RELEVANT: Verdict.RELEVANT, Purpose.IRRELEVANT: Verdict.IRRELEVANT}

Form = dict[str, list[str]]
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class _Unusable(Exception):
    """A request that nothing can be done with. Carries what its sender hears."""

    def __init__(self, trouble: asking.Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.name)


def feedback_routes(feedback: Feedback) -> list[Route]:
    """Return the routes of the pages. Without links in the configuration in force every token is refused."""
    pages = _Pages(feedback)
    return [
        Route(f"/{path_of(Purpose.FEEDBACK)}/{{token}}", _guarded(pages.story), methods=["GET", "POST"]),
        Route(f"/{path_of(Purpose.UNSUBSCRIBE)}/{{token}}", _guarded(pages.mailbox), methods=["GET", "POST"]),
    ]


def _guarded(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        language = asking.language_of(request.headers.get("accept-language", ""))
        # Forms of other sites cannot know the token; a browser that says it comes from one is refused all the same.
        if request.method == "POST" and from_other_site(request):
            return asking.trouble_page(asking.Trouble.OTHER_SITE, language)
        try:
            return await handler(request)
        except _Unusable as error:
            return asking.trouble_page(error.trouble, language)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("database trouble while a reader answers", error=str(error).partition("\n")[0])
            return asking.trouble_page(asking.Trouble.DATABASE, language)

    return answer


class _Pages:
    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    async def story(self, request: Request) -> Response:
        """Answer for feedback on a story."""
        claim = self._claim(request)
        if claim.purpose is Purpose.UNSUBSCRIBE:
            raise _Unusable(asking.Trouble.FORGED)
        if claim.story_id == 0:
            stories = _known(await self._feedback.stories(claim))
            return asking.stories_page(claim, stories, self._links)
        form = _fields(await _body(request)) if request.method == "POST" else None
        shown = _known(await self._feedback.look(claim))
        if form is None:
            return self._page(claim, shown)
        if claim.purpose is Purpose.FEEDBACK:
            raise _Unusable(asking.Trouble.ONLY_SHOWS)
        undone = "undo" in form and claim.purpose is Purpose.MUTE
        rules = {one.rule_id for one in shown.flagged}.intersection(form.get("rule", ()))
        if not rules and not undone:
            return self._page(claim, shown, nothing_chosen=True)
        after = _known(await (self._feedback.unmute(claim) if undone else self._said(claim, rules, form)))
        done = "unmuted" if undone else claim.purpose.name.lower()
        self._report(done, to=after.destination, rules=sorted(rules), story=claim.story_id)
        return self._page(claim, after, done=True)

    async def _said(self, claim: Claim, rules: set[str], form: Form) -> Shown | None:
        if claim.purpose is Purpose.MUTE:
            every = form.get("what") == ["every"]
            return await self._feedback.mute(claim, rules, self._lasting(form), every_story=every)
        return await self._feedback.judge(claim, rules, _VERDICTS[claim.purpose])

    def _lasting(self, form: Form) -> timedelta:
        offered = {str(seconds): seconds for seconds in self._lengths()}
        given = form.get("for", list(offered))[0]
        if given not in offered:
            raise _Unusable(asking.Trouble.UNREADABLE)
        return timedelta(seconds=offered[given])

    def _lengths(self) -> list[int]:
        """Return for how many seconds something can be muted, the configured time first."""
        return list(dict.fromkeys((int(self._feedback.context.config.feedback.mute_for), *_LENGTHS)))

    def _page(self, claim: Claim, shown: Shown, *, nothing_chosen: bool = False, done: bool = False) -> Response:
        return asking.story_page(
            claim, shown, self._links, lengths=self._lengths(), nothing_chosen=nothing_chosen, done=done
        )

    async def mailbox(self, request: Request) -> Response:
        """Answer for a mail address that wants no more, or more again."""
        claim = self._claim(request)
        if claim.purpose is not Purpose.UNSUBSCRIBE:
            raise _Unusable(asking.Trouble.FORGED)
        if request.method != "POST":
            return asking.subscription_page(_known(await self._feedback.subscriber(claim)))
        body = await _body(request)
        if "undo" in _fields(body):
            found, done = _known(await self._feedback.resubscribe(claim)), "resubscribed"
        else:
            # RFC 8058: the body says so, in either form of encoding.
            how: How = "one_click" if b"One-Click" in body else "page"
            found, done = _known(await self._feedback.unsubscribe(claim, how)), "unsubscribed"
        self._report(done, to=found.destination)
        return asking.subscription_page(found)

    @property
    def _links(self) -> Links:
        links = self._feedback.context.links
        if links is None:
            raise _Unusable(asking.Trouble.OFF)
        return links

    def _claim(self, request: Request) -> Claim:
        claim = self._links.read(request.path_params["token"], self._feedback.context.now())
        if isinstance(claim, Refused):
            raise _Unusable(asking.Trouble.EXPIRED if claim is Refused.EXPIRED else asking.Trouble.FORGED)
        return claim

    def _report(self, done: str, **facts: Any) -> None:
        self._feedback.context.metrics.feedback.labels(done).inc()
        log.info("a reader answered", said=done, **facts)


def _known(found: T | None) -> T:
    """Return what was found; a reader whose message is forgotten hears so."""
    if found is None:
        raise _Unusable(asking.Trouble.FORGOTTEN)
    return found


async def _body(request: Request) -> bytes:
    body = await body_of(request, max_bytes=_MAX_BODY)
    if body is None:
        raise _Unusable(asking.Trouble.TOO_LARGE)
    return body


def _fields(body: bytes) -> Form:
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise _Unusable(asking.Trouble.UNREADABLE) from error
