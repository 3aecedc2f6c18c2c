"""Where in its file a setting in force stands, for those who look for it there."""

import tomllib

from pydantic import TypeAdapter, ValidationError

from newswatch.config.model import Config
from newswatch.notify.settings import RouteSettings
from newswatch.toml_positions import locate

_ROUTES = TypeAdapter(tuple[RouteSettings, ...])


def route_lines(config: Config) -> list[int | None]:
    """Return the line of each route in force, in their order; None where the file does not have these routes.

    That is so without a file, where an environment variable gives the routes, and where the file was changed meanwhile.
    """
    nowhere: list[int | None] = [None] * len(config.routes)
    if config.source_path is None:
        return nowhere
    try:
        text = config.source_path.read_text(encoding="utf-8-sig")
        written = _ROUTES.validate_python(tomllib.loads(text).get("routes", ()))
    except (OSError, ValueError, ValidationError):
        return nowhere
    if written != config.routes:
        return nowhere
    positions = locate(text)
    found = (positions.get(("routes", number)) for number in range(len(written)))
    return [position.line if position is not None else None for position in found]
