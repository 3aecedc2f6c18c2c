"""`newswatch entities`: listing, showing, variants, and entities in and out of packs without a loss."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

PACK = """\
# The harbour desk's people.
[pack]
id = "harbours"
name = "Harbours"

# Whoever runs the harbour.
[[entities]]
id = "harbour-master"
type = "office"
name = "Harbour master"
styles = { en = ["Harbour master {family}"], ko = [" {family} 항만장"] }

[[entities]]
id = "quill-aster"   # inherited from the old list
type = "person"
name = "Quill Aster"
short = { en = ["Quill"] }
roles = [
  { office = "harbour-master", from = 2020-01-01, to = 2022-12-31 },  # from the gazette
  { office = "harbour-master", from = 2024-05-01, checked = false },
]
[entities.names]
en = ["Quill|Aster-May"]
ko = ["김|별"]

[[entities]]
id = "old-port"
type = "place"
name = "Old Port"
aliases = { en = ["Old Port"], zh = ["旧港"] }
dated = [{ text = "Port Royal", lang = "en", to = 1999-12-31 }]
not = ["Old Port Wine; \\"vintage\\""]
source = "https://harbours.example/\\\\history"

# What is looked for.
[[rules]]
id = "arrivals"
name = "Arrivals"
query = '''@old-port AND "[[entities]] are no table here"'''
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "harbours.toml"
    path.write_text(PACK, encoding="utf-8")
    return path


def table(*rows: dict[str, str]) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
    return "\n".join(lines) + "\n"


def names(found: Any) -> list[str]:
    return [row["id"] for row in found]


def test_list_with_filters(run: Run, pack: Path) -> None:
    def listed(*arguments: object) -> list[str]:
        return names(run("entities", "list", "--pack", pack, *arguments, "--json").json)

    assert listed() == ["harbour-master", "quill-aster", "old-port"]
    assert listed("--type", "place") == ["old-port"]
    assert listed("--office", "harbour-master") == ["quill-aster"]
    assert listed("--on", "2022-12-31") == ["quill-aster"]
    assert listed("--on", "2023-01-01") == []
    assert listed("--on", "2026-11-25", "--office", "harbour-master") == ["quill-aster"]
    assert listed("--unchecked") == ["quill-aster"]
    (row,) = run("entities", "list", "--pack", pack, "--on", "2021-06-01", "--json").json
    assert row["roles"] == [{"office": "harbour-master", "from": "2020-01-01", "to": "2022-12-31", "checked": True}]
    out = run("entities", "list", "--pack", pack).out
    assert "harbour-master 2024-05-01 to … (not checked)" in out
    assert run("entities", "list", "--pack", pack, "--on", "soon").code == 2


def test_the_shipped_pack_knows_who_held_office_on_a_day(run: Run) -> None:
    def holders(day: str) -> set[str]:
        offices = ("kr-president", "jp-prime-minister", "kr-foreign-minister", "jp-foreign-minister")
        return {
            name
            for one in offices
            for name in names(run("entities", "list", "--office", one, "--on", day, "--json").json)
        }

    assert holders("2023-05-07") == {"yoon-suk-yeol", "kishida-fumio", "park-jin", "hayashi-yoshimasa"}
    assert holders("2015-11-02") == {"park-geun-hye", "abe-shinzo", "yun-byung-se", "kishida-fumio"}
    assert holders("2026-01-13") == {"lee-jae-myung", "takaichi-sanae", "cho-hyun", "motegi-toshimitsu"}


def test_show_tells_how_each_alias_was_made(run: Run, pack: Path) -> None:
    found = run("entities", "show", "quill-aster", "--pack", pack, "--json").json
    origins = {alias["text"]: alias["origin"] for alias in found["aliases"]}
    assert origins["Quill Aster-May"] == "given"
    assert origins["Aster-May Quill"] == "order"
    assert origins["Quill AsterMay"] == "hyphen"
    assert origins["김 별"] == "spacing"
    assert origins["Kim Byeol"] == "press"
    assert origins["Gim Byeol"] == "Revised Romanization"
    assert origins["Harbour master Quill"] == "title"
    assert origins["Quill"] == "short form"
    assert not found["checked"]
    out = run("entities", "show", "quill-aster", "--pack", pack).out
    assert "2020-01-01 to 2022-12-31" in out
    assert "beside a full form" in out
    assert "checked  no: look it up" in out
    place = run("entities", "show", "old-port", "--pack", pack, "--json").json
    assert {"舊港", "旧港"} <= {alias["text"] for alias in place["aliases"]}
    assert [alias["to"] for alias in place["aliases"] if alias["text"] == "Port Royal"] == ["1999-12-31"]


