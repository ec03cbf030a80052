"""Short words for the tests of patients: somebody known to the desk, and somebody at it."""

from typing import Any

from tests.db.booking.acts import an_act
from tests.factories import REA
from turnet.booking.model import Act, Person
from turnet.clock import FrozenClock
from turnet.patients.model import Found
from turnet.patients.service import create
from turnet.staff.model import Staff


def at_the_desk(clock: FrozenClock, who: Staff = REA) -> Act:
    return an_act(clock, actor=who.actor, staff=who, door="phone")


async def a_patient(clock: FrozenClock, name: str, **more: Any) -> Found:
    return await create(at_the_desk(clock), Person(name, **more))
