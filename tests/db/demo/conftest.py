"""Made-up clinics, each made once and then only looked at, and the demo's clock standing still."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.conftest import _closed, _command
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load
from turnet.clock import SystemClock
from turnet.db.engine import bind, engine_for
from turnet.demo.data import fill
from turnet.settings import Settings

KEY = b"k" * 32


@dataclass
class StoodClock(SystemClock):
    def real(self) -> datetime:
        """Tuesday 1 December 2026, 10:42 in Helsinki."""
        return datetime(2026, 12, 1, 8, 42, tzinfo=UTC)


@pytest.fixture
def demo_clock() -> StoodClock:
    return StoodClock()


@dataclass(frozen=True)
class MadeUp:
    lang: str
    settings: Settings


@pytest.fixture(
    scope="module",
    params=["sqlite-en", "sqlite-fi", "sqlite-he", pytest.param("postgres-en", marks=pytest.mark.postgres)],
)
def made_up(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUp]:
    """The database of a demo that was just made."""
    kind, lang = request.param.split("-")
    folder = tmp_path_factory.mktemp(request.param)
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "turnet.db")
        settings = Settings(data=folder, demo=True)
        asyncio.run(_filled(settings, lang))
        yield MadeUp(lang, settings)
        return
    url, name = request.getfixturevalue("postgres_template"), f"turnet_demo_{os.getpid()}"
    asyncio.run(_command(url, f"CREATE DATABASE {name} TEMPLATE turnet_template"))
    settings = Settings(data=folder, database_url=f"{url}/{name}", demo=True)
    asyncio.run(_filled(settings, lang))
    yield MadeUp(lang, settings)
    asyncio.run(_command(url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _filled(settings: Settings, lang: str) -> None:
    engine = engine_for(settings)
    bind(engine)
    await engine.start_connection_pool()
    await fill(KEY, StoodClock(), lang)
    await _closed(engine)


@pytest.fixture
def demo(made_up: MadeUp, loop: asyncio.Runner) -> Iterator[Clinic]:
    """The clinic in it, open for reading."""
    engine = engine_for(made_up.settings)
    bind(engine)
    loop.run(engine.start_connection_pool())
    clinic = loop.run(load())
    assert clinic is not None
    yield clinic
    loop.run(_closed(engine))
