"""The configuration in force, as TOML without its secrets."""

import json
from typing import Any

from pydantic import SecretStr

from newswatch.config.model import Config
from newswatch.redact import HIDDEN, redact_text, redact_url
from newswatch.settings import Section


def redacted_dict(config: Config) -> dict[str, Any]:
    """Return every setting in force as plain values. Secrets are "***", also passwords and tokens inside URLs."""
    values = _section(config)
    values["database"]["url"] = redact_url(config.database.url.get_secret_value())
    return values


def redacted(config: Config) -> str:
    """Return every setting in force as TOML, secrets hidden as `redacted_dict` does."""
    return "\n".join(_table((), redacted_dict(config))).strip() + "\n"


def _section(section: Section) -> dict[str, Any]:
    texts = section.model_dump(mode="json", by_alias=True)
    found = {}
    for attribute, field in type(section).model_fields.items():
        name, value = field.alias or attribute, getattr(section, attribute)
        if value is not None:
            found[name] = _plain(value, texts[name])
    return found


def _plain(value: Any, text: Any) -> Any:
    if isinstance(value, Section):
        return _section(value)
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, dict):
        return {key: _plain(child, text[key]) for key, child in value.items()}
    if isinstance(value, tuple):
        return [_plain(child, text[index]) for index, child in enumerate(value)]
    return redact_text(text) if isinstance(text, str) else text


def _table(path: tuple[str, ...], values: dict[str, Any]) -> list[str]:
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if not _is_table(value)]
    for key, value in values.items():
        if isinstance(value, dict):
            inner = _table((*path, key), value)
            has_own = any(not _is_table(child) for child in value.values())
            lines += ["", f"[{'.'.join(map(_key, (*path, key)))}]", *inner] if has_own else inner
        elif _is_table(value):
            for item in value:
                lines += ["", f"[[{'.'.join(map(_key, (*path, key)))}]]", *_table((*path, key), item)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    # JSON's texts, numbers and booleans are also TOML's, apart from U+007F, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
