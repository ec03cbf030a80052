"""Cancelling a visit, and taking it back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.db.booking.acts import ANNA, OMAR, OWNER, THURSDAY_0920, a_wish, an_act, overlaps, staff, stored
from tests.factories import a_clinic
from turnet.booking import queries, service
from turnet.booking.cancellations import Cancelled, cancellations
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.booking.tables import Booking
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotAllowed, NotFound, SlotTaken, Stale, TooLate

TEN = timedelta(minutes=10)


async def annas(clinic: Clinic, clock: FrozenClock) -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit


async def test_cancelled_visit_can_be_undone_for_ten_minutes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)

    gone = await service.cancel(an_act(clock), clinic, visit.id, reason="A cold.")

    assert (gone.state, gone.cancelled_at, gone.undo_until) == (State.CANCELLED, clock.now(), clock.now() + TEN)
    assert (gone.version, gone.sequence, gone.visit_no) == (2, 1, 1)
    assert await queries.visit(visit.public_id) == gone
    assert await stored("kind FROM claim") == [("undo",)]
    assert await stored("cancel_reason FROM booking") == [("A cold.",)]
    event = (await queries.history(visit.id))[-1]
    assert (event.act, event.before["state"], event.after["state"], event.after["late"]) == (
        "cancelled", "booked", "cancelled", False,
    )  # fmt: skip
    assert "cold" not in str(event)


async def test_cancelled_time_is_kept_from_patients_until_the_undo_ends(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)

    clock.advance(minutes=9, seconds=59)
    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")

    clock.advance(seconds=1)
    await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")
    assert await overlaps() == 0


async def test_undone_cancellation_is_the_visit_it_was_under_a_higher_sequence(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)
    clock.advance(minutes=9)

    back = await service.undo_cancel(an_act(clock), clinic, visit.id)

    assert (back.state, back.cancelled_at, back.undo_until) == (State.BOOKED, None, None)
    assert (back.version, back.sequence, back.visit_no) == (3, 2, 1)
    assert (back.starts_at, back.practitioner, back.room) == (visit.starts_at, visit.practitioner, visit.room)
    assert await queries.visit(visit.public_id) == back
    assert await stored("kind, expires_at FROM claim") == [("booking", None)]
    clock.advance(hours=1)
    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")


async def test_undo_comes_too_late_after_ten_minutes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    gone = await service.cancel(an_act(clock), clinic, visit.id)
    clock.advance(minutes=10)

    with pytest.raises(TooLate) as refused:
        await service.undo_cancel(an_act(clock), clinic, visit.id)

    assert refused.value.facts == {"until": gone.undo_until}


async def test_staff_may_take_the_time_and_then_there_is_nothing_to_undo(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)

    await service.book(staff(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")

    with pytest.raises(SlotTaken) as refused:
        await service.undo_cancel(an_act(clock), clinic, visit.id)
    assert refused.value.facts["alternatives"] != []
    assert await stored("state FROM booking ORDER BY id") == [("cancelled",), ("booked",)]


@pytest.mark.parametrize("who", ["patient", "staff"])
@pytest.mark.parametrize("how", ["released", "expired"])
async def test_what_staff_only_looked_at_is_undone_after_all(
    engine: AnyEngine, clock: FrozenClock, who: str, how: str
) -> None:
    """Opening a gap at the desk holds it, and the cancelled visit's own claim is gone."""
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    [(room_and_all,)] = await stored("count(*) FROM occupancy")
    act = staff(clock) if who == "staff" else an_act(clock)
    await service.cancel(act, clinic, visit.id)
    await service.hold(staff(clock), clinic, a_wish(clinic, by="sanna"), OWNER)
    with pytest.raises(SlotTaken):
        await service.undo_cancel(an_act(clock), clinic, visit.id)
    if how == "released":
        await service.release(staff(clock), OWNER)
    else:
        await fetch("UPDATE claim SET expires_at = {} WHERE kind = 'hold'", clock.now())

    undo = service.undo_last if who == "staff" else service.undo_cancel
    back = await undo(act, clinic, visit.id)

    assert (back.state, back.version, back.sequence) == (State.BOOKED, 3, 2)
    assert (back.starts_at, back.practitioner, back.room) == (visit.starts_at, visit.practitioner, visit.room)
    assert await queries.visit(visit.public_id) == back
    assert await stored("c.kind, c.expires_at FROM claim c JOIN booking b ON b.claim = c.id") == [("booking", None)]
    assert await stored("(SELECT count(*) FROM claim), (SELECT count(*) FROM occupancy)") == [(1, room_and_all)]
    with pytest.raises(SlotTaken):
        await service.book(staff(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")


async def test_an_overbooked_visit_comes_back_beside_the_other(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await annas(clinic, clock)
    over = replace(a_wish(clinic, by="sanna"), over=True, room=clinic.rooms["room-1"].id)
    visit = (await service.book(staff(clock), clinic, over, OMAR, once="", reason="In pain")).visit
    await service.cancel(staff(clock), clinic, visit.id)
    await fetch("DELETE FROM claim WHERE kind = 'undo'")

    back = await service.undo_cancel(staff(clock), clinic, visit.id)

    assert (back.state, back.overbooked) == (State.BOOKED, True)
    assert await stored("lane FROM occupancy WHERE claim = (SELECT claim FROM booking WHERE overbooked)") == [
        (1,),
        (1,),
    ]


async def test_cancelling_twice_and_undoing_twice_change_nothing_more(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)

    gone = await service.cancel(an_act(clock), clinic, visit.id, version=1)
    clock.advance(minutes=1)
    assert await service.cancel(an_act(clock), clinic, visit.id, version=1) == gone
    back = await service.undo_cancel(an_act(clock), clinic, visit.id)
    assert await service.undo_cancel(an_act(clock), clinic, visit.id) == back

    assert [event.act for event in await queries.history(visit.id)] == ["booked", "cancelled", "undone"]


async def test_visit_can_be_cancelled_again_after_an_undo(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)
    await service.undo_cancel(an_act(clock), clinic, visit.id)
    clock.advance(minutes=30)

    gone = await service.cancel(an_act(clock), clinic, visit.id)

    assert (gone.sequence, gone.undo_until) == (3, clock.now() + TEN)
    assert await stored("count(*) FROM message WHERE kind = 'booking_cancelled' AND state = 'queued'") == [(1,)]


async def test_patient_cancels_up_to_the_last_moment_and_staff_after_it_and_that_is_recorded(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    last = datetime(2026, 12, 2, 7, 20, tzinfo=UTC)

    clock.at = last + timedelta(minutes=1)
    with pytest.raises(TooLate) as refused:
        await service.cancel(an_act(clock), clinic, visit.id)
    await service.cancel(staff(clock), clinic, visit.id)

    assert refused.value.facts == {"until": last}
    event = (await queries.history(visit.id))[-1]
    assert (event.actor, event.after["late"]) == ("staff:1", True)


async def test_patient_cancels_at_the_very_last_moment(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    clock.at = datetime(2026, 12, 2, 7, 20, tzinfo=UTC)

    assert (await service.cancel(an_act(clock), clinic, visit.id)).state == State.CANCELLED


async def test_cancel_decided_on_an_older_version_is_stale(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    newer = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, "2026-12-04T08:00+02:00"))

    with pytest.raises(Stale) as refused:
        await service.cancel(an_act(clock), clinic, visit.id, version=1)

    assert refused.value.facts == {"current": newer}


@pytest.mark.parametrize("state", [State.ARRIVED, State.IN_ROOM, State.DONE, State.NO_SHOW])
async def test_visit_that_began_is_neither_cancelled_nor_undone(
    engine: AnyEngine, clock: FrozenClock, state: State
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await Booking.update({Booking.state: state.value}).where(Booking.id == visit.id)

    with pytest.raises(NotAllowed):
        await service.cancel(staff(clock), clinic, visit.id)
    with pytest.raises(NotAllowed):
        await service.undo_cancel(staff(clock), clinic, visit.id)


async def test_visit_that_does_not_exist_is_not_found(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotFound):
        await service.cancel(an_act(clock), clinic, 17)
    with pytest.raises(NotFound):
        await service.undo_cancel(an_act(clock), clinic, 17)


async def test_sweep_takes_what_has_expired_and_nothing_else(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)
    act = an_act(clock, limited=True, address="home")
    await service.hold(act, clinic, a_wish(clinic, THURSDAY_0920, by="pekka"), "a" * 64)

    assert await service.sweep(clock.now(), clock.real()) == 0
    clock.advance(minutes=5)
    assert await service.sweep(clock.now(), clock.real()) == 1
    clock.advance(days=1)
    assert await service.sweep(clock.now(), clock.real()) == 2
    assert await stored("count(*) FROM occupancy") == [(0,)]
    assert await stored("state, claim FROM booking") == [("cancelled", None)]


async def test_why_is_said_when_cancelling_or_after_and_taken_back_with_it(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id, code="ill")
    day = (clock.now() - TEN, clock.now() + TEN)
    assert await cancellations(day) == [Cancelled(0, {"ill": 1}, 0)]

    await service.say_why(visit.id, "elsewhere")
    assert await cancellations(day) == [Cancelled(0, {"elsewhere": 1}, 0)]

    assert (await service.undo_cancel(an_act(clock), clinic, visit.id)).cancel_code == ""
    with pytest.raises(NotAllowed):
        await service.say_why(visit.id, "ill")
    assert await cancellations(day) == []


async def test_only_one_of_four_reasons_is_kept_and_only_of_what_the_patient_cancelled(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    with pytest.raises(Invalid):
        await service.cancel(an_act(clock), clinic, visit.id, code="bored")
    assert await stored("state FROM booking") == [("booked",)]

    await service.cancel(staff(clock), clinic, visit.id, by="clinic")
    with pytest.raises(NotAllowed):
        await service.say_why(visit.id, "ill")


async def test_cancellations_are_counted_in_their_month_and_late_ones_with_it(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await annas(clinic, clock)
    await service.cancel(an_act(clock), clinic, visit.id)
    await fetch("UPDATE booking SET cancelled_late = {}", True)
    bounds = [clock.now() + timedelta(days=days) for days in (-60, -30, 0, 30)]

    assert await cancellations(bounds) == [Cancelled(2, {"": 1}, 1)]
    assert await cancellations(bounds[:3]) == []
