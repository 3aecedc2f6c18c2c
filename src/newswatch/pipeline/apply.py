"""Rules applied to stored articles: matches are added, changed and withdrawn, as if the rules had always been these.

Nobody is told: alerts are opened as back-filled, and the next new article of the story is decided as always. Each page
of articles is one transaction together with the position reached, so this can be broken off anywhere and go on later,
and a daemon can work at the same time: a version that no rule has seen yet is left to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from newswatch.clock import Now
from newswatch.config import Config
from newswatch.flag.matching import ENGINE_VERSION, Engine
from newswatch.ids import IdSource, first_id_at
from newswatch.model import Match, Route
from newswatch.pipeline.alerting import Alerted, open_alerts
from newswatch.pipeline.match import definition
from newswatch.pipeline.placing import ONE_AT_A_TIME
from newswatch.store import applications, archive, history, matches, withdrawal
from newswatch.store.applications import Application
from newswatch.store.archive import Archived
from newswatch.store.database import Database, lock
from newswatch.store.history import Ended, StoredMatch

PAGE = 100


class Kind(StrEnum):
    """What applying a rule does to a match."""

    ADDED = "added"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """One match that is other than it was stored."""

    kind: Kind
    rule_id: str
    article: Archived
    before: Match | None
    after: Match | None


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of articles led to. `left` were changed meanwhile or wait for the daemon."""

    articles: int
    changes: tuple[Change, ...]
    left: int
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies the rules of `engine` (of these only the rule `only`) to the archive."""

    config: Config
    database: Database
    engine: Engine
    routes: tuple[Route, ...]
    now: Now
    new_id: IdSource
    only: str | None = None

    @property
    def rules_hash(self) -> str:
        """What changes when these rules can give another result."""
        compiled = None if self.only is None else self.engine.compiled(self.only)
        rules = self.engine.ruleset.hash if self.only is None else compiled.rule.hash if compiled else "none"
        return f"{ENGINE_VERSION}:{rules}"

    def covers(self, rule_id: str) -> bool:
        """Whether stored matches of a rule are brought up to date."""
        return rule_id == self.only if self.only is not None else self.engine.compiled(rule_id) is not None

    def begin(self, since: datetime | None, *, restart: bool) -> Application:
        """Go on with what was broken off, or begin with the oldest article."""
        with self.database.writing() as connection:
            known = None if restart else applications.unfinished(connection, self.rules_hash, self.only, since)
            return known or applications.begin(
                connection,
                self.rules_hash,
                self.only,
                since,
                position=_before(since),
                new_id=self.new_id,
                now=self.now(),
            )

    def pages(self, application: Application, since: datetime | None) -> Iterator[Page]:
        """Apply page after page. The last page, which may be empty, ends the application."""
        position, until = max(application.position, _before(since)), first_id_at(self.now())
        while True:
            page, found = self._read(position, until, since)
            position = page[-1].article_id if page else position
            yield self._write(page, found, application.id, position, last=len(page) < PAGE)
            if len(page) < PAGE:
                return

    def preview(self, since: datetime | None) -> Iterator[Page]:
        """Yield what `pages` would do, changing nothing."""
        position, until = _before(since), first_id_at(self.now())
        while True:
            page, found = self._read(position, until, since)
            with self.database.reading() as connection:
                stored = history.of_articles(connection, found)
            seen = [one for one in page if not one.waiting]
            changes = [change for one in seen for change in self._changes(one, found, stored)]
            yield Page(len(page), tuple(changes), len(page) - len(seen))
            if len(page) < PAGE:
                return
            position = page[-1].article_id

    def _read(
        self, position: int, until: int, since: datetime | None
    ) -> tuple[list[Archived], dict[int, dict[str, Match]]]:
        with self.database.reading() as connection:
            page = archive.after(connection, position, until_id=until, since=since, limit=PAGE)
        found = {}
        for one in page:
            met = self.engine.match(one.given)
            found[one.article_id] = {match.rule_id: match for match in met if self.covers(match.rule_id)}
        return page, found

    def _write(
        self,
        page: list[Archived],
        found: Mapping[int, Mapping[str, Match]],
        application_id: int,
        position: int,
        *,
        last: bool,
    ) -> Page:
        with self.database.writing() as connection:
            lock(connection, ONE_AT_A_TIME)
            current = archive.current(connection, found)
            stored = history.of_articles(connection, found)
            changes: list[Change] = []
            alerts = left = 0
            for one in page:
                if current.get(one.article_id) != (one.version_id, True):
                    left += 1
                    continue
                of_article = list(self._changes(one, found, stored))
                alerts += self._store(connection, one, of_article)
                changes += of_article
            counts = {kind.value: sum(change.kind is kind for change in changes) for kind in Kind}
            counts["articles"] = len(page)
            applications.advance(connection, application_id, position, counts, self.now())
            if last:
                applications.finish(connection, application_id, self.now())
        return Page(len(page), tuple(changes), left, alerts)

    def _changes(
        self, one: Archived, found: Mapping[int, Mapping[str, Match]], stored: Mapping[int, Mapping[str, StoredMatch]]
    ) -> Iterator[Change]:
        now, before = found[one.article_id], stored[one.article_id]
        for rule_id, match in now.items():
            old = before.get(rule_id)
            if old is None:
                yield Change(Kind.ADDED, rule_id, one, None, match)
            elif not self._same(old, match, one):
                yield Change(Kind.CHANGED, rule_id, one, old.match, match)
        for rule_id, old in before.items():
            if rule_id not in now and self.covers(rule_id):
                yield Change(Kind.WITHDRAWN, rule_id, one, old.match, None)

    @staticmethod
    def _same(old: StoredMatch, match: Match, one: Archived) -> bool:
        """Whether a stored match is what rule and engine say now, whichever index of the rules it came from."""
        engine = old.engine_version.partition("/")[0]
        return (old.match, old.version_id, engine) == (match, one.version_id, ENGINE_VERSION)

    def _store(self, connection: Connection, one: Archived, changes: list[Change]) -> int:
        """Store the changes of one article and return how many alerts were opened."""
        now = self.now()
        for change in changes:
            if change.before is not None:
                ended = Ended.WITHDRAWN if change.after is None else Ended.REPLACED
                history.end(connection, change.rule_id, one.article_id, ended, new_id=self.new_id, now=now)
            if change.after is not None:
                self._match(connection, one, change.after, added=change.before is None)
        if one.story_id is None:
            return 0
        for change in changes:
            if change.after is None:
                withdrawal.settle(connection, one.story_id, change.rule_id, withdrawal.RULES_APPLIED, now)
        article = Alerted(one.article_id, one.given.language, True, one.published, one.first_seen_at)
        met = [change.after for change in changes if change.after is not None]
        return len(open_alerts(self, connection, article, met, one.story_id))

    def _match(self, connection: Connection, one: Archived, match: Match, *, added: bool) -> None:
        matches.remember_rule(
            connection,
            rule_hash=match.rule_hash,
            rule_id=match.rule_id,
            name=match.rule_name,
            definition=definition(self.engine, match.rule_id),
            now=self.now(),
        )
        matches.store(
            connection,
            match,
            article_id=one.article_id,
            version_id=one.version_id,
            engine_version=self.engine.version,
            new_id=self.new_id,
            now=self.now(),
        )
        if added:
            history.mark_backfill(connection, match.rule_id, one.article_id)


def _before(since: datetime | None) -> int:
    return 0 if since is None else first_id_at(since) - 1
