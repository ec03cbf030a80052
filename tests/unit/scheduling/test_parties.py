"""Times for several people: all or none, and never two of them in one chair."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    control,
    hours,
    quick,
    service,
    weekly,
)
from turnet.scheduling.parties import (
    LARGEST,
    Arrangement,
    Member,
    offered_party,
    party_next_change,
    party_places,
    party_window,
)
from turnet.scheduling.rules import Buffers, Busy, Place, ServiceRules, Setup, Slot
from turnet.scheduling.slots import footprint, offered, places, window
from turnet.scheduling.spans import Span, merged

NOW = at("2026-05-31 12:00")
NINE = at("2026-06-01 09:00")
CLEANING = 8


def three(*services: ServiceRules, text: str = "09:00-11:00", step: int = 30, **more: Any) -> Setup:
    everybody = tuple(rule for who in (ADA, BEA, CEM) for rule in weekly(who, hours(text, step=step)))
    return clinic(*services, weekly=everybody, room_locations={ROOM: CITY, OTHER_ROOM: CITY}, **more)


def on(setup: Setup, people: int, arrangement: Arrangement, busy: Busy | None = None, **more: Any) -> list[Slot]:
    services = more.pop("services", [CHECK_UP] * people)
    return offered_party(setup, services, MONDAY, MONDAY, busy or {}, now=NOW, arrangement=arrangement, **more)


def seats(setup: Setup, people: int, arrangement: Arrangement, busy: Busy | None = None, **more: Any) -> list[Member]:
    services = more.pop("services", [CHECK_UP] * people)
    return party_places(setup, services, NINE, CITY, busy or {}, now=NOW, arrangement=arrangement, **more)


# --- parallel


def test_parallel_needs_a_practitioner_each() -> None:
    setup = three(service(who=(ADA, BEA)))

    assert clock(on(setup, 2, "parallel")) == ["09:00", "09:30", "10:00", "10:30"]
    assert on(setup, 3, "parallel") == []
    assert on(setup, 2, "parallel", practitioner=ADA) == []


def test_parallel_needs_a_room_each() -> None:
    assert seats(three(service(who=(ADA, BEA), rooms=(ROOM,))), 2, "parallel") == []
    assert seats(three(service(who=(ADA, BEA), rooms=(ROOM, OTHER_ROOM))), 2, "parallel") == [
        Member(CHECK_UP, NINE, Place(ADA, ROOM)),
        Member(CHECK_UP, NINE, Place(BEA, OTHER_ROOM)),
    ]


def test_parallel_gives_up_a_first_choice_so_that_everybody_fits() -> None:
    setup = three(service(who=(ADA, BEA)), service(id=CLEANING, who=(ADA,)))

    found = seats(setup, 2, "parallel", services=[CHECK_UP, CLEANING])

    assert [(member.service, member.place.practitioner) for member in found] == [(CHECK_UP, BEA), (CLEANING, ADA)]


def test_party_stays_at_one_location() -> None:
    both = (*weekly(ADA, hours("09:00-10:00")), *weekly(BEA, hours("09:00-10:00", location=SUBURB)))

    assert on(clinic(service(who=(ADA, BEA)), weekly=both), 2, "parallel") == []


# --- consecutive


def test_consecutive_follows_without_a_pause() -> None:
    slots = on(clinic(), 3, "consecutive")

    assert clock(slots) == ["09:00", "09:30", "10:00", "10:30"]
    assert slots[0] == Slot(NINE, NINE + 90, CITY, (ADA,))


def test_consecutive_with_one_person_waits_for_the_buffers_and_the_grid() -> None:
    setup = clinic(service(practitioner_buffers=Buffers(5, 5)))

    assert [member.start - NINE for member in seats(setup, 3, "consecutive")] == [0, 60, 120]


def test_consecutive_with_two_people_does_not_wait() -> None:
    setup = three(service(who=(ADA, BEA), practitioner_buffers=Buffers(5, 5)))

    found = seats(setup, 3, "consecutive")

    assert [(member.start - NINE, member.place.practitioner) for member in found] == [(0, ADA), (30, BEA), (60, ADA)]


def test_consecutive_does_not_wait_over_somebody_elses_visit() -> None:
    busy = {ADA: [Span(NINE + 30, NINE + 60)]}

    assert clock(on(clinic(), 2, "consecutive", busy)) == ["10:00", "10:30", "11:00"]


def test_consecutive_services_keep_the_order_they_were_asked_in() -> None:
    setup = three(service(30, who=(ADA,)), service(60, id=CLEANING, who=(BEA,)), text="09:00-10:30")

    assert clock(on(setup, 2, "consecutive", services=[CHECK_UP, CLEANING])) == ["09:00"]
    assert clock(on(setup, 2, "consecutive", services=[CLEANING, CHECK_UP])) == ["09:00"]
    assert [one.service for one in seats(setup, 2, "consecutive", services=[CLEANING, CHECK_UP])] == [
        CLEANING,
        CHECK_UP,
    ]


def test_nobody_is_seated_when_one_cannot_be() -> None:
    setup = three(service(who=(ADA,)), service(id=CLEANING, who=()))

    for arrangement in ("consecutive", "parallel"):
        assert seats(setup, 2, arrangement, services=[CHECK_UP, CLEANING]) == []  # type: ignore[arg-type]
        assert on(setup, 2, arrangement, services=[CHECK_UP, CLEANING]) == []


def test_party_over_midnight_is_seen_the_next_day() -> None:
    setup = three(service(who=(ADA,)), text="00:00-24:00", step=30)
    last = on(setup, 2, "consecutive")[-1]

    assert (clock([last]), last.end - last.start) == (["23:30"], 60)
    assert party_window(setup, [CHECK_UP, CHECK_UP], MONDAY, MONDAY).end > at("2026-06-02 00:30")


def test_party_page_is_good_until_somebodys_lead_time_is_reached() -> None:
    setup = three(service(who=(ADA,)), service(id=CLEANING, who=(BEA,), lead=120))
    until = party_next_change(setup, [CHECK_UP, CLEANING], MONDAY, MONDAY, now=at("2026-06-01 07:15"))

    assert clock([until]) == ["07:31"]


def test_nobody_is_no_party_and_one_person_is_a_visit() -> None:
    setup = three(service(who=(ADA, BEA)))
    alone = offered(setup, CHECK_UP, MONDAY, MONDAY, {}, now=NOW)

    assert (seats(setup, 0, "parallel"), on(setup, 0, "consecutive")) == ([], [])
    assert [slot.start for slot in on(setup, 1, "consecutive")] == [slot.start for slot in alone]
    assert party_window(setup, [CHECK_UP], MONDAY, MONDAY) == window(setup, CHECK_UP, MONDAY, MONDAY)


def test_largest_party_that_cannot_be_seated_is_answered() -> None:
    rules = service(10, who=(ADA, BEA, CEM), practitioner_buffers=Buffers(15, 15), rooms=(ROOM, OTHER_ROOM))
    setup = three(rules, text="09:00-10:15", step=5)

    assert on(setup, LARGEST, "parallel") == []
    assert on(setup, LARGEST, "consecutive") == []


def test_coach_party_is_never_offered_a_time() -> None:
    assert on(three(service(), text="00:00-24:00"), LARGEST, "consecutive") != []
    assert on(three(service(), text="00:00-24:00"), LARGEST + 1, "consecutive") == []


def test_load_decides_between_equals() -> None:
    assert seats(three(service(who=(ADA, BEA))), 1, "parallel", load={ADA: 60})[0].place.practitioner == BEA


# --- against trying everything


def every_party(
    setup: Setup, services: Sequence[int], start: int, busy: Busy, arrangement: Arrangement
) -> Iterator[list[Member]]:
    """All assignments that keep the rules, by trying every combination of starts and places."""
    later = range(start, start + 1) if arrangement == "parallel" else range(start, start + 260, 5)
    options = {
        service: {one: places(setup, service, one, CITY, busy, now=NOW) for one in later} for service in set(services)
    }
    tried = [[one for one in later if options[service][one]] for service in services]
    for starts in product([start], *tried[1:]):
        if arrangement == "parallel" or nobody_waits(setup, services, starts):
            for chosen in product(*(options[service][one] for service, one in zip(services, starts, strict=True))):
                members = [Member(*one) for one in zip(services, starts, chosen, strict=True)]
                if nobody_shares(setup, members):
                    yield members


def nobody_waits(setup: Setup, services: Sequence[int], starts: Sequence[int]) -> bool:
    ends = [start + setup.services[service].minutes for service, start in zip(services, starts, strict=True)]
    return all(
        end <= other < end + _turnover(setup, services, who) + _step(setup, services[who + 1])
        for who, (end, other) in enumerate(zip(ends, starts[1:], strict=False))
    )


def _turnover(setup: Setup, services: Sequence[int], who: int) -> int:
    done, following = setup.services[services[who]], setup.services[services[who + 1]]
    return max(
        done.practitioner_buffers.after + following.practitioner_buffers.before,
        done.room_buffers.after + following.room_buffers.before,
    )


def _step(setup: Setup, service: int) -> int:
    return setup.services[service].step or setup.weekly[0].session.step


def nobody_shares(setup: Setup, members: Sequence[Member]) -> bool:
    taken = [footprint(setup.services[one.service], one.start, one.place) for one in members]
    return not any(
        resource in other and span.overlaps(other[resource])
        for one, other in combinations(taken, 2)
        for resource, span in one.items()
    )


@st.composite
def contended(draw: st.DrawFn) -> tuple[Setup, list[int], Busy]:
    """Two services, three people, two rooms, two hours, on a grid of ten minutes or more."""
    buffers = st.builds(Buffers, st.sampled_from([0, 0, 10]), st.sampled_from([0, 0, 5, 20]))
    team = st.lists(st.sampled_from([ADA, BEA, CEM]), min_size=1, max_size=3, unique=True).map(tuple)
    rooms = st.sampled_from([(), (ROOM,), (ROOM, OTHER_ROOM)])
    services = [
        ServiceRules(
            number,
            draw(st.sampled_from([10, 20, 30])),
            draw(team),
            draw(rooms),
            draw(buffers),
            draw(buffers),
            step=draw(st.sampled_from([0, 15])),
        )
        for number in (CHECK_UP, CLEANING)
    ]
    setup = three(*services, text="09:00-10:30", step=draw(st.sampled_from([10, 30])))
    spans = st.builds(
        lambda start, length: Span(NINE + start, NINE + start + length), st.integers(-9, 80), st.integers(1, 30)
    )
    busy = {one: merged(draw(st.lists(spans, max_size=1))) for one in (ADA, BEA, CEM, ROOM, OTHER_ROOM)}
    wanted = draw(st.lists(st.sampled_from([CHECK_UP, CLEANING]), min_size=2, max_size=3))
    return setup, wanted, busy


Seat = Callable[..., list[Member]]


def seats_a_party_exactly_when_there_is_a_way(arrangement: Arrangement, seat: Seat, how: Any) -> None:
    @how
    @given(contended())
    def property_(case: tuple[Setup, list[int], Busy]) -> None:
        setup, services, busy = case
        for start in range(NINE, NINE + 60, 10):
            found = seat(setup, services, start, CITY, busy, now=NOW, arrangement=arrangement)
            ways = every_party(setup, services, start, busy, arrangement)
            if not found:
                assert next(ways, None) is None
                continue
            starts = [one.start for one in found]
            assert ([one.service for one in found], starts[0]) == (services, start)
            assert nobody_shares(setup, found)
            assert (
                starts == [start] * len(found) if arrangement == "parallel" else nobody_waits(setup, services, starts)
            )
            for one in found:
                assert one.place in places(setup, one.service, one.start, CITY, busy, now=NOW)

    property_()


@pytest.mark.parametrize("arrangement", ["parallel", "consecutive"])
def test_party_is_seated_exactly_when_there_is_a_way(arrangement: Arrangement) -> None:
    seats_a_party_exactly_when_there_is_a_way(arrangement, party_places, quick)


def each_for_themselves(
    setup: Setup, services: Sequence[int], start: int, location: int, busy: Busy, *, now: int, **_: Any
) -> list[Member]:
    """Everybody takes the first place on offer, as if the others were not there."""
    options = [places(setup, service, start, location, busy, now=now) for service in services]
    return (
        [Member(service, start, one[0]) for service, one in zip(services, options, strict=True)] if all(options) else []
    )


def first_come(
    setup: Setup, services: Sequence[int], start: int, location: int, busy: Busy, **more: Any
) -> list[Member]:
    """Greedy: seats one after the other and never takes a choice back."""
    found: list[Member] = []
    for wanted in services:
        alone = places(setup, wanted, start, location, busy, now=more["now"])
        if not alone:
            return []
        found.append(Member(wanted, start, alone[0]))
        taken = footprint(setup.services[wanted], start, alone[0])
        busy = {**busy, **{one: merged([*busy.get(one, []), span]) for one, span in taken.items()}}
    return found


@pytest.mark.parametrize("broken", [each_for_themselves, first_come])
def test_seating_each_alone_or_greedily_would_be_caught(broken: Seat) -> None:
    with pytest.raises(AssertionError):
        seats_a_party_exactly_when_there_is_a_way("parallel", broken, control)


@pytest.mark.parametrize("arrangement", ["parallel", "consecutive"])
def test_party_is_offered_exactly_when_it_can_be_seated(arrangement: Arrangement) -> None:
    @quick
    @given(contended())
    def property_(case: tuple[Setup, list[int], Busy]) -> None:
        setup, services, busy = case
        slots = offered_party(
            setup, services, MONDAY, MONDAY + timedelta(days=1), busy, now=NOW, arrangement=arrangement
        )
        on_offer = {slot.start: slot for slot in slots}
        for start in range(NINE, NINE + 90, 5):
            found = party_places(setup, services, start, CITY, busy, now=NOW, arrangement=arrangement)
            assert bool(found) == (start in on_offer)
            if found:
                end = max(one.start + setup.services[one.service].minutes for one in found)
                assert on_offer[start].end == end
        assert slots == sorted(slots)
        again = offered_party(
            replace(setup), services, MONDAY, MONDAY + timedelta(days=1), busy, now=NOW, arrangement=arrangement
        )
        assert again == slots

    property_()
