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
