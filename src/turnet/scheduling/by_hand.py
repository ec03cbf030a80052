"""Times that staff choose by hand: any whole minute at which the practitioner works and nothing is in the way.

Grid, lead time, horizon and reserved hours are left aside. Hours, closures, buffers, and who can do the service in which
room, count as ever.
"""

from collections.abc import Iterator

from turnet.scheduling.grids import closures, day_sessions, rules_of
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Busy, Place, ServiceRules, Setup
from turnet.scheduling.slots import buffered, is_free
from turnet.scheduling.spans import Span, hit


def places_by_hand(
    setup: Setup, service: int, start: int, location: int, busy: Busy, *, practitioner: int | None = None
) -> list[Place]:
    """Every (practitioner, room) that can host this start, in the setup's order. `busy` as for `slots.places`."""
    rules = rules_of(setup, service)
    people = [
        person
        for person in rules.practitioners
        if practitioner in (None, person)
        and at_work(setup, person, location, Span(start, start + rules.minutes))
        and _clear(setup, person, location, buffered(rules, start, rules.practitioner_buffers), busy)
    ]
    if not rules.rooms:
        return [Place(person, None) for person in people]
    rooms = list(_rooms(setup, rules, start, location, busy)) if people else []
    return [Place(person, room) for person in people for room in rooms]


def at_work(setup: Setup, practitioner: int, location: int, visit: Span) -> bool:
    """Is the whole visit within one session of theirs at that location? Closures are another question."""
    day = local_day(setup.zone, visit.start)
    return any(
        session.location == location and span.covers(visit) for session, span in day_sessions(setup, practitioner, day)
    )


def astray(setup: Setup, visit: Span, location: int, practitioner: int, room: int | None) -> tuple[int, ...]:
    """What is wrong with a visit where it stands: ids of the closures it lies in, 0 outside all hours, or nothing."""
    resources = (practitioner, room)
    closed = [one.id for one in setup.closures if one.span.overlaps(visit) and one.concerns(location, resources)]
    return tuple(closed) if closed or at_work(setup, practitioner, location, visit) else (0,)


def _rooms(setup: Setup, rules: ServiceRules, start: int, location: int, busy: Busy) -> Iterator[int]:
    whole = buffered(rules, start, rules.room_buffers)
    for room in rules.rooms:
        if setup.room_locations[room] == location and _clear(setup, room, location, whole, busy):
            yield room


def _clear(setup: Setup, resource: int, location: int, span: Span, busy: Busy) -> bool:
    return hit(closures(setup, resource, location), span) is None and is_free(busy, resource, span)
