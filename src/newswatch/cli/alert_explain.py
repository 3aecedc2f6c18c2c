"""`newswatch alerts explain`: who was told of a story and why, or why nobody was, in one picture."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, missing, opened, row_id
from newswatch.cli.output import ago, clean, cut, many, print_json
from newswatch.clock import system_now
from newswatch.errors import NotFound

_ARTICLES = 5  # of one rule, in the text; JSON has all of them
_TERMS = 8


def explain(
    story: Annotated[str, typer.Argument(metavar="ID", help="Id of a story, or of an alert, article or delivery.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Explain who was told of a story and why, or why nobody was, and what comes next.

    From the articles that met rules, with the evidence, over the alerts and each destination's thread to every
    attempt with its answer: what was held, silenced or left out and why, and when something would happen next.

    Example: newswatch alerts explain 189712345678901234
    """
    from newswatch.pipeline.explaining import explain_story
    from newswatch.store import articles, chain

    asked, now = row_id("story", story), system_now()
    with opened(config) as (loaded, database), database.reading() as connection:
        story_id = chain.story_named(connection, asked)
        found = explain_story(connection, loaded, story_id, now) if story_id is not None else None
        if found is None and articles.listing(connection, limit=1, ids=[asked]):
            raise NotFound(
                "story of article", story, "the rules have not looked at it yet; `newswatch status` shows why"
            )
    if found is None:
        raise missing("story", story)
    if json:
        print_json(found)
        return
    for line in _lines(found, now):
        print(line)


def _lines(found: Mapping[str, Any], now: datetime) -> Iterable[str]:
    about = found["story"]
    yield clean(about["headline"])
    merged = "".join(f"; story {one} was merged into it" for one in about["merged_ids"])
    yield (
        f"story {about['id']}: {many(about['article_count'], 'article')}, {many(about['source_count'], 'source')}, "
        f"{clean(about['languages'])}; first seen {clean(about['first_seen_at'])}, "
        f"latest {clean(about['last_seen_at'])}{merged}"
    )
    yield ""
    yield from map(clean, found["verdict"])
    yield from _rules(found["rules"], found["unread_articles"])
    yield from _alerts(found["alerts"], now)
    for one in found["destinations"]:
        yield from _destination(one, now)
    if found["not_routed"]:
        yield ""
        yield f"not meant for: {clean(found['not_routed'])} (newswatch routes test {about['id']} says why)"


def _rules(rules: Sequence[Mapping[str, Any]], unread: int) -> Iterable[str]:
    yield ""
    yield "RULES MET" if rules else "RULES MET: none"
    for rule in rules:
        articles = rule["articles"]
        yield f"  {rule['rule_id']} ({clean(rule['rule_name'])}) by {many(len(articles), 'article')}"
        for one in articles[:_ARTICLES]:
            score = f", score {one['score']:g} of {one['threshold']:g}" if one["threshold"] else ""
            late = ", back-filled" if one["backfill"] else ""
            yield (
                f"    {clean(one['matched_at'])}  article {one['article_id']} [{one['language']}] "
                f"{clean(one['source'] or 'unknown source')}: {cut(clean(one['headline']))}"
            )
            yield f"      {one['severity']}{score}{late}; found: {clean(one['found'][:_TERMS])}"
            yield from (f"      because {clean(line)}" for line in one["why"])
        if len(articles) > _ARTICLES:
            yield f"    and {len(articles) - _ARTICLES} more"
    if unread:
        yield f"  the rules have not looked at {many(unread, 'article')} yet"


def _alerts(alerts: Sequence[Mapping[str, Any]], now: datetime) -> Iterable[str]:
    yield ""
    yield "ALERTS" if alerts else "ALERTS: none"
    for one in alerts:
        state = f"{one['state']} since {clean(one['state_since'])}"
        yield f"  {one['rule_id']}: alert {one['id']}, {one['severity']}, {state}"
        kept = f"not told ({one['not_told']}): " if one["not_told"] else ""
        yield f"    {clean(one['opened_at'])}  opened by article {one['article_id']}; {kept}{clean(one['reason'])}"
        yield from _next(one["next"], now)


def _destination(one: Mapping[str, Any], now: datetime) -> Iterable[str]:
    yield ""
    yield f"TO {clean(one['destination'])}{'' if one['configured'] else ' (no longer configured)'}"
    if one["disabled"] is not None:
        yield f"  takes nothing: {clean(one['disabled'])}"
    if one["unsubscribed"] is not None:
        yield f"  is sent nothing: {clean(one['unsubscribed'])}"
    if one["paused_until"] is not None and one["paused_until"] > now:
        yield f"  asked to wait until {clean(one['paused_until'])}"
    for rule, reason in one["silenced"].items():
        yield f"  {rule} is {clean(reason)}"
    for row in one["deliveries"]:
        yield from _delivery(row, now)
    for row in one["digests"]:
        where = f"in delivery {row['delivery_id']}, {row['state']}" if row["delivery_id"] else "told in none yet"
        yield f"  {row['digest']} digest: {clean(row['rule_id'])}, noted {clean(row['added_at'])}, {where}"
        yield from _next(row["next"], now)
    for row in one["threads"]:
        knows = ""
        if row["sources"] is not None:
            knows = f"; knows of {many(row['sources'], 'source')} ({clean(row['languages'])}), {row['severity']}"
        yield f"  thread since {clean(row['began_at'])}, {many(row['follow_ups'], 'follow-up')}{knows}"
        if row["rules_not_told_yet"]:
            yield f"    not told in it yet: {clean(row['rules_not_told_yet'])}"
        for rule, reason in row["inhibited"].items():
            yield f"    {rule} is {clean(reason)}"
        yield from _next(row["next"], now)


def _delivery(row: Mapping[str, Any], now: datetime) -> Iterable[str]:
    reason = f": {clean(row['reason'])}" if row["reason"] else ""
    yield f"  {row['kind']} ({row['severity']}; {clean(row['rules'])}), delivery {row['id']}: {row['state']}{reason}"
    if row["rules_left_out"]:
        yield f"    left out, silenced when it was made: {clean(row['rules_left_out'])}"
    for event in row["events"]:
        detail = f": {clean(event['detail'])}" if event["detail"] else ""
        yield f"    {clean(event['at'])}  {event['what']}{detail}"
    yield from _next(row["next"], now)


def _next(steps: Iterable[Any], now: datetime) -> Iterable[str]:
    for step in steps:
        if step.at is None:
            yield f"    next: {clean(step.what)}"
        else:
            when = "now" if step.at <= now else f"{clean(step.at)} ({ago(step.at, now)})"
            yield f"    next: {when}: {clean(step.what)}"
