"""Times that staff choose by hand, several services in one visit, and overbooking on purpose."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.db.booking.acts import ANNA, OMAR, OWNER, THURSDAY_0920, a_wish, an_act, overlaps, staff, stored
from tests.factories import REA, a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Wish
from turnet.clinic import service as setup
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotOffered, NotYours, SlotTaken
from turnet.scheduling.spans import Span
from turnet.staff.model import Role

OFF_THE_GRID = "2026-12-03T09:27+02:00"


def by_hand(clinic: Clinic, start: str = OFF_THE_GRID, service: str = "check-up", *, by: str = "sanna") -> Wish:
    return replace(a_wish(clinic, start, service, by=by), by_hand=True)


def over(clinic: Clinic, start: str = THURSDAY_0920, *, by: str = "sanna", room: str = "room-1") -> Wish:
    return replace(a_wish(clinic, start, by=by), over=True, room=clinic.rooms[room].id)


# --- by hand


async def test_any_minute_of_the_hours_is_booked_by_hand(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    visit = (await service.book(staff(clock), clinic, by_hand(clinic), ANNA, once="")).visit

    assert visit == await queries.visit(visit.public_id)
    assert await stored("lane, starts_at, ends_at FROM occupancy ORDER BY resource") == [
        (0, at(OFF_THE_GRID), at(OFF_THE_GRID) + 30),
        (0, at(OFF_THE_GRID), at(OFF_THE_GRID) + 40),
    ]


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("2026-12-01T10:43+02:00", "a minute from now, with no lead time"),
        ("2026-12-01T08:05+02:00", "this morning: who has been here is written down"),
        ("2027-06-01T08:03+03:00", "beyond the horizon"),
    ],
)
async def test_by_hand_knows_no_lead_and_no_horizon(
    engine: AnyEngine, clock: FrozenClock, start: str, why: str
) -> None:
    clinic = await a_clinic()

    assert (await service.book(staff(clock), clinic, by_hand(clinic, start), ANNA, once="")).visit.practitioner, why


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("2026-11-30T09:00+02:00", "yesterday"),
        ("2026-12-03T07:50+02:00", "begins before the hours"),
        ("2026-12-03T11:40+02:00", "reaches into the break"),
        ("2026-12-05T09:00+02:00", "Saturday"),
    ],
)
async def test_by_hand_stays_within_the_hours(engine: AnyEngine, clock: FrozenClock, start: str, why: str) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotOffered):
        await service.book(staff(clock), clinic, by_hand(clinic, start), ANNA, once="")
    assert await stored("count(*) FROM booking") == [(0,)], why


async def test_by_hand_books_reserved_hours_and_services_that_are_not_online(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await a_clinic()
    await fetch("UPDATE service SET online = {} WHERE slug = 'check-up' RETURNING id", False)
    await fetch("UPDATE hours SET reserved_for = '2' RETURNING id")
    clinic = await load()
    assert clinic is not None

    booked = await service.book(staff(clock), clinic, by_hand(clinic), ANNA, once="")

    assert booked.visit.service == clinic.services["check-up"].id


async def test_by_hand_is_taken_where_somebody_else_is(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")

    with pytest.raises(SlotTaken) as refused:
        await service.book(staff(clock), clinic, by_hand(clinic), ANNA, once="")

    assert refused.value.facts["alternatives"] != []
    assert await overlaps() == 0


async def test_by_hand_is_not_offered_in_blocked_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna = clinic.practitioners["sanna"].id
    await service.block(staff(clock), clinic, sanna, Span(at(OFF_THE_GRID), at(OFF_THE_GRID) + 60), "Lunch")

    with pytest.raises(NotOffered):
        await service.book(staff(clock), clinic, by_hand(clinic), ANNA, once="")


@pytest.mark.parametrize("change", [{"by_hand": True}, {"over": True}, {"room": 1}, {"extras": (1,)}])
async def test_patients_wish_for_nothing_that_is_for_staff(
    engine: AnyEngine, clock: FrozenClock, change: dict[str, object]
) -> None:
    clinic = await a_clinic()
    wish = replace(a_wish(clinic, by="sanna"), **change)  # type: ignore[arg-type]

    for act in (
        service.book(an_act(clock), clinic, wish, ANNA, once="", reason="why not"),
        service.hold(an_act(clock), clinic, wish, OWNER),
    ):
        with pytest.raises(NotOffered):
            await act
    assert await stored("(SELECT count(*) FROM booking), (SELECT count(*) FROM claim)") == [(0, 0)]


async def test_the_named_room_is_the_one_that_is_taken(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    second = clinic.rooms["room-2"].id

    visit = (await service.book(staff(clock), clinic, replace(a_wish(clinic), room=second), ANNA, once="")).visit

    assert visit.room == second
    with pytest.raises(SlotTaken):
        await service.book(staff(clock), clinic, replace(a_wish(clinic), room=second), OMAR, once="")


# --- several services


async def test_several_services_are_one_visit_as_long_as_all_of_them(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    root_canal = clinic.services["root-canal"].id
    wish = replace(a_wish(clinic), extras=(root_canal,))

    visit = (await service.book(staff(clock), clinic, wish, ANNA, once="")).visit

    assert visit == await queries.visit(visit.public_id)
    assert (visit.practitioner, visit.extras) == (clinic.practitioners["sanna"].id, (root_canal,))
    assert visit.ends_at - visit.starts_at == timedelta(minutes=120)
    assert await stored("starts_at, ends_at FROM occupancy ORDER BY resource") == [
        (at(THURSDAY_0920), at(THURSDAY_0920) + 120),
        (at(THURSDAY_0920), at(THURSDAY_0920) + 130),
    ], "and ten minutes of cleaning, as the check-up needs"
    [event] = await queries.history(visit.id)
    assert event.after["extras"] == [root_canal]


async def test_services_that_nobody_does_all_are_not_offered(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = replace(a_wish(clinic), extras=(clinic.services["cleaning"].id,))

    with pytest.raises(NotOffered):
        await service.book(staff(clock), clinic, wish, ANNA, once="")
    with pytest.raises(NotOffered):
        await service.book(staff(clock), clinic, replace(wish, extras=(999,)), ANNA, once="")


async def test_free_times_of_several_services_are_what_can_be_booked(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    day, check_up, extras = clock.now().date(), clinic.services["check-up"].id, (clinic.services["root-canal"].id,)

    slots = await queries.free_times(clinic, check_up, day, day, now=clock.now(), extras=extras, desk=True)

    assert [(slot.start, slot.end) for slot in slots][:1] == [
        (at("2026-12-01T13:00+02:00"), at("2026-12-01T15:00+02:00"))
    ]
    for slot in slots[:1]:
        wish = Wish(check_up, slot.start, slot.location, slot.practitioners[0], extras=extras, by_hand=True)
        assert (await service.book(staff(clock), clinic, wish, ANNA, once="")).visit.extras == extras


async def test_moving_keeps_all_the_services_and_their_length(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    extras = (clinic.services["root-canal"].id,)
    visit = (await service.book(staff(clock), clinic, replace(a_wish(clinic), extras=extras), ANNA, once="")).visit

    moved = await service.move(an_act(clock), clinic, visit.id, a_wish(clinic, "2026-12-03T13:00+02:00"))

    assert (moved.extras, moved.ends_at - moved.starts_at) == (extras, visit.ends_at - visit.starts_at)
    assert await queries.visit(visit.public_id) == moved
    other = await service.move(staff(clock), clinic, visit.id, a_wish(clinic, service="root-canal"))
    assert (other.extras, await stored("count(*) FROM booking_extra")) == ((), [(0,)])


# --- overbooking


async def test_overbooking_takes_a_lane_of_its_own_and_says_why(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna = clinic.practitioners["sanna"].id
    first = (await service.book(staff(clock), clinic, replace(over(clinic), over=False), OMAR, once="")).visit

    second = (await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason="In pain")).visit
    third = (await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason="In pain too")).visit

    assert [visit.overbooked for visit in (first, second, third)] == [False, True, True]
    assert await stored(f"lane FROM occupancy WHERE resource = {sanna} ORDER BY lane") == [(0,), (1,), (2,)]
    assert (await queries.history(second.id))[0].after["reason"] == "In pain"
    assert await queries.visit(second.public_id) == second


async def test_what_is_overbooked_is_taken_for_everybody_else(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason="In pain")

    for act, wish in (
        (an_act(clock), a_wish(clinic, by="sanna")),
        (staff(clock), a_wish(clinic, by="sanna")),
        (staff(clock), by_hand(clinic)),
    ):
        with pytest.raises(SlotTaken):
            await service.book(act, clinic, wish, OMAR, once="")


@pytest.mark.parametrize("reason", ["", "   "])
async def test_overbooking_needs_a_reason(engine: AnyEngine, clock: FrozenClock, reason: str) -> None:
    clinic = await a_clinic()

    with pytest.raises(Invalid) as refused:
        await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason=reason)
    assert refused.value.fields == {"reason": "required"}


async def test_overbooking_names_person_and_room(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    for wish in (replace(over(clinic), room=None), replace(over(clinic), practitioner=None)):
        with pytest.raises(NotOffered):
            await service.book(staff(clock), clinic, wish, ANNA, once="", reason="In pain")


async def test_read_only_staff_book_and_overbook_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    reader = staff(clock, replace(REA, role=Role.READ_ONLY))

    for wish in (a_wish(clinic), over(clinic), by_hand(clinic)):
        with pytest.raises(NotYours):
            await service.book(reader, clinic, wish, ANNA, once="", reason="In pain")
    assert await stored("count(*) FROM booking") == [(0,)]


async def test_a_practitioner_books_in_their_own_diary_alone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, pekka = clinic.practitioners["sanna"].id, clinic.practitioners["pekka"].id
    act = staff(clock, replace(REA, role=Role.PRACTITIONER, practitioner=pekka))

    own = (await service.book(act, clinic, a_wish(clinic), ANNA, once="")).visit
    with pytest.raises(NotYours):
        await service.book(act, clinic, a_wish(clinic, by="sanna"), OMAR, once="")
    with pytest.raises(NotYours):
        await service.move(act, clinic, own.id, a_wish(clinic, by="sanna"))

    assert own.practitioner == pekka
    assert await stored(f"count(*) FROM occupancy WHERE resource = {sanna}") == [(0,)]


async def test_moving_an_overbooked_visit_returns_it_to_a_time_of_its_own(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await service.book(staff(clock), clinic, replace(over(clinic), over=False), OMAR, once="")
    visit = (await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason="In pain")).visit

    with pytest.raises(SlotTaken):
        await service.move(staff(clock), clinic, visit.id, replace(over(clinic), over=False))
    moved = await service.move(staff(clock), clinic, visit.id, a_wish(clinic, "2026-12-03T13:00+02:00"))

    assert (moved.overbooked, await stored("max(lane) FROM occupancy")) == (False, [(0,)])
    again = await service.move(staff(clock), clinic, visit.id, over(clinic), reason="In pain again")
    assert (again.overbooked, await stored("max(lane) FROM occupancy")) == (True, [(1,)])


async def test_overbooking_leaves_alone_what_could_still_be_undone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first = (await service.book(staff(clock), clinic, replace(over(clinic), over=False), OMAR, once="")).visit
    await service.cancel(an_act(clock), clinic, first.id)

    await service.book(staff(clock), clinic, over(clinic), ANNA, once="", reason="In pain")

    assert (await service.undo_cancel(an_act(clock), clinic, first.id)).state == "booked"
    assert await overlaps() == 0


# --- the desk's holds


async def test_the_desk_holds_a_time_for_ten_minutes_in_its_own_name(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    held = await service.hold(staff(clock), clinic, by_hand(clinic), "desk:session")

    assert (held.expires_at - clock.now()).total_seconds() == 600
    assert await stored("staff, owner FROM claim") == [(REA.id, "desk:session")]
    with pytest.raises(SlotTaken):
        await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")

    booked = await service.book(staff(clock), clinic, by_hand(clinic), ANNA, once="", owner="desk:session")
    assert await stored("kind, staff FROM claim") == [("booking", None)]
    assert booked.visit.starts_at.minute == 27


async def test_a_hold_of_several_services_is_read_as_it_was_made(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    wish = replace(a_wish(clinic), extras=(clinic.services["root-canal"].id,))

    held = await service.hold(staff(clock), clinic, wish, "desk:session")

    assert await queries.current_hold("desk:session", clock.now()) == held
    assert (await service.hold(staff(clock), clinic, wish, "desk:session")).public_id == held.public_id


async def test_nothing_is_held_beside_another_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    with pytest.raises(NotOffered):
        await service.hold(staff(clock), clinic, over(clinic), "desk:session")


# --- a setup that moves on


async def test_an_act_that_read_older_hours_looks_again(engine: AnyEngine, clock: FrozenClock) -> None:
    old = await a_clinic()
    sanna = old.practitioners["sanna"].id
    visit = (
        await service.book(staff(clock), old, a_wish(old, "2026-12-04T08:00+02:00", by="sanna"), ANNA, once="")
    ).visit
    await setup.close(Span(at(THURSDAY_0920), at(THURSDAY_0920) + 600), {"en": "Ill"}, resource=sanna)

    for act in (
        service.book(an_act(clock), old, a_wish(old, by="sanna"), OMAR, once=""),
        service.hold(an_act(clock), old, a_wish(old, by="sanna"), OWNER),
        service.move(an_act(clock), old, visit.id, a_wish(old, by="sanna")),
    ):
        with pytest.raises(NotOffered):
            await act
    assert await stored(f"count(*) FROM occupancy WHERE starts_at = {at(THURSDAY_0920)}") == [(0,)]
