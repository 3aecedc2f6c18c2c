from datetime import timedelta

from newswatch.clock import VirtualClock
from newswatch.store import site_lines
from newswatch.store.database import Database


def test_what_is_known_of_sites_is_kept_and_replaced(database: Database, clock: VirtualClock) -> None:
    with database.writing() as connection:
        assert site_lines.get(connection, []) == {}
        site_lines.put(connection, {}, now=clock())
        site_lines.put(connection, {"b.example": b"\x00one", "a.example": b"two"}, now=clock())
    with database.writing() as connection:
        site_lines.put(connection, {"b.example": b"three", "c.example": b""}, now=clock())
    with database.reading() as connection:
        assert site_lines.get(connection, ["a.example", "b.example", "c.example", "d.example"]) == {
            "a.example": b"two",
            "b.example": b"three",
            "c.example": b"",
        }


def test_sites_without_articles_are_forgotten_and_never_are_there_more_than_so_many(
    database: Database, clock: VirtualClock
) -> None:
    everything = [f"{letter}.example" for letter in "abcd"]
    with database.writing() as connection:
        for site in everything:
            clock.advance(timedelta(days=1))
            site_lines.put(connection, {site: b"x"}, now=clock())
        assert site_lines.retain(connection, clock() - timedelta(days=2)) == 1
        assert site_lines.retain(connection, None) == 0
        assert site_lines.retain(connection, None, most=2) == 1
        assert sorted(site_lines.get(connection, everything)) == ["c.example", "d.example"]
