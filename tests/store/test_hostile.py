"""Whatever texts say, they are values to the database: stored as they are, found again, and nothing else happens."""

from dataclasses import replace

from sqlalchemy import func, select

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.store import articles, entries, feeds, search
from newswatch.store.database import Database
from newswatch.store.tables import entry, feed
from tests.store import values
from tests.store.filling import store_article

HOSTILE = [
    "'); DROP TABLE feed; --",
    '" OR 1=1 --',
    "%s %d %(x)s {0} :id ?1 $1 @x",
    "\\'; \\\" \\\\",
    "/* */ -- ; GO",
    "NULL",
    "\u02bc\uff07 OR \u2019\u2019=\u2019",
    "\U0001f600 한국 \u202e txet",
    "x' UNION SELECT url FROM feed --",
    '{"a": [1, "]}',
]


def test_hostile_texts_are_values(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    with database.writing() as connection:
        for number, text in enumerate(HOSTILE):
            feed_id, url = new_id(), f"https://h{number}.example/?q={text}"
            assert feeds.add(connection, values.feed(number, url=url, name=text), feed_id=feed_id, now=clock())
            entry_ = values.entry(number, key=text, title=text, summary=text, authors=(text,))
            entries.store(
                connection, feed_id, [entry_], new_id=new_id, now=clock(), backfill=False, quiet=frozenset(), found={}
            )
            article = values.article(f"unusual{number} {text}", title=text, display_headline=text)
            stored = store_article(
                connection,
                replace(article, url=url),
                url_keys=(text,),
                shingles=frozenset({number}),
                backfill=False,
                first_seen_at=clock(),
                known_id=None,
                new_id=new_id,
                now=clock(),
            )
            assert stored.version_id is not None
            assert articles.version_text(connection, stored.version_id)[1] == f"unusual{number} {text}"
            assert search.find(connection, f"unusual{number}", limit=5) == [stored.article_id]
            search.find(connection, text, limit=5)
            kept = feeds.get(connection, feed_id)
            assert kept is not None
            assert (kept.name, kept.url) == (text, url)
            named = feeds.get(connection, text)
            assert named is not None
            assert named.id == feed_id
        assert sorted(connection.execute(select(entry.c.title)).scalars()) == sorted(HOSTILE)
        assert connection.execute(select(func.count()).select_from(feed)).scalar() == len(HOSTILE)
