"""Who is mentioned where, when several people have the same short name."""

from datetime import date

import pytest

from newswatch.flag.matching import Engine
from tests.flag.helpers import article, pack
from tests.flag.people import PEOPLE

LEES = """
[[entities]]
id = "lee-myung-bak"
type = "person"
name = "Lee Myung-bak"
names = { en = ["Lee|Myung-bak"] }
short = { en = ["Lee"] }
short_with = ["premier"]
roles = [{ office = "president", from = 2008-02-25, to = 2013-02-24 }]

[[entities]]
id = "lee-hoi-chang"
type = "person"
name = "Lee Hoi-chang"
names = { en = ["Lee|Hoi-chang"] }
short = { en = ["Lee"] }
short_with = ["premier"]
"""
TODAY = date(2026, 1, 13)


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("Lee Jae-myung met the Japanese premier. Lee smiled.", TODAY, {"lee": ["Lee Jae-myung", "Lee"]}),
        (
            "Lee Myung-bak met the Japanese premier, before Lee Jae-myung did. Lee smiled.",
            TODAY,
            {"lee": ["Lee Jae-myung", "Lee"], "lee-myung-bak": ["Lee Myung-bak", "Lee"]},
        ),
        ("Lee Myung-bak recalls the Japanese premier. Lee smiled.", TODAY, {"lee-myung-bak": ["Lee Myung-bak", "Lee"]}),
        ("Lee met the Japanese premier.", TODAY, {"lee": ["Lee"]}),
        ("Lee met the Japanese premier.", date(2010, 5, 1), {"lee-myung-bak": ["Lee"]}),
        (
            "Lee met the Japanese premier.",
            date(2000, 5, 1),
            {"lee": ["Lee"], "lee-myung-bak": ["Lee"], "lee-hoi-chang": ["Lee"]},
        ),
        ("President Lee met the Japanese premier.", TODAY, {"lee": ["President Lee"]}),
        ("Lee went home.", TODAY, {}),
    ],
)
def test_a_surname_belongs_to_the_likeliest(text: str, published: date, expected: dict[str, list[str]]) -> None:
    engine = Engine(pack("ferry", extra=PEOPLE + LEES))
    found = engine.mentions(engine.document(article(text, published=published)))
    persons = {one.entity: [text[start:end] for _, start, end in one.spans] for one in found if one.type == "person"}
    assert persons == expected
