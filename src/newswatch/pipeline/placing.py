"""Articles into stories, one after the other: copies first, then reports of the same event, else a story of their own.

Every article is compared with all that came before it, also in its batch, so the result does not depend on how
articles fall into batches. One process at a time assigns (`ONE_AT_A_TIME`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Protocol
from zlib import crc32

import structlog
from sqlalchemy import Connection

from newswatch.clock import Now
from newswatch.config import Config
from newswatch.extract.language_profiles import LATIN_WORDS
from newswatch.group.assign import assign
from newswatch.group.events import Report, begun, find_event, grown, mergeable
from newswatch.group.kinds import kinds
from newswatch.group.terms import lead, name_term, weigh, word_counts
from newswatch.ids import IdSource
from newswatch.languages import primary
from newswatch.model import ALL_ARTICLES, Assignment, Mention, Relation
from newswatch.store import events, moves, shingles, stories
from newswatch.store.articles import WaitingVersion

log = structlog.get_logger("newswatch.match")

ONE_AT_A_TIME = 0x6E77_6D61  # advisory lock: story assignment sees every article stored before

_COUNT_ALL = 5_000  # articles counted for the frequencies of terms; of later ones an eighth is
_ONE_IN = 8
_NOON = time(12, tzinfo=UTC)


class Placing(Protocol):
    """What putting articles into stories needs: the `Context` of the stages has it."""

    @property
    def config(self) -> Config:
        """The settings, of which [stories] counts here."""
        ...

    @property
    def now(self) -> Now:
        """The clock."""
        ...

    @property
    def new_id(self) -> IdSource:
        """The source of ids."""
        ...


def place(
    context: Placing,
    connection: Connection,
    versions: Sequence[WaitingVersion],
    mentioned: Mapping[int, Sequence[Mention]],
    flagged: Collection[int],
) -> dict[int, tuple[int, str]]:
    """Put articles into stories, in their order. Return each one's story and why, by version.

    `mentioned` are the entities in each article, by article; `flagged` are the articles that meet a rule.
    """
    settings = context.config.stories
    window = timedelta(seconds=settings.window)
    if settings.events != "off":
        events.purge(connection, context.now() - window)
    # Twice the window: some articles wait before they are placed. Any part, each as often as the others.
    shingles.purge(connection, context.now() - 2 * window, crc32(b"%d" % versions[0].version_id))
    known = stories.of_articles(connection, [version.article_id for version in versions if version.seq > 1])
    story_of = dict(known)
    wanted = [
        shingles.Wanted(version.article_id, version.sample, version.first_seen_at - window)
        for version in versions
        if version.article_id not in known
    ]
    neighbours = shingles.neighbours(connection, wanted)
    merges: dict[int, int] = {}
    joining: list[stories.Membership] = []
    placed: dict[int, tuple[int, str]] = {}
    for version in versions:
        if version.article_id in story_of:
            placed[version.version_id] = story_of[version.article_id], "stays in its story"
            continue
        candidates = [
            neighbour.in_story(story_id)
            for neighbour in neighbours.get(version.article_id, ())
            if (story_id := story_of.get(neighbour.article_id, neighbour.story_id)) is not None
        ]
        assignment = assign(version.sample.shingles, candidates, settings)
        story_id = context.new_id() if assignment.story_id is None else assignment.story_id
        if assignment.relation is Relation.COPY:
            events.touch(connection, story_id, _instant(version))
        elif settings.events == "all" or (
            settings.events == "named" and (version.article_id in flagged or mentioned.get(version.article_id))
        ):
            report = report_of(connection, version, mentioned.get(version.article_id, ()))
            assignment, story_id, same = _by_event(context, connection, report, assignment, story_id)
            merges.update(same)
        story_of[version.article_id] = story_id
        placed[version.version_id] = story_id, assignment.reason
        joining.append(
            stories.Membership(
                article_id=version.article_id,
                story_id=story_id,
                begins=assignment.story_id is None,
                assignment=assignment,
                headline=version.display_headline,
                language=version.language,
            )
        )
    stories.join(connection, joining, context.now())
    return _merged(context, connection, placed, merges)


def _by_event(
    context: Placing, connection: Connection, report: Report, assignment: Assignment, story_id: int
) -> tuple[Assignment, int, dict[int, int]]:
    """Look for the event that an article which is no copy reports on.

    Return the assignment and the story, which are those given where there is none, and the stories that turn out to be
    one by this article: the one to merge, and into which.
    """
    settings, names = context.config.stories, report.persons | report.places
    candidates = events.candidates(connection, report.vector, names)
    found = find_event(report, candidates, settings, has_language=partial(events.has_language, connection))
    if found is None:
        events.add(connection, begun(report, story_id), names)
        return assignment, story_id, {}
    story_id = found.assignment.story_id or story_id
    if found.centroid is None:
        events.add(connection, begun(report, story_id), names)
        return found.assignment, story_id, {}
    changed = grown(found.centroid, report)
    events.change(connection, found.centroid, changed, names)
    same = mergeable(changed, candidates, settings)
    pairs = [sorted((one.story_id, story_id)) for one in same if not moves.apart(connection, one.story_id, story_id)]
    return found.assignment, story_id, {younger: older for older, younger in pairs[:1]}


def _merged(
    context: Placing, connection: Connection, placed: dict[int, tuple[int, str]], merges: Mapping[int, int]
) -> dict[int, tuple[int, str]]:
    """Merge the stories that turned out to be one, and return `placed` as it is then."""
    for younger, older in merges.items():
        kept, gone = moves.current(connection, older), moves.current(connection, younger)
        if kept == gone or moves.apart(connection, kept, gone):
            continue
        moved = moves.merge(connection, kept, gone, by_hand=False, new_id=context.new_id, now=context.now())
        log.info("stories merged", story=kept, merged=gone, articles=moved)
    if not merges:
        return placed
    return {version: (moves.current(connection, story_id), why) for version, (story_id, why) in placed.items()}


def report_of(
    connection: Connection, version: WaitingVersion, mentioned: Sequence[Mention], *, count: bool = True
) -> Report:
    """Return what is compared of an article. Its words are counted for the articles that come, unless it was before."""
    title, text = version.title or "", version.text
    beginning = len(lead(text))
    leading = [one for one in mentioned if any(field == "title" or start < beginning for field, start, _ in one.spans)]
    names = {name_term(one.entity): one.type for one in leading}
    language = primary(version.language)
    words = word_counts(title, text, language, LATIN_WORDS.get(language, frozenset()))
    known = events.counts(connection, [*words, *names])
    counted = known.get(ALL_ARTICLES, 0)
    if count and (counted < _COUNT_ALL or not version.article_id % _ONE_IN):
        events.count(connection, [*words, *names], counted)
    persons = frozenset(term for term, kind in names.items() if kind == "person")
    return Report(
        article_id=version.article_id,
        language=language,
        vector=weigh(words, names, known),
        at=_instant(version),
        persons=persons,
        places=frozenset(term for term, kind in names.items() if kind == "place"),
        kinds=kinds(title, lead(text)) if persons else 0,
    )


def _instant(version: WaitingVersion) -> datetime:
    """Return when an article was published, as well as is known; never after it was first seen."""
    seen = version.first_seen_at
    if version.published_at is not None:
        return min(version.published_at, seen)
    if version.published_on is not None and version.published_on < seen.date():
        return datetime.combine(version.published_on, _NOON)
    return seen
