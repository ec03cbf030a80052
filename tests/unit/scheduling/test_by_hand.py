"""Times chosen by hand, and what is wrong with a visit that stands somewhere already."""

from collections.abc import Callable

import pytest
from hypothesis import given

from tests.unit.scheduling.clinics import (
    ADA,
    CHECK_UP,
    CITY,
    OTHER_ROOM,
    ROOM,
    SUBURB,
    Question,
    at,
    clinic,
    control,
    hours,
    questions,
    quick,
    service,
    weekly,
)
from turnet.scheduling.by_hand import astray, places_by_hand
from turnet.scheduling.grids import closures
from turnet.scheduling.rules import Buffers, Closed, Place
from turnet.scheduling.slots import footprint, is_free, offered, places
from turnet.scheduling.spans import Span, hit

ByHand = Callable[..., list[Place]]


def by_hand(text: str, setup: object = None, busy: object = None) -> list[Place]:
    return places_by_hand(setup or clinic(), CHECK_UP, at(f"2026-06-01 {text}"), CITY, busy or {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "can"), [("09:00", True), ("09:17", True), ("11:30", True), ("11:31", False), ("08:59", False)]
)
def test_any_minute_within_the_hours(text: str, can: bool) -> None:
    assert by_hand(text) == ([Place(ADA, None)] if can else [])


def test_reserved_hours_horizon_and_lead_are_left_aside() -> None:
    reserved = hours("09:00-12:00", reserved_for=frozenset({99}))
    setup = clinic(service(lead=10_000, horizon=0), weekly=tuple(weekly(ADA, reserved)))

    assert by_hand("10:05", setup) == [Place(ADA, None)]


def test_buffers_of_each_kind_and_closures_count() -> None:
    rules = service(rooms=(ROOM,), practitioner_buffers=Buffers(5, 0), room_buffers=Buffers(0, 10))
    setup = clinic(
        rules,
        room_locations={ROOM: CITY},
        closures=(Closed(Span(at("2026-06-01 11:00"), at("2026-06-01 11:10")), CITY, ROOM),),
    )
    taken = {ADA: [Span(at("2026-06-01 09:00"), at("2026-06-01 09:30"))]}

    assert (by_hand("09:34", setup, taken), by_hand("09:35", setup, taken)) == ([], [Place(ADA, ROOM)])
    assert (by_hand("10:21", setup), by_hand("10:20", setup)) == ([], [Place(ADA, ROOM)])


# --- against what is offered


def has_all_that_is_offered(question: Question, choose: ByHand) -> None:
    for slot in question.ask(offered)[::3]:
        free = places(question.setup, CHECK_UP, slot.start, slot.location, question.busy, now=question.now)
        assert set(free) <= set(choose(question.setup, CHECK_UP, slot.start, slot.location, question.busy))


def meets_nothing(question: Question, choose: ByHand) -> None:
    rules = question.setup.services[CHECK_UP]
    middle = question.now // 1440 * 1440
    for start in range(middle, middle + 2880, 37):
        for location in (CITY, SUBURB):
            for place in choose(question.setup, CHECK_UP, start, location, question.busy):
                for resource, span in footprint(rules, start, place).items():
                    assert is_free(question.busy, resource, span)
                    assert hit(closures(question.setup, resource, location), span) is None
                visit = Span(start, start + rules.minutes)
                assert astray(question.setup, visit, location, place.practitioner, place.room) == ()


PROPERTIES = pytest.mark.parametrize("holds", [has_all_that_is_offered, meets_nothing])


@PROPERTIES
def test_holds_for_every_clinic(holds: Callable[[Question, ByHand], None]) -> None:
    @quick
    @given(questions())
    def run(question: Question) -> None:
        holds(question, places_by_hand)

    run()


def nobody(*_: object, **__: object) -> list[Place]:
    return []


def heedless(setup: object, service: int, start: int, location: int, busy: object) -> list[Place]:
    """Looks at hours alone."""
    return places_by_hand(setup, service, start, location, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(("holds", "broken"), [(has_all_that_is_offered, nobody), (meets_nothing, heedless)])
def test_control_a_broken_choice_is_caught(holds: Callable[[Question, ByHand], None], broken: ByHand) -> None:
    @control
    @given(questions())
    def run(question: Question) -> None:
        holds(question, broken)

    with pytest.raises(AssertionError):
        run()


# --- where a visit stands already


def test_a_visit_is_astray_in_a_closure_of_its_own_or_outside_all_hours() -> None:
    span, elsewhere = Span(at("2026-06-01 09:10"), at("2026-06-01 09:20")), Span(0, 1)
    closed = (
        Closed(elsewhere, id=3),
        Closed(span, resource=OTHER_ROOM, id=4),
        Closed(span, SUBURB, id=5),
        Closed(span, resource=ROOM, id=6),
        Closed(Span(span.start, span.start + 1), resource=ROOM, id=7),
    )
    setup = clinic(closures=closed)
    morning, night = (
        Span(at("2026-06-01 09:00"), at("2026-06-01 09:30")),
        Span(at("2026-06-01 22:00"), at("2026-06-01 22:30")),
    )

    assert astray(setup, morning, CITY, ADA, None) == ()
    assert astray(setup, morning, CITY, ADA, ROOM) == (6, 7)
    assert astray(setup, morning, SUBURB, ADA, None) == (5,)
    assert astray(setup, night, CITY, ADA, None) == (0,)
