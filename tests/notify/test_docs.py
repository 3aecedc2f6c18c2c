"""What docs/alerts.md shows is what newswatch does."""

import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from newswatch.config import Config
from newswatch.model import DeliveryState, Outcome
from newswatch.notify.channels.payload import payload
from newswatch.notify.links import Links
from newswatch.notify.routes import destinations_from_settings, from_settings
from newswatch.notify.settings import DestinationSettings, RouteSettings, SmtpSettings
from tests.notify.values import KEY, NOW, article, message

PAGE = (Path(__file__).parents[2] / "docs/alerts.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def shape(value: Any) -> Any:
    """Return the names in a document, without its values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_the_document_has_the_shape_shown() -> None:
    links = Links("https://nw.example", (b"k" * 32,), timedelta(days=30))
    answerable = links.attached(message(article(1, credited=("A",)), article(2)), key=KEY, now=NOW)
    assert shape(json.loads(block("json"))) == shape(payload(answerable, key=KEY, now=NOW))


def test_the_example_configurations_are_valid() -> None:
    blocks = [tomllib.loads(found) for found in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    written: dict[str, Any] = {"smtp": {}, "destinations": {}, "routes": []}
    for one in blocks:
        assert set(one) <= {*written, "alerts", "operations", "web"}
        written["smtp"] |= one.get("smtp", {})
        written["destinations"] |= one.get("destinations", {})
        written["routes"] += one.get("routes", [])
        one.get("operations", {}).pop("heartbeat_url_file", None)
        Config.model_validate({name: one[name] for name in ("alerts", "operations", "web") if name in one})
    for tables, keys in (("smtp", ("password",)), ("destinations", ("token", "secret", "url"))):
        for table in written[tables].values():
            for key in keys:
                if table.pop(f"{key}_file", None):
                    table[key] = "whsec_" + "c2VjcmV0" * 4
    destinations: dict[str, Any] = TypeAdapter(dict[str, DestinationSettings]).validate_python(written["destinations"])
    smtp = {name: SmtpSettings.model_validate(table) for name, table in written["smtp"].items()}
    routes = from_settings([RouteSettings.model_validate(table) for table in written["routes"]], destinations)

    names = {destination.name for destination in destinations_from_settings(destinations, smtp)}

    assert {name for route in routes for name in (*route.destinations, *dict(route.digests))} <= names


def test_every_state_and_outcome_is_explained() -> None:
    alerts, diagram = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    for name in ("open", "quiet", "closed"):
        assert re.search(rf"\b{name}\b", alerts), name
    for state in DeliveryState:
        assert re.search(rf"\b{state.value}\b", diagram), state
    for outcome in Outcome:
        assert re.search(rf"^\| {outcome.value} \|", PAGE, re.MULTILINE), outcome
