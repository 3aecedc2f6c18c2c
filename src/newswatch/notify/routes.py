"""Routes and destinations as configured, turned into values. Pure."""

from collections.abc import Mapping, Sequence

from newswatch.model import Destination, Digest, Route, Severity
from newswatch.notify.settings import DestinationSettings, EmailDestination, RouteSettings, SmtpSettings


def from_settings(
    routes: Sequence[RouteSettings], destinations: Mapping[str, DestinationSettings] | None = None
) -> tuple[Route, ...]:
    """Return the configured routes in order.

    With `destinations` given, an e-mail destination with several addresses stands for all its mailboxes (see
    `mailboxes`). Names are not checked here: the configuration does that.
    """
    return tuple(_route(route, destinations or {}) for route in routes)


def mailboxes(name: str, destinations: Mapping[str, DestinationSettings]) -> tuple[str, ...]:
    """Return the destinations that a configured name stands for: one for each mailbox, any other kind itself.

    The first address of an e-mail destination keeps its name, further ones are called `name:address`. With one
    delivery for each mailbox, a mailbox that is full or gone neither delays the others nor makes them get a mail twice.
    """
    settings = destinations.get(name)
    if not isinstance(settings, EmailDestination):
        return (name,)
    return (name, *(f"{name}:{address}" for address in settings.to[1:]))


def destinations_from_settings(
    destinations: Mapping[str, DestinationSettings], smtp: Mapping[str, SmtpSettings]
) -> tuple[Destination, ...]:
    """Return the configured destinations, one for each mailbox (see `mailboxes`)."""
    values: list[Destination] = []
    for name, settings in destinations.items():
        if not isinstance(settings, EmailDestination):
            values.append(Destination(name, settings))
            continue
        for mailbox, address in zip(mailboxes(name, destinations), settings.to, strict=True):
            single = settings.model_copy(update={"to": (address,)})
            values.append(Destination(mailbox, single, smtp.get(settings.smtp)))
    return tuple(values)


def _route(route: RouteSettings, destinations: Mapping[str, DestinationSettings]) -> Route:
    instant: dict[str, None] = {}
    digests: dict[tuple[str, Digest], None] = {}
    for name in route.to:
        settings = destinations.get(name)
        names = mailboxes(name, destinations)
        digest = settings.digest if route.digest is None and settings is not None else route.digest
        if isinstance(digest, Digest):
            digests |= dict.fromkeys((mailbox, digest) for mailbox in names)
        else:
            instant |= dict.fromkeys(names)
    lowest, highest = _severities(route.match.severity)
    return Route(
        destinations=tuple(instant),
        rules=_several(route.match.rule),
        tags=_several(route.match.tag),
        languages=_several(route.match.language),
        min_severity=lowest,
        max_severity=highest,
        continue_=route.continue_,
        digests=tuple(digests),
    )


def _several(value: tuple[str, ...] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _severities(text: str) -> tuple[Severity, Severity]:
    """Read `high` as exactly that and `>=high` as that and above. The pattern is checked by the settings."""
    if text.startswith(">="):
        return Severity(text[2:].strip()), Severity.FLASH
    return Severity(text.strip()), Severity(text.strip())
