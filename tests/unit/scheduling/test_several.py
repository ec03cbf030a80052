"""Several services in one visit count as one longer service."""

from datetime import date

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
    clinic,
    clock,
    service,
)
from turnet.scheduling.rules import Buffers
from turnet.scheduling.several import at_the_desk, combined, with_extras
from turnet.scheduling.slots import offered

POLISH = 8


def test_it_is_as_long_as_all_and_as_strict_as_the_strictest() -> None:
    one = service(30, who=(ADA, BEA), rooms=(ROOM, OTHER_ROOM), lead=60, horizon=30, move_until=10, people=3,
                  room_buffers=Buffers(0, 10))  # fmt: skip
    other = service(45, id=POLISH, who=(CEM, BEA), rooms=(OTHER_ROOM,), lead=120, horizon=10, cancel_until=99,
                    room_buffers=Buffers(5, 0))  # fmt: skip

    both = combined([one, other])

    assert (both.id, both.minutes, both.practitioners, both.rooms, both.people) == (
        CHECK_UP,
        75,
        (BEA,),
        (OTHER_ROOM,),
        1,
    )
    assert (both.lead, both.horizon, both.move_until, both.cancel_until) == (120, 10, 10, 99)
    assert both.room_buffers == Buffers(5, 10)


@pytest.mark.parametrize(
    ("rooms", "found"),
    [
        (((), ()), ((ADA,), ())),
        (((ROOM,), ()), ((ADA,), (ROOM,))),
        (((), (ROOM,)), ((ADA,), (ROOM,))),
        (((ROOM,), (OTHER_ROOM,)), ((), ())),
    ],
)
def test_services_without_a_room_in_common_are_nobodys(
    rooms: tuple[tuple[int, ...], ...], found: tuple[tuple[int, ...], ...]
) -> None:
    both = combined([service(rooms=rooms[0]), service(id=POLISH, rooms=rooms[1])])

    assert (both.practitioners, both.rooms) == found


def test_starts_leave_room_for_all_of_it() -> None:
    setup = clinic(service(30), service(60, id=POLISH))
    now = int(date(2026, 5, 1).toordinal() - date(1970, 1, 1).toordinal()) * 1440

    slots = offered(with_extras(setup, CHECK_UP, (POLISH,)), CHECK_UP, MONDAY, MONDAY, {}, now=now)

    assert clock(slots) == ["09:00", "09:30", "10:00", "10:30"]
    assert {slot.location for slot in slots} == {CITY}


def test_the_setup_itself_stays_and_the_answer_is_remembered() -> None:
    setup = clinic(service(30, lead=60), service(60, id=POLISH))

    assert with_extras(setup, CHECK_UP, ()) is setup
    assert with_extras(setup, CHECK_UP, (POLISH,)) is with_extras(setup, CHECK_UP, [POLISH])
    assert (at_the_desk(setup, CHECK_UP).services[CHECK_UP].lead, setup.services[CHECK_UP].lead) == (0, 60)
    with pytest.raises(KeyError):
        with_extras(setup, CHECK_UP, (99,))
