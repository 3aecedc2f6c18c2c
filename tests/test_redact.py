"""Nothing secret in what people and logs see."""

import pytest

from newswatch.redact import redact_text, redact_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://nw:hunter2@db:5432/nw?sslmode=require", "postgresql://nw:***@db:5432/nw?sslmode=require"),
        ("https://hunter2@feeds.example/x", "https://***@feeds.example/x"),
        ("https://feeds.example/x?page=2&api_key=hunter2&a=b", "https://feeds.example/x?page=2&api_key=***&a=b"),
        ("https://feeds.example/x?access_token=hunter2", "https://feeds.example/x?access_token=***"),
        ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/***"),
        ("sqlite:///newswatch.db", "sqlite:///newswatch.db"),
        ("sqlite:////var/lib/nw.db", "sqlite:////var/lib/nw.db"),
        ("https://feeds.example/keyboards?keyword=summit", "https://feeds.example/keyboards?keyword=summit"),
        ("http://[broken", "***"),
    ],
)
def test_urls(url: str, expected: str) -> None:
    assert redact_url(url) == expected


def test_texts() -> None:
    text = (
        "POST https://u:hunter2@h.example/a failed; token xoxb-1-hunter2, "
        "secret whsec_hunter2+/=, Authorization: Bearer hunter2hunter2"
    )
    assert "hunter2" not in redact_text(text)
    assert redact_text("the summit in Nara: https://a.example/b") == "the summit in Nara: https://a.example/b"
