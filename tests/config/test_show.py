"""`config show`, the schema and the page: complete, current, without secrets."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from newswatch.config import Config, config_schema, load_config, redacted, redacted_dict
from newswatch.config.docs import configuration_page, schema_text
from newswatch.config.schema import all_sections
from newswatch.config.walk import fields

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "src/newswatch/templates/newswatch.toml"
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))

_EVERYTHING = """
[database]
url = "postgresql://nw:hunter2@db/nw"
[http]
proxy = "http://user:hunter2@proxy.example:3128"
[smtp.main]
host = "mail.example.org"
from = 'newswatch "desk" <nw@example.org>'
username = "nw"
password = "hunter2"
[destinations.slack]
type = "slack"
channel = "C1"
token = "hunter2"
[destinations."two words"]
type = "webhook"
url = "https://h.example/hunter2"
secret = "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg=="
[destinations.mail]
type = "email"
to = ["a@example.org"]
[[routes]]
match = { rule = ["a", "b"], severity = "high" }
to = ["slack", "two words"]
[[routes]]
to = ["mail"]
[[feeds]]
url = "https://user:hunter2@feeds.example/rss?token=hunter2"
name = "Zeitung — 연합뉴스"
interval = "15m"
"""


_SECRETS = {
    "link-keys": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
    "database-url": "postgresql://nw:x@db/nw",
    "webhook-secret": "whsec_dGhpcyBpcyBub3QgYSBzZWNyZXQgYXQgYWxs",
}


def load(folder: Path, text: str) -> Config:
    """Load a configuration text."""
    path = folder / "newswatch.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environ={})


def test_no_secret_is_shown(tmp_path: Path) -> None:
    config = load(tmp_path, _EVERYTHING)
    assert "hunter2" not in redacted(config)
    assert "aHVudGVy" not in redacted(config)
    assert "hunter2" not in json.dumps(redacted_dict(config))
    assert "postgresql://nw:***@db/nw" in redacted(config)


def test_what_is_shown_can_be_loaded_again(tmp_path: Path) -> None:
    config = load(tmp_path, _EVERYTHING)
    shown = redacted(config)
    # Only the signing secret has a form of its own.
    again = load(tmp_path, shown.replace('secret = "***"', 'secret = "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg=="'))
    assert redacted(again) == shown
    assert again.routes == config.routes
    assert again.alerts == config.alerts


def test_the_page_is_current() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert page == configuration_page(), "run python -m newswatch.config.docs docs"


def test_the_schema_file_is_current() -> None:
    text = (ROOT / "docs/newswatch.schema.json").read_text(encoding="utf-8")
    assert text == schema_text(), "run python -m newswatch.config.docs docs"


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section in all_sections() for name in fields(section)], ids=str
)
def test_every_setting_is_described(section: Any, name: str) -> None:
    assert fields(section)[name].description, f"{section.__name__}.{name} needs a docstring"


@pytest.mark.parametrize("path", [TEMPLATE, *EXAMPLES], ids=lambda path: path.name)
def test_shipped_files_load_and_meet_the_schema(path: Path, tmp_path: Path) -> None:
    # Secret files named in examples exist only where someone put them.
    text = path.read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    for name in _secret_files(raw):
        (tmp_path / name).write_text(_SECRETS.get(name, "https://secret.example/x"))
    config = load(tmp_path, text)
    assert config.feeds or config.routes
    jsonschema.validate(raw, config_schema())


def _secret_files(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [child for key, child in value.items() if key.endswith("_file") and isinstance(child, str)]
        return own + [name for child in value.values() for name in _secret_files(child)]
    return [name for child in value for name in _secret_files(child)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"log": {"level": "loud"}}, "loud"),
        ({"nonsense": 1}, "nonsense"),
        ({"destinations": {"d": {"type": "webhook"}}}, "webhook"),
        ({"alerts": {"group_wait": "soon"}}, "soon"),
    ],
)
def test_the_schema_refuses_mistakes(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match=message):
        jsonschema.validate(raw, config_schema())


def test_the_schema_takes_secret_files() -> None:
    jsonschema.validate({"destinations": {"d": {"type": "webhook", "url_file": "x"}}}, config_schema())
    jsonschema.Draft202012Validator.check_schema(config_schema())
    assert "token_file" in config_schema()["$defs"]["SlackDestination"]["properties"]
