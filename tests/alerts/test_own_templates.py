"""A template of the user's that fails for one message: it goes out nevertheless, and so does everything after it."""

import json
from pathlib import Path

from tests.alerts.newsroom import Make

FAILS = "{% if not page and words.headline == 'Harbour' %}{{ 1 // 0 }}{% else %}fine{% endif %}"


async def test_a_message_goes_out_although_its_template_fails(tmp_path: Path, embedded: Make) -> None:
    (tmp_path / "slack.txt").write_text(FAILS, encoding="utf-8")
    room = embedded(destinations={"desk": {"templates": str(tmp_path)}, "other": {}})
    for title in ("Harbour", "Harbour again"):
        room.publish(title)
    await room.pass_time(120)

    first, second = (json.loads(one.delivery.rendered.body) for one in room["desk"].arrived if one.delivery.rendered)
    assert "Harbour" in first["blocks"][0]["text"]["text"]
    assert second["blocks"][0]["text"]["text"] == "fine"
    assert len(room["other"].arrived) == 2
