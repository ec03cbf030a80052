"""The first times that fit what a caller asks for. Lead time and horizon are for patients; the desk sees past them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from turnet.booking import queries
from turnet.clinic.model import Clinic, Service
from turnet.clock import instant, minute
from turnet.scheduling.by_hand import places_by_hand
from turnet.scheduling.hours import local_day
from turnet.scheduling.parties import offered_party, party_window
from turnet.scheduling.rules import Busy, Setup, Slot
from turnet.scheduling.several import with_extras
from turnet.scheduling.slots import offered, window
from turnet.web.desk.booking.wanted import Narrow, Time
from turnet.web.desk.seat import Seat
from turnet.web.public.times import part_of

MOST, PER_DAY = 9, 3
"""Times proposed at once, and of one day."""
_LOOKS = (timedelta(days=13), timedelta(days=90), timedelta(days=400))
"""How far each look goes; the next is taken while too little was found."""


async def first_that_fit(seat: Seat, services: Sequence[Service], narrow: Narrow, *, owner: str) -> list[Time]:
    """At most nine times, three a day, from `narrow.first` on; the owner's own hold is free to them."""
    if not services:
        return []
    setup = desk_setup(seat.clinic, services) if narrow.people == 1 else seat.clinic.setup
    found: list[Time] = []
    for look in _LOOKS if narrow.people == 1 else _LOOKS[:1]:
        last = narrow.first + look
        busy = await _busy(seat, setup, services[0].id, narrow, last, owner)
        found = _some(seat, _fitting(seat, _offered(seat, setup, services[0].id, narrow, last, busy), narrow))
        if len(found) >= MOST:
            break
    return found


def desk_setup(clinic: Clinic, services: Sequence[Service]) -> Setup:
    """The clinic's setup in which the first service is all of them in one visit, at any notice."""
    key = ("desk", *(service.id for service in services))
    if key not in clinic.setup.memo:
        together = with_extras(clinic.setup, services[0].id, [one.id for one in services[1:]])
        rules = replace(together.services[services[0].id], lead=0, horizon=_LOOKS[-1].days)
        clinic.setup.memo[key] = replace(clinic.setup, services={**clinic.setup.services, rules.id: rules})
    made: Setup = clinic.setup.memo[key]
    return made


async def _busy(seat: Seat, setup: Setup, service: int, narrow: Narrow, last: date, owner: str) -> Busy:
    if narrow.people > 1:
        span = party_window(setup, [service] * narrow.people, narrow.first, last)
    else:
        span = window(setup, service, narrow.first, last)
    return await queries.busy(seat.clinic, span, now=seat.now, owner=owner)


def _offered(seat: Seat, setup: Setup, service: int, narrow: Narrow, last: date, busy: Busy) -> list[Slot]:
    now = minute(seat.now)
    only = {"practitioner": narrow.practitioner, "location": narrow.location}
    if narrow.people == 1:
        return offered(setup, service, narrow.first, last, busy, now=now, **only)
    group = [service] * narrow.people
    at_once = offered_party(setup, group, narrow.first, last, busy, now=now, arrangement="parallel", **only)
    known = {(slot.start, slot.location) for slot in at_once}
    later = offered_party(setup, group, narrow.first, last, busy, now=now, arrangement="consecutive", **only)
    return sorted([*at_once, *(slot for slot in later if (slot.start, slot.location) not in known)])


def _fitting(seat: Seat, slots: Sequence[Slot], narrow: Narrow) -> Iterator[Slot]:
    for slot in slots:
        at = seat.local(instant(slot.start))
        if narrow.weekdays and at.weekday() not in narrow.weekdays:
            continue
        if narrow.part and part_of(at.hour * 60 + at.minute) != narrow.part:
            continue
        if any(seat.may("visit.book", one) for one in slot.practitioners):
            yield slot


def _some(seat: Seat, slots: Iterator[Slot]) -> list[Time]:
    """Spread over the days, so that a caller who cannot on Tuesday hears of Wednesday."""
    found: list[Time] = []
    of_day: Counter[date] = Counter()
    for slot in slots:
        day = local_day(seat.clinic.setup.zone, slot.start)
        if of_day[day] < PER_DAY:
            of_day[day] += 1
            person = next(one for one in slot.practitioners if seat.may("visit.book", one))
            found.append(Time(slot.start, seat.clinic.location(slot.location), seat.clinic.practitioner(person)))
        if len(found) == MOST:
            break
    return found


async def first_possible(seat: Seat, services: Sequence[Service], time: Time, *, owner: str) -> Service | None:
    """The first of the services that has room at exactly this time, with whom and where it says."""
    setup, day = seat.clinic.setup, local_day(seat.clinic.setup.zone, time.start)
    for service in services:
        busy = await queries.busy(seat.clinic, window(setup, service.id, day, day), now=seat.now, owner=owner)
        who, where = time.practitioner.id, time.location.id
        places = places_by_hand(setup, service.id, time.start, where, busy, practitioner=who)
        if any(time.room is None or place.room == time.room.id for place in places):
            return service
    return None
