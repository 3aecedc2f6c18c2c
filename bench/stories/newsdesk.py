"""The project's own grouping on a database of its own, without feeds, pages and alerts."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from bench.stories.sets import Labelled
from newswatch.clock import VirtualClock
from newswatch.config import Config
from newswatch.flag.matching import Engine
from newswatch.group.settings import StorySettings
from newswatch.group.similarity import sampled
from newswatch.ids import IdSource
from newswatch.model import Article, MatchInput
from newswatch.pipeline.placing import place
from newswatch.search_tokens import search_text
from newswatch.store import articles, migrate, stories
from newswatch.store.articles import Arrival
from newswatch.store.database import Database
from newswatch.store.tables import article

_BATCH = 100


@dataclass
class Newsdesk:
    """What putting articles into stories needs."""

    database: Database
    engine: Engine
    config: Config
    now: VirtualClock
    new_id: IdSource

    def store(self, texts: Sequence[Labelled]) -> list[int]:
        """Store texts as articles that wait for their story, and return their ids."""
        ids = []
        for start in range(0, len(texts), _BATCH):
            some = []
            for one in texts[start : start + _BATCH]:
                self.now.set(max(self.now(), one.at))
                some.append(self._arrival(one))
            with self.database.writing() as connection:
                articles.store(connection, some, new_id=self.new_id, now=self.now())
            ids += [arrival.article_id for arrival in some]
        return ids

    def _arrival(self, one: Labelled) -> Arrival:
        article_id = self.new_id()
        value = Article(
            one.text, one.title, one.title, one.language, 1.0, "given", "as given", source_name=f"source {article_id}"
        )
        found = sampled(one.text, one.language)
        words = search_text(one.title, "")
        return Arrival(article_id, False, value, (str(article_id),), found, words, 2, False, one.at)

    def place(self) -> None:
        """Put everything that waits into stories."""
        while True:
            with self.database.writing() as connection:
                waiting = articles.waiting(connection, _BATCH)
                if not waiting:
                    return
                given = {one.article_id: MatchInput(one.title or "", one.text, one.language) for one in waiting}
                mentioned = {
                    article_id: self.engine.mentions(self.engine.document(text)) for article_id, text in given.items()
                }
                self.now.set(max(self.now(), waiting[-1].first_seen_at))
                place(self, connection, waiting, mentioned, ())
                articles.mark_matched(connection, [one.version_id for one in waiting], self.now())

    def stories(self) -> dict[int, int]:
        """Return the story of each article."""
        with self.database.reading() as connection:
            return stories.of_articles(connection, list(connection.execute(select(article.c.id)).scalars()))


@contextmanager
def newsdesk(engine: Engine, first: Labelled, settings: StorySettings) -> Iterator[Newsdesk]:
    """Give an empty one whose clock stands where the first text comes."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/stories.db")
        migrate.upgrade(database)
        clock = VirtualClock(first.at)
        yield Newsdesk(database, engine, Config(stories=settings), clock, IdSource(clock))
        database.close()
