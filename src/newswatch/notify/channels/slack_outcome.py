"""What Slack's answers mean for a delivery. Pure.

Error codes: https://docs.slack.dev/reference/methods/chat.postMessage and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
"""

from collections.abc import Iterable
from datetime import datetime

from newswatch.model import AttemptResult, HttpAnswer, Outcome
from newswatch.notify.channels.base import excerpt, retry_after

BLOCKS_REFUSED = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_attachments"}
)
"""The message is refused for its form: worth one try as plain text."""

NEEDS_REPAIR = frozenset(
    {
        "access_denied", "account_inactive", "action_prohibited", "cannot_reply_to_message", "channel_is_archived",
        "channel_not_found", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "invalid_token",
        "is_archived", "is_inactive", "messages_tab_disabled", "missing_scope", "no_active_hooks", "no_permission",
        "no_service", "no_service_id", "no_team", "not_allowed_token_type", "not_authed", "not_in_channel",
        "org_login_required", "posting_to_general_channel_denied", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "team_access_not_granted",
        "team_disabled", "team_not_found", "token_expired", "token_revoked", "two_factor_setup_required",
        "user_not_found",
    }
)  # fmt: skip
"""The destination takes nothing until somebody repairs it."""

THROTTLED = frozenset({"message_limit_exceeded", "rate_limited", "ratelimited", "rollup_error"})
UNCERTAIN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Slack documents that part of the operation may have succeeded."""

_REMEDIES = {
    "channel_not_found": "check the channel's id, and invite the app to a private channel",
    "not_in_channel": "invite the app to the channel",
    "missing_scope": "the app needs chat:write and channels:history (groups:history for private channels)",
    "is_archived": "unarchive the channel or choose another",
    "channel_is_archived": "unarchive the channel or choose another",
    "invalid_auth": "check the token",
    "token_revoked": "install the app again and configure its new token",
    "no_service": "the incoming webhook was removed; make a new one",
}


def judge_status(answer: HttpAnswer, now: datetime, secrets: Iterable[str]) -> AttemptResult | None:
    """Return what a status that is not success means, None for 200.

    A 5xx is ambiguous: servers give it also after having done what they were asked.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    said = excerpt(answer.body, secrets)
    detail = f"HTTP {status}" + (f": {said}" if said else "")
    wait = retry_after(answer.headers, now)
    if status == 429:
        return AttemptResult(Outcome.THROTTLED, detail, status, retry_after_s=wait)
    if status >= 500:
        return AttemptResult(Outcome.AMBIGUOUS, detail, status, retry_after_s=wait)
    if status in (401, 403, 404, 410):
        return AttemptResult(Outcome.DISABLED, _with_remedy(detail, said), status)
    if 300 <= status < 400 or status in (408, 425):
        return AttemptResult(Outcome.RETRY, detail, status, retry_after_s=wait)
    return judge_error(said, status, detail)


def judge_error(code: str, status: int, detail: str | None = None) -> AttemptResult:
    """Return what one of Slack's error codes means."""
    detail = _with_remedy(detail or f"Slack says {code}", code)
    if code in NEEDS_REPAIR:
        return AttemptResult(Outcome.DISABLED, detail, status)
    if code in THROTTLED:
        return AttemptResult(Outcome.THROTTLED, detail, status)
    if code in UNCERTAIN:
        return AttemptResult(Outcome.AMBIGUOUS, detail, status)
    return AttemptResult(Outcome.REJECTED, detail, status)


def _with_remedy(detail: str, code: str) -> str:
    return f"{detail} ({_REMEDIES[code]})" if code in _REMEDIES else detail
