"""What was left out of a message that had begun to leave, and is due again in the very minute in which it was due: it
goes once, with another message.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.db.booking.acts import an_act
from tests.db.conversation.in_doubt import says_they_cannot
from tests.db.reminders.acts import EETU, INKA, SMS_DUE, booked, tick
from tests.db.reminders.test_one_message import strip
from tests.db.reminders.test_rounds import fate, on, sent
from turnet.booking.model import Visit
from turnet.booking.service import confirm
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.messaging import outbox, refusals
from turnet.messaging.matter import matter_of
from turnet.messaging.outbox import Claimed, Draft
from turnet.reminders import service
from turnet.settings import Settings

DUE = "2026-12-03 11:00"
FAMILY, ALONE = [("sms", ["Eetu"]), ("sms", ["Inka"])], [("sms", []), ("sms", ["Inka"])]


async def claimed(clock: FrozenClock) -> tuple[Claimed, list[str], str | None]:
    """The check-in or reminder whose turn it is, whom it names, and why it is skipped."""
    rows = await outbox.claim(20, channel="sms", now=clock.now(), real=clock.real())
    [row] = [row for row in rows if row.kind in ("checkin", "reminder")]
    said = await matter_of(row, Settings(data=Path("/nowhere"), demo=True), now=clock.now())
    return row, [visit.first_name for visit in said.visits], said.skip


async def leaves(clock: FrozenClock) -> list[str]:
    row, named, skip = await claimed(clock)
    assert await outbox.finish(row, "skipped" if skip else "sent", now=clock.now(), note=skip)
    return named


async def asked_at_the_door(clinic: Clinic, clock: FrozenClock, family: bool) -> Visit:
    """Inka, first of the family to be due, whose check-in is in the outbox."""
    await on("checkin")
    inka = await booked(clinic, clock, INKA, "2026-12-03T13:00+02:00")
    if family:
        await booked(clinic, clock, EETU, "2026-12-03T13:40+02:00")
    await tick(clock, "2026-12-02 13:00")
    await fetch("UPDATE message SET state = 'sent' WHERE kind = 'reminder'")
    await tick(clock, DUE)
    return inka


async def comes_after_all(clinic: Clinic, clock: FrozenClock, visit: Visit) -> None:
    """Still in the same minute."""
    clock.advance(seconds=15)
    await confirm(an_act(clock), clinic, visit.id)


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "leaving"])
@pytest.mark.parametrize(("family", "messages"), [(False, ALONE), (True, FAMILY)], ids=["alone", "family"])
async def test_who_comes_after_all_is_asked_at_the_door_once(
    clinic: Clinic, clock: FrozenClock, family: bool, messages: list[Any], ended: bool
) -> None:
    """The doubt arose after the message was queued, and was settled when that had ended or was still leaving."""
    inka = await asked_at_the_door(clinic, clock, family)
    await says_they_cannot(clock, inka)
    first = await (leaves(clock) if ended else claimed(clock))
    meanwhile = await fate(inka, "checkin")
    await comes_after_all(clinic, clock, inka)
    await asyncio.gather(*(service.take_due(clock.now()) for _ in range(4)))
    await tick(clock)

    assert (first if ended else first[1]) == (["Eetu"] if family else [])
    assert meanwhile == ("waiting", "")
    assert sorted(await sent("checkin")) == messages
    assert await leaves(clock) == ["Inka"]

    clock.advance(minutes=1)
    await tick(clock)
    assert sorted(await sent("checkin")) == messages


async def test_a_third_time_too(clinic: Clinic, clock: FrozenClock) -> None:
    inka = await asked_at_the_door(clinic, clock, family=False)
    said = []
    for _ in range(2):
        await says_they_cannot(clock, inka)
        said.append(await leaves(clock))
        await comes_after_all(clinic, clock, inka)
        await tick(clock)
    said.append(await leaves(clock))

    assert said == [[], [], ["Inka"]]


async def test_a_telephone_that_answers_again_in_the_same_minute_is_written_to(
    clinic: Clinic, clock: FrozenClock
) -> None:
    visit = await booked(clinic, clock, EETU)
    await tick(clock, SMS_DUE)
    await refusals.suspend(visit.phone, "wrong_number", now=clock.now())
    first = await leaves(clock)
    assert await refusals.lift(visit.phone, clock.now())
    await tick(clock)

    assert (first, await leaves(clock)) == ([], ["Eetu"])


@pytest.mark.parametrize(("stripped", "named"), [((), []), (("condition",), ["Inka"])], ids=["protected", "control"])
async def test_who_looked_before_it_was_taken_again_names_nobody(
    clinic: Clinic, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, stripped: tuple[str, ...], named: list[str]
) -> None:
    """Her message has left by then, so that the draft has another name: only that the step waits no more protects her."""
    strip(monkeypatch, *stripped)
    inka = await asked_at_the_door(clinic, clock, family=False)
    await says_they_cannot(clock, inka)
    await leaves(clock)
    await comes_after_all(clinic, clock, inka)
    looked = await service._near(await service._standing(clinic, clock.now()))
    await service.take_due(clock.now())
    second = await leaves(clock)

    async def stale(_standing: Any) -> Any:
        return looked

    monkeypatch.setattr(service, "_near", stale)
    await service.take_due(clock.now())

    assert (second, await leaves(clock)) == (["Inka"], named)


async def test_a_message_claimed_in_this_very_moment_takes_nobody_along(
    clinic: Clinic, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a second try before it, and its name is that of the new draft. The next round makes another."""
    inka = await asked_at_the_door(clinic, clock, family=False)
    await says_they_cannot(clock, inka)
    row, *_said = await claimed(clock)
    assert await outbox.retry(row, "busy", due_at=clock.now())
    await comes_after_all(clinic, clock, inka)
    add_all = outbox.add_all

    async def claimed_then(drafts: Sequence[Draft], **more: Any) -> None:
        await fetch("UPDATE message SET state = 'sending', lease = 'another' WHERE id = {}", row.id)
        await add_all(drafts, **more)

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "add_all", claimed_then)
        await service.take_due(clock.now())
    meanwhile = await fate(inka, "checkin")
    await tick(clock)

    assert (meanwhile, await leaves(clock)) == (("waiting", ""), ["Inka"])
