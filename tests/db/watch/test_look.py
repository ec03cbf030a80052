"""What one look sees, and what the worker does of it each minute."""

import os
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from tests.unit.watch.test_ping import listening
from turnet.backup import keep
from turnet.clock import FrozenClock
from turnet.db import disk
from turnet.db.engine import AnyEngine, PgEngine, bind
from turnet.db.transactions import fetch, on_sqlite, tx
from turnet.messaging import outbox
from turnet.pulse import Pulse
from turnet.settings import Settings
from turnet.watch import conditions
from turnet.watch.conditions import troubles, well
from turnet.watch.look import Watch

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _room_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full the disk is on which this runs."""
    monkeypatch.setattr(conditions, "LITTLE_DISK", 0)
    monkeypatch.setattr(conditions, "MUCH_DISK", 0)


@pytest.fixture
def watch(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> Watch:
    """Of an installation of this morning."""
    os.utime(settings.key_file, (clock.at.timestamp() - 3600,) * 2)
    return Watch(settings, clock, Pulse())


async def _message(clock: FrozenClock, dedupe: str, **columns: object) -> None:
    now = clock.now()
    async with tx():
        await outbox.add(
            "booking_confirmed", channel="sms", recipient="+358401234567", language="fi", dedupe=dedupe,
            due_at=now, not_after=now + HOUR, now=now,
        )  # fmt: skip
    for column, value in columns.items():
        await fetch(f"UPDATE message SET {column} = {{}} WHERE dedupe = {{}}", value, dedupe)


async def test_messages_by_what_is_wrong_with_them(watch: Watch, clock: FrozenClock) -> None:
    await a_clinic()
    now = clock.now()
    await _message(clock, "waits", due_at=now - timedelta(minutes=7))
    await _message(clock, "tried", attempts=3, created_at=now - HOUR, due_at=now + HOUR)
    await _message(clock, "tried all evening", attempts=6, created_at=now - 2 * HOUR, due_at=now + HOUR)
    await _message(clock, "just tried", attempts=1, due_at=now + HOUR)
    await _message(clock, "failed", state="failed", finished_at=now - timedelta(minutes=59))
    await _message(clock, "failed before", state="failed", finished_at=now - timedelta(minutes=61))
    await _message(clock, "unknown", state="unknown", finished_at=now)

    seen = await watch.look()

    assert (seen.messages_queued, seen.oldest_message_waiting_seconds) == (4, 420)
    assert (seen.messages_tried_in_vain, seen.messages_tried_for_hours) == (2, 1)
    assert (seen.messages_failed_last_hour, seen.messages_failed_last_day, seen.messages_unknown) == (1, 2, 1)


async def test_sending_that_is_held(watch: Watch, clock: FrozenClock) -> None:
    await a_clinic()
    before = (await watch.look()).sending_held_seconds
    await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", clock.real() - HOUR)

    assert (before, (await watch.look()).sending_held_seconds) == (None, 3600)


async def test_reminders_that_were_missed_lately(watch: Watch, clock: FrozenClock) -> None:
    visit = await a_booking(await a_clinic(), clock)
    for days in (1, 3):
        await fetch(
            "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) "
            "VALUES ({}, 1, {}, 'sms', {}, 'missed', '', {})",
            *(visit.id, f"rule {days}", clock.now() - timedelta(days=days), clock.now()),
        )

    assert (await watch.look()).reminders_missed_lately == 1


async def test_newest_backup_has_an_age_and_a_size(watch: Watch, clock: FrozenClock) -> None:
    none = await watch.look()
    keep.folder(watch.settings).mkdir()
    made_at: datetime = clock.real() - timedelta(hours=3)
    (keep.folder(watch.settings) / keep.name_at(made_at)).write_bytes(b"x" * 500)

    seen = await watch.look()

    assert (none.backup_age_seconds, none.backup_bytes, none.installed_seconds) == (None, None, 3600)
    assert (seen.backup_age_seconds, seen.backup_bytes) == (3 * 3600, 500)


async def test_worker_and_clock_of_this_process(watch: Watch, clock: FrozenClock) -> None:
    alone = await watch.look()
    watch.pulse.worker_seen()
    clock.advance(days=1)

    seen = await watch.look()

    assert (alone.worker_silent_seconds, alone.clock_ahead_seconds) == (None, 0)
    assert (seen.worker_silent_seconds or 0) < 1
    assert round(seen.clock_ahead_seconds / 3600) == 24


@pytest.mark.filterwarnings("ignore:.*Unable to fetch server version")
async def test_database_that_cannot_be_reached_is_one_that_takes_no_writes(watch: Watch, engine: AnyEngine) -> None:
    bind(PgEngine("postgresql://turnet@127.0.0.1:1/turnet"))
    seen = await watch.look()
    bind(engine)

    assert seen.database_writes is False
    assert (await watch.look()).database_writes is True


# --- each minute


async def test_round_tells_of_what_is_wrong(watch: Watch, clock: FrozenClock) -> None:
    await a_clinic()
    owner = Watch(replace(watch.settings, admin_mail="owner@tuomi.example"), clock, watch.pulse)
    watch.pulse.lag = 5.0

    await owner.round()

    assert ("loop_slow",) in await fetch("SELECT name FROM incident")
    assert ("owner@tuomi.example",) in await fetch("SELECT recipient FROM message WHERE kind = 'incident'")


async def test_round_lays_room_by_on_sqlite(watch: Watch) -> None:
    await watch.round()

    ballast = watch.settings.data / "ballast"
    assert ballast.exists() == on_sqlite()
    assert (ballast.stat().st_blocks * 512 >= disk.BALLAST) if on_sqlite() else True


@pytest.mark.parametrize(("lag", "asked"), [(0.0, 1), (5.0, 0)])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_round_shows_life_while_all_is_well(watch: Watch, clock: FrozenClock, lag: float, asked: int) -> None:
    await a_clinic()
    watch.pulse.lag = lag
    async with listening() as (listener, url):
        own = Watch(replace(watch.settings, ping_url=url), clock, watch.pulse)
        await own.round()
        seen = await own.look()

    assert (len(listener.asked), well(seen)) == (asked, not lag), [one.what for one in troubles(seen)]
