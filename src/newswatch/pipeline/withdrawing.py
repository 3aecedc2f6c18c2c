"""Matches that a revision of their article has lost: they are withdrawn, and who was not told yet is not told."""

from collections.abc import Collection, Mapping

import structlog
from sqlalchemy import Connection

from newswatch.flag.matching import Engine
from newswatch.pipeline.placing import Placing
from newswatch.store import articles, history, withdrawal
from newswatch.store.articles import HowRead, WaitingVersion
from newswatch.store.history import Ended, StoredMatch

log = structlog.get_logger("newswatch.match")

_STUB = 0.5
"""A revision behind a wall with less than this share of the text that the match was found in is only its beginning."""


def withdraw(
    context: Placing,
    connection: Connection,
    engine: Engine,
    version: WaitingVersion,
    *,
    met: Collection[str],
    story_id: int,
) -> None:
    """Withdraw what a revision, which meets the rules `met`, has lost of the matches of its article.

    Matches of rules that are not in force stay. So do all of them if newswatch could read less than before: what it did
    not see may still be there. Where the rule is another than the one that was met, the publisher is not said to have
    revised it away.
    """
    stored = history.of_articles(connection, [version.article_id])[version.article_id]
    lost = {rule: one for rule, one in stored.items() if rule not in met and engine.compiled(rule) is not None}
    for rule_id in _really_lost(connection, version, lost):
        now = context.now()
        compiled = engine.compiled(rule_id)
        same = compiled is not None and compiled.rule.hash == lost[rule_id].match.rule_hash
        history.end(
            connection,
            rule_id,
            version.article_id,
            Ended.WITHDRAWN,
            by_version=version.version_id if same else None,
            new_id=context.new_id,
            now=now,
        )
        withdrawal.settle(connection, story_id, rule_id, withdrawal.REVISED if same else withdrawal.RULE_CHANGED, now)
        log.info(
            "match withdrawn",
            rule=rule_id,
            article=version.article_id,
            story=story_id,
            headline=version.display_headline,
            revision=version.seq,
        )


def _really_lost(connection: Connection, version: WaitingVersion, lost: Mapping[str, StoredMatch]) -> list[str]:
    if not lost:
        return []
    ids = [one.version_id for one in lost.values()]
    read = articles.how_read(connection, [*ids, version.version_id])
    now = read[version.version_id]
    return [
        rule_id
        for rule_id, one in lost.items()
        if one.version_id not in read or not _poorer(now, read[one.version_id], walled=version.walled)
    ]


def _poorer(now: HowRead, before: HowRead, *, walled: bool) -> bool:
    """Whether less was read of a revision: the feed's text in place of the page, or the beginning before a wall."""
    from_feed, page_before = now.method.startswith("feed"), not before.method.startswith("feed")
    return (from_feed and page_before) or (walled and now.length < _STUB * before.length)
