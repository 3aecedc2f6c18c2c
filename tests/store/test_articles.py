from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from newswatch.clock import VirtualClock
from newswatch.ids import IdSource
from newswatch.model import KEYS, Article, Assignment, Relation, Sample
from newswatch.store import articles, search
from newswatch.store.articles import AddressTaken, Stored
from newswatch.store.database import Database
from newswatch.store.shingles import Wanted, neighbours, pack, purge, unpack
from newswatch.store.tables import article_shingle
from tests.store import values
from tests.store.filling import join_story, store_article

_SHINGLES = frozenset({-(2**63), -5, 0, 7, 2**63 - 1})


def _store(
    database: Database,
    clock: VirtualClock,
    new_id: IdSource,
    value: Article | None = None,
    *,
    keys: tuple[str, ...] = ("key-1",),
    shingles: frozenset[int] = _SHINGLES,
    known_id: int | None = None,
) -> Stored:
    with database.writing() as connection:
        return store_article(
            connection,
            value or values.article(),
            url_keys=keys,
            shingles=shingles,
            backfill=False,
            first_seen_at=clock(),
            known_id=known_id,
            new_id=new_id,
            now=clock(),
        )


def test_shingles_survive_packing() -> None:
    keys = (7, -(2**63), 2**63 - 1)
    packed = pack(Sample(_SHINGLES, keys))
    assert unpack(packed) == Sample(_SHINGLES, (*keys, -5, 0))
    many = frozenset(range(-50, 50))
    sample = Sample(many, tuple(range(40, 40 - KEYS, -1)))
    assert unpack(pack(sample)) == sample
    assert pack(Sample()) == b""


