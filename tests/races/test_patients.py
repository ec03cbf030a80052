"""A known patient is booked at the desk while somebody joins their card to another one."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import datetime

import pytest

from tests.db.booking.acts import ANNA, a_wish, staff, stored
from tests.db.patients.people import a_patient
from tests.factories import a_clinic
from turnet.booking import service
from turnet.booking.model import Person
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import NotFound
from turnet.patients import known
from turnet.patients.card import Patient
from turnet.patients.service import merge

AT_MOST = 0.5
"""Seconds that the booking stands still for the merge, which with the lock has to wait for it instead."""


@pytest.mark.parametrize("settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_booking_goes_over_with_the_card_it_was_made_for(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    clinic = await a_clinic()
    kept, gone = [(await a_patient(clock, name)).id for name in ("Anna Virtanen", "Anna Wirtanen")]
    merging: list[asyncio.Task[Patient]] = []
    link = known.link

    async def while_merging(patient: int, person: Person, *, now: datetime) -> None:
        """The booking has read who it is for."""
        act = merge(staff(clock), kept, gone)
        merging.append(asyncio.get_running_loop().create_task(act, context=contextvars.Context()))
        await asyncio.wait(merging, timeout=AT_MOST)
        await link(patient, person, now=now)

    monkeypatch.setattr(known, "link", while_merging)
    if not protected:
        monkeypatch.setattr(known, "_STAYS", "")

    await service.book(staff(clock), clinic, a_wish(clinic), replace(ANNA, patient=gone), once="")
    await merging[0]

    assert await stored("patient FROM booking") == [(kept if protected else gone,)]


async def test_who_was_merged_away_before_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    kept, gone = [(await a_patient(clock, name)).id for name in ("Anna Virtanen", "Anna Wirtanen")]
    await merge(staff(clock), kept, gone)

    with pytest.raises(NotFound):
        await service.book(staff(clock), clinic, a_wish(clinic), replace(ANNA, patient=gone), once="")

    assert await stored("count(*) FROM booking") == [(0,)]


async def test_bookings_for_the_same_two_patients_wait_for_each_other(engine: AnyEngine, clock: FrozenClock) -> None:
    """Whichever of them is named first, and though each writes down a new address of both."""
    clinic = await a_clinic()
    people = [(await a_patient(clock, name)).id for name in ("Anna Virtanen", "Omar Said")]
    starts = [f"2026-12-03T{hour:02}:{minute}+02:00" for hour in (9, 10) for minute in ("00", "20", "40")]

    booked = await asyncio.gather(
        *(
            service.book_party(
                staff(clock),
                clinic,
                [
                    (a_wish(clinic, start, "acute", by=by), replace(ANNA, patient=one, email=f"{one}-{n}@mail.example"))
                    for by, one in zip(("sanna", "pekka"), people[:: 1 - n % 2 * 2], strict=True)
                ],
                once="",
            )
            for n, start in enumerate(starts)
        )
    )

    assert [len(party) for party in booked] == [2] * len(starts)
