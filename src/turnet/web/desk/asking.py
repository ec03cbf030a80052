"""What pages of the desk are asked for: a time as an address spells it or as a form gives it, and known slugs."""

from collections.abc import Mapping
from datetime import date, time
from typing import TypeVar

from turnet.clock import minute
from turnet.errors import NotFound
from turnet.scheduling.hours import instants, local_day
from turnet.web.desk.seat import Seat
from turnet.web.public import asked

Thing = TypeVar("Thing")


def one_of(things: Mapping[str, Thing], slug: str) -> Thing | None:
    """The thing of that slug, None for an empty one. Raises NotFound for any other."""
    if not slug:
        return None
    if slug not in things:
        raise NotFound(slug=slug)
    return things[slug]


def day_of(text: str) -> date | None:
    """`2026-12-01`. None for nothing; raises NotFound for what is no date of these centuries."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(date=text) from error
    if len(text) != 10 or not 2000 <= day.year <= 2200:
        raise NotFound(date=text)
    return day


def clock_of(text: str) -> int | None:
    """`09:20` as the minute of the day. None for nothing; raises NotFound for what no clock shows."""
    if not text:
        return None
    try:
        read = time.fromisoformat(text)
    except ValueError as error:
        raise NotFound(time=text) from error
    return read.hour * 60 + read.minute


def at_clock(zone: str, day: date, wall: int) -> int:
    """The first UTC minute at which the clinic's clock shows this, or after a gap in it the next that it shows.

    `wall` may be 1440, the midnight that ends the day.
    """
    for later in range(wall, wall + 181):
        days, of_day = divmod(later, 1440)
        if found := instants(zone, date.fromordinal(day.toordinal() + days), of_day):
            return found[0]
    raise NotFound(date=str(day))


def moment(seat: Seat, query: Mapping[str, str]) -> int:
    """`start=20261201T0730Z`, or `day` and `time` of the clinic's clock; without any of them the next full ten minutes."""
    if spelled := query.get("start", ""):
        return asked.start(spelled)
    zone, now = seat.clinic.setup.zone, minute(seat.now)
    day, clock = day_of(query.get("day", "")), clock_of(query.get("time", ""))
    if day is None and clock is None:
        return -(-now // 10) * 10
    return at_clock(zone, day or local_day(zone, now), clock if clock is not None else 8 * 60)
