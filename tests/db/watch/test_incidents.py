"""Each trouble is told of once when it begins and once when it is over, whoever sees it and however often it flickers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.factories import a_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine, LiteEngine
from turnet.db.transactions import effects_done, fetch
from turnet.messaging.deliver import deliverer, drain
from turnet.settings import Settings
from turnet.watch import incidents
from turnet.watch.conditions import Trouble
from turnet.watch.incidents import CALM, Incidents

STUCK = Trouble("outbox_stuck", "a message has been waiting for 11 minutes", "the outbox", "see that it runs")
DISK = Trouble("disk_little", "only 900 MB are free", "the disk", "make room")


@pytest.fixture
def watched(settings: Settings) -> Settings:
    return replace(settings, admin_mail="owner@tuomi.example")


async def mails() -> list[tuple[str, dict[str, str]]]:
    rows = await fetch("SELECT kind, facts FROM message ORDER BY created_at, dedupe")
    return [(kind, json.loads(facts)) for kind, facts in rows]


async def kinds() -> list[str]:
    return [kind for kind, _facts in await mails()]


async def spans() -> list[tuple[str, bool]]:
    """(name, is it over) of every incident."""
    return [(name, ended is not None) for name, ended in await fetch("SELECT name, ended_at FROM incident ORDER BY id")]


async def test_trouble_is_told_of_once_however_long_it_lasts(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    one = Incidents(watched, clock)
    for _minute in range(30):
        await one.settle([STUCK])
        clock.advance(minutes=1)

    facts = {
        "what": STUCK.what,
        "where": STUCK.where,
        "do": STUCK.do,
        "since": "2026-12-01T08:42:00+00:00",
        "until": "",
    }
    assert await mails() == [("incident", facts)]
    assert await fetch("SELECT recipient, channel, language, dedupe FROM message") == [
        ("owner@tuomi.example", "email", "en", "incident:1")
    ]
    assert await spans() == [("outbox_stuck", False)]


async def test_end_is_told_once_when_it_has_stayed_away(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    one = Incidents(watched, clock)
    await one.settle([STUCK])
    told = []
    for _minute in range(40):
        clock.advance(minutes=1)
        await one.settle([])
        told.append(len(await kinds()))

    assert told == [1] * 15 + [2] * 25
    kind, facts = (await mails())[-1]
    assert (kind, facts["since"], facts["until"]) == (
        "incident_over",
        "2026-12-01T08:42:00+00:00",
        "2026-12-01T08:43:00+00:00",
    )
    assert (facts["what"], facts["do"]) == (STUCK.what, STUCK.do)


async def _flicker(one: Incidents, clock: FrozenClock, *, minutes: int) -> None:
    for minute in range(minutes):
        await one.settle([STUCK] if minute % 2 == 0 else [])
        clock.advance(minutes=1)


async def test_trouble_that_flickers_is_one_incident(watched: Settings, engine: AnyEngine, clock: FrozenClock) -> None:
    await _flicker(Incidents(watched, clock), clock, minutes=60)

    assert (await kinds(), await spans()) == (["incident"], [("outbox_stuck", True)])


async def test_control_without_calm_it_fills_the_mailbox(
    watched: Settings, engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "CALM", CALM * 0)

    await _flicker(Incidents(watched, clock), clock, minutes=60)

    assert len(await kinds()) == 60


async def test_trouble_that_comes_back_later_is_another_one(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    one = Incidents(watched, clock)
    await one.settle([STUCK])
    clock.advance(minutes=1)
    await one.settle([])
    clock.advance(minutes=16)
    await one.settle([])
    await one.settle([STUCK])

    assert sorted(await kinds()) == ["incident", "incident", "incident_over"]
    assert await spans() == [("outbox_stuck", True), ("outbox_stuck", False)]


async def test_two_troubles_are_two_mails_and_end_each_for_itself(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    one = Incidents(watched, clock)
    await one.settle([STUCK, DISK])
    await one.settle([DISK])

    assert (await kinds(), await spans()) == (["incident"] * 2, [("outbox_stuck", True), ("disk_little", False)])


async def test_new_process_goes_on_where_the_last_one_stopped(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    await Incidents(watched, clock).settle([STUCK])
    await Incidents(watched, clock).settle([STUCK])

    assert (await kinds(), await spans()) == (["incident"], [("outbox_stuck", False)])


async def test_without_an_address_there_are_rows_and_the_log(
    settings: Settings, engine: AnyEngine, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "turnet.watch")
    one = Incidents(settings, clock)
    await one.settle([STUCK])
    await one.settle([])
    await effects_done()

    assert (await kinds(), await spans()) == ([], [("outbox_stuck", True)])
    said = [(record.getMessage(), getattr(record, "incident", "")) for record in caplog.records]
    assert said == [
        ("incident: a message has been waiting for 11 minutes", "outbox_stuck"),
        ("incident over", "outbox_stuck"),
    ]


async def test_mails_are_readable_and_leave_even_while_nothing_goes_to_people(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", clock.real())
    one, sending = Incidents(watched, clock), deliverer(watched, clock)
    await one.settle([STUCK])
    await drain(sending)
    clock.advance(minutes=5)
    await one.settle([])
    clock.advance(minutes=15)
    await one.settle([])
    await drain(sending)

    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in _mailbox(watched)]
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]
    assert sorted(str(mail["Subject"]) for mail in mails) == [
        f"turnet at Tuomi Dental, over: {STUCK.what}",
        f"turnet at Tuomi Dental: {STUCK.what}",
    ]
    assert [all(part in text for part in (STUCK.what, STUCK.where)) for text in texts] == [True, True]
    assert sum("from Tue 1 Dec at 10:42 until Tue 1 Dec at 10:47" in text for text in texts) == 1


def _mailbox(settings: Settings) -> list[Path]:
    return sorted((settings.data / "outbox" / "mail").glob("*.eml"))


# --- two workers


async def _both(watched: Settings, clock: FrozenClock) -> list[tuple[str, bool]]:
    await asyncio.gather(*(Incidents(watched, clock).settle([STUCK, DISK]) for _worker in range(4)))
    return sorted(await spans())


async def test_workers_that_look_at_once_write_of_it_once(
    watched: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    assert await _both(watched, clock) == [("disk_little", False), ("outbox_stuck", False)]
    assert await kinds() == ["incident"] * 2


@pytest.mark.postgres
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_control_without_the_lock_each_worker_writes_of_it(
    watched: Settings, engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, meeting = 0, asyncio.Event()

    async def nobody_waits() -> None:
        """All are inside their transaction before the first reads."""
        nonlocal here
        here += 1
        if here == 4:
            meeting.set()
        await meeting.wait()

    monkeypatch.setattr(incidents, "_one_at_a_time", nobody_waits)

    assert len(await _both(watched, clock)) > 2


# --- a database that takes no writes


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_could_not_be_written_down_is_told_once_it_can(
    watched: Settings, engine: AnyEngine, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    one = Incidents(watched, clock)
    full = Trouble("database_unwritable", "the database takes no writes", "the database", "look")

    async with _unwritable(engine):
        await one.settle([full])
        clock.advance(minutes=9)
        await one.settle([full])
        assert [record.getMessage() for record in caplog.records] == ["incidents cannot be written down"] * 2
    clock.advance(minutes=1)
    await one.settle([])

    kind, facts = (await mails())[0]
    assert (kind, facts["since"], await spans()) == (
        "incident", "2026-12-01T08:42:00+00:00", [("database_unwritable", True)],
    )  # fmt: skip


@asynccontextmanager
async def _unwritable(engine: AnyEngine) -> AsyncIterator[None]:
    await _pragma(engine, "query_only = ON")
    yield
    await _pragma(engine, "query_only = OFF")


async def _pragma(engine: AnyEngine, pragma: str) -> None:
    assert isinstance(engine, LiteEngine)
    writer = await engine.take(reads_only=False)
    try:
        await writer.run(f"PRAGMA {pragma}")
    finally:
        await engine.give_back(writer, reads_only=False, clean=True)
