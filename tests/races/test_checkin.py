"""Two doors, a telephone and the desk at one time: somebody arrives once. A control takes the look under the lock away."""

import sys
from datetime import time
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, a_wish, an_act, staff, stored
from tests.factories import a_clinic
from tests.races.crowd import all_at_once
from turnet.booking import queries, service
from turnet.booking.model import Visit
from turnet.booking.service import unseen
from turnet.booking.states import State
from turnet.checkin import door
from turnet.checkin.model import Outcome
from turnet.checkin.service import check_in
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import Stale

TODAY_1100 = "2026-12-01T11:00+02:00"


async def arrivals() -> list[tuple[Any, ...]]:
    return await stored("act FROM booking_event WHERE act IN ('checked_in', 'marked')")


async def test_two_doors_a_link_and_an_answer_are_one_arrival(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, TODAY_1100, "acute"), ANNA, once="")).visit
    here = clinic.locations["keskusta"]

    results = await all_at_once(
        act
        for _ in range(5)
        for act in (
            door.at_the_door(an_act(clock), clinic, here, "4567", time(11), "door"),
            door.at_the_door(an_act(clock), clinic, here, "4567", time(11), "tablet"),
            check_in(an_act(clock), clinic, [visit.id], by="link"),
            check_in(an_act(clock), clinic, [visit.id], by="sms"),
        )
    )

    outcomes = [found[0].outcome for found in results if found is not None]
    assert len(await arrivals()) == 1
    assert outcomes.count(Outcome.ARRIVED) <= 1
    assert {*outcomes} <= {Outcome.ARRIVED, Outcome.ALREADY}
    [(state, version)] = await stored("state, version FROM booking")
    assert (state, version) == ("arrived", 2)


async def test_control_two_doors_that_looked_before_either_wrote_are_two_arrivals(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, TODAY_1100, "acute"), ANNA, once="")).visit

    async def looked_before(*_: Any) -> list[int]:
        return [visit.id]

    monkeypatch.setattr(unseen, "_coming", looked_before)
    here = clinic.locations["keskusta"]
    await all_at_once(
        door.at_the_door(an_act(clock), clinic, here, "4567", time(11), by)  # type: ignore[arg-type]
        for by in ("door", "tablet")
    )

    assert len(await arrivals()) == 2


async def test_two_answers_that_looked_before_either_wrote_are_one_by_the_version(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, TODAY_1100, "acute"), ANNA, once="")).visit

    async def looked_before(_id: int) -> Visit:
        return visit

    monkeypatch.setattr(sys.modules["turnet.booking.service.arrive"], "visit_to_change", looked_before)
    results = await all_at_once(service.arrive(an_act(clock), clinic, visit.id, "sms") for _ in range(4))

    assert {type(one) for one in results} == {Visit, Stale}
    assert len(await arrivals()) == 1


async def test_the_desk_marks_whom_the_door_lets_in(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, TODAY_1100, "acute"), ANNA, once="")).visit

    results = await all_at_once(
        [
            door.at_the_door(an_act(clock), clinic, clinic.locations["keskusta"], "4567", time(11), "door"),
            service.mark(staff(clock), clinic, visit.id, State.ARRIVED, version=1),
        ]
    )

    assert [one for one in results if isinstance(one, Stale)] == []
    assert len(await arrivals()) == 1
    found = await queries.visit_by_id(visit.id)
    assert (found.state, found.version) == (State.ARRIVED, 2)
