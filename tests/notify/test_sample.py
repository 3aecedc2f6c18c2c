import json
from typing import Any

import pytest

from newswatch.model import NotificationKind
from newswatch.notify.channels.slack_limits import check_blocks
from newswatch.notify.sample import sample, trial_message
from tests.notify.test_channels import ALL, SMTP, build
from tests.notify.values import KEY, NOW


@pytest.mark.parametrize("kind", NotificationKind)
@pytest.mark.parametrize("settings", [settings for settings, _, _ in ALL], ids=[name for _, _, name in ALL])
def test_every_kind_can_be_seen_in_every_channel(settings: dict[str, Any], kind: NotificationKind) -> None:
    message = sample(kind, NOW)
    assert message.kind is kind
    rendered = build(settings, SMTP).render(message, key=KEY, now=NOW)
    assert rendered.body
    if settings["type"] == "slack":
        assert check_blocks(json.loads(rendered.body)) == []


def test_a_made_up_story_shows_what_messages_can_have() -> None:
    told, more = sample(NotificationKind.NEW, NOW), sample(NotificationKind.UPDATE, NOW)
    assert (told.languages, len(told.others), told.source_count) == (("en", "ko"), 2, 3)
    assert all(snippet.highlights for snippet in told.snippets)
    assert len(told.snippets) >= 2
    assert more.changes
    assert more.root is not None


def test_nobody_can_take_a_test_for_news() -> None:
    message = trial_message("desk", NOW)
    for settings, _, _ in ALL:
        rendered = build(settings, SMTP).render(message, key=KEY, now=NOW)
        assert "this is a test" in rendered.summary
    webhook = json.loads(build(ALL[3][0]).render(message, key=KEY, now=NOW).body)
    assert webhook["data"]["kind"] == "test"


def test_what_is_new_in_a_follow_up_is_said_in_the_language_of_the_destination() -> None:
    assert sample(NotificationKind.UPDATE, NOW, "ko").changes == ("매체 1 → 3곳", "첫 한국어 보도: 등대신문")
