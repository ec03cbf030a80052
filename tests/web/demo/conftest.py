"""The app in demo mode, its clock movable, a small clinic in it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client, Running
from turnet.app import create_app
from turnet.clinic.model import Clinic
from turnet.clock import SystemClock
from turnet.settings import Settings


@dataclass
class StoodClock(SystemClock):
    def real(self) -> datetime:
        """Tuesday 1 December 2026, 10:42 in Helsinki."""
        return datetime(2026, 12, 1, 8, 42, tzinfo=UTC)


@pytest.fixture
def demo_app(settings: Settings, loop: asyncio.Runner) -> Iterator[Litestar]:
    running = Running(create_app(replace(settings, demo=True), clock=StoodClock(), worker=False))
    loop.run(running.start())
    yield running.app
    loop.run(running.stop())


@pytest.fixture
def clinic(demo_app: Litestar, loop: asyncio.Runner) -> Clinic:
    return loop.run(a_clinic())


@pytest.fixture
def demo(demo_app: Litestar, clinic: Clinic, loop: asyncio.Runner) -> Iterator[Client]:
    client = Client(demo_app)
    yield client
    loop.run(client.aclose())