def test_variants_of_a_name(run: Run) -> None:
    found = run("entities", "variants", "이|재명", "--json").json
    assert {"language": "en", "text": "Lee Jae-myung", "origin": "press"} in found
    assert [row["text"] for row in run("entities", "variants", "Ångström|Åsa", "--json").json] == [
        "Ångström Åsa",
        "Åsa Ångström",
    ]
    assert {row["text"] for row in run("entities", "variants", "韩国总统", "--json").json} >= {"韓國總統", "韓国総統"}
    plain = run("entities", "variants", "Takaichi Sanae")
    assert "a bar between" in plain.err
    assert "given" in plain.out
    assert run("entities", "variants", "…").code == 2


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("source", ["harbours.toml", "korea-japan-summit"])
def test_nothing_is_lost_on_the_way_out_and_in(form: tuple[str, ...], source: str, run: Run, pack: Path) -> None:
    exported = run("entities", "export", "--pack", source, *form).out
    (pack.parent / "out").write_text(exported, encoding="utf-8")
    ran = run("entities", "import", "out", "--to", "copy.toml", "--pack", "copy.toml")
    assert (ran.code, ran.err) == (0, "")
    assert run("entities", "export", "--pack", "copy.toml", *form).out == exported
    again = run("entities", "import", "out", "--to", "copy.toml", "--pack", "copy.toml", "--json").json
    assert (again["added"], again["completed"], again["written"]) == ([], [], False)


def test_what_a_pack_has_stays(run: Run, pack: Path) -> None:
    rows = table(
        {
            "id": "quill-aster",
            "type": "person",
            "name": "Quill Aster",
            "names:en": "Quill|Aster-May; Quill|A\\.",
            "names:ja": "クイル|アスタ",
        },
        {
            "id": "moss-fern",
            "type": "person",
            "name": "Moss Fern",
            "names:en": "Moss|Fern",
            "roles": "harbour-master 2023-01-01/2024-04-30 ?",
        },
    )
    (pack.parent / "more.tsv").write_text(rows, encoding="utf-8")
    before = {row["id"]: row for row in run("entities", "export", "--pack", pack, "--json").json}
    dry = run("entities", "import", "more.tsv", "--to", pack, "--pack", pack, "--dry-run")
    assert "1 would be added, 1 would be completed, 0 unchanged" in dry.out
    assert pack.read_text(encoding="utf-8") == PACK
    assert run("entities", "import", "more.tsv", "--to", pack, "--pack", pack).code == 0
    after = {row["id"]: row for row in run("entities", "export", "--pack", pack, "--json").json}
    assert after["quill-aster"]["names"] == {
        "en": ["Quill|Aster-May", "Quill|A."],
        "ko": ["김|별"],
        "ja": ["クイル|アスタ"],
    }
    assert after["quill-aster"]["roles"] == before["quill-aster"]["roles"]
    assert after["moss-fern"]["roles"] == [
        {"office": "harbour-master", "from": "2023-01-01", "to": "2024-04-30", "checked": False}
    ]
    assert {name: after[name] for name in ("harbour-master", "old-port")} == {
        name: before[name] for name in ("harbour-master", "old-port")
    }
    text = pack.read_text(encoding="utf-8")
    for comment in (
        "# The harbour desk's people.",
        "# inherited from the old list",
        "# from the gazette",
        "# What is looked for.",
    ):
        assert comment in text
    assert text.index("# What is looked for.") < text.index("[[rules]]") < text.index("moss-fern")
    assert "[[entities]] are no table here" in text


def test_file_and_pack_that_disagree(run: Run, pack: Path) -> None:
    rows = table({"id": "old-port", "type": "place", "name": "New Port", "aliases:en": "New Port"})
    (pack.parent / "new.tsv").write_text(rows, encoding="utf-8")
    ran = run("entities", "import", "new.tsv", "--to", pack, "--pack", pack)
    assert ran.code == 2
    assert "new.tsv:2: old-port: name is 'New Port', but the pack has 'Old Port'" in ran.err
    assert pack.read_text(encoding="utf-8") == PACK
    assert run("entities", "import", "new.tsv", "--to", pack, "--pack", pack, "--replace").code == 0
    (found,) = run("entities", "export", "--pack", pack, "--type", "place", "--json").json
    assert found == {"id": "old-port", "type": "place", "name": "New Port", "aliases": {"en": ["New Port"]}}


