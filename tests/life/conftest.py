"""The demo as whoever tries it sees it: everything on, a patient's phone, the clock, and the desk beside it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.life.script import Life
from tests.web.conftest import Client, Running
from tests.web.demo.conftest import StoodClock
from tests.web.desk.conftest import a_session, an_account
from turnet.app import create_app
from turnet.clinic.queries import load
from turnet.db.transactions import fetch, tx
from turnet.demo.switched_on import switch_on
from turnet.settings import Settings
from turnet.web.desk.seat import cookie_name

TOKEN = "token-of-the-owner" + "t" * 20
WAITING = {"en": "Waiting room 2, 1st floor.", "fi": "Odotustila 2, 1. kerros.", "he": "חדר המתנה 2."}


@pytest.fixture
def demo_app(settings: Settings, loop: asyncio.Runner) -> Iterator[Litestar]:
    running = Running(create_app(replace(settings, demo=True), clock=StoodClock(), worker=False))
    loop.run(running.start())
    yield running.app
    loop.run(running.stop())


@pytest.fixture
def life(demo_app: Litestar, loop: asyncio.Runner) -> Iterator[Life]:
    loop.run(_furnished(demo_app))
    patient, desk = Client(demo_app), Client(demo_app)
    desk.cookies.set(cookie_name(demo_app.state.settings), TOKEN)
    yield Life(patient, desk)
    for client in (patient, desk):
        loop.run(client.aclose())


async def _furnished(app: Litestar) -> None:
    clinic = await a_clinic()
    async with tx():
        await switch_on(clinic, app.state.clock.now())
        await fetch("UPDATE location SET waiting = {} RETURNING id", json.dumps(WAITING))
        await fetch("UPDATE service SET move_until = 120 RETURNING id")  # the day before is not too late
        await fetch("UPDATE diary SET setup_version = setup_version + 1 RETURNING id")
    await a_session(app, await an_account(app, "owner"), TOKEN)
    await load()
