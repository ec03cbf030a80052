"""A gateway that takes messages and says nothing more, and answers that come in no longer; each beside what is no silence."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.factories import a_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.messaging.tables import Message
from turnet.pulse import Pulse
from turnet.settings import Settings
from turnet.watch.conditions import troubles
from turnet.watch.gateway import unanswered, unreported
from turnet.watch.look import Watch

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


async def left(at: datetime, count: int, *, reported: bool, kind: str = "reminder") -> None:
    """SMS that a gateway took."""
    for _ in range(count):
        await Message.insert(
            Message(
                id=uuid4(), dedupe=str(uuid4()), kind=kind, channel="sms", recipient="+358401234567", language="fi",
                state="delivered" if reported else "sent", facts="{}", due_at=at, not_after=at, created_at=at,
                finished_at=at, reported_at=at if reported else None,
            )
        )  # fmt: skip


async def came(at: datetime, count: int, *, apart: timedelta) -> None:
    """Answers, the last of them at `at`."""
    for n in reversed(range(count)):
        await fetch(
            "INSERT INTO inbound (provider, provider_id, sender, our_number, text, raw, received_at, at, state, attempts, "
            "outcome) VALUES ('test', {}, '+358401234567', '', '1', '', {}, {}, 'done', 1, 'confirmed')",
            *(str(uuid4()), at - n * apart, at - n * apart),
        )


@pytest.mark.parametrize(
    ("used_to", "lately", "since", "silent"),
    [
        (3, False, False, 4),
        (0, False, False, 0),  # it never reported anything
        (3, True, False, 0),  # some were reported
        (3, False, True, 0),  # it speaks again
    ],
)
async def test_a_gateway_that_used_to_report_is_silent_when_nothing_is_reported_for_hours(
    engine: AnyEngine, clock: FrozenClock, used_to: int, lately: bool, since: bool, silent: int
) -> None:
    now = clock.now()
    await left(now - 3 * DAYS, used_to, reported=True)
    await left(now - 5 * HOURS, 4, reported=False)
    await left(now - 4 * HOURS, int(lately), reported=True)
    await left(now - HOURS, 1, reported=since)

    assert await unreported(now) == silent


@pytest.mark.parametrize("count", [2, 3])
async def test_two_sms_without_a_report_may_be_two_telephones_that_are_off(
    engine: AnyEngine, clock: FrozenClock, count: int
) -> None:
    await left(clock.now() - 3 * DAYS, 3, reported=True)
    await left(clock.now() - 5 * HOURS, count, reported=False)

    assert bool(await unreported(clock.now())) == (count == 3)


@pytest.mark.parametrize(
    ("count", "quiet", "asked", "silent"),
    [
        (10, 3 * DAYS, 20, True),
        (9, 3 * DAYS, 20, False),  # answers were rare
        (10, 1 * DAYS, 20, False),  # a day is no silence
        (10, 3 * DAYS, 19, False),  # hardly anybody was asked
    ],
)
async def test_answers_that_used_to_come_are_missed(
    engine: AnyEngine, clock: FrozenClock, count: int, quiet: timedelta, asked: int, silent: bool
) -> None:
    now = clock.now()
    await came(now - quiet, count, apart=5 * HOURS)
    await left(now - quiet + HOURS, asked, reported=True)

    assert await unanswered(now) == (quiet if silent else timedelta())


async def test_both_are_told_to_whoever_looks_after_the_server(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    await a_clinic()
    now, watch = clock.now(), Watch(settings, clock, Pulse())
    silent = {"sms_unreported", "replies_silent"}
    before = silent & {one.name for one in troubles(await watch.look())}
    await came(now - 3 * DAYS, 10, apart=5 * HOURS)
    await left(now - 2 * DAYS, 20, reported=True)
    await left(now - 5 * HOURS, 3, reported=False)

    found = {one.name: one.what for one in troubles(await watch.look()) if one.name in silent}

    assert (before, found) == (set(), {
        "sms_unreported": "of 3 SMS the gateway has not said for hours what became of them, of none at all",
        "replies_silent": "nobody's answer by SMS has come in for 3 days, though many were asked",
    })  # fmt: skip