def test_all_mistakes_are_told_with_their_lines(run: Run, tmp_path: Path) -> None:
    rows = table(
        {"id": "a", "type": "person", "name": "A", "names:en": "A|B", "roles": "kr-president 2020-01-02/2020-01-01",
         "colour": "red"},
        {"id": "b", "type": "man", "name": "B", "names:en": "B", "checked": "perhaps"},
        {"id": "C c", "type": "person", "name": "C", "names:en": "C"},
        {"id": "d", "type": "person", "name": "D", "names:en": "…", "short_with": "nobody"},
        {"id": "d", "type": "person", "name": "D", "roles": "someday"},
        {"type": "person", "names:en": "E"},
        {"id": "f", "type": "person", "name": "F", "names:en": "F", "roles": "king 2020-13-01/"},
    )  # fmt: skip
    (tmp_path / "bad.tsv").write_text(rows + "g\tplace\tG\tG\t\t\t\t\ttoo\tmany\n", encoding="utf-8")
    ran = run("entities", "import", "bad.tsv", "--to", "new.toml")
    assert ran.code == 2
    for line, words in (
        (1, "unknown column 'colour'"),
        (2, "a: 2020-01-02 is after 2020-01-01 (exchange the days)"),
        (3, "checked is 'perhaps' (write yes or no)"),
        (4, "'C c' cannot name an entity"),
        (5, "d: names:en has '…', without letters"),
        (5, "d: there is no short_with 'nobody'"),
        (6, "roles has 'someday'"),
        (7, "id is missing"),
        (7, "name is missing"),
        (8, "roles.0.from"),
        (9, "cells, but there are"),
    ):
        assert any(text.startswith(f"newswatch: bad.tsv:{line}: ") and words in text for text in ran.err.split("\n")), (
            words
        )
    assert not (tmp_path / "new.toml").exists()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[{"id": "a", "name": "A"},\n 7]', 2, "an entity is an object"),
        ('[{"id": "a", "name": "A", "aliases": {"en": "A"}},\n {"id": "b",\n "name" "B"}]', 2, "is not JSON"),
        ('[\n{"id": "a", "name": "A", "alias": {"en": ["A"]}}]', 2, "unknown key alias"),
        ('{"id": "a", "name": "A"}\n{"id": "b", "name": "B", "aliases": {"en": "B"}}', 1, "a has no names"),
        ("[" * 100_000, 1, "is nested too deeply"),
        ("", None, "this file is empty"),
    ],
)
def test_json_that_cannot_be_used(text: str, line: int | None, words: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(text, encoding="utf-8")
    ran = run("entities", "import", "in.json", "--to", "new.toml")
    assert ran.code == 2
    place = "in.json:" if line is None else f"in.json:{line}:"
    assert any(place in one and words in one for one in ran.err.split("\n")), ran.err


def test_an_entity_that_another_pack_has(run: Run, tmp_path: Path) -> None:
    row = {"id": "takaichi-sanae", "name": "Takaichi", "aliases": {"en": ["Takaichi"]}}
    (tmp_path / "in.json").write_text(json.dumps([row]), encoding="utf-8")
    ran = run("entities", "import", "in.json", "--to", "mine.toml")
    assert ran.code == 2
    assert "'takaichi-sanae' is defined twice (another pack has it already" in ran.err
    assert run("entities", "import", "in.json", "--to", "mine.toml", "--pack", "mine.toml").code == 0
    assert names(run("entities", "list", "--pack", "mine.toml", "--json").json) == ["takaichi-sanae"]


def test_people_of_ones_own_may_hold_the_offices_of_a_shipped_pack(run: Run, tmp_path: Path) -> None:
    row = {
        "id": "a",
        "type": "person",
        "name": "A",
        "names": {"en": ["Ash|Ann"]},
        "roles": [{"office": "kr-president", "from": "2030-05-10"}],
    }
    (tmp_path / "in.json").write_text(json.dumps(row), encoding="utf-8")
    ran = run("entities", "import", "in.json", "--to", "people.toml")
    assert ran.code == 0
    assert "name it in the configuration" in ran.err
    found = run("entities", "show", "a", "--pack", "people.toml", "--pack", "korea-japan-summit", "--json").json
    assert "President Ash" in {alias["text"] for alias in found["aliases"]}


def test_files_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"id": "a", "name": "A", "aliases": {"en": "A"}}', encoding="utf-8")
    assert "its name ends with .toml" in run("entities", "import", "in.json", "--to", "mine.txt").err
    assert "cannot write" in run("entities", "import", "in.json", "--to", "nowhere/mine.toml").err
    (tmp_path / "broken.toml").write_text("[pack\n", encoding="utf-8")
    ran = run("entities", "import", "in.json", "--to", "broken.toml", "--pack", "broken.toml")
    assert ran.code == 2
    assert "broken.toml:1" in ran.err
    assert (tmp_path / "broken.toml").read_text(encoding="utf-8") == "[pack\n"
    assert run("entities", "import", "nowhere.tsv", "--to", "mine.toml").code == 2
