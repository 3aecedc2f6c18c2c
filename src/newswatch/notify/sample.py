"""Made-up messages of each kind: for a look at what a destination would get, and for a test of the way there. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from newswatch.model import (
    Evidence,
    Match,
    MatchedArticle,
    Message,
    Notice,
    NotificationKind,
    Published,
    Relation,
    Severity,
    StoryArticle,
)
from newswatch.model.notify import ThreadRoot
from newswatch.notify.compose import compose
from newswatch.notify.listing import compose_listing, compose_notice, line_of
from newswatch.notify.phrases import phrases

_STORY = 100
_TITLE = "Ferry between Port Ellery and Marrow Island suspended after storm"
_BODY = (
    "The ferry between Port Ellery and Marrow Island will not run before Thursday. "
    "The harbour office said on Tuesday that the storm had torn two moorings loose and that nobody was hurt."
)
_KOREAN = "폭풍으로 포트엘러리와 매로섬을 잇는 여객선 운항이 중단되었다."
_MINUTE = timedelta(minutes=1)


def sample(kind: NotificationKind, now: datetime, language: str = "en") -> Message:
    """Return a message of a kind about a story that is made up, as if it had just happened.

    `language` is that of what is said besides the news.
    """
    match kind:
        case NotificationKind.NEW:
            return _told(now)
        case NotificationKind.UPDATE:
            return _follow_up(now, language)
        case NotificationKind.DIGEST | NotificationKind.ROLLUP:
            stories = (_told(now), replace(_told(now), story_id=_STORY + 1, severity=Severity.NORMAL, headline=_KOREAN))
            title = "Daily digest" if kind is NotificationKind.DIGEST else "What was held"
            return compose_listing(kind, title, [line_of(one) for one in stories], ends_at=now)
        case NotificationKind.OPS:
            lines = ("The Lantern: HTTP 503 three times in a row (https://lantern.example/rss)",)
            notice = Notice("feed_failing", "The Lantern", lines, "newswatch feeds list")
            return compose_notice("feed The Lantern fails", notice, since=now - 30 * _MINUTE)
        case NotificationKind.TEST:
            return trial_message("this destination", now)


def trial_message(destination: str, now: datetime) -> Message:
    """Return what is sent to find out whether a destination can be reached: nobody can take it for news."""
    lines = (
        f"Somebody asked newswatch whether it can reach {destination}. It can, if you read this.",
        "Nothing has happened, and nothing is to be done.",
    )
    message = compose_notice("this is a test", Notice("test", destination, lines), since=now, severity=Severity.INFO)
    return replace(message, kind=NotificationKind.TEST)


def _told(now: datetime) -> Message:
    return compose(
        kind=NotificationKind.NEW,
        story_id=_STORY,
        members=_members(now),
        matched=[
            MatchedArticle(1, _TITLE, _BODY, _match(_BODY, "ferry", "storm")),
            MatchedArticle(2, _KOREAN, _KOREAN, _match(_KOREAN, "폭풍", "여객선")),
        ],
    )


def _follow_up(now: datetime, language: str) -> Message:
    say = phrases(language).say
    told = replace(_told(now - 60 * _MINUTE), article_count=1, source_count=1, languages=("en",), others=())
    root = ThreadRoot("SAMPLE", None, _TITLE, _told(now))
    changes = (
        say("{old} → {new} sources", old=1, new=3),
        say("first {language} report: {source}", language=say("Korean"), source="등대신문"),
    )
    return replace(told, kind=NotificationKind.UPDATE, article_count=3, source_count=3, changes=changes, root=root)


def _members(now: datetime) -> tuple[StoryArticle, ...]:
    reports = (
        (_TITLE, "The Lantern", "en", Relation.ORIGIN),
        (_KOREAN, "등대신문", "ko", Relation.REPORT),
        (_TITLE, "The Gull", "en", Relation.COPY),
    )
    return tuple(
        StoryArticle(
            article_id=number,
            headline=headline,
            url=f"https://news.example/{number}",
            source_name=source,
            language=language,
            relation=relation,
            published=Published("second", "feed", at=now - 12 * _MINUTE),
            first_seen_at=now - (10 - number) * _MINUTE,
            credited=("The Lantern",) if relation is Relation.COPY else (),
        )
        for number, (headline, source, language, relation) in enumerate(reports, start=1)
    )


def _match(text: str, *words: str) -> Match:
    found = tuple(
        Evidence("body", text.index(word), text.index(word) + len(word), word, word, weight=1.0) for word in words
    )
    return Match(
        rule_id="sample",
        rule_name="Ferries and storms",
        rule_hash="0",
        severity=Severity.HIGH,
        score=0.83,
        threshold=0.5,
        tags=("sample",),
        evidence=found,
        evidence_total=len(found),
        why=(" and ".join(f"“{word}”" for word in words),),
    )
