"""Checking in at a location's door: a poster on one's own telephone, or the tablet at the desk.

The address of a poster leads to a form; four figures of a telephone and a time say who is here. What it says afterwards
is the same for everybody.
"""

import hmac
from datetime import datetime, time

from turnet.booking.model import Act
from turnet.booking.service.arrive import By
from turnet.booking.service.attempt import attempt
from turnet.booking.service.caps import HOUR, past
from turnet.booking.service.unseen import arrive_unseen
from turnet.clinic.model import Clinic, Location
from turnet.clock import instant, minute
from turnet.errors import TooMany
from turnet.ids import link_token
from turnet.scheduling.spans import Span

BEFORE, AFTER = 60, 30
"""Minutes before and after the start of a visit: whoever is at the door is here, however early."""
ONE_ADDRESS_AN_HOUR = 60
"""A tablet serves everybody, so an address gets more than one person needs."""
ONE_LOCATION_AN_HOUR = 120


def door_token(key: bytes, location: Location) -> str:
    """The token of `/here/…`; the location's row, so that a new slug leaves the poster good."""
    return link_token(key, "door", f"{location.id}", location.door_no)


def location_behind(token: str, clinic: Clinic, key: bytes) -> Location | None:
    """None for an address that never was or was replaced."""
    given = token.encode()
    doors = clinic.locations.values()
    return next((one for one in doors if hmac.compare_digest(door_token(key, one).encode(), given)), None)


async def at_the_door(act: Act, clinic: Clinic, location: Location, digits: str, said: time, by: By) -> None:
    """Whoever has a visit here about now at the time they said, and a telephone that ends in these figures, has arrived.

    Says nothing of whether there was anybody. Raises TooMany for many tries from one address or at one location.
    """
    limits = [(f"door:{location.id}", ONE_LOCATION_AN_HOUR, HOUR)]
    if act.address:
        limits.append((f"door:{act.address}", ONE_ADDRESS_AN_HOUR, HOUR))

    async def counted() -> set[str]:
        return await past(act, sorted(limits)) if act.limited else set()

    if await attempt(counted):
        raise TooMany(what="door")
    await arrive_unseen(act, location.id, digits, starts(clinic, said, act.now), by)


def starts(clinic: Clinic, said: time, now: datetime) -> list[datetime]:
    """The moments about now when the clinic's clock shows what somebody said; `2:30` may be an afternoon.

    One at most, two in the night when an hour comes twice.
    """
    near = Span(minute(now) - AFTER, minute(now) + BEFORE + 1)
    moments = [instant(one) for one in range(near.start, near.end)]
    return [moment for moment in moments if _shows(moment.astimezone(clinic.zone), said)]


def _shows(local: datetime, said: time) -> bool:
    return local.minute == said.minute and local.hour % 12 == said.hour % 12
