"""Visits written straight into the tables, changed as the acts change them, each telling its messages."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.factories import REA
from turnet.booking import messages
from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_by_id
from turnet.booking.states import State
from turnet.booking.tables import Booking
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch, tx
from turnet.patients.tables import Patient

KEY = b"k" * 32
_numbers = itertools.count(1)


def an_act(clock: FrozenClock, **more: Any) -> Act:
    return Act(**{"now": clock.now(), "real": clock.real(), "key": KEY} | more)


async def a_booking(clinic: Clinic, clock: FrozenClock, **more: Any) -> Visit:
    """A visit in two days, not announced yet."""
    number, now = next(_numbers), clock.now()
    starts = more.pop("starts_at", (now + timedelta(days=2)).replace(hour=7, minute=20))
    patient = await Patient.insert(Patient(public_id=f"p{number:021}", name="Dana Levi", language="en", created_at=now))
    row: dict[str, Any] = {
        "public_id": f"b{number:021}",
        "reference": f"K{number:07}",
        "state": State.BOOKED.value,
        "service": clinic.services["check-up"].id,
        "practitioner": clinic.practitioners["sanna"].row,
        "location": clinic.locations["keskusta"].id,
        "patient": patient[0]["id"],
        "phone": "+358401234567",
        "email": "dana@example.com",
        "language": "en",
        "starts_at": starts,
        "ends_at": starts + timedelta(minutes=30),
        "wall_start": "2026-12-03T09:20",
        "zone": clinic.zone.key,
        "door": "web",
        "token_hash": f"t{number:063}",
        "created_at": now,
        "updated_at": now,
    }
    inserted = await Booking.insert(Booking(**row | more))
    return await visit_by_id(inserted[0]["id"])


async def book(clinic: Clinic, clock: FrozenClock, **more: Any) -> Visit:
    act = an_act(clock, staff=REA, actor=REA.actor) if more.pop("by_staff", False) else an_act(clock)
    visit = await a_booking(clinic, clock, **more)
    async with tx():
        await messages.booked(visit, clinic, act)
    return visit


async def move(visit: Visit, clinic: Clinic, clock: FrozenClock, starts_at: datetime) -> Visit:
    moved = replace(
        visit,
        sequence=visit.sequence + 1,
        moved_from=visit.starts_at,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
    )
    async with tx():
        await _write(moved)
        await messages.moved(moved, clinic, an_act(clock))
    return moved


async def cancel(visit: Visit, clinic: Clinic, clock: FrozenClock) -> Visit:
    cancelled = replace(
        visit,
        state=State.CANCELLED,
        sequence=visit.sequence + 1,
        cancelled_at=clock.now(),
        undo_until=clock.now() + timedelta(minutes=10),
    )
    async with tx():
        await _write(cancelled)
        await messages.cancelled(cancelled, clinic, an_act(clock))
    return cancelled


async def undo(visit: Visit, clinic: Clinic, clock: FrozenClock) -> Visit:
    restored = replace(visit, state=State.BOOKED, sequence=visit.sequence + 1, cancelled_at=None, undo_until=None)
    async with tx():
        await _write(restored)
        await messages.undone(restored, clinic, an_act(clock))
    return restored


async def _write(visit: Visit) -> None:
    await fetch(
        "UPDATE booking SET state = {}, sequence = {}, moved_from = {}, starts_at = {}, ends_at = {} WHERE id = {}",
        *(visit.state.value, visit.sequence, visit.moved_from, visit.starts_at, visit.ends_at, visit.id),
    )


async def rows(*columns: str) -> list[tuple[Any, ...]]:
    """These columns of every message, in the order they were written."""
    return await fetch(f"SELECT {', '.join(columns)} FROM message ORDER BY created_at, kind, sequence")
