"""What the public pages read of the diary: one query for what is in the way, then arithmetic."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from turnet.booking import queries
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic, Service
from turnet.clock import minute
from turnet.scheduling.hours import local_day, sessions
from turnet.scheduling.rules import Slot
from turnet.scheduling.several import with_extras
from turnet.scheduling.slots import offered, window
from turnet.scheduling.spans import Span
from turnet.web.public.times import local, part_of

SOON = timedelta(days=14)
"""How far the first look for a free time goes; the second goes to the horizon."""


def open_until(clinic: Clinic, service: Service, now: datetime) -> date:
    """The last local day on which the service can be booked."""
    return today(clinic, now) + timedelta(days=service.rules.horizon)


def today(clinic: Clinic, now: datetime) -> date:
    return local_day(clinic.setup.zone, minute(now))


async def of_all(clinic: Clinic, services: Sequence[Service], now: datetime) -> dict[int, list[Slot]]:
    """Service → its free times of the next days; where there are none, those up to its horizon."""
    start = today(clinic, now)
    found = await _of_all(clinic, services, now, {s.id: min(SOON.days, s.rules.horizon) for s in services}, start)
    empty = [s for s in services if not found[s.id] and s.rules.horizon > SOON.days]
    if empty:
        found |= await _of_all(clinic, empty, now, {s.id: s.rules.horizon for s in empty}, start)
    return found


async def _of_all(
    clinic: Clinic, services: Sequence[Service], now: datetime, days: dict[int, int], start: date
) -> dict[int, list[Slot]]:
    if not services:
        return {}
    ends = {service.id: start + timedelta(days=days[service.id]) for service in services}
    spans = [window(clinic.setup, service.id, start, ends[service.id]) for service in services]
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    busy = await queries.busy(clinic, whole, now=now)
    at = minute(now)
    return {s.id: offered(clinic.setup, s.id, start, ends[s.id], busy, now=at) for s in services}


async def between(
    clinic: Clinic,
    service: Service,
    first: date,
    last: date,
    now: datetime,
    *,
    owner: str = "",
    moving: Visit | None = None,
) -> list[Slot]:
    """Free times of local days, inclusive. The visitor's own hold is free to them, as is the visit being moved."""
    first, last = max(first, today(clinic, now)), min(last, open_until(clinic, service, now))
    if last < first:
        return []
    setup = with_extras(clinic.setup, service.id, moving.extras if moving else ())
    span = window(setup, service.id, first, last)
    rows = [row for row in await queries.taken(span, now=now, owner=owner) if not (row.expired or row.own)]
    if moving:
        rows = [row for row in rows if not _of_visit(row, moving)]
    return offered(setup, service.id, first, last, queries.busy_of(rows), now=minute(now))


def _of_visit(row: queries.Taken, visit: Visit) -> bool:
    """Does this row keep the visit's own time? Its practitioner's and its room's, whatever the buffers."""
    if row.kind != "booking" or row.resource not in (visit.practitioner, visit.room):
        return False
    return row.start <= minute(visit.starts_at) and row.end >= minute(visit.ends_at)


def narrowed(
    slots: Iterable[Slot],
    clinic: Clinic,
    *,
    practitioner: int | None = None,
    location: int | None = None,
    part: str = "",
) -> list[Slot]:
    """The slots somebody asked for."""
    found = [
        slot
        for slot in slots
        if (practitioner is None or practitioner in slot.practitioners)
        and (location is None or slot.location == location)
    ]
    if part:
        clocks = [(slot, local(clinic.zone, slot.start)) for slot in found]
        found = [slot for slot, at in clocks if part_of(at.hour * 60 + at.minute) == part]
    return found


def works(
    clinic: Clinic, service: Service, day: date, *, practitioner: int | None = None, location: int | None = None
) -> bool:
    """Is anybody in session that day who could take the service?"""
    people = [one for one in service.rules.practitioners if practitioner in (None, one)]
    return any(
        location in (None, session.location) for one in people for session, _ in sessions(clinic.setup, one, day)
    )
