"""Templates of the user's own, which stand in for newswatch's for one destination. Jinja2, sandboxed.

A file in the folder stands in for the one of the same name; `newswatch/NAME` is newswatch's. What a template puts in
is escaped for where it goes, so that no headline becomes markup.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, TemplateSyntaxError
from markupsafe import Markup

from newswatch.model import Message
from newswatch.notify.pages import page_of
from newswatch.notify.phrases import phrases
from newswatch.notify.templating import environment
from newswatch.notify.wording import feedback_words, in_words

MAILS = (
    "alert.txt",
    "page.txt",
    "alert.html",
    "page.html",
    "frame.html",
    "story.html",
    "list.html",
    "unsubscribe.html",
)
FILES: Mapping[str, tuple[str, ...]] = {
    "email": ("subject.txt", *MAILS),
    "feed": ("entry.html", "story.html", "list.html"),
    "slack": ("slack.txt",),
    "apprise": ("chat.txt",),
    "webhook": ("webhook.json",),
}
"""What can be replaced, by type of destination."""


class UnusableTemplate(Exception):
    """A template that cannot be used: which, where and why."""


class OwnTemplates:
    """The templates of one destination."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        *,
        escape: Callable[[Any], str] | None = None,
        filters: Mapping[str, Callable[..., str]] | None = None,
    ) -> None:
        """`escape` writes values so that they are harmless where they go (None: as HTML, by the file's name).

        What `filters` return is markup, and stays as it is.

        Raises UnusableTemplate if there is no such folder, or something in it cannot be used.
        """
        shipped = PackageLoader("newswatch.notify")
        loader: BaseLoader = ChoiceLoader([FileSystemLoader(folder), shipped, PrefixLoader({"newswatch": shipped})])
        self.environment = environment(loader, finalize=None if escape is None else _escaping(escape))
        for name, function in (filters or {}).items():
            self.environment.filters[name] = _writing(function)
        self._own = self._files(folder, kind)

    def _files(self, folder: Path, kind: str) -> frozenset[str]:
        try:
            found = {path.name for path in folder.iterdir() if path.suffix in (".txt", ".html", ".json")}
        except OSError as error:
            raise UnusableTemplate(f"{folder} cannot be read: {error.strerror or error}") from error
        for name in sorted(found):
            if name not in FILES[kind]:
                raise UnusableTemplate(f"{name} is none of the templates of type {kind}: {', '.join(FILES[kind])}")
            try:
                self.environment.get_template(name)
            except (TemplateSyntaxError, UnicodeDecodeError) as error:
                where = f" line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
                raise UnusableTemplate(f"{name}{where}: {error}") from error
        return frozenset(found)

    def write(self, name: str, message: Message, *, key: str, zone: str, language: str) -> str | None:
        """Return a message as the user's template has it, None if there is none of this name.

        A template can raise anything.
        """
        if name not in self._own:
            return None
        values = {
            "message": message,
            "words": in_words(message, zone, language),
            "page": page_of(message, zone, language),
            "answers": feedback_words(message, language),
            "say": phrases(language).say,
            "language": language,
            "zone": zone,
            "key": key,
        }
        return self.environment.get_template(name).render(values)


class _Written(str):
    """Markup that one of our filters has made."""

    __slots__ = ()


def _writing(function: Callable[..., str]) -> Callable[..., _Written]:
    return lambda *values: _Written(function(*values))


def _escaping(escape: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return what Jinja2 does with every value that a template puts in: markup, also of its own filters, stays."""
    return lambda value: value if isinstance(value, _Written | Markup) else escape(value)


def as_text(escape: Callable[[str], str]) -> Callable[[Any], str]:
    """Return how any value is written where text is escaped by `escape`; nothing for None."""
    return lambda value: "" if value is None else escape(str(value))


def as_json(value: Any) -> str:
    """Return any value as JSON: texts with their quotes, what JSON does not know as text."""
    return json.dumps(value, ensure_ascii=False, default=str)
