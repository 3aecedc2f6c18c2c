"""Each destination is told in its own language, from the first message to the last follow-up and the digest."""

import email
import email.policy
from datetime import timedelta

from tests.alerts.newsroom import Arrived, Make


def subject(one: Arrived) -> str:
    assert one.delivery.rendered is not None
    return str(email.message_from_bytes(one.delivery.rendered.body, policy=email.policy.default)["Subject"])


async def test_a_story_is_told_and_followed_up_in_the_language_of_each_destination(embedded: Make) -> None:
    mail = {"type": "email", "to": ["desk@example.org"], "language": "ko"}
    room = embedded(destinations={"seoul": mail, "tokyo": {"language": "ja"}, "london": {}})
    room.publish("Harbour strike", story="a", source="Paper 1")
    await room.pass_time(timedelta(minutes=2))
    for number in (2, 3):
        room.publish("Harbour strike", story="a", source=f"Paper {number}")
    await room.pass_time(timedelta(hours=1), step=1200)

    told = {name: [one.message.changes for one in room[name].arrived] for name in ("seoul", "tokyo", "london")}
    assert told == {
        "seoul": [(), ("매체 1 → 3곳",)],
        "tokyo": [(), ("媒体 1 → 3社",)],
        "london": [(), ("1 → 3 sources",)],
    }
    first, second = room["seoul"].arrived
    assert subject(first) == subject(second) == "Harbour strike — Harbour"
    tokyo = room["tokyo"].arrived[1].delivery.rendered
    assert tokyo is not None
    assert "媒体3社" in tokyo.meta["edit"], "the counts of the first message, too"


async def test_a_digest_speaks_its_language(embedded: Make) -> None:
    room = embedded(destinations={"desk": {"digest": "daily", "language": "ja", "digest_empty": True}})
    await room.pass_time(timedelta(hours=22), step=3600)

    digest = room["desk"].arrived[-1]  # one that was missed comes first
    assert digest.delivery.rendered is not None
    assert digest.delivery.rendered.summary.startswith("日刊のまとめ · 2026-01-14")
    assert digest.message.listing is not None
    assert digest.message.listing.notes == ("お知らせはありません。正常に動いていることを伝えるためのものです。",)
