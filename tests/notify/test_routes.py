import pytest

from newswatch.model import Destination, Route, Severity
from newswatch.notify.routes import destinations_from_settings, from_settings
from newswatch.notify.settings import (
    DestinationSettings,
    EmailDestination,
    FileDestination,
    RouteSettings,
    SmtpSettings,
)

SMTP = SmtpSettings.model_validate({"host": "mail.example", "from": "newswatch <n@example.org>"})
MAIL = EmailDestination(type="email", to=("a@example.org", "b@example.org"))
FILE = FileDestination(type="file", path="/tmp/alerts.jsonl")


@pytest.mark.parametrize(
    ("written", "lowest", "highest"),
    [
        (">=high", Severity.HIGH, Severity.FLASH),
        (">= normal", Severity.NORMAL, Severity.FLASH),
        ("high", Severity.HIGH, Severity.HIGH),
        ("info", Severity.INFO, Severity.INFO),
    ],
)
def test_severities(written: str, lowest: Severity, highest: Severity) -> None:
    route = RouteSettings.model_validate({"match": {"severity": written}, "to": ["desk"]})

    (value,) = from_settings([route])

    assert (value.min_severity, value.max_severity) == (lowest, highest)


def test_a_route_with_everything() -> None:
    route = RouteSettings.model_validate(
        {
            "match": {"rule": "summit", "tag": ["asia", "politics"], "language": "ko"},
            "to": ["log", "desk", "log"],
            "continue": False,
        }
    )

    assert from_settings([route]) == (
        Route(
            destinations=("log", "desk"),
            rules=("summit",),
            tags=("asia", "politics"),
            languages=("ko",),
            continue_=False,
        ),
    )


def test_each_mailbox_is_a_destination_of_its_own() -> None:
    destinations: dict[str, DestinationSettings] = {"team": MAIL, "log": FILE}
    route = RouteSettings.model_validate({"to": ["team", "log"]})

    values = destinations_from_settings(destinations, {"main": SMTP})

    assert values == (
        Destination("team", MAIL.model_copy(update={"to": ("a@example.org",)}), SMTP),
        Destination("team:b@example.org", MAIL.model_copy(update={"to": ("b@example.org",)}), SMTP),
        Destination("log", FILE),
    )
    (with_mailboxes,) = from_settings([route], destinations)
    assert with_mailboxes.destinations == ("team", "team:b@example.org", "log")
