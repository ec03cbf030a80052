"""One person's series: looked at date by date, booked all or none, told in one message."""

from dataclasses import replace
from datetime import date

import pytest

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, a_wish, an_act, overlaps, staff, stored
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Wish
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import NotAllowed, NotOffered, SlotTaken

FORTNIGHTS = [f"{day}T09:20+02:00" for day in ("2026-12-03", "2026-12-17", "2026-12-31", "2027-01-14")]


def every_second_week(clinic: Clinic, **more: object) -> list[Wish]:
    return [replace(a_wish(clinic, start, by="sanna"), **more) for start in FORTNIGHTS]  # type: ignore[arg-type]


async def test_conflicts_of_a_series_are_shown_date_by_date(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wishes = every_second_week(clinic)
    await service.book(an_act(clock), clinic, wishes[1], OMAR, once="")

    found = await service.check_series(staff(clock), clinic, wishes)

    assert [(wish, free, near == ()) for wish, free, near in found] == [
        (wishes[0], True, True),
        (wishes[1], False, False),
        (wishes[2], True, True),
        (wishes[3], True, True),
    ]
    assert {date.fromordinal(date(1970, 1, 1).toordinal() + slot.start // 1440) for slot in found[1][2]} == {
        date(2026, 12, 17)
    }
    assert await stored("(SELECT count(*) FROM booking), (SELECT count(*) FROM claim)") == [(1, 1)]


async def test_what_looks_free_is_what_can_be_booked(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wishes = [
        *every_second_week(clinic),
        replace(a_wish(clinic, "2026-12-04T09:27+02:00", by="sanna"), by_hand=True),
        a_wish(clinic, "2026-12-06T09:20+02:00"),
        a_wish(clinic, "2026-12-07T09:20+02:00", "cleaning", by="omri"),
        replace(a_wish(clinic, "2026-12-08T09:20+02:00"), extras=(clinic.services["cleaning"].id,)),
    ]

    for wish, free, _ in await service.check_series(staff(clock), clinic, wishes):
        try:
            await service.book(staff(clock), clinic, wish, ANNA, once="")
        except (SlotTaken, NotOffered):
            assert not free
        else:
            assert free


async def test_the_callers_hold_counts_as_free(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wishes = every_second_week(clinic)
    await service.hold(staff(clock), clinic, wishes[0], "desk:session")

    mine, theirs = [
        await service.check_series(staff(clock), clinic, wishes, owner=owner) for owner in ("desk:session", "")
    ]

    assert [[free for _, free, _ in found] for found in (mine, theirs)] == [[True] * 4, [False, True, True, True]]


async def test_a_series_is_one_patient_and_one_message(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    booked = await service.book_series(
        staff(clock), clinic, every_second_week(clinic), ANNA, once="form", desk_note="Braces"
    )

    visits = [one.visit for one in booked]
    assert [visit.starts_at.date().isoformat() for visit in visits] == [start[:10] for start in FORTNIGHTS]
    assert (len({visit.patient for visit in visits}), len({visit.party for visit in visits})) == (1, 1)
    assert [await queries.visit(visit.public_id) for visit in visits] == visits
    assert await stored("kind, booking, recipient FROM message") == [
        ("series_booked", visits[0].id, "anna@mail.example")
    ]
    assert await stored("count(*) FROM patient") == [(1,)]
    again = await service.book_series(staff(clock), clinic, every_second_week(clinic), ANNA, once="form")
    assert ([one.visit for one in again], again[0].repeated) == (visits, True)


async def test_a_series_is_booked_whole_or_not_at_all(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wishes = every_second_week(clinic)
    await service.book(an_act(clock), clinic, wishes[3], OMAR, once="")

    with pytest.raises(SlotTaken):
        await service.book_series(staff(clock), clinic, wishes, ANNA, once="")

    assert await stored("count(*) FROM booking") == [(1,)]
    assert await overlaps() == 0


@pytest.mark.parametrize("count", [0, 31])
async def test_a_series_has_a_sensible_length(engine: AnyEngine, clock: FrozenClock, count: int) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotOffered):
        await service.book_series(staff(clock), clinic, [a_wish(clinic)] * count, ANNA, once="")
    with pytest.raises(NotOffered):
        await service.check_series(staff(clock), clinic, [a_wish(clinic)] * count)


async def test_a_series_of_one_is_a_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    [booked] = await service.book_series(staff(clock), clinic, [a_wish(clinic)], ANNA, once="")

    assert (booked.visit.party, await stored("kind FROM message")) == (None, [("booking_confirmed",)])


async def test_a_series_is_taken_back_whole_but_for_what_has_changed_since(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    booked = await service.book_series(staff(clock), clinic, every_second_week(clinic), ANNA, once="")
    ids = [one.visit.id for one in booked]
    await service.move(staff(clock), clinic, ids[1], a_wish(clinic, "2026-12-18T09:20+02:00"))

    await service.undo_last(staff(clock), clinic, ids[0])

    states = {visit.id: visit.state for visit in await queries.visits_by_id(ids)}
    assert [states[id] for id in ids] == [State.CANCELLED, State.BOOKED, State.CANCELLED, State.CANCELLED]
    with pytest.raises(NotAllowed):
        await service.undo_last(staff(clock), clinic, ids[2])


async def test_several_people_of_staff_are_booked_together(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    both = [(a_wish(clinic, THURSDAY_0920, by=who), person) for who, person in (("sanna", ANNA), ("pekka", OMAR))]

    booked = await service.book_party(staff(clock), clinic, both, once="", tell=False)

    assert len({one.visit.patient for one in booked}) == 2
    assert await stored("count(*) FROM message") == [(0,)]
    with pytest.raises(NotOffered):
        await service.book_party(staff(clock), clinic, [(replace(both[0][0], over=True), ANNA)], once="")


async def test_a_time_that_has_gone_is_a_conflict_too(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wishes = [a_wish(clinic, f"2026-12-{day:02}T09:20+02:00", by="sanna") for day in (1, 2, 3, 4)]

    found = await service.check_series(staff(clock), clinic, wishes)

    assert [free for _, free, _ in found] == [False, True, True, True], "this morning has gone"
    assert at(THURSDAY_0920) == found[2][0].start


async def test_times_near_a_conflict_lie_near_it_however_far_ahead_it_is(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    far = replace(a_wish(clinic, "2027-05-13T09:20+03:00", by="sanna"), by_hand=True)
    await service.book(staff(clock), clinic, far, OMAR, once="")

    [(_, free, near)] = await service.check_series(staff(clock), clinic, [far])

    assert (free, len(near)) == (False, 4)
    assert {abs(slot.start - far.start) < 1440 for slot in near} == {True}


async def test_people_booked_together_are_taken_back_together(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    both = [(a_wish(clinic, THURSDAY_0920, by=who), person) for who, person in (("sanna", ANNA), ("pekka", OMAR))]
    booked = await service.book_party(staff(clock), clinic, both, once="", desk_note="Twins")
    assert [one.visit.desk_note for one in booked] == ["Twins", ""]

    await service.undo_last(staff(clock), clinic, booked[0].visit.id)

    assert [visit.state for visit in await queries.visits_by_id([one.visit.id for one in booked])] == [
        State.CANCELLED,
        State.CANCELLED,
    ]
    assert await stored("count(*) FROM claim") == [(0,)]
