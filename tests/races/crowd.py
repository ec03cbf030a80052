"""Many at once, and what protects them from each other taken away piece by piece."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from tests.db.booking.acts import overlaps
from turnet.booking.service import rows, seating
from turnet.db.engine import AnyEngine, bound
from turnet.db.guards import NO_OVERLAP
from turnet.db.lite import LiteEngine
from turnet.errors import SlotTaken, TurnetError

Strip = Callable[..., Awaitable[None]]

EVERYTHING = ("guard", "check", "lock")


async def all_at_once(acts: Iterable[Awaitable[Any]]) -> list[Any]:
    """What each returned, or the refusal it got. Any other error is the test's."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, TurnetError):
            raise result
    return results


def winners(results: list[Any]) -> list[Any]:
    return [result for result in results if not isinstance(result, BaseException)]


async def strip_guard(engine: AnyEngine) -> None:
    if isinstance(engine, LiteEngine):
        for event in ("insert", "update"):
            await bound().run_ddl(f'DROP TRIGGER "{NO_OVERLAP}_{event}"')
    else:
        await bound().run_ddl(f'ALTER TABLE occupancy DROP CONSTRAINT "{NO_OVERLAP}"')


def strip_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts see an empty diary, as everybody does who looked before the first one wrote."""

    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(seating, "taken", nothing)


def strip_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the one writing connection remains; without guard and check it protects nobody."""

    async def free_for_all(*_: Any) -> None:
        return None

    monkeypatch.setattr(seating, "fetch", free_for_all)


def strip_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts trust the hours they have read, though they may have changed since."""

    async def trusting(*_: Any) -> None:
        await rows.bump_diary()

    monkeypatch.setattr(sys.modules["turnet.booking.service.book"], "bump_diary", trusting)


async def the_only_winner(results: list[Any], *, protected: bool) -> None:
    """Of the control: more than one, and it shows in the diary."""
    won, refused = len(winners(results)), {type(result) for result in results if isinstance(result, BaseException)}
    if protected:
        assert (won, await overlaps(), refused) == (1, 0, {SlotTaken})
    else:
        assert (won > 1, await overlaps() > 0) == (True, True)
