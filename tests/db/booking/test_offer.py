"""Times held for somebody who cannot come: which, for whom, and what becomes of them."""

import pytest

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, THURSDAY_1300, a_wish, an_act, overlaps, staff, stored
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load
from turnet.clock import FrozenClock, instant
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch, tx
from turnet.errors import NotAllowed, NotOffered, SlotTaken, TooLate
from turnet.scheduling.spans import Span


async def _a_visit(clinic: Clinic, clock: FrozenClock, start: str = THURSDAY_0920, by: str = "sanna") -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, start, by=by), ANNA, once="")).visit


async def test_three_days_about_the_same_hour_with_the_same_dentist(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)

    offered = await service.offer_times(an_act(clock), clinic, visit)

    starts = [one.start.astimezone(clinic.zone).strftime("%a %H:%M") for one in offered]
    assert starts == ["Fri 09:20", "Mon 09:20", "Tue 09:20"]
    assert {one.wish.practitioner for one in offered} == {visit.practitioner}
    assert await queries.visit(visit.public_id) == visit
    assert await stored("kind, count(*) FROM claim GROUP BY kind ORDER BY kind") == [("booking", 1), ("offer", 3)]


async def test_what_is_offered_is_nobody_elses_until_it_expires(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    wish = (await service.offer_times(an_act(clock), clinic, visit))[0].wish

    for act in (an_act(clock), staff(clock)):
        with pytest.raises(SlotTaken):
            await service.book(act, clinic, wish, OMAR, once="")
    clock.advance(minutes=30)
    booked = await service.book(an_act(clock), clinic, wish, OMAR, once="")

    assert (booked.visit.starts_at, await overlaps()) == (instant(wish.start), 0)


async def test_taking_one_moves_the_visit_and_gives_the_old_time_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    first, *others = await service.offer_times(an_act(clock), clinic, visit)

    moved = await service.take_offer(an_act(clock, actor="patient:sms"), clinic, visit.id, first.claim)
    await service.drop_offers([one.claim for one in others])

    assert (moved.starts_at, moved.state, moved.visit_no) == (first.start, State.BOOKED, 2)
    assert await queries.visit(visit.public_id) == moved
    assert await stored("count(*) FROM claim") == [(1,)]
    again = await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")
    assert (again.visit.starts_at, await overlaps()) == (visit.starts_at, 0)


async def test_nobody_takes_what_is_held_for_another_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit, other = await _a_visit(clinic, clock), await _a_visit(clinic, clock, THURSDAY_1300)
    offered = await service.offer_times(an_act(clock), clinic, visit)

    with pytest.raises(SlotTaken):
        await service.take_offer(an_act(clock), clinic, other.id, offered[0].claim)

    assert await queries.visit(other.public_id) == other


async def test_an_offer_that_expired_leaves_everything_as_it_was(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    offered = await service.offer_times(an_act(clock), clinic, visit)
    clock.advance(minutes=30)

    with pytest.raises(SlotTaken):
        await service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim)
    await service.sweep(clock.now(), clock.real())

    assert await queries.visit(visit.public_id) == visit
    assert await stored("kind FROM claim") == [("booking",)]


async def test_an_offer_in_time_that_was_blocked_since_is_gone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    offered = await service.offer_times(an_act(clock), clinic, visit)
    friday = Span(at("2026-12-04T08:00+02:00"), at("2026-12-04T12:00+02:00"))
    await service.block(staff(clock), clinic, visit.practitioner, friday, "Ill")

    with pytest.raises(SlotTaken):
        await service.take_offer(an_act(clock), clinic, visit.id, offered[0].claim)

    assert await queries.visit(visit.public_id) == visit


async def test_once_the_visit_has_begun_and_after_a_cancellation_nothing_is_taken(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock, "2026-12-02T10:40+02:00")
    clock.advance(hours=23, minutes=30)
    offered = await service.offer_times(an_act(clock), clinic, visit)
    clock.advance(minutes=29)
    late = an_act(clock)

    with pytest.raises(TooLate):
        await service.take_offer(late, clinic, visit.id, offered[0].claim)
    await service.cancel(staff(clock), clinic, visit.id)
    with pytest.raises(NotAllowed):
        await service.take_offer(late, clinic, visit.id, offered[0].claim)


async def test_another_dentist_where_the_own_one_has_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    weeks = Span(at("2026-12-04T00:00+02:00"), at("2027-04-01T00:00+02:00"))
    await service.block(staff(clock), clinic, visit.practitioner, weeks, "Away")
    clinic = await load() or clinic

    offered = await service.offer_times(an_act(clock), clinic, visit)

    moved = await service.take_offer(an_act(clock), clinic, visit.id, offered[-1].claim)
    assert moved.practitioner == clinic.practitioners["pekka"].id


async def test_control_a_service_that_is_not_online_offers_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await _a_visit(clinic, clock)
    async with tx():
        await fetch("UPDATE service SET online = {}", False)
        await fetch("UPDATE diary SET setup_version = setup_version + 1")
    clinic = await load() or clinic

    assert await service.offer_times(an_act(clock), clinic, visit) == []
    with pytest.raises(NotOffered):
        await service.book(an_act(clock), clinic, a_wish(clinic), OMAR, once="")
