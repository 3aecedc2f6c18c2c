"""Digests: one for each local date and slot, with everything that came until then, whatever clocks and daemons do."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from newswatch.store.tables import digest_item, notification, periodic_run
from tests.alerts.newsroom import Make

SEOUL = {"type": "email", "to": ["a@example.org"], "zone": "Asia/Seoul", "digest": "daily", "digest_at": ["08:00"]}


async def test_a_daily_digest_comes_at_its_local_time_with_what_came_before(newsroom: Make) -> None:
    room = newsroom(destinations={"editor": SEOUL})
    room.publish("Harbour opens")
    await room.pass_time(timedelta(hours=10))
    assert room["editor"].arrived == []
    room.publish("Storm closes the harbour")
    await room.pass_time(timedelta(hours=2))
    (digest,) = room["editor"].arrived
    assert digest.at == datetime(2026, 1, 13, 23, 0, tzinfo=UTC)  # 08:00 on the 14th in Seoul
    assert digest.kind == "digest"
    assert digest.headlines == ["Storm closes the harbour", "Harbour opens"], "the gravest first"
    assert digest.message.listing is not None
    assert dict(digest.message.listing.rules) == {"Harbour": 2, "Storm": 1}
    assert (digest.message.listing.total, digest.message.listing.high) == (2, 1)
    await room.pass_time(timedelta(days=2), step=timedelta(hours=1))
    assert len(room["editor"].arrived) == 1, "nothing new, no digest"


async def test_what_comes_after_the_slot_waits_for_the_next(newsroom: Make) -> None:
    room = newsroom(start=datetime(2026, 1, 13, 22, 59, 50, tzinfo=UTC), destinations={"editor": SEOUL})
    room.publish("Harbour opens")
    await room.work()
    room.clock.advance(timedelta(seconds=11))  # the tick is a second late
    room.publish("Harbour closes")
    await room.work()
    assert room["editor"].headlines == [["Harbour opens"]]
    await room.pass_time(timedelta(days=1), step=timedelta(hours=1))
    assert room["editor"].headlines == [["Harbour opens"], ["Harbour closes"]]


async def test_a_route_can_ask_for_a_digest_or_against_it(newsroom: Make) -> None:
    room = newsroom(
        destinations={"editor": SEOUL, "desk": {}},
        routes=[
            {"match": {"severity": ">=high"}, "to": ["editor"], "digest": "off"},
            {"match": {"severity": "normal"}, "to": ["editor", "desk"], "digest": "hourly"},
        ],
    )
    room.publish("Storm")
    room.publish("Harbour")
    await room.pass_time(timedelta(minutes=50))
    assert room["editor"].headlines == [["Storm"]]
    assert room["desk"].arrived == []
    await room.pass_time(timedelta(minutes=15))
    assert [room[name].kinds for name in ("editor", "desk")] == [["new", "digest"], ["digest"]]
    assert room["desk"].headlines == [["Harbour"]]


async def test_a_story_that_two_rules_flag_is_one_entry(newsroom: Make) -> None:
    room = newsroom(destinations={"editor": SEOUL})
    room.publish("Storm in the harbour", story="a")
    room.publish("Storm in the harbour", story="a", source="The Gull")
    await room.pass_time(timedelta(hours=12), step=timedelta(hours=1))
    (digest,) = room["editor"].arrived
    assert digest.message.listing is not None
    (line,) = digest.message.listing.stories
    assert (line.rules, line.article_count, line.source_count) == (("Storm", "Harbour"), 2, 2)


async def test_old_news_is_in_the_digest_alone_and_last(newsroom: Make) -> None:
    room = newsroom(destinations={"editor": SEOUL, "desk": {}})
    room.publish("Tsunami of last year", backfill=True)
    room.publish("Harbour opens")
    await room.pass_time(timedelta(hours=12), step=timedelta(hours=1))
    assert room["desk"].headlines == [["Harbour opens"]]
    assert room["editor"].headlines == [["Harbour opens", "Tsunami of last year"]]


async def test_an_empty_digest_only_where_it_is_wanted(newsroom: Make) -> None:
    sign_of_life = {**SEOUL, "digest_empty": True}
    room = newsroom(destinations={"editor": SEOUL, "ops": sign_of_life})
    await room.pass_time(timedelta(days=3), step=timedelta(hours=1))
    assert room["editor"].arrived == []
    assert len(room["ops"].arrived) == 3
    assert "sign of life" in room["ops"].arrived[0].message.listing.notes[0]  # type: ignore[union-attr]


async def test_a_digest_missed_for_less_than_six_hours_is_made_up_for_and_says_so(newsroom: Make) -> None:
    room = newsroom(destinations={"editor": SEOUL})
    room.publish("Harbour opens")
    await room.work()
    room.clock.set(datetime(2026, 1, 14, 4, 30, tzinfo=UTC))  # 13:30 in Seoul
    await room.work()
    (digest,) = room["editor"].arrived
    assert digest.message.listing is not None
    assert digest.message.listing.notes == ("5h30m late: newswatch was not running when it was due",)
    room.publish("Harbour closes")
    await room.work()
    room.clock.set(datetime(2026, 1, 15, 5, 30, tzinfo=UTC))  # six and a half hours late
    await room.work()
    assert len(room["editor"].arrived) == 1
    await room.pass_time(timedelta(days=1), step=timedelta(hours=1))
    assert room["editor"].headlines == [["Harbour opens"], ["Harbour closes"]], "it waits for the next"


async def test_several_daemons_make_one_digest(newsroom: Make) -> None:
    first = newsroom(destinations={"editor": SEOUL})
    second = newsroom(destinations={"editor": SEOUL})
    first.publish("Harbour opens")
    await first.work()
    for room in (first, second):
        room.clock.set(datetime(2026, 1, 13, 23, 0, 1, tzinfo=UTC))
    await asyncio.gather(*(room.pipeline.digest.tick() for room in (first, second)))
    for room in (first, second):
        await room.work()
    assert len(first["editor"].arrived) + len(second["editor"].arrived) == 1
    assert first.rows(select(func.count()).select_from(notification).where(notification.c.kind == "digest")) == [(1,)]


async def test_a_digest_that_cannot_be_made_leaves_its_slot(newsroom: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    room = newsroom(destinations={"editor": SEOUL})
    room.publish("Harbour opens")
    await room.work()
    room.clock.set(datetime(2026, 1, 13, 23, 0, 1, tzinfo=UTC))

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr("newswatch.store.digests.told", killed)
        with pytest.raises(RuntimeError):
            await room.pipeline.digest.tick()
    assert room.rows(select(periodic_run.c.slot).where(periodic_run.c.name.startswith("digest"))) == []
    assert room.rows(select(notification.c.id)) == []
    await room.work()
    assert room["editor"].headlines == [["Harbour opens"]]
    assert room.rows(select(digest_item.c.told_at).where(digest_item.c.told_at.is_(None))) == []


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/New_York", date(2026, 3, 8)),  # 02:15 is left out
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour, from 02:00 on
    ],
    ids=str,
)
async def test_digests_over_a_change_of_clocks(embedded: Make, zone: str, change: date) -> None:
    settings = {**SEOUL, "zone": zone, "digest_at": ["02:15"], "digest_empty": True}
    start = datetime.combine(change - timedelta(days=2), time(), ZoneInfo(zone)).astimezone(UTC)
    room = embedded(start=start, destinations={"editor": settings})
    await room.pass_time(timedelta(days=5), step=timedelta(minutes=29))
    days = [one.at.astimezone(ZoneInfo(zone)).date() for one in room["editor"].arrived]
    assert len(days) == len(set(days)) >= 5


async def test_sixty_stories_are_fifty_and_how_many_more(newsroom: Make) -> None:
    room = newsroom(destinations={"editor": SEOUL})
    for number in range(60):
        room.publish(f"Harbour {number}")
    await room.pass_time(timedelta(hours=12), step=timedelta(hours=1))
    (digest,) = room["editor"].arrived
    assert digest.message.listing is not None
    assert (len(digest.headlines), digest.message.listing.total) == (50, 60)
    assert dict(digest.message.listing.rules) == {"Harbour": 60}
    body = digest.delivery.rendered
    assert body is not None
    assert len(body.body) < 90_000
