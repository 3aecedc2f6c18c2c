"""JSON Schema of the configuration file, for editors."""

from typing import Any

from newswatch.config.model import Config
from newswatch.config.walk import fields, is_secret, sections_of
from newswatch.settings import Section

SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of newswatch.toml. Every secret `x` also has `x_file`."""
    schema = Config.model_json_schema(by_alias=True, mode="validation")
    for section in all_sections():
        definition = schema["$defs"].get(section.__name__)
        if definition is None:
            continue
        for name, field in fields(section).items():
            if not is_secret(field):
                continue
            definition["properties"][f"{name}_file"] = {
                "type": "string",
                "description": f"A file that holds `{name}`.",
            }
            if name in definition.get("required", ()):
                definition["required"] = [other for other in definition["required"] if other != name]
                definition["oneOf"] = [{"required": [name]}, {"required": [f"{name}_file"]}]
            definition["properties"][name].pop("default", None)
    return {"$schema": SCHEMA_URL, "title": "newswatch.toml", **{k: v for k, v in schema.items() if k != "title"}}


def all_sections() -> list[type[Section]]:
    """Return every section of the configuration, in the order of the file, each once."""
    found: dict[type[Section], None] = {}
    waiting: list[type[Section]] = [Config]
    while waiting:
        section = waiting.pop(0)
        found.setdefault(section)
        for field in section.model_fields.values():
            waiting += [other for other in sections_of(field.annotation) if other not in found]
    return [section for section in found if section is not Config]
