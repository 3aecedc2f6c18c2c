"""The templates of messages, and how a passage's highlights are shown in them. Pure."""

from collections.abc import Callable
from typing import Any

from jinja2 import BaseLoader, PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from newswatch.model import Snippet


def marked(snippet: Snippet) -> Markup:
    """Return a passage as HTML with its highlights in <mark>."""
    out, last = Markup(), 0
    for start, end in snippet.highlights:
        out += escape(snippet.text[last:start]) + Markup("<mark>{}</mark>").format(snippet.text[start:end])
        last = end
    return out + escape(snippet.text[last:])


def starred(snippet: Snippet) -> str:
    """Return a passage as text with its highlights between asterisks."""
    out, last = [], 0
    for start, end in snippet.highlights:
        out += [snippet.text[last:start], f"*{snippet.text[start:end]}*"]
        last = end
    return "".join(out) + snippet.text[last:]


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
