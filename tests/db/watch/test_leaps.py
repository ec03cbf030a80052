"""A clock that leaps forward sends no flood and loses nothing; one that goes back says nothing twice."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from turnet._checkout import alias
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch, tx
from turnet.messaging import outbox
from turnet.messaging.deliver import deliverer
from turnet.pulse import Pulse
from turnet.settings import Settings
from turnet.watch.look import Watch

alias()
from turnet.tasks.drain_outbox import drain_outbox  # noqa: E402
from turnet.tasks.remind import remind  # noqa: E402

VISITS = 6
"""One a day, from the day after tomorrow on."""


class Server:
    """A running worker's jobs, on an installation with a few coming visits."""

    def __init__(self, settings: Settings, clock: FrozenClock) -> None:
        self.settings = replace(settings, base_url="https://times.tuomi.example", mail_from="desk@tuomi.example")
        self.clock = clock
        self.start()

    def start(self) -> None:
        self.context: dict[str, Any] = {
            "clock": self.clock,
            "settings": self.settings,
            "watch": Watch(self.settings, self.clock, Pulse()),
            "deliverer": deliverer(self.settings, self.clock),
        }

    async def works(self) -> Counter[tuple[str, str]]:
        """Runs the jobs once; returns how many messages there are, by kind and state."""
        await remind(self.context)
        await drain_outbox(self.context)
        return Counter(await fetch("SELECT kind, state FROM message"))

    async def lives(self, **step: float) -> None:
        """Time passes as it should, an hour at a time."""
        until = self.clock.at + timedelta(**step)
        while self.clock.at < until:
            self.clock.advance(hours=1)
            self.start()  # a frozen clock that is moved has leapt, as far as the machine can tell
            await self.works()


async def a_server(settings: Settings, clock: FrozenClock) -> Server:
    clinic = await a_clinic()
    first = (clock.now() + timedelta(days=2)).replace(hour=10, minute=0)
    for day in range(VISITS):
        await a_booking(
            clinic, clock, starts_at=first + timedelta(days=day), email=f"dana{day}@example.com", phone=f"+35840123456{day}",
            created_at=clock.now() - timedelta(days=30),
        )  # fmt: skip
    server = Server(settings, clock)
    await server.works()
    return server


async def test_leap_forward_sends_no_reminder_and_misses_none(
    settings: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    server = await a_server(settings, clock)
    before = await server.works()
    steps = await fetch("SELECT id, state, due_at FROM step ORDER BY id")

    clock.advance(days=3)
    during = await server.works()
    clock.advance(days=-3)
    after = await server.works()

    assert (during, after) == (before, before)
    assert await fetch("SELECT id, state, due_at FROM step ORDER BY id") == steps


async def test_control_without_the_watch_a_leap_is_a_flood(
    settings: Settings, engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await a_server(settings, clock)
    before = await server.works()
    monkeypatch.setattr(Watch, "clock_leapt", lambda _self: False)

    clock.advance(days=3)
    during = await server.works()

    [(missed,)] = await fetch("SELECT count(*) FROM step WHERE state = 'missed'")
    assert during["reminder", "sent"] > before["reminder", "sent"]
    assert missed > 0


async def test_restart_is_consent(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> None:
    server = await a_server(settings, clock)
    clock.advance(days=3)
    held = await server.works()

    server.start()

    assert (await server.works())["reminder", "sent"] > held["reminder", "sent"]


async def _queue(clock: FrozenClock, kind: str, dedupe: str, **more: Any) -> None:
    now = clock.now()
    async with tx():
        await outbox.add(
            kind, channel="email", recipient="owner@tuomi.example", language="en", dedupe=dedupe, now=now,
            **{"due_at": now, "not_after": now + timedelta(days=1)} | more,
        )  # fmt: skip


async def _late(settings: Settings, clock: FrozenClock) -> tuple[Server, Counter[tuple[str, str]]]:
    """A message that should leave tomorrow, and a leap over its last moment."""
    server = await a_server(settings, clock)
    tomorrow = clock.now() + timedelta(days=1)
    await _queue(clock, "test_mail", "later", due_at=tomorrow, not_after=tomorrow + timedelta(hours=1))
    clock.advance(days=3)
    return server, await server.works()


async def test_nothing_is_too_late_by_a_leap(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> None:
    _server, found = await _late(settings, clock)

    assert found["test_mail", "failed"] == 0


async def test_control_without_the_watch_it_is(
    settings: Settings, engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watch, "clock_leapt", lambda _self: False)

    _server, found = await _late(settings, clock)

    assert found["test_mail", "failed"] == 1


async def test_what_somebody_waits_for_leaves_all_the_same(
    settings: Settings, engine: AnyEngine, clock: FrozenClock
) -> None:
    server = await a_server(settings, clock)
    clock.advance(days=3)
    await _queue(clock, "test_mail", "now")

    assert (await server.works())["test_mail", "sent"] == 1


async def test_clock_put_back_says_nothing_twice(settings: Settings, engine: AnyEngine, clock: FrozenClock) -> None:
    server = await a_server(settings, clock)
    await server.lives(days=3)
    sent = await server.works()
    steps = await fetch("SELECT id, state FROM step ORDER BY id")

    clock.advance(days=-3)
    back = await server.works()
    again = await fetch("SELECT id, state FROM step ORDER BY id")
    clock.advance(days=3)

    assert sent["reminder", "sent"] > 0
    assert (back, again) == (sent, steps)
    assert await server.works() == sent
