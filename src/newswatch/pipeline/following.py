"""follow: what became of a story -> one message in the thread that told of it, where something material has changed.

The decision, what the destination then knows, the message and its delivery are one transaction, on a thread that no
other process looks at meanwhile; so a change is told once whoever is killed when. Nothing is sent by the clock alone.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from newswatch.model import Message, NotificationKind, Severity
from newswatch.model.notify import ThreadRoot
from newswatch.notify.changes import Changes, StoryFacts
from newswatch.notify.codec import message_from_json
from newswatch.notify.hours import quiet_until
from newswatch.notify.phrases import phrases
from newswatch.notify.wording import in_words
from newswatch.pipeline.context import Context
from newswatch.pipeline.news import News, news_of
from newswatch.pipeline.telling import queue, update_message
from newswatch.store import alerts, stories, threads
from newswatch.store.threads import Thread

log = structlog.get_logger("newswatch.follow")

_AT_MOST = 100
_A_DAY = timedelta(days=1)
_STATES_EVERY = timedelta(minutes=10)
_OURS = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
"""What a mistake of ours raises on one story, which must not stop the others."""


class FollowStage:
    """Looks at stories that grew after they were told, and at alerts that came to a told story."""

    name = "follow"

    def __init__(self, context: Context) -> None:
        """Take settings and destinations of the context as they are at each tick."""
        self._context = context
        self._states_at = context.now() - _STATES_EVERY

    async def wait(self) -> None:
        """Return at once: nothing stays under way between ticks."""

    async def tick(self) -> int:
        """Queue the follow-ups that are due and return their number."""
        context, now = self._context, self._context.now()
        if now - self._states_at >= _STATES_EVERY:
            self._states_at = now
            settings = context.config.alerts
            await context.database.write(
                alerts.age,
                quiet_before=now - timedelta(seconds=settings.quiet_after),
                closed_before=now - timedelta(seconds=settings.quiet_after + settings.close_after),
            )
        told, after = 0, 0
        while True:
            looked_at, news = await context.database.write(self._follow, after)
            for thread, lines in news:
                log.info("story goes on", story=thread.story_id, to=thread.destination, news="; ".join(lines))
            told += len(news)
            if len(looked_at) < _AT_MOST:
                break
            after = looked_at[-1].id
        if told:
            context.wake("deliver")
        return told

    def _follow(self, connection: Connection, after: int) -> tuple[list[Thread], list[tuple[Thread, tuple[str, ...]]]]:
        """Look at some threads, the first with an id after `after`. Return them, and what was told."""
        context, now = self._context, self._context.now()
        settings = context.config.alerts
        waiting = threads.waiting(
            connection,
            destinations=list(context.channels),
            quiet=[name for name in context.channels if quiet_until(context.reader(name), now) is not None],
            told_before=now - timedelta(seconds=settings.group_interval),
            seen_since=now - timedelta(seconds=settings.quiet_after + settings.close_after),
            now=now,
            after=after,
            limit=_AT_MOST,
        )
        told = []
        for thread in waiting:
            try:
                with connection.begin_nested():
                    lines = self._one(connection, thread)
            except _OURS:
                log.exception("a follow-up failed", story=thread.story_id, to=thread.destination)
                context.metrics.worker_failures.labels(self.name).inc()
                threads.looked_at(connection, thread)
                continue
            if lines:
                told.append((thread, lines))
        return waiting, told

    def _one(self, connection: Connection, thread: Thread) -> tuple[str, ...]:
        """Look at one thread. Return what was told."""
        if thread.merged_into is not None:
            return self._merged(connection, thread, thread.merged_into)
        context = self._context
        news = news_of(
            connection,
            thread,
            thresholds=context.config.alerts.followup_sources,
            language=context.reader(thread.destination).language,
            now=context.now(),
        )
        if news.before is None:  # from here on
            self._remember(connection, thread, news.after, news.known, updates=0, at_once=True)
            return ()
        if not news.found.lines:
            threads.looked_at(connection, thread)
            return ()
        if self._must_wait(connection, thread, news.found, news.after):
            return ()
        return self._tell(connection, thread, news)

    def _must_wait(self, connection: Connection, thread: Thread, found: Changes, after: StoryFacts) -> bool:
        """Tell whether it is too early: only what is graver waits neither for the interval nor for the day's end."""
        context, now = self._context, self._context.now()
        reader = context.reader(thread.destination)
        breaks = found.graver and after.severity is Severity.FLASH and reader.flash_breaks_quiet
        if not breaks and quiet_until(reader, now) is not None:
            return True
        if found.graver:
            return False
        settings = context.config.alerts
        if thread.told_at > now - timedelta(seconds=settings.group_interval):
            return True
        mail = context.channels[thread.destination].type == "email"
        return mail and threads.followed_up(connection, thread, now - _A_DAY) >= settings.mail_followups

    def _tell(self, connection: Connection, thread: Thread, news: News) -> tuple[str, ...]:
        now, alert_ids = self._context.now(), news.tellable
        ids = [member.article_id for member in news.members]
        heard = threads.announced_to(connection, thread.destination, ids)
        fresh = [article_id for article_id in ids if article_id not in heard]
        message = update_message(
            connection,
            story_id=thread.story_id,
            alert_ids=alert_ids,
            members=news.members,
            fresh=fresh,
            found=news.found,
        )
        message = replace(message, root=self._root(connection, thread, message))
        notification_id = self._queue(connection, thread, message, alert_ids)
        if notification_id is None:
            return ()
        alerts.announce(connection, thread.destination, fresh, notification_id=notification_id, now=now)
        told = thread.told or {}
        known = dict.fromkeys([*told.get("alert_ids", ()), *alert_ids])
        self._remember(connection, thread, news.after, list(known), updates=told.get("updates", 0) + 1)
        return news.found.lines

    def _queue(
        self, connection: Connection, thread: Thread, message: Message, alert_ids: Collection[int]
    ) -> int | None:
        number = (thread.told or {}).get("updates", 0) + 1
        return queue(
            connection,
            message,
            key=f"update/{thread.id}/{number}",
            destinations=[thread.destination],
            new_id=self._context.new_id,
            now=self._context.now(),
            alert_ids=alert_ids,
        )

    def _root(self, connection: Connection, thread: Thread, now_is: Message | None) -> ThreadRoot | None:
        """Return the message to answer, with what it says brought up to date; None where none arrived."""
        found = threads.root_of(connection, thread)
        if found is None:
            return None
        ref, payload = found
        message = message_from_json(payload)
        reader = self._context.reader(thread.destination)
        subject = in_words(message, reader.zone, reader.language).subject
        if now_is is not None:
            message = replace(
                message,
                severity=now_is.severity,
                article_count=now_is.article_count,
                source_count=now_is.source_count,
                languages=now_is.languages,
                reasons=now_is.reasons,
                root=None,
            )
        return ThreadRoot((thread.told or {})["key"], ref or thread.provider_ref, subject, message)

    def _merged(self, connection: Connection, thread: Thread, kept: int) -> tuple[str, ...]:
        """Say once that the story is part of another, which goes on in its own thread."""
        root = self._root(connection, thread, None)
        threads.looked_at(connection, thread)
        story = stories.get(connection, kept)
        if root is None or root.message is None or story is None or (thread.told or {}).get("merged"):
            return ()
        language = self._context.reader(thread.destination).language
        line = phrases(language).say("merged into: {headline}", headline=story["headline"])
        message = replace(
            root.message,
            kind=NotificationKind.UPDATE,
            changes=(line,),
            snippets=(),
            others=(),
            root=replace(root, message=None),
        )
        if self._queue(connection, thread, message, thread.alert_ids) is None:
            return ()
        threads.told(connection, thread, {**(thread.told or {}), "merged": True}, self._context.now())
        return (line,)

    def _remember(
        self,
        connection: Connection,
        thread: Thread,
        facts: StoryFacts,
        alert_ids: Collection[int],
        *,
        updates: int,
        at_once: bool = False,
    ) -> None:
        told: dict[str, Any] = {**(thread.told or {}), **facts.as_json(), "alert_ids": list(alert_ids)}
        threads.told(connection, thread, {**told, "updates": updates}, self._context.now())
        if at_once and set(thread.alert_ids) - set(alert_ids):
            threads.look_again(connection, [thread.story_id])
