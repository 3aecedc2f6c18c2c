"""The templates of messages, and how a passage's highlights are shown in them. Pure."""

from jinja2 import PackageLoader, StrictUndefined
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


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("newswatch.notify"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"marked": marked, "starred": starred}
    return environment


TEMPLATES = _environment()
