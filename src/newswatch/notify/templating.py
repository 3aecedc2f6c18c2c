"""The templates of messages, and how a passage's highlights are shown in them. Pure."""

from collections.abc import Callable
from typing import Any

from jinja2 import BaseLoader, PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from newswatch.model import Snippet
from newswatch.notify.snippets import pieces


def marked(snippet: Snippet) -> Markup:
    """Return a passage as HTML with its highlights in <mark>."""
    mark = Markup("<mark>{}</mark>").format
    return Markup().join(mark(text) if found else escape(text) for text, found in pieces(snippet))


def starred(snippet: Snippet) -> str:
    """Return a passage as text with its highlights between asterisks."""
    return "".join(f"*{text}*" if found else text for text, found in pieces(snippet))


def environment(loader: BaseLoader, *, finalize: Callable[[Any], Any] | None = None) -> ImmutableSandboxedEnvironment:
    """Return where templates are looked up and rendered. `finalize` is applied to every value that they put in."""
    made = ImmutableSandboxedEnvironment(
        loader=loader,
        finalize=finalize,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        auto_reload=False,  # a changed file counts from the next reload of the configuration on, when it is tried
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"marked": marked, "starred": starred}
    return made


TEMPLATES = environment(PackageLoader("newswatch.notify"))
