"""What is on offer, by example."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.scheduling.clinics import (
    ADA,
    BEA,
    CEM,
    CHECK_UP,
    CITY,
    MONDAY,
    OTHER_ROOM,
    ROOM,
    SUBURB,
    at,
    clinic,
    clock,
    hours,
    service,
    weekly,
)
from turnet.scheduling.rules import Buffers, Busy, Closed, Place, Setup, Slot
from turnet.scheduling.slots import footprint, next_change, offered, places, window
from turnet.scheduling.spans import Span

SUNDAY, TUESDAY = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
SUNDAY_NOON = at("2026-05-31 12:00")
MORNING = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def on(
    setup: Setup, day: date = MONDAY, busy: Busy | None = None, *, now: int = SUNDAY_NOON, **more: Any
) -> list[Slot]:
    return offered(setup, CHECK_UP, day, day, busy or {}, now=now, **more)


def taken(text: str, day: date = MONDAY) -> Span:
    """The span of "09:00-10:00"."""
    begin, end = text.split("-")
    return Span(at(f"{day} {begin}"), at(f"{day} {end}"))


def test_slot_says_when_where_and_who() -> None:
    setup = clinic(
        service(45, who=(BEA, ADA)), weekly=(*weekly(ADA, hours("09:00-10:00")), *weekly(BEA, hours("09:00-10:00")))
    )

    assert on(setup) == [Slot(at("2026-06-01 09:00"), at("2026-06-01 09:45"), CITY, (BEA, ADA))]


# --- grid and length


def test_last_start_ends_exactly_at_closing() -> None:
    assert clock(on(clinic())) == MORNING


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(15, MORNING), (30, MORNING), (45, MORNING[:5]), (180, ["09:00"]), (181, [])],
)
def test_length_of_the_service_does_not_move_the_grid(minutes: int, expected: list[str]) -> None:
    assert clock(on(clinic(service(minutes)))) == expected


def test_grid_begins_at_opening_not_at_the_hour() -> None:
    setup = clinic(weekly=tuple(weekly(ADA, hours("09:10-11:00", step=20))))

    assert clock(on(setup)) == ["09:10", "09:30", "09:50", "10:10", "10:30"]


def test_step_of_the_service_overrides_the_sessions() -> None:
    assert clock(on(clinic(service(30, step=50)))) == ["09:00", "09:50", "10:40", "11:30"]


def test_step_longer_than_the_day_gives_one_start() -> None:
    assert clock(on(clinic(service(30, step=10_000)))) == ["09:00"]


def test_session_until_midnight_offers_a_visit_that_ends_at_midnight() -> None:
    setup = clinic(weekly=tuple(weekly(ADA, hours("23:00-24:00"))))

    assert clock(on(setup)) == ["23:00", "23:30"]


def test_visit_does_not_run_over_from_one_session_into_the_next() -> None:
    setup = clinic(service(60), weekly=tuple(weekly(ADA, hours("09:00-10:30"), hours("10:30-12:00"))))

    assert clock(on(setup)) == ["09:00", "09:30", "10:30", "11:00"]


def test_long_service_is_not_offered_into_the_next_booking() -> None:
    assert clock(on(clinic(service(60)), busy={ADA: [taken("10:30-11:00")]})) == ["09:00", "09:30", "11:00"]


# --- several people, places and rooms


def test_same_start_at_two_locations_is_two_slots_by_location() -> None:
    both = (*weekly(ADA, hours("09:00-10:00", location=SUBURB)), *weekly(BEA, hours("09:00-10:00", location=CITY)))
    setup = clinic(service(who=(ADA, BEA)), weekly=both)

    assert [(clock([slot])[0], slot.location, slot.practitioners) for slot in on(setup)] == [
        ("09:00", CITY, (BEA,)),
        ("09:00", SUBURB, (ADA,)),
        ("09:30", CITY, (BEA,)),
        ("09:30", SUBURB, (ADA,)),
    ]
    assert {slot.location for slot in on(setup, location=SUBURB)} == {SUBURB}
    assert {slot.practitioners for slot in on(setup, practitioner=ADA)} == {(ADA,)}


def test_somebody_who_does_not_do_the_service_is_never_named() -> None:
    both = (*weekly(ADA, hours("09:00-10:00")), *weekly(BEA, hours("09:00-12:00")))

    assert {slot.practitioners for slot in on(clinic(service(who=(ADA,)), weekly=both))} == {(ADA,)}


def with_rooms(*rooms: int, **more: Any) -> Setup:
    everybody = tuple(rule for who in (ADA, BEA, CEM) for rule in weekly(who, hours("09:00-10:00")))
    return clinic(
        service(who=(ADA, BEA, CEM), rooms=rooms, **more),
        weekly=everybody,
        room_locations={ROOM: CITY, OTHER_ROOM: CITY},
    )


def test_three_practitioners_and_one_room_left_can_each_take_it() -> None:
    slots = on(with_rooms(ROOM, OTHER_ROOM), busy={ROOM: [taken("09:00-10:00")]})

    assert [slot.practitioners for slot in slots] == [(ADA, BEA, CEM), (ADA, BEA, CEM)]


def test_nobody_can_take_it_without_a_room() -> None:
    busy = {ROOM: [taken("09:00-09:30")], OTHER_ROOM: [taken("09:00-09:10")]}

    assert clock(on(with_rooms(ROOM, OTHER_ROOM), busy=busy)) == ["09:30"]


def test_room_at_another_location_does_not_help() -> None:
    setup = clinic(service(rooms=(ROOM,)), room_locations={ROOM: SUBURB})

    assert on(setup) == []


def test_closed_room_is_not_used_and_its_buffers_count() -> None:
    rules = service(rooms=(ROOM,), room_buffers=Buffers(0, 10))
    setup = clinic(rules, room_locations={ROOM: CITY}, closures=(Closed(taken("10:30-11:00"), resource=ROOM),))

    assert clock(on(setup)) == ["09:00", "09:30", "11:00", "11:30"]


# --- buffers


def test_buffers_differ_before_and_after() -> None:
    setup = clinic(service(practitioner_buffers=Buffers(30, 0)))

    assert clock(on(setup, busy={ADA: [taken("10:00-10:30")]})) == ["09:00", "09:30", "11:00", "11:30"]

    setup = clinic(service(practitioner_buffers=Buffers(0, 30)))

    assert clock(on(setup, busy={ADA: [taken("10:00-10:30")]})) == ["09:00", "10:30", "11:00", "11:30"]


def test_cleaning_occupies_the_room_not_the_dentist() -> None:
    rules = service(rooms=(ROOM,), room_buffers=Buffers(0, 30))
    setup = clinic(rules, room_locations={ROOM: CITY})

    assert clock(on(setup, busy={ADA: [taken("10:00-10:30")]})) == ["09:00", "09:30", "10:30", "11:00", "11:30"]
    assert clock(on(setup, busy={ROOM: [taken("10:00-10:30")]})) == ["09:00", "10:30", "11:00", "11:30"]


def test_buffers_may_reach_outside_the_session() -> None:
    assert clock(on(clinic(service(practitioner_buffers=Buffers(60, 60))))) == MORNING


def test_buffers_may_not_reach_into_a_closure() -> None:
    rules = service(practitioner_buffers=Buffers(10, 10))
    closures = (Closed(taken("08:00-09:00")), Closed(taken("12:00-12:30"), location=CITY))

    assert clock(on(clinic(rules, closures=closures))) == MORNING[1:-1]


def test_buffers_reach_over_midnight_into_the_window_that_is_loaded() -> None:
    setup = clinic(
        service(practitioner_buffers=Buffers(45, 15)),
        weekly=tuple(weekly(ADA, hours("00:00-01:00"), hours("23:00-24:00"))),
    )
    late_before, early_after = taken("23:00-23:50", SUNDAY), taken("00:10-00:30", TUESDAY)

    assert window(setup, CHECK_UP, MONDAY, MONDAY) == Span(at("2026-05-31 23:15"), at("2026-06-02 00:15"))
    assert clock(on(setup, busy={ADA: [late_before, early_after]})) == ["23:00"]


def test_footprint_has_each_kinds_own_buffers() -> None:
    rules = service(30, rooms=(ROOM,), practitioner_buffers=Buffers(5, 0), room_buffers=Buffers(0, 20))

    assert footprint(rules, 100, Place(ADA, ROOM)) == {ADA: Span(95, 130), ROOM: Span(100, 150)}
    assert footprint(rules, 100, Place(ADA, None)) == {ADA: Span(95, 130)}


# --- closures


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, []),
        ({"location": CITY}, []),
        ({"location": SUBURB}, MORNING),
        ({"resource": ADA}, []),
        ({"resource": BEA}, MORNING),
    ],
)
def test_closure_of_the_clinic_a_location_or_one_person(where: dict[str, int], expected: list[str]) -> None:
    assert clock(on(clinic(closures=(Closed(taken("00:00-23:59"), **where),)))) == expected


# --- now, lead and horizon


def test_start_at_this_very_minute_is_offered_and_the_one_before_is_not() -> None:
    assert clock(on(clinic(), now=at("2026-06-01 10:00"))) == ["10:00", "10:30", "11:00", "11:30"]
    assert clock(on(clinic(), now=at("2026-06-01 10:01"))) == ["10:30", "11:00", "11:30"]


def test_lead_time_cuts_in_the_middle_of_a_slot() -> None:
    setup = clinic(service(lead=60))

    assert clock(on(setup, now=at("2026-06-01 09:15"))) == ["10:30", "11:00", "11:30"]


def test_lead_time_is_real_minutes_on_the_day_the_clock_changes() -> None:
    setup = clinic(service(lead=120), weekly=tuple(weekly(ADA, hours("02:00-06:00", step=60))))
    night = at("2026-03-29 02:30")

    assert clock(on(setup, date(2026, 3, 29), now=night)) == []  # two hours later it is 05:30
    assert clock(on(setup, date(2026, 3, 29), now=night - 30)) == ["05:00"]


def test_horizon_is_counted_in_local_days() -> None:
    setup = clinic(service(horizon=2))
    late = at("2026-05-31 23:59")

    def days(now: int) -> list[str]:
        slots = offered(setup, CHECK_UP, MONDAY, MONDAY + timedelta(days=9), {}, now=now)
        return sorted({str(date.fromordinal(719163 + (slot.start + 180) // 1440)) for slot in slots})

    assert days(late) == ["2026-06-01", "2026-06-02"]
    assert days(late + 1) == ["2026-06-01", "2026-06-02", "2026-06-03"]


def test_horizon_that_lands_on_the_change_day_takes_all_of_it() -> None:
    autumn = date(2026, 10, 25)
    setup = clinic(service(horizon=1), weekly=tuple(weekly(ADA, hours("00:00-24:00", step=60))))
    now = at("2026-10-24 00:00")

    slots = offered(setup, CHECK_UP, autumn, autumn + timedelta(days=3), {}, now=now)

    assert len(slots) == 25
    assert slots[-1].start == at("2026-10-25 23:00")


def test_window_beyond_the_end_of_time_is_answered() -> None:
    assert len(offered(clinic(), CHECK_UP, date.min, date.max, {}, now=SUNDAY_NOON)) == 62 * 6
    assert offered(clinic(), CHECK_UP, MONDAY, MONDAY - timedelta(days=1), {}, now=SUNDAY_NOON) == []


# --- reserved sessions


def reserving(release: int, **more: Any) -> Setup:
    session = hours("09:00-10:00", reserved_for=frozenset({99}), release=release)
    return clinic(service(**more), weekly=tuple(weekly(ADA, session, hours("10:00-11:00"))))


def test_reserved_session_is_for_its_services_until_released() -> None:
    setup = reserving(release=60)

    assert clock(on(setup, now=at("2026-06-01 07:59"))) == ["10:00", "10:30"]
    assert clock(on(setup, now=at("2026-06-01 08:00"))) == ["09:00", "10:00", "10:30"]
    assert clock(on(setup, now=at("2026-06-01 08:30"))) == ["09:00", "09:30", "10:00", "10:30"]


def test_reserved_session_is_open_to_its_own_service_at_any_time() -> None:
    session = hours("09:00-10:00", reserved_for=frozenset({99, CHECK_UP}), release=0)

    assert clock(on(clinic(weekly=tuple(weekly(ADA, session))))) == ["09:00", "09:30"]


# --- change days


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 3, 29), ["02:30"]), (date(2026, 10, 25), ["02:30", "03:00", "03:00"]), (MONDAY, ["02:30", "03:00"])],
)
def test_half_past_two_to_half_past_three_in_helsinki(day: date, expected: list[str]) -> None:
    setup = clinic(weekly=tuple(weekly(ADA, hours("02:30-03:30"))))
    slots = on(setup, day, now=at(f"{day} 00:00"))

    assert clock(slots) == expected
    assert len({slot.start for slot in slots}) == len(slots)


def test_session_in_the_gap_is_too_short_for_its_usual_service() -> None:
    setup = clinic(service(45), weekly=tuple(weekly(ADA, hours("02:30-03:30"))))

    assert on(setup, date(2026, 3, 29), now=at("2026-03-29 00:00")) == []


def test_weekly_hours_stay_at_nine_across_both_changes() -> None:
    for change in (date(2026, 3, 29), date(2026, 10, 25)):
        first, last = change - timedelta(days=3), change + timedelta(days=3)
        slots = offered(clinic(), CHECK_UP, first, last, {}, now=at(f"{first} 00:00"))

        assert clock(slots) == MORNING * 7


# --- places


def test_places_are_every_person_in_every_free_room_in_the_setups_order() -> None:
    setup = with_rooms(OTHER_ROOM, ROOM)
    nine = at("2026-06-01 09:00")

    found = places(setup, CHECK_UP, nine, CITY, {BEA: [taken("09:10-09:20")]}, now=SUNDAY_NOON)

    assert found == [Place(ADA, OTHER_ROOM), Place(ADA, ROOM), Place(CEM, OTHER_ROOM), Place(CEM, ROOM)]


def test_places_without_busy_tell_taken_from_never_offered() -> None:
    setup, nine = clinic(), at("2026-06-01 09:00")
    busy = {ADA: [taken("09:00-09:30")]}

    assert places(setup, CHECK_UP, nine, CITY, busy, now=SUNDAY_NOON) == []
    assert places(setup, CHECK_UP, nine, CITY, {}, now=SUNDAY_NOON) == [Place(ADA, None)]
    assert places(setup, CHECK_UP, nine + 1, CITY, {}, now=SUNDAY_NOON) == []
    assert places(setup, CHECK_UP, nine, SUBURB, {}, now=SUNDAY_NOON) == []


# --- the next change


def change(setup: Setup, now: str, **more: Any) -> str:
    minute = next_change(setup, CHECK_UP, MONDAY, MONDAY + timedelta(days=1), now=at(now), **more)
    return clock([minute])[0]


def test_next_change_is_when_the_first_start_falls_behind_the_lead_time() -> None:
    assert change(clinic(service(lead=60)), "2026-06-01 08:15") == "08:31"


def test_next_change_with_the_slots_ignores_starts_that_are_taken() -> None:
    setup, now = clinic(service(lead=60)), at("2026-06-01 08:15")
    slots = on(setup, busy={ADA: [taken("09:00-11:00")]}, now=now)

    assert change(setup, "2026-06-01 08:15", slots=slots) == "10:01"


def test_next_change_is_the_release_of_a_reserved_start() -> None:
    assert change(reserving(release=75, lead=10), "2026-06-01 06:00") == "07:45"


def test_next_change_is_midnight_when_nothing_comes_before() -> None:
    assert change(clinic(), "2026-06-01 15:00") == "00:00"
