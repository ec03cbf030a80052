"""Running an act: one transaction, a second try when the database asks for one, its refusals as domain errors."""

import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from turnet.booking.model import Act, Wish
from turnet.booking.queries import alternatives
from turnet.booking.service.rows import SetupMoved
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.db.disk import drop_ballast
from turnet.db.engine import bound
from turnet.db.guards import NO_OVERLAP, retryable, translated, violated
from turnet.db.hop import in_one_hop
from turnet.db.transactions import tx
from turnet.errors import SlotTaken, Unavailable
from turnet.metrics import CONFLICTS

T = TypeVar("T")

_REFERENCE = ("booking.reference", "booking_reference_key")
"""Six random characters may meet an old visit's; the next six will not."""


async def attempt(work: Callable[[], Awaitable[T]], *, must: bool = False) -> T:
    """Runs `work` in one transaction. Raises SlotTaken when the guard refused it, and what `tx` raises.

    `must` says that a full disk may not stop it: what was laid by gives way, once.
    """
    try:
        return await _once(work)
    except (asyncpg.PostgresError, sqlite3.IntegrityError) as error:
        if not (retryable(error) or violated(error) in _REFERENCE):
            raise
    except Unavailable as refusal:
        if not (must and drop_ballast(refusal)):
            raise
    return await _once(work)


async def settled(clinic: Clinic, act: Callable[[Clinic], Awaitable[T]]) -> T:
    """Runs `act` with the clinic as the caller read it, and again with today's if its setup has changed meanwhile.

    Inside another act that one looks again, because what this one wrote would stay.
    """
    try:
        return await act(clinic)
    except SetupMoved:
        if bound().transaction_exists():
            raise
        now = await current_clinic()
        assert now is not None, "a clinic that was there stays"
        return await act(now)


async def _once(work: Callable[[], Awaitable[T]]) -> T:
    with translated(NO_OVERLAP, SlotTaken()):
        async with tx() as outermost:
            return await in_one_hop(work, commit=outermost)


async def taken(clinic: Clinic, wish: Wish, act: Act, *, owner: str = "") -> SlotTaken:
    """The refusal with the nearest other times as `alternatives`; asked for after the transaction is over."""
    CONFLICTS.inc()
    return SlotTaken(alternatives=await alternatives(clinic, wish, now=act.now, owner=owner))
