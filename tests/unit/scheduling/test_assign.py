"""Who gets a visit for "anyone"."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.unit.scheduling.clinics import ADA, BEA, CEM, CITY, OTHER_ROOM, ROOM, clinic, service
from turnet.scheduling.assign import choose, ranked
from turnet.scheduling.rules import Place, Setup

COVID, FLU, RSV, ABBA = 1, 2, 3, 4
NOBODY: dict[int, int] = {}


def team(**services_of: Sequence[int]) -> Setup:
    """Who can do which services: `team(ada=[COVID, RSV])`."""
    ids = {"ada": ADA, "bea": BEA, "cem": CEM}
    every = sorted({one for services in services_of.values() for one in services})
    return clinic(
        *(service(id=one, who=tuple(ids[name] for name in services_of if one in services_of[name])) for one in every)
    )


def pick(setup: Setup, wanted: int, load: dict[int, int] = NOBODY, without: Sequence[int] = ()) -> int:
    people = [who for who in setup.services[wanted].practitioners if who not in without]
    return choose([Place(who, None) for who in people], setup=setup, load=load).practitioner


def test_whoever_can_do_a_rare_service_is_kept_for_it() -> None:
    setup = team(ada=[COVID, RSV], bea=[COVID, FLU], cem=[ABBA, FLU])

    assert pick(setup, COVID) == BEA
    assert pick(setup, FLU) == BEA


def test_taking_the_first_would_leave_a_feasible_booking_orphaned() -> None:
    """COVID then RSV, one place each: only the order of this policy seats both."""
    setup = team(ada=[COVID, RSV], bea=[COVID, FLU], cem=[ABBA, FLU])
    greedy = setup.services[COVID].practitioners[0]

    assert [who for who in setup.services[RSV].practitioners if who != greedy] == []
    assert pick(setup, RSV, without=[pick(setup, COVID)]) == ADA


def test_a_wide_range_of_common_services_is_not_a_speciality() -> None:
    setup = team(ada=[COVID, RSV], bea=[COVID, FLU, ABBA], cem=[COVID, FLU, ABBA])

    assert pick(setup, COVID, {BEA: 5, CEM: 6}) == BEA


def test_among_equally_rare_the_one_with_fewer_services_goes_first() -> None:
    assert pick(team(ada=[COVID, FLU], bea=[COVID], cem=[COVID, FLU]), COVID) == BEA


def test_speciality_weighs_more_than_load() -> None:
    assert pick(team(ada=[COVID, RSV], bea=[COVID]), COVID, {BEA: 480}) == BEA


def test_equals_share_the_day_evenly() -> None:
    setup, load = team(ada=[COVID], bea=[COVID], cem=[COVID]), Counter[int]()
    for _ in range(9):
        load[pick(setup, COVID, dict(load))] += 1

    assert load == {ADA: 3, BEA: 3, CEM: 3}


def test_equals_with_nothing_to_do_come_in_the_setups_order() -> None:
    assert pick(team(cem=[COVID], ada=[COVID], bea=[COVID]), COVID) == CEM


def test_order_of_the_places_makes_no_difference() -> None:
    setup = clinic(
        service(id=COVID, who=(ADA, BEA), rooms=(ROOM, OTHER_ROOM)), room_locations={ROOM: CITY, OTHER_ROOM: CITY}
    )
    every = [Place(who, room) for who in (ADA, BEA) for room in (ROOM, OTHER_ROOM)]

    assert {tuple(ranked(some, setup=setup, load={})) for some in permutations(every)} == {tuple(every)}


@pytest.mark.parametrize(("load", "expected"), [({}, OTHER_ROOM), ({OTHER_ROOM: 300}, OTHER_ROOM)])
def test_the_x_ray_room_is_not_filled_with_consultations(load: dict[int, int], expected: int) -> None:
    setup = clinic(
        service(id=COVID, rooms=(ROOM, OTHER_ROOM)),
        service(id=RSV, rooms=(ROOM,)),
        room_locations={ROOM: CITY, OTHER_ROOM: CITY},
    )

    assert choose([Place(ADA, ROOM), Place(ADA, OTHER_ROOM)], setup=setup, load=load) == Place(ADA, expected)


def test_equal_rooms_take_turns() -> None:
    setup = clinic(service(rooms=(ROOM, OTHER_ROOM)), room_locations={ROOM: CITY, OTHER_ROOM: CITY})

    assert choose([Place(ADA, ROOM), Place(ADA, OTHER_ROOM)], setup=setup, load={ROOM: 30}).room == OTHER_ROOM
