"""Rule 9: what is silenced is stored with the reason and not told, in no way, until the silence ends."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from newswatch.model import Mention
from newswatch.store import mentions, silences
from newswatch.store.tables import article, delivery
from tests.alerts.newsroom import Make, Newsroom


def silence(room: Newsroom, hours: float = 24, **matchers: str) -> int:
    silence_id = room.new_id()
    with room.database.writing() as connection:
        silences.add(
            connection,
            matchers,
            silence_id=silence_id,
            reason="the drill",
            author="mina",
            ends_at=room.clock() + timedelta(hours=hours),
            now=room.clock(),
        )
    return silence_id


@pytest.mark.parametrize(
    ("matchers", "told"),
    [
        ({"rule": "storm"}, []),
        ({"rule": "harbour"}, ["Storm"]),
        ({"source": "the lantern"}, []),
        ({"rule": "storm", "destination": "other"}, ["Storm"]),
        ({"rule": "storm", "destination": "desk"}, []),
        ({"rule": "storm", "source": "The Gull"}, ["Storm"]),
    ],
)
async def test_everything_given_must_hold(newsroom: Make, matchers: dict[str, Any], told: list[str]) -> None:
    room = newsroom()
    silence(room, **matchers)
    room.publish("Storm")
    await room.pass_time(300)
    assert [one.message.headline for one in room["desk"].arrived] == told
    if not told:
        ((state, reason),) = room.rows(select(delivery.c.state, delivery.c.reason))
        assert (state, "by mina: the drill" in reason) == ("suppressed", True)


@pytest.mark.parametrize(("destination", "told"), [("team", []), ("team:b@example.org", ["team"])])
async def test_a_mail_destination_is_all_its_mailboxes(embedded: Make, destination: str, told: list[str]) -> None:
    room = embedded(destinations={"team": {"type": "email", "to": ["a@example.org", "b@example.org"]}})
    silence(room, destination=destination)
    room.publish("Storm")
    await room.pass_time(300)
    assert [name for name, inbox in room.inboxes.items() if inbox.arrived] == told


async def test_a_silence_ends_by_itself_or_by_hand(newsroom: Make) -> None:
    room = newsroom()
    silence(room, hours=1, rule="storm")
    first = silence(room, rule="harbour")
    room.publish("Harbour one")
    await room.pass_time(timedelta(hours=1))
    with room.database.writing() as connection:
        assert silences.expire(connection, first, room.clock())
        assert not silences.expire(connection, first, room.clock())
    room.publish("Storm")
    room.publish("Harbour two")
    await room.pass_time(300)
    assert sorted(one.message.headline for one in room["desk"].arrived) == ["Harbour two", "Storm"]


async def test_a_message_goes_if_one_of_its_rules_is_not_silenced(newsroom: Make) -> None:
    room = newsroom()
    silence(room, rule="storm")
    room.publish("Storm in the harbour")
    await room.pass_time(300)
    (one,) = room["desk"].arrived
    assert [reason.rule_id for reason in one.message.reasons] == ["harbour"]


@pytest.mark.parametrize(
    "settings",
    [
        {"quiet": [{"from": "12:00", "to": "18:00"}]},
        {"digest": "daily", "digest_at": ["18:00"]},
    ],
)
async def test_what_waits_is_silenced_too(newsroom: Make, settings: dict[str, Any]) -> None:
    room = newsroom(destinations={"desk": settings})
    room.publish("Storm")
    room.publish("Harbour")
    await room.pass_time(timedelta(hours=1))
    silence(room, rule="storm")
    await room.pass_time(timedelta(hours=6), step=timedelta(minutes=10))
    assert room["desk"].headlines == [["Harbour"]]
    with room.database.writing() as connection:
        for row in silences.listing(connection, room.clock()):
            silences.expire(connection, row["id"], room.clock())
    silence(room, rule="harbour")
    room.publish("Harbour again")
    await room.pass_time(timedelta(days=1), step=timedelta(minutes=30))
    assert room["desk"].headlines == [["Harbour"]], "a roll-up or digest with nothing in it is none"


async def test_an_entity_is_silenced_where_the_article_that_caused_the_alert_mentions_it(newsroom: Make) -> None:
    room = newsroom()
    silence(room, entity="mina-park", rule="storm")
    for headline in ("Storm", "Harbour"):
        room.publish(headline)
    with room.database.writing() as connection:
        ids = connection.execute(select(article.c.id)).scalars().all()
        mina = Mention("mina-park", "person", (("body", 0, 4),))
        gull = Mention("gull", "other", (("body", 0, 4),))
        mentions.store(connection, {one: [mina, gull] for one in ids}, ids)
    room.publish("Storm of others")
    await room.pass_time(300)
    assert sorted(one.message.headline for one in room["desk"].arrived) == ["Harbour", "Storm of others"]
