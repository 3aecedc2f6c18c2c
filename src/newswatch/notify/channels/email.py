"""Mail by SMTP: one connection and one recipient for each attempt; every answer of the server becomes an outcome."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from newswatch.model import AttemptResult, Delivery, Message, Outcome, Rendered
from newswatch.notify.channels.base import content, safe_detail
from newswatch.notify.channels.mail_message import build_mail, message_id
from newswatch.notify.outcome import OnAmbiguous
from newswatch.notify.own_templates import OwnTemplates
from newswatch.notify.settings import AlertSettings, EmailDestination, SmtpSettings

_QUIT_TIMEOUT_S = 2.0
_AUTH_REQUIRED = 530  # RFC 4954: also "must issue a STARTTLS command first"
_TOO_LARGE = 552


@dataclass(slots=True)
class _Progress:
    """How far an attempt has come: until the content is on its way, nothing can have arrived."""

    stage: str = "connecting"
    handed_over: bool = False
    refused: list[str] = field(default_factory=list)


class EmailChannel:
    """One mailbox.

    Several recipients in one delivery work too: all get the mail or, after a temporary refusal of one, none yet;
    addresses refused for good are told in the attempt's detail.
    """

    type = "email"
    on_ambiguous: OnAmbiguous = "resend"

    def __init__(
        self,
        settings: EmailDestination,
        smtp: SmtpSettings,
        *,
        destination: str,
        alerts: AlertSettings,
        own: OwnTemplates | None = None,
    ) -> None:
        self._settings = settings
        self._smtp = smtp
        self._destination = destination
        self._own = own
        self._timeout_s = alerts.send_timeout
        self._password = smtp.password.get_secret_value() if smtp.password else ""

    def render(self, message: Message, *, key: str, now: datetime) -> Rendered:
        """Return the mail in RFC 5322 form, with its envelope in `meta`."""
        mail = build_mail(
            message,
            key=key,
            now=now,
            sender=self._smtp.sender,
            recipients=self._settings.to,
            zone=self._settings.zone,
            destination=self._destination,
            language=self._settings.language,
            own=self._own,
        )
        meta = {
            "from": mail["From"].addresses[0].addr_spec,
            "to": ", ".join(self._settings.to),
            "message_id": message_id(key, self._smtp.sender),
        }
        return Rendered("message/rfc822", mail.as_bytes(), f"{meta['to']}: {mail['Subject']}", meta)

    async def send(self, delivery: Delivery) -> AttemptResult:
        """Hand the mail to the server once."""
        rendered = content(delivery)
        progress = _Progress()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._submit(rendered, progress)
        except SMTPResponseException as error:
            return self._refused(error, progress)
        except SMTPNotSupported as error:
            return AttemptResult(Outcome.DISABLED, self._detail(progress, error))
        except ssl.SSLCertVerificationError as error:
            return AttemptResult(Outcome.RETRY, self._detail(progress, f"certificate refused: {error.verify_message}"))
        except TimeoutError:  # also aiosmtplib's own; its messages name no stage
            outcome = Outcome.AMBIGUOUS if progress.handed_over else Outcome.RETRY
            return AttemptResult(outcome, self._detail(progress, f"no answer within {self._timeout_s:g} s"))
        except (SMTPException, OSError) as error:
            outcome = Outcome.AMBIGUOUS if progress.handed_over else Outcome.RETRY
            return AttemptResult(outcome, self._detail(progress, error))

    async def reconcile(self, delivery: Delivery) -> AttemptResult | None:
        """Return None: a mailbox cannot be looked into. A repeat carries the same Message-ID."""
        return None

    async def _submit(self, rendered: Rendered, progress: _Progress) -> AttemptResult:
        smtp = self._smtp
        try:
            tls = self._tls if smtp.security != "none" else None
        except OSError as error:
            return self._unfit(progress, f"ca_file {smtp.ca_file} cannot be used: {error.strerror or error}")
        client = SMTP(
            hostname=smtp.host,
            port=smtp.port,
            use_tls=smtp.security == "tls",
            start_tls=False,  # done below, so that a failure is told apart from a failure to connect
            tls_context=tls,
            timeout=self._timeout_s,
        )
        try:
            await client.connect()
            await client.ehlo()
            if smtp.security == "starttls":
                progress.stage = "starting TLS"
                if not client.supports_extension("starttls"):
                    return self._unfit(progress, 'the server offers no STARTTLS; set security = "tls" or "none"')
                await client.starttls(tls_context=tls)
                await client.ehlo()
            if smtp.username is not None:
                progress.stage = "logging in"
                if not client.supported_auth_methods:
                    return self._unfit(progress, "the server offers no login; remove username and password")
                await client.login(smtp.username, self._password)
            progress.stage = "naming the sender"
            await client.mail(rendered.meta["from"])
            progress.stage = "naming the recipient"
            if waiting := await self._recipients(client, rendered, progress):
                return waiting
            progress.stage = "sending the mail"
            progress.handed_over = True
            code, answer = await client.data(rendered.body)
            await _quit(client)
        finally:
            client.close()
        detail = f"{code} {answer}" + (
            f" (refused for good: {'; '.join(progress.refused)})" if progress.refused else ""
        )
        return AttemptResult(
            Outcome.DELIVERED, safe_detail(detail, [self._password]), code, rendered.meta["message_id"]
        )

    async def _recipients(self, client: SMTP, rendered: Rendered, progress: _Progress) -> AttemptResult | None:
        """Name the recipients. Return an outcome if the mail cannot go on now."""
        recipients = [address.strip() for address in rendered.meta["to"].split(",")]
        last: SMTPRecipientRefused | None = None
        for address in recipients:
            try:
                await client.rcpt(address)
            except SMTPRecipientRefused as error:
                if error.code < 500:
                    raise
                last = error
                progress.refused.append(f"{address}: {error.code} {error.message}")
        if last is None or len(progress.refused) < len(recipients):
            return None
        return AttemptResult(Outcome.REJECTED, self._detail(progress, f"{last.code} {last.message}"), last.code)

    def _unfit(self, progress: _Progress, problem: str) -> AttemptResult:
        return AttemptResult(Outcome.DISABLED, self._detail(progress, problem))

    def _refused(self, error: SMTPResponseException, progress: _Progress) -> AttemptResult:
        """Judge an answer that says no: the 4yz come back, the 5yz do not (RFC 5321, section 4.2.1)."""
        detail = self._detail(progress, f"{error.code} {error.message}")
        if error.code < 500:
            return AttemptResult(Outcome.RETRY, detail, error.code)
        whoever = isinstance(error, SMTPSenderRefused) and error.code != _TOO_LARGE  # it concerns every mail
        before_mail = progress.stage in ("connecting", "starting TLS", "logging in")
        if isinstance(error, SMTPAuthenticationError) or error.code == _AUTH_REQUIRED or before_mail or whoever:
            return AttemptResult(Outcome.DISABLED, detail, error.code)
        return AttemptResult(Outcome.REJECTED, detail, error.code)

    def _detail(self, progress: _Progress, cause: object) -> str:
        where = f"{self._smtp.host}:{self._smtp.port}"
        return safe_detail(f"{where}, {progress.stage}: {cause}", [self._password])

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._smtp.ca_file)


async def _quit(client: SMTP) -> None:
    """Say goodbye. The mail is accepted, whatever becomes of this."""
    try:
        async with asyncio.timeout(_QUIT_TIMEOUT_S):
            await client.quit()
    except (SMTPException, OSError, TimeoutError):
        return
