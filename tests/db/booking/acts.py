"""Short words for the booking tests: somebody acts, wishes for a time, is somebody."""

from typing import Any

from tests.factories import REA, at
from turnet.booking.model import Act, Person, Wish
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.staff.model import Staff

KEY = b"k" * 32
OWNER, OTHER = "a" * 64, "b" * 64
"""Two visitors' hold cookies, hashed."""

ANNA = Person(
    "Anna Virtanen", phone="+358401234567", phone_raw="040 123 4567", email="anna@mail.example", language="fi"
)
OMAR = Person("Omar Said", phone="+358407654321", email="omar@mail.example")

THURSDAY_0920 = "2026-12-03T09:20+02:00"
THURSDAY_0940 = "2026-12-03T09:40+02:00"
THURSDAY_1000 = "2026-12-03T10:00+02:00"
THURSDAY_1300 = "2026-12-03T13:00+02:00"
FRIDAY_0800 = "2026-12-04T08:00+02:00"


def an_act(clock: FrozenClock, **more: Any) -> Act:
    """A patient's act now, without caps unless asked for."""
    return Act(**{"now": clock.now(), "real": clock.real(), "key": KEY, "limited": False} | more)


def staff(clock: FrozenClock, who: Staff = REA) -> Act:
    return an_act(clock, actor=who.actor, staff=who, door="phone")


def a_wish(
    clinic: Clinic,
    start: str = THURSDAY_0920,
    service: str = "check-up",
    *,
    by: str = "",
    where: str = "",
    people: int = 1,
) -> Wish:
    return Wish(
        clinic.services[service].id,
        at(start),
        clinic.locations[where].id if where else None,
        clinic.practitioners[by].id if by else None,
        people,
    )


async def stored(what: str) -> list[tuple[Any, ...]]:
    return await fetch(f"SELECT {what}")


async def overlaps() -> int:
    """Pairs of occupancy rows of one resource and lane that share time."""
    [(count,)] = await fetch(
        "SELECT count(*) FROM occupancy a JOIN occupancy b ON a.resource = b.resource AND a.lane = b.lane "
        "AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
    )
    return int(count)
