"""`newswatch entities`: people, places and offices that rules know."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswatch.cli.common import ConfigOption, JsonOption, engine_of, load
from newswatch.cli.output import Column, clean, print_facts, print_json, print_rows
from newswatch.errors import NotFound

if TYPE_CHECKING:
    from newswatch.flag.entities import Entity

app = typer.Typer(help="People, places and offices that rules know.", no_args_is_help=True)


def _entities(config: Any) -> "tuple[Entity, ...]":
    return engine_of(load(config)).ruleset.entities


@app.command("list")
def list_entities(
    kind: Annotated[str | None, typer.Option("--type", help="Only of this type, such as person.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the entities of the configured packs. Rules name them as @id.

    Example: newswatch entities list --type person
    """
    found = [entity for entity in _entities(config) if kind in (None, entity.type)]
    rows = [
        {"id": entity.id, "name": entity.name, "type": entity.type, "roles": [role.office for role in entity.roles]}
        for entity in found
    ]
    if json:
        print_json(rows)
        return
    columns = [
        Column("id", "id"),
        Column("type", "type"),
        Column("name", "name", wide=True),
        Column("offices", lambda row: list(dict.fromkeys(row["roles"])), wide=True),
    ]
    print_rows(rows, columns, empty="no entities; name packs in [rules] packs")


@app.command()
def show(
    entity: Annotated[str, typer.Argument(metavar="ID", help="Id of an entity.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show an entity with its offices and every way of writing it that is recognised.

    Example: newswatch entities show takaichi-sanae
    """
    from newswatch.flag.entities import full_forms, short_forms

    known = {one.id: one for one in _entities(config)}
    if entity not in known:
        raise NotFound("entity", entity, "`newswatch entities list` shows what there is")
    found = known[entity]
    forms = [*full_forms(found, known), *short_forms(found)]
    aliases = sorted({(form.language, form.text, form.short) for form in forms})
    roles = [{"office": role.office, "from": role.start, "to": role.end} for role in found.roles]
    if json:
        print_json(
            {
                "id": found.id,
                "name": found.name,
                "type": found.type,
                "roles": roles,
                "aliases": [{"language": lang, "text": text, "short": short} for lang, text, short in aliases],
                "excluded": found.excluded,
                "source": found.source,
            }
        )
        return
    print_facts({"id": found.id, "name": found.name, "type": found.type, "source": found.source})
    for role in roles:
        print(f"office    {clean(role['office'])}, {role['from'] or '…'} to {role['to'] or '…'}")
    by_language: dict[str, list[str]] = {}
    for language, text, short in aliases:
        by_language.setdefault(language, []).append(f"{text} (beside a full form)" if short else text)
    for language, texts in sorted(by_language.items()):
        print(f"{language:<8}  {clean(texts)}")
