"""An alert as an RFC 5322 message: text and HTML with the same facts, seven-bit safe, byte for byte repeatable."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import parseaddr
from urllib.parse import quote

import css_inline

from newswatch.model import Message
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.pages import page_of
from newswatch.notify.phrases import phrases
from newswatch.notify.templating import TEMPLATES
from newswatch.notify.text import clean_line, truncate
from newswatch.notify.wording import MAX_SUBJECT, Words, feedback_words, in_words


class _UriList(UnstructuredHeader, BaseHeader):
    """Addresses in angle brackets, one a line. Folded as text, a long one would become encoded words."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header as it is sent (RFC 2369, section 2)."""
        return f"{self.name}: {str(self).replace(', ', f',{policy.linesep} ')}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _UriList)
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76, header_factory=_HEADERS)


_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def mail_domain(sender: str) -> str:
    """Return the domain after which message and list ids are named: that of the sender's address."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain.encode("idna").decode("ascii").lower() if not domain.isascii() else domain.lower() or "localhost"


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of a delivery: the same for every attempt, so that a repeat can be recognised."""
    return f"<{key}@{mail_domain(sender)}>"


def build_mail(
    message: Message,
    *,
    key: str,
    now: datetime,
    sender: str,
    recipients: Sequence[str],
    zone: str,
    destination: str,
    language: str = "en",
    own: OwnTemplates | None = None,
) -> EmailMessage:
    """Return the mail. `key` is the delivery's key, `now` becomes its Date, `destination` names why it was sent.

    Headers: RFC 5322, 2919 (List-Id), 2369 and 8058 (List-Unsubscribe), 3834 (Auto-Submitted).
    """
    page = page_of(message, zone, language)
    words = in_words(message, zone, language)
    name, address = parseaddr(sender)
    domain = mail_domain(sender)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = [Address(addr_spec=address) for address in recipients]
    subject = _own_subject(message, key, zone, language, own) if own is not None else ""
    mail["Subject"] = _literal(subject or (page or words).subject)
    mail["Date"] = now
    mail["Message-ID"] = message_id(key, sender)
    if message.root is not None and message.root.ref:
        mail["In-Reply-To"] = mail["References"] = message.root.ref
    mail["List-Id"] = f"<{_list_label(message)}.{domain}>"
    write_to = f"<mailto:{address}?subject={quote('unsubscribe ' + destination)}>"
    if message.unsubscribe_url is None:
        mail["List-Unsubscribe"] = write_to
    else:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>, {write_to}"
        if message.unsubscribe_url.startswith("https://"):  # RFC 8058, section 3.1
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Newswatch-Severity"] = message.severity.value
    if message.story_id is not None:
        mail["X-Newswatch-Story"] = str(message.story_id)
    for reason in message.reasons:
        mail["X-Newswatch-Rule"] = _literal(reason.rule_id)
    values = {
        "message": message,
        "words": words,
        "key": key,
        "destination": destination,
        "severity_class": message.severity.value,
        "preheader": _preheader(words) if page is None else " · ".join(page.facts[:2]),
        "page": page,
        "answers": feedback_words(message, language),
        "say": phrases(language).say,
        "language": language,
    }
    template = "alert" if page is None else "page"
    templates = TEMPLATES if own is None else own.environment
    mail.set_content(templates.get_template(f"{template}.txt").render(values), cte="base64")
    html = _INLINER.inline(templates.get_template(f"{template}.html").render(values))
    mail.add_alternative(html, subtype="html", cte="base64")
    mail.set_boundary(f"=_newswatch_{key}")
    del mail["MIME-Version"]
    mail["MIME-Version"] = "1.0"
    return mail


def _own_subject(message: Message, key: str, zone: str, language: str, own: OwnTemplates) -> str:
    """Return the subject as the user's template has it, that of its first mail for a follow-up; empty without one."""
    told = message.root.message if message.root is not None else None
    written = own.write("subject.txt", told or message, key=key, zone=zone, language=language)
    return truncate(clean_line(written), MAX_SUBJECT)


def _literal(text: str) -> str:
    """Return a header value that is shown as it is: `=?` would begin an encoded word (RFC 2047)."""
    return clean_line(text).replace("=?", "= ?")


def _preheader(words: Words) -> str:
    """Return what mail programs show after the subject in a list."""
    return " · ".join(filter(None, (words.source, words.published, words.counts)))


def _list_label(message: Message) -> str:
    rule = message.reasons[0].rule_id if message.reasons else message.kind.value
    slug = re.sub(r"[^a-z0-9]+", "-", rule.lower()).strip("-")
    return f"rule.{slug[:63] or 'unnamed'}"
