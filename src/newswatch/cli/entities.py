"""`newswatch entities`: people, places and offices that rules know."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli import entity_import, entity_mentions
from newswatch.cli.common import ConfigOption, JsonOption, PackOption, UsageError, engine_of, load
from newswatch.cli.output import Column, note, print_facts, print_json, print_rows
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from newswatch.flag.entities import Alias, Entity, Period, Role
    from newswatch.flag.spelling import Variant

app = typer.Typer(help="People, places and offices that rules know.", no_args_is_help=True)

KindOption = Annotated[
    str | None,
    typer.Option("--type", help="Only of this type: person, place, organisation, office, event or other."),
]


def _entities(pack: list[str] | None, config: "Path | None") -> "tuple[Entity, ...]":
    return engine_of(load(config, quiet=bool(pack)), pack).ruleset.entities


@app.command("list")
def list_entities(
    kind: KindOption = None,
    office: Annotated[
        str | None, typer.Option(metavar="ID", help="Only who holds this office, ever or --on a day.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Only who holds an office on this day, such as 2026-01-13."),
    ] = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Only those with a fact that nobody compared with a source.")
    ] = False,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the entities of the configured packs, or of --pack. Rules name them as @id.

    Example: newswatch entities list --type person --on 2026-01-13

    Example: newswatch entities list --office jp-prime-minister
    """
    day = _day(on)
    found = []
    for entity in _entities(pack, config):
        roles = [role for role in entity.roles if office in (None, role.office) and _holds(role, day)]
        wanted = kind in (None, entity.type) and (roles or not (office or day))
        if wanted and (not unchecked or not _all_checked(entity)):
            found.append((entity, roles))
    if json:
        print_json([_brief(entity, roles) for entity, roles in found])
        return
    columns = [
        Column("id", "id"),
        Column("type", "type"),
        Column("name", "name", wide=True),
        Column("offices", lambda row: [_role_text(role) for role in row["roles"]], wide=True),
        Column("checked", "checked"),
    ]
    rows = [_brief(entity, roles) for entity, roles in found]
    print_rows(rows, columns, empty="no such entities; `newswatch rules packs` lists packs that come along")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--on {text!r} is no day; write for example 2026-01-13") from None


def _holds(role: "Role", day: date | None) -> bool:
    """Whether the office was held on `day` itself: unlike articles, a day here is the office's own."""
    return day is None or ((role.start is None or role.start <= day) and (role.end is None or day <= role.end))


def _all_checked(entity: "Entity") -> bool:
    return entity.checked and all(role.checked for role in entity.roles)


def _brief(entity: "Entity", roles: "Sequence[Role]") -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "type": entity.type,
        "roles": [_role(role) for role in roles],
        "checked": _all_checked(entity),
    }


def _role(role: "Role") -> dict[str, Any]:
    return {"office": role.office, "from": role.start, "to": role.end, "checked": role.checked}


def _role_text(role: dict[str, Any]) -> str:
    doubt = "" if role["checked"] else " (not checked)"
    return f"{role['office']} {role['from'] or '…'} to {role['to'] or '…'}{doubt}"


@app.command()
def show(
    entity: Annotated[str, typer.Argument(metavar="ID", help="Id of an entity.")],
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show an entity with its offices and every way of writing it that is recognised, with how each was made.

    "given" stands in the pack as it is; the others were generated from what does: by order, hyphen, spacing, Han
    script, romanisation, or as a title of an office, which counts on the days of the office only.

    Example: newswatch entities show takaichi-sanae
    """
    from newswatch.flag.entities import full_forms, short_forms

    known = {one.id: one for one in _entities(pack, config)}
    if entity not in known:
        raise NotFound("entity", entity, "`newswatch entities list` shows what there is")
    found = known[entity]
    aliases = [_alias(form) for form in (*full_forms(found, known), *short_forms(found))]
    facts = {
        **_brief(found, found.roles),
        "short_with": list(found.short_with),
        "not": list(found.excluded),
        "source": found.source,
    }
    if json:
        print_json({**facts, "aliases": aliases})
        return
    print_facts(
        {
            **{key: facts[key] for key in ("id", "name", "type", "source", "short_with", "not")},
            "offices": [_role_text(role) for role in facts["roles"]],
            "checked": None if facts["checked"] else "no: look it up before you rely on it",
        }
    )
    print()
    columns = [
        Column("lang", "language"),
        Column("text", "text", wide=True),
        Column("made by", "origin"),
        Column("counts", _counts),
    ]
    print_rows(sorted(aliases, key=lambda row: str(row["language"])), columns, empty="no aliases")


def _alias(alias: "Alias") -> dict[str, Any]:
    period: Period | None = alias.role
    return {
        "language": alias.language,
        "text": alias.text,
        "origin": alias.origin,
        "short": alias.short,
        "from": period.start if period else None,
        "to": period.end if period else None,
    }


def _counts(row: "Mapping[str, Any]") -> str:
    if row["short"]:
        return "beside a full form"
    return f"{row['from'] or '…'} to {row['to'] or '…'}" if row["from"] or row["to"] else "always"


@app.command()
def variants(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name; a bar parts family and given name.")],
    language: Annotated[
        str | None,
        typer.Option(metavar="LANG", help="Language of the name, such as ko. Default: what its script says."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show what would be recognised for a name, before it is written into a pack.

    Example: newswatch entities variants "이|재명"

    Example: newswatch entities variants "コウノ|タロウ" --json
    """
    from newswatch.flag.normalise import fold
    from newswatch.flag.spelling import romanised
    from newswatch.flag.spelling import variants as spelled

    if not fold(name.replace("|", " ")):
        raise UsageError(f"{name!r} has no letters")
    spoken = language or _language(name)
    rows = [_variant(one) for one in _distinct((*spelled(name, spoken), *romanised({spoken: [name]})))]
    if json:
        print_json(rows)
        return
    print_rows(rows, [Column("lang", "language"), Column("text", "text"), Column("made by", "origin")], empty="nothing")
    if "|" not in name and " " in name.strip():
        note('a bar between family and given name makes more of it: "Takaichi|Sanae"')


def _language(name: str) -> str:
    """Return the language that the script of `name` suggests."""
    for language, first, last in (("ko", "\uac00", "\ud7a3"), ("ja", "\u3041", "\u30fe"), ("zh", "\u3400", "\u9fff")):
        if any(first <= char <= last for char in name):
            return language
    return "en"


def _distinct(found: "Iterable[Variant]") -> "Iterable[Variant]":
    from newswatch.flag.normalise import fold

    kept: dict[str, Variant] = {}
    for one in found:
        kept.setdefault(fold(one.text), one)
    return kept.values()


def _variant(one: "Variant") -> dict[str, str]:
    return {"language": one.language, "text": one.text, "origin": one.origin}


@app.command()
def export(
    kind: KindOption = None,
    pack: PackOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print the entities of the configured packs, or of --pack, as a table with tabs, or as JSON.

    `newswatch entities import` reads both. docs/entities.md tells what the columns mean.

    Example: newswatch entities export --type person > people.tsv
    """
    from newswatch.flag.packs.records import record_of, to_json, to_tsv

    records = [record_of(entity) for entity in _entities(pack, config) if kind in (None, entity.type)]
    print((to_json if json else to_tsv)(records), end="")


app.command("import")(entity_import.import_entities)
app.command()(entity_mentions.mentions)
app.command()(entity_mentions.together)
