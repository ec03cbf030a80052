"""What holds for every clinic, and for each property a broken variant that it catches."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scheduling.clinics import (
    ADA,
    CHECK_UP,
    CITY,
    SUBURB,
    Question,
    clinic,
    control,
    hours,
    loaded,
    minutes_of,
    plain_offered,
    plain_sessions,
    questions,
    quick,
    service,
    wall,
    weekly,
    with_busy,
)
from turnet.scheduling.explain import explain
from turnet.scheduling.hours import day_span
from turnet.scheduling.rules import Buffers, Slot
from turnet.scheduling.slots import footprint, next_change, offered, places
from turnet.scheduling.spans import Span, merged, subtract

Offer = Callable[..., list[Slot]]


# --- the properties


def says_what_trying_every_minute_says(question: Question, offer: Offer) -> None:
    plain = plain_offered(question.setup, CHECK_UP, question.first, question.last, question.busy, question.now)
    rules = question.setup.services[CHECK_UP]
    expected = [
        Slot(start, start + rules.minutes, location, tuple(one for one in rules.practitioners if one in who))
        for (start, location), (who, _) in sorted(plain.items())
    ]
    assert question.ask(offer) == expected


def is_never_outside_hours(question: Question, offer: Offer) -> None:
    for slot in question.ask(offer)[::5]:
        day = wall(slot.start, question.setup.zone).date()
        minutes = minutes_of(question.setup.zone, day)
        for person in slot.practitioners:
            inside = [
                [minute for minute, shown in minutes if session.opens <= shown < session.closes]
                for session in plain_sessions(question.setup, person, day)
                if session.location == slot.location
            ]
            assert any(slot.start in one and slot.end - 1 <= one[-1] for one in inside)


def never_overlaps_busy_time_with_its_buffers(question: Question, offer: Offer) -> None:
    rules = question.setup.services[CHECK_UP]
    for slot in question.ask(offer):
        for person in slot.practitioners:
            needed = range(slot.start - rules.practitioner_buffers.before, slot.end + rules.practitioner_buffers.after)
            assert not any(
                span.start < needed.stop and needed.start < span.end for span in question.busy.get(person, [])
            )


def loses_nothing_when_busy_time_goes(question: Question, offer: Offer) -> None:
    before = {(slot.start, slot.location, who) for slot in question.ask(offer) for who in slot.practitioners}
    for resource, spans in question.busy.items():
        for gone in range(len(spans)):
            less = {**question.busy, resource: spans[:gone] + spans[gone + 1 :]}
            after = {
                (slot.start, slot.location, who)
                for slot in with_busy(question, less).ask(offer)
                for who in slot.practitioners
            }
            assert before <= after


def knows_every_start_by_its_places(question: Question, offer: Offer) -> None:
    on_offer = {(slot.start, slot.location): slot.practitioners for slot in question.ask(offer)}
    for start in _minutes_worth_asking(question):
        for location in (CITY, SUBURB):
            found = places(question.setup, CHECK_UP, start, location, question.busy, now=question.now)
            assert tuple(dict.fromkeys(place.practitioner for place in found)) == on_offer.get((start, location), ())


def explains_as_offered_what_is_offered(question: Question, offer: Offer) -> None:
    on_offer = {(slot.start, slot.location): set(slot.practitioners) for slot in question.ask(offer)}
    for start in _minutes_worth_asking(question):
        for location in (CITY, SUBURB):
            reasons = explain(question.setup, CHECK_UP, start, question.busy, now=question.now, location=location)
            offered_to = {reason.resource for reason in reasons if reason.code == "offered"}
            assert offered_to == on_offer.get((start, location), set())


def _minutes_worth_asking(question: Question) -> list[int]:
    """Everything the rules allow on these days, and every 97th minute besides."""
    first, last = day_span(question.setup.zone, question.first), day_span(question.setup.zone, question.last)
    by_rule = {slot.start for slot in with_busy(question, {}).ask(offered)}
    return sorted(by_rule | set(range(first.start, last.end, 97)))


# --- variants that are wrong


def forgetting_buffers(setup: Any, service: int, *rest: Any, **more: Any) -> list[Slot]:
    bare = replace(setup.services[service], practitioner_buffers=Buffers(), room_buffers=Buffers())
    return offered(replace(setup, services={service: bare}), service, *rest, **more)


def staying_late(setup: Any, service: int, *rest: Any, **more: Any) -> list[Slot]:
    shorter = replace(setup.services[service], minutes=1)
    longer = setup.services[service].minutes
    slots = offered(replace(setup, services={service: shorter}), service, *rest, **more)
    return [slot._replace(end=slot.start + longer) for slot in slots]


def an_hour_off(setup: Any, service: int, *rest: Any, **more: Any) -> list[Slot]:
    slots = offered(setup, service, *rest, **more)
    return [slot._replace(start=slot.start + 60, end=slot.end + 60) for slot in slots]


def preferring_gaps(setup: Any, service: int, first: date, last: date, busy: Any, **more: Any) -> list[Slot]:
    """Offers only what touches a booking: taking the booking away takes the offer away."""
    slots = offered(setup, service, first, last, busy, **more)
    ends = {span.end for spans in busy.values() for span in spans}
    return [slot for slot in slots if any(0 <= slot.start - end < 60 for end in ends)]


PROPERTIES: list[tuple[Callable[[Question, Offer], None], Offer]] = [
    (says_what_trying_every_minute_says, forgetting_buffers),
    (is_never_outside_hours, staying_late),
    (never_overlaps_busy_time_with_its_buffers, forgetting_buffers),
    (loses_nothing_when_busy_time_goes, preferring_gaps),
    (knows_every_start_by_its_places, forgetting_buffers),
    (explains_as_offered_what_is_offered, an_hour_off),
]
NAMES = [holds.__name__ for holds, _ in PROPERTIES]


@pytest.mark.parametrize(("holds", "broken"), PROPERTIES, ids=NAMES)
def test_offer(holds: Callable[[Question, Offer], None], broken: Offer) -> None:
    @quick
    @given(questions())
    def property_(question: Question) -> None:
        holds(question, offered)

    property_()


@pytest.mark.parametrize(("holds", "broken"), PROPERTIES, ids=NAMES)
def test_control_would_be_caught(holds: Callable[[Question, Offer], None], broken: Offer) -> None:
    @control
    @given(questions())
    def property_(question: Question) -> None:
        holds(question, broken)

    with pytest.raises(AssertionError):
        property_()


# --- more that always holds


@quick
@given(questions())
def test_offer_is_the_same_when_asked_again_and_of_a_fresh_copy(question: Question) -> None:
    once, again = question.ask(offered), question.ask(offered)
    fresh = replace(question, setup=replace(question.setup)).ask(offered)

    assert once == again == fresh


@quick
@given(questions())
def test_offer_after_other_questions_is_the_offer_of_a_fresh_copy(question: Question) -> None:
    for busy in ({}, question.busy):
        for moved in (-300, 0, 300):
            one = replace(question, busy=busy, now=question.now + moved)
            assert one.ask(offered) == replace(one, setup=replace(one.setup)).ask(offered)


@quick
@given(questions())
def test_one_persons_offer_is_their_part_of_everybodys(question: Question) -> None:
    for who in question.setup.services[CHECK_UP].practitioners:
        theirs = [slot._replace(practitioners=(who,)) for slot in question.ask(offered) if who in slot.practitioners]
        assert question.ask(offered, practitioner=who) == theirs


@quick
@given(questions())
def test_one_locations_offer_is_its_part_of_all(question: Question) -> None:
    for location in (CITY, SUBURB):
        there = [slot for slot in question.ask(offered) if slot.location == location]
        assert question.ask(offered, location=location) == there


@quick
@given(questions())
def test_busy_time_outside_the_window_changes_nothing(question: Question) -> None:
    inside = loaded(question)
    outside = subtract([Span(inside.start - 9000, inside.end + 9000)], [inside])
    more = {one: merged([*question.busy[one], *outside]) for one in question.busy}

    assert with_busy(question, more).ask(offered) == question.ask(offered)


@quick
@given(questions())
def test_booking_a_place_takes_its_start_from_that_place(question: Question) -> None:
    rules = question.setup.services[CHECK_UP]
    for slot in question.ask(offered)[:3]:
        place, *others = places(question.setup, CHECK_UP, slot.start, slot.location, question.busy, now=question.now)
        busy = dict(question.busy)
        for resource, span in footprint(rules, slot.start, place).items():
            busy[resource] = merged([*busy.get(resource, []), span])
        left = places(question.setup, CHECK_UP, slot.start, slot.location, busy, now=question.now)
        same = (place.practitioner, place.room or -1)
        assert left == [one for one in others if not {one.practitioner, one.room} & set(same)]


@quick
@given(questions(), st.data())
def test_nothing_changes_by_itself_before_the_next_change(question: Question, data: st.DataObject) -> None:
    slots = question.ask(offered)
    for known in (None, slots):
        until = next_change(question.setup, CHECK_UP, question.first, question.last, now=question.now, slots=known)
        assert question.now < until <= question.now + 1500
        for moment in (until - 1, data.draw(st.integers(question.now, until - 1))):
            assert replace(question, now=moment).ask(offered) == slots


# --- speed


def test_a_month_of_five_people_among_a_thousand_bookings_is_fast() -> None:
    """0.4 ms by itself; twenty times as much here, because other tests run on the same machine."""
    people = (ADA, 2, 3, 4, 5)
    rules = tuple(rule for who in people for rule in weekly(who, hours("09:00-19:00", step=30)))
    setup = clinic(service(who=people), weekly=rules)
    first = date(2026, 3, 15)
    midnights = [day_span("Europe/Helsinki", first + timedelta(days=number)).start for number in range(31)]
    busy = {
        who: [Span(day + 602 + 77 * n + who, day + 627 + 77 * n + who) for day in midnights for n in range(7)]
        for who in people
    }

    def month() -> float:
        begin = time.perf_counter()
        assert offered(setup, CHECK_UP, first, first + timedelta(days=30), busy, now=midnights[0])
        return time.perf_counter() - begin

    assert min(month() for _ in range(20)) < 0.008
