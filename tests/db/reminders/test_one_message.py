"""Two workers at once, or one that looked long ago: nobody is reminded twice. The control takes the protections away."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.db.reminders.acts import (
    EETU,
    INKA,
    MAIL_DUE,
    SMS_DUE,
    at_time,
    booked,
    only_reminder,
    people,
    reminders,
    tick,
)
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.reminders import service


def strip(monkeypatch: pytest.MonkeyPatch, *what: str) -> None:
    """Takes away the message's name, which is the same whoever writes it, or the condition that the step still waits."""
    original_draft, original_fetch = service._draft, service.fetch
    numbers = iter(range(1000))

    def named_anew(*args: Any) -> Any:
        draft = original_draft(*args)
        return replace(draft, dedupe=f"{draft.dedupe}:{next(numbers)}")

    async def unconditional(sql: str, *args: Any) -> list[tuple[Any, ...]]:
        return await original_fetch(
            sql.replace("AND state = 'waiting'", "") if sql.startswith("UPDATE") else sql, *args
        )

    if "dedupe" in what:
        monkeypatch.setattr(service, "_draft", named_anew)
    if "condition" in what:
        monkeypatch.setattr(service, "fetch", unconditional)


async def test_two_rounds_at_once_write_one_message(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock, EETU)
    await booked(clinic, clock, INKA, "2026-12-03T10:20+02:00")
    await tick(clock)
    now = at_time(clock, SMS_DUE).now()

    await asyncio.gather(*(service.take_due(now) for _ in range(4)))

    assert await reminders() == [("sms", "+358401234567", ["Eetu", "Inka"])]


async def test_two_rounds_at_once_make_each_step_once(clinic: Clinic, clock: FrozenClock) -> None:
    await booked(clinic, clock)

    await asyncio.gather(*(service.plan(clock.now()) for _ in range(4)))

    assert await fetch("SELECT count(*) FROM step") == [(2,)]


@pytest.mark.parametrize(
    ("stripped", "named"),
    [
        ((), [["Anna"]]),
        (("dedupe",), [["Anna"], []]),
        (("condition",), [["Anna"]]),
        (("dedupe", "condition"), [["Anna"], ["Anna"]]),
    ],
    ids=lambda value: "+".join(value) if value and isinstance(value[0], str) else None,
)
async def test_who_looked_before_it_was_sent_names_nobody(
    clinic: Clinic,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    stripped: tuple[str, ...],
    named: list[list[str]],
) -> None:
    """Whom each message names when it leaves. Either protection is enough; without both Anna is told twice."""
    await booked(clinic, clock)
    await tick(clock)
    now = at_time(clock, MAIL_DUE).now()
    strip(monkeypatch, *stripped)
    looked = await service._near(await service._standing(clinic, now))

    async def stale(_standing: Any) -> Any:
        return looked

    await service.take_due(now)
    first = await only_reminder()
    said = [await people(first)]
    monkeypatch.setattr(service, "_near", stale)
    await service.take_due(now)
    said += [
        await people(id) for (id,) in await fetch("SELECT id FROM message WHERE kind = 'reminder' AND id <> {}", first)
    ]

    assert said == named