def test_an_article_is_stored_once_under_all_its_addresses(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    first = _store(database, clock, new_id, keys=("link", "canonical"))
    with database.reading() as connection:
        known_id = articles.find(connection, ["other", "canonical"])["canonical"]
    again = _store(database, clock, new_id, keys=("other", "canonical"), known_id=known_id)
    assert first.created
    assert again == Stored(first.article_id, None, created=False)
    with database.reading() as connection:
        assert articles.find(connection, ["other", "unknown"]) == {"other": first.article_id}
        assert articles.find(connection, []) == {}
        assert articles.counts(connection)["articles"] == 1


def test_everything_comes_back(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    stored = _store(database, clock, new_id)
    with database.reading() as connection:
        shown = articles.show(connection, stored.article_id)
        waiting = articles.waiting(connection, 10)
    value = values.article()
    assert shown is not None
    assert shown["versions"][0]["text"] == value.text
    assert shown["versions"][0]["removed"] == [{"text": "Share", "reason": "share_bar", "line": 1}]
    assert shown["versions"][0]["credited"][0]["name"] == "Harbour Wire"
    assert (shown["published_on"], shown["published_at"]) == (value.published.on, None)  # type: ignore[union-attr]
    assert [one.sample.shingles for one in waiting] == [_SHINGLES]
    assert waiting[0].published_on == value.published.on  # type: ignore[union-attr]


def test_an_address_that_somebody_else_took_meanwhile_stops_the_transaction(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    _store(database, clock, new_id, keys=("link",))
    with pytest.raises(AddressTaken):
        _store(database, clock, new_id, keys=("own", "link"))
    with database.reading() as connection:
        assert articles.counts(connection)["articles"] == 1
        assert articles.find(connection, ["own"]) == {}


def test_a_revision_is_kept_beside_the_first_text(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    first = _store(database, clock, new_id)
    revised = values.article(text="The harbour stays closed.", title="Harbour stays closed", published=None, authors=())
    second = _store(database, clock, new_id, revised, shingles=frozenset({7, 8}), known_id=first.article_id)
    assert second.article_id == first.article_id
    assert second.version_id not in (None, first.version_id)
    with database.reading() as connection:
        shown = articles.show(connection, first.article_id)
        assert shown is not None
        assert [version["seq"] for version in shown["versions"]] == [1, 2]
        assert [version["text"] for version in shown["versions"]] == [values.article().text, revised.text]
        # what the revision's poorer page does not say is kept
        assert (shown["title"], shown["authors"], shown["published_precision"]) == (
            "Harbour stays closed",
            ["Ada Reyes"],
            "day",
        )
        assert search.find(connection, "reopened", limit=5) == []
        assert search.find(connection, "stays closed", limit=5) == [first.article_id]


def test_a_text_that_is_restored_is_a_revision_once(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    first, other = values.article(), values.article(text="The harbour stays closed.")
    article_id = _store(database, clock, new_id, first).article_id
    stored = [_store(database, clock, new_id, one, known_id=article_id) for one in (other, first, first, other, first)]
    assert [one.version_id is not None for one in stored] == [True, True, False, True, True]
    with database.reading() as connection:
        shown = articles.show(connection, article_id)
        assert shown is not None
        assert [(one["seq"], one["text"] == first.text) for one in shown["versions"]] == [
            (1, True),
            (2, False),
            (3, True),
            (4, False),
            (5, True),
        ]
        assert shown["versions"][-1]["id"] == stored[-1].version_id
        assert search.find(connection, "stays closed", limit=5) == []


def test_candidates_share_shingles_and_are_recent(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    ids = []
    for number, shingles in enumerate((frozenset({1, 2, 3}), frozenset({3, 4}), frozenset({9}))):
        stored = _store(
            database,
            clock,
            new_id,
            values.article(text=f"Text number {number}."),
            keys=(f"key-{number}",),
            shingles=shingles,
        )
        ids.append(stored.article_id)
        with database.writing() as connection:
            assignment = Assignment(None, Relation.ORIGIN, 0.0, None, "new")
            join_story(
                connection,
                assignment,
                article_id=stored.article_id,
                headline="h",
                language="en",
                new_id=new_id,
                now=clock(),
            )
        clock.advance(timedelta(hours=1))
    with database.reading() as connection:
        own, none = Sample(frozenset({2, 3, 4})), Sample()
        first, second, third = new_id(), new_id(), new_id()
        wanted = [
            Wanted(first, own, clock() - timedelta(days=3)),
            Wanted(second, own, clock() - timedelta(hours=2)),
            Wanted(ids[1], Sample(frozenset({3, 4})), clock() - timedelta(days=3)),
            Wanted(third, none, clock() - timedelta(days=3)),
        ]
        found = neighbours(connection, wanted)
        assert [(one.article_id, one.shared) for one in found[first]] == [(ids[0], 2), (ids[1], 2)]
        assert found[first][0].shingles == frozenset({1, 2, 3})
        assert found[first][0].story_id is not None
        assert [one.article_id for one in found[second]] == [ids[1]], "only what is recent enough for this one"
        assert [one.article_id for one in found[ids[1]]] == [ids[0]], "nobody is a neighbour of itself"
        assert third not in found
        assert neighbours(connection, []) == {}


def test_of_a_phrase_that_many_have_only_the_latest_before_an_article_are_looked_at(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    ids = []
    for number in range(30):
        clock.advance(timedelta(seconds=2))
        value = values.article(text=f"Text number {number}.")
        kept = frozenset({1, 2}) if number == 3 else frozenset({1})
        ids.append(_store(database, clock, new_id, value, keys=(f"key-{number}",), shingles=kept).article_id)
    with database.reading() as connection:
        since = clock() - timedelta(days=3)
        wanted = [Wanted(ids[20], Sample(frozenset({1, 2})), since), Wanted(ids[2], Sample(frozenset({1})), since)]
        found = neighbours(connection, wanted)
    assert [one.article_id for one in found[ids[20]]] == [ids[3], *ids[10:17]]
    early = {one.article_id for one in found[ids[2]]}
    assert early == {*ids[:2], *ids[3:7]}, "and a little later ones: another process may be faster"


def test_old_articles_leave_the_index_part_by_part(database: Database, clock: VirtualClock, new_id: IdSource) -> None:
    ids = []
    for number in range(2):
        value = values.article(text=f"Text number {number}.")
        spread = frozenset(Random(number).sample(range(1 << 60), 40))
        ids.append(_store(database, clock, new_id, value, keys=(f"key-{number}",), shingles=spread).article_id)
        clock.advance(timedelta(days=1))
    with database.writing() as connection:
        before = clock() - timedelta(hours=30)
        gone = [purge(connection, before, part) for part in range(7 * 1024, 8 * 1024)]
        left = set(connection.execute(select(article_shingle.c.article_id)).scalars())
        assert sum(purge(connection, before, part) for part in range(1024)) == 0
    assert sum(gone) == KEYS
    assert len([one for one in gone if one]) > 1
    assert left == {ids[1]}


_TEXTS = {
    "ko": "이재명 대통령이 부산항을 찾았다. 다카이치 사나에 총리와 만났다.",
    "ja": "高市早苗首相は釜山港を訪れた。東京都の職員も同行した。",
    "zh": "高市早苗访问釜山港，李在明总统陪同。",
    "en": "Prime Minister Takaichi visited the Port of Busan; naïve observers were surprised.",
}


@pytest.mark.parametrize(
    ("query", "languages"),
    [
        ("이재명", {"ko"}),
        ("다카이치", {"ko"}),
        ("대통령", {"ko"}),
        ("高市", {"ja", "zh"}),
        ("釜山港", {"ja", "zh"}),
        ("首相", {"ja"}),
        ("港", {"ja", "zh"}),
        ("takaichi", {"en"}),
        ("TAKAICHI busan", {"en"}),
        ('"port of busan"', {"en"}),
        ('"busan port"', set()),
        ("naive", {"en"}),
        ("takaichi OR 高市", {"en", "ja", "zh"}),
        ("高市 -総統 -总统", {"ja"}),
        ("'; DROP TABLE article; --", set()),
        ('" OR', set()),
        ("", set()),
        ("*", set()),
    ],
)
def test_search_finds_words_of_every_script(
    database: Database, clock: VirtualClock, new_id: IdSource, query: str, languages: set[str]
) -> None:
    ids = {}
    for language, text in _TEXTS.items():
        value = replace(values.article(text=text, language=language), title=None)
        ids[_store(database, clock, new_id, value, keys=(language,)).article_id] = language
    with database.reading() as connection:
        assert {ids[found] for found in search.find(connection, query, limit=10)} == languages


@pytest.mark.parametrize(
    ("asked", "tags"),
    [
        ("zh", {"zh", "zh-Hans", "zh-Hant"}),
        ("zh-TW", {"zh-Hant"}),
        ("ZH-hans", {"zh-Hans"}),
        ("ko-KR", {"ko"}),
        ("%", set()),
    ],
)
def test_articles_are_listed_by_language_and_script(
    database: Database, clock: VirtualClock, new_id: IdSource, asked: str, tags: set[str]
) -> None:
    for tag in ("zh", "zh-Hans", "zh-Hant", "ko", "kok"):
        _store(database, clock, new_id, values.article(language=tag), keys=(tag,))
    with database.reading() as connection:
        assert {row["language"] for row in articles.listing(connection, limit=9, language=asked)} == tags


def test_a_phrase_does_not_reach_from_the_title_into_the_body(
    database: Database, clock: VirtualClock, new_id: IdSource
) -> None:
    stored = _store(database, clock, new_id, values.article(title="Ferry to Busan", text="Port workers returned."))
    with database.reading() as connection:
        assert search.find(connection, '"busan port"', limit=5) == []
        assert search.find(connection, "busan port", limit=5) == [stored.article_id]
