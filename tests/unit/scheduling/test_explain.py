"""Why a time is offered or not: every code, by example."""

from typing import Any

import pytest

from tests.unit.scheduling.clinics import (
    ADA,
    BEA,
    CHECK_UP,
    CITY,
    MONDAY,
    OTHER_ROOM,
    ROOM,
    SUBURB,
    at,
    clinic,
    hours,
    service,
    weekly,
)
from turnet.scheduling.explain import Reason, explain
from turnet.scheduling.rules import Buffers, Busy, Closed, Setup
from turnet.scheduling.spans import Span

NOW = at("2026-05-31 12:00")
NINE = at("2026-06-01 09:00")


def why(setup: Setup, text: str = "2026-06-01 09:00", busy: Busy | None = None, **more: Any) -> list[Reason]:
    return explain(setup, CHECK_UP, at(text), busy or {}, now=more.pop("now", NOW), **more)


def code(*asked: Any, **more: Any) -> list[str]:
    return [reason.code for reason in why(*asked, **more)]


def test_offered_with_place() -> None:
    assert why(clinic()) == [Reason("offered", ADA, {"location": CITY, "rooms": []})]


def test_service_that_does_not_exist() -> None:
    assert explain(clinic(), 404, NINE, {}, now=NOW) == [Reason("unknown", None, {"service": 404})]


def test_somebody_elses_service() -> None:
    setup = clinic(weekly=(*weekly(ADA, hours("09:00-12:00")), *weekly(BEA, hours("09:00-12:00"))))

    assert [(reason.resource, reason.code) for reason in why(setup)] == [(ADA, "offered"), (BEA, "not_their_service")]


def test_past_and_lead_and_horizon() -> None:
    setup = clinic(service(lead=60, horizon=1))

    assert why(setup, now=NINE + 1) == [Reason("past", ADA, {"now": NINE + 1})]
    assert why(setup, now=NINE - 59) == [Reason("lead", ADA, {"earliest": NINE + 1})]
    assert why(setup, "2026-06-02 09:00") == [Reason("horizon", ADA, {"last": MONDAY})]


def test_outside_hours_says_which_hours_there_are() -> None:
    session = (CITY, NINE, at("2026-06-01 12:00"))

    assert why(clinic(), "2026-06-01 12:00") == [Reason("off_hours", ADA, {"sessions": [session]})]
    assert why(clinic(), location=SUBURB) == [Reason("off_hours", ADA, {"sessions": [session]})]


def test_public_holiday_only_within_the_usual_hours() -> None:
    setup = clinic(holidays=frozenset({MONDAY}))

    assert why(setup) == [Reason("holiday", ADA, {"day": MONDAY})]
    assert code(setup, "2026-06-01 13:00") == ["off_hours"]
    assert code(clinic(holidays=frozenset({MONDAY}), dated={(ADA, MONDAY): ()})) == ["off_hours"]


def test_reserved_until_released() -> None:
    session = hours("09:00-10:00", reserved_for=frozenset({99}), release=60)
    setup = clinic(weekly=tuple(weekly(ADA, session)))

    assert why(setup) == [Reason("reserved", ADA, {"services": [99], "opens": NINE - 60})]
    assert code(setup, now=NINE - 60) == ["offered"]


def test_off_the_grid_names_the_neighbours() -> None:
    facts = {"step": 30, "before": NINE, "after": NINE + 30}

    assert why(clinic(), "2026-06-01 09:10") == [Reason("off_grid", ADA, facts)]


def test_too_long_for_what_is_left_of_the_session() -> None:
    facts = {"closes": at("2026-06-01 12:00"), "minutes": 45}

    assert why(clinic(service(45)), "2026-06-01 11:30") == [Reason("too_long", ADA, facts)]


def test_closed() -> None:
    closed = Span(NINE + 20, NINE + 100)

    assert why(clinic(closures=(Closed(closed),))) == [Reason("closed", ADA, {"closure": tuple(closed)})]


def test_busy_and_buffer_are_told_apart() -> None:
    setup = clinic(service(practitioner_buffers=Buffers(0, 10)))
    within, behind = Span(NINE + 29, NINE + 60), Span(NINE + 30, NINE + 60)

    assert why(setup, busy={ADA: [within]}) == [Reason("busy", ADA, {"busy": tuple(within)})]
    assert why(setup, busy={ADA: [behind]}) == [
        Reason("buffer", ADA, {"before": 0, "after": 10, "meets": tuple(behind)})
    ]


def test_no_free_room_says_what_keeps_each_room() -> None:
    rules = service(rooms=(ROOM, OTHER_ROOM), room_buffers=Buffers(0, 10))
    closed = Closed(Span(NINE, NINE + 5), resource=OTHER_ROOM)
    setup = clinic(rules, room_locations={ROOM: CITY, OTHER_ROOM: CITY}, closures=(closed,))
    busy = {ROOM: [Span(NINE + 35, NINE + 60)]}

    assert why(setup, busy=busy) == [Reason("no_free_room", ADA, {"rooms": {ROOM: "buffer", OTHER_ROOM: "closed"}})]
    assert why(setup) == [Reason("offered", ADA, {"location": CITY, "rooms": [ROOM]})]


@pytest.mark.parametrize(("fold", "expected"), [(0, "off_hours"), (1, "off_hours")])
def test_the_closing_time_of_a_session_on_the_day_it_comes_twice(fold: int, expected: str) -> None:
    setup = clinic(weekly=tuple(weekly(ADA, hours("02:30-03:30"))))
    start = at("2026-10-25 03:30", fold=fold)

    assert [one.code for one in explain(setup, CHECK_UP, start, {}, now=start - 600)] == [expected]
