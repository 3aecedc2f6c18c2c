"""What is transmitted to a destination, in a form that people and programs can read."""

import base64
import email
import email.policy
import json
from email.message import EmailMessage
from typing import Any

_HEADERS = ("From", "To", "Subject", "Date", "Message-ID")  # those that people ask for


def readable(rendered: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a stored rendering with its body decoded: a JSON value, a mail's headers and parts, or text."""
    if rendered is None:
        return None
    return {**rendered, "body": _body(rendered["content_type"], base64.b64decode(rendered["body"]))}


def _body(content_type: str, body: bytes) -> Any:
    if content_type.startswith("application/json"):
        return json.loads(body)
    if content_type.startswith("message/rfc822"):
        mail = email.message_from_bytes(body, EmailMessage, policy=email.policy.default)
        headers = [[name, str(value).strip()] for name, value in mail.items()]
        return {"headers": headers, "text": _part(mail, "plain"), "html": _part(mail, "html")}
    return body.decode("utf-8", "backslashreplace")


def _part(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else part.get_content().replace("\r\n", "\n")


def for_people(rendered: dict[str, Any] | None) -> str:
    """Return what would be sent as text: a mail's main headers and text part, JSON indented, no marks of a terminal."""
    found = readable(rendered)
    if found is None:
        return "(nothing was made to be sent)"
    body = found["body"]
    if isinstance(body, str):
        return _unmarked(body) if found["content_type"].startswith("text/x-rich-markup") else body
    if not found["content_type"].startswith("message/rfc822"):
        return json.dumps(body, ensure_ascii=False, indent=2)
    headers = [f"{name}: {value}" for name, value in body["headers"] if name in _HEADERS]
    return "\n".join([*headers, "", (body["text"] or "").rstrip()])


def _unmarked(markup: str) -> str:
    """Return what a terminal shows of a message, without colours."""
    from rich.errors import MarkupError
    from rich.text import Text

    try:
        return Text.from_markup(markup, emoji=False).plain.rstrip()
    except MarkupError:  # shown as it is, as the channel does
        return markup
