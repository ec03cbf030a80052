"""A clinic, a telephone, and Tuesday 1 December 2026, 10:42."""

import asyncio
from dataclasses import replace

import pytest

from tests.db.booking.conftest import statements  # noqa: F401  (a fixture for these tests too)
from tests.db.conversation.talk import Talk
from tests.factories import a_clinic
from turnet.clinic.queries import load
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch, tx
from turnet.settings import Settings


@pytest.fixture
def talk(engine: AnyEngine, settings: Settings, clock: FrozenClock, loop: asyncio.Runner) -> Talk:
    public = replace(settings, base_url="https://times.tuomi.example", mail_from="appointments@tuomi.example")
    return loop.run(_talk(public, clock))


async def _talk(settings: Settings, clock: FrozenClock) -> Talk:
    await a_clinic()
    async with tx():
        await fetch("UPDATE location SET waiting = {}", '{"en": "Waiting room 2", "he": "חדר המתנה 2"}')
    clinic = await load()
    assert clinic is not None
    return Talk(settings, clock, clinic)
