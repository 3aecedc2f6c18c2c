"""Pages for people: plain HTML without scripts, closed to everything from elsewhere, readable on a phone."""

import hashlib
from base64 import b64encode
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from newswatch.web.common import HEADERS

_STYLE = """
body { margin: 0; background: #fff; color: #1a1a1a; font: 1.05rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.3; }
a { color: #0b57a4; }
blockquote { margin: 1rem 0; padding: 0 0 0 .8rem; border-left: 3px solid #c9c9c9; }
fieldset { margin: 1rem 0; border: 1px solid #c9c9c9; border-radius: .4rem; }
li { margin: .7rem 0; }
label { display: block; padding: .5rem 0; }
input { width: 1.2rem; height: 1.2rem; vertical-align: middle; }
button { min-height: 3rem; margin: .5rem 0; padding: .5rem 1.2rem; border: 0; border-radius: .4rem;
  background: #0b57a4; color: #fff; font: inherit; font-weight: 600; }
.quiet { background: #555; }
.by { display: block; color: #555; font-size: .9rem; }
.said { font-weight: 600; }
.problem { padding: .5rem .8rem; border-left: 4px solid #a40e26; }
.others a { display: inline-block; padding: .7rem 1rem .7rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e8e8e8; }
  a { color: #8ab8ff; }
  .by { color: #b0b0b0; }
}
"""
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

_PAGE_HEADERS = {
    **HEADERS,
    # https://www.w3.org/TR/CSP3/: nothing is loaded or run, forms lead here, nobody frames the page.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is the permission, and other sites are not to have it
    "X-Robots-Tag": "noindex, nofollow",
}

_TEMPLATES = Environment(
    loader=PackageLoader("newswatch.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES.globals["style"] = _TEMPLATES.filters["safe"](_STYLE)


def page(template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """Return a page of `templates/`. Every value is escaped."""
    text = _TEMPLATES.get_template(template).render(values)
    return HTMLResponse(text.encode("utf-8", "replace"), status, {**_PAGE_HEADERS, **(headers or {})})
