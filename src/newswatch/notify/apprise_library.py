"""Apprise itself, which is there only with the extra `apprise`, and what is wrong with an address of its kind."""

import importlib
import logging
from typing import Any

INSTALL = "pip install 'newswatch[apprise]'"
SERVICES = "https://appriseit.com/services/"


def library() -> Any:
    """Return the module. Raises ImportError if it is not installed."""
    apprise = importlib.import_module("apprise")
    log = logging.getLogger("apprise")
    log.propagate = False  # what it says there becomes the outcome of an attempt
    log.setLevel(logging.DEBUG)
    return apprise


def asset(apprise: Any) -> Any:
    """Return what all services have in common: who sends, no pictures from elsewhere, no redirects."""
    return apprise.AppriseAsset(
        app_id="newswatch",
        app_desc="newswatch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
    )


def problem_of(url: str) -> tuple[str, str] | None:
    """Return what is wrong with an address and what to do, without repeating it: it holds secrets."""
    try:
        apprise = library()
    except ImportError:
        return "Apprise is not installed", INSTALL
    if apprise.Apprise.instantiate(url, asset=asset(apprise)) is not None:
        return None
    scheme, found, _ = url.partition("://")
    if not found or scheme.lower() not in apprise.manager_plugins.NotificationManager():
        return "is no address that Apprise knows", f"see {SERVICES}"
    return f"is not a whole address of {scheme.lower()}://, or a library that it needs is missing", f"see {SERVICES}"
