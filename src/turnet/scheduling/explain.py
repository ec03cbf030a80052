"""Why is this time offered, or not: one reason for each practitioner, worked out start by start from the rules.

It shares no shortcut with `slots` (no grids, no masks), so the two check each other in the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from turnet.scheduling.grids import closures, day_sessions, rules_of
from turnet.scheduling.hours import grid, local, planned, practitioners
from turnet.scheduling.rules import Buffers, Busy, ServiceRules, Session, Setup
from turnet.scheduling.slots import buffered
from turnet.scheduling.spans import Span, hit


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stable; texts for people are made from it and the facts (instants and spans in UTC minutes).

    unknown            no such service; `resource` is None                   service
    not_their_service  the practitioner does not do it
    past               before now                                           now
    lead               nearer than the service's lead time                  earliest
    horizon            further ahead than the service's horizon              last (date)
    holiday            in their weekly hours, but a public holiday           day (date)
    off_hours          nobody's hours of theirs, or at another location      sessions [(location, start, end)] that day
    reserved           kept for other services until `opens`                 services, opens
    off_grid           between two starts of the session                     step, before, after (starts or None)
    too_long           would end after the session                           closes, minutes
    closed             a closure falls into the visit                        closure (start, end)
    busy               something else falls into the visit                   busy (start, end)
    buffer             the visit fits, the practitioner's buffers do not     before, after, meets (start, end)
    no_free_room       no room at that location                              rooms {room: closed, busy, buffer}
    offered            can be booked                                         location, rooms
    """

    code: str
    resource: int | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def explain(
    setup: Setup, service: int, start: int, busy: Busy, *, now: int, location: int | None = None
) -> list[Reason]:
    """The first thing that keeps each practitioner of the setup from taking this start; `offered` where nothing does.

    Without a location: at any. `busy` as for `offered`.
    """
    if service not in setup.services:
        return [Reason("unknown", None, {"service": service})]
    rules = rules_of(setup, service)
    too_soon_or_late = _timing(setup, rules, start, now)
    found = []
    for practitioner in practitioners(setup):
        if practitioner not in rules.practitioners:
            found.append(Reason("not_their_service", practitioner))
        elif too_soon_or_late:
            found.append(Reason(too_soon_or_late.code, practitioner, too_soon_or_late.facts))
        else:
            found.append(_of(setup, rules, start, busy, now, practitioner, location))
    return found


def _timing(setup: Setup, rules: ServiceRules, start: int, now: int) -> Reason | None:
    if start < now:
        return Reason("past", None, {"now": now})
    if start < now + rules.lead:
        return Reason("lead", None, {"earliest": now + rules.lead})
    today, day = local(setup.zone, now)[0].toordinal(), local(setup.zone, start)[0].toordinal()
    if day - today > rules.horizon:
        return Reason("horizon", None, {"last": date.fromordinal(today + rules.horizon)})
    return None


def _of(
    setup: Setup, rules: ServiceRules, start: int, busy: Busy, now: int, practitioner: int, location: int | None
) -> Reason:
    day, wall = local(setup.zone, start)
    today = day_sessions(setup, practitioner, day)
    reasons = [
        _in_session(setup, rules, start, busy, now, practitioner, session, span)
        for session, span in today
        if session.opens <= wall < session.closes and location in (None, session.location)
    ]
    if not reasons:
        return _off_hours(setup, practitioner, day, wall, today)
    return next((reason for reason in reasons if reason.code == "offered"), reasons[0])


def _off_hours(setup: Setup, practitioner: int, day: date, wall: int, today: list[tuple[Session, Span]]) -> Reason:
    if day in setup.holidays and (practitioner, day) not in setup.dated:
        usual = planned(setup, practitioner, day, heed_holidays=False)
        if any(session.opens <= wall < session.closes for session in usual):
            return Reason("holiday", practitioner, {"day": day})
    return Reason("off_hours", practitioner, {"sessions": [(session.location, *span) for session, span in today]})


def _in_session(
    setup: Setup,
    rules: ServiceRules,
    start: int,
    busy: Busy,
    now: int,
    practitioner: int,
    session: Session,
    span: Span,
) -> Reason:
    """The start is within the session on the wall clock; is the visit possible?"""
    if session.reserved_for and rules.id not in session.reserved_for and now < start - session.release:
        facts = {"services": sorted(session.reserved_for), "opens": start - session.release}
        return Reason("reserved", practitioner, facts)
    step = rules.step or session.step
    if (local(setup.zone, start)[1] - session.opens) % step:
        return Reason("off_grid", practitioner, {"step": step, **_neighbours(setup, start, session, step)})
    if start + rules.minutes > span.end:
        return Reason("too_long", practitioner, {"closes": span.end, "minutes": rules.minutes})
    obstacle = _obstacle(setup, rules, start, busy, practitioner, session.location, rules.practitioner_buffers)
    if obstacle:
        return Reason(obstacle[0], practitioner, obstacle[1])
    return _roomed(setup, rules, start, busy, practitioner, session.location)


def _roomed(setup: Setup, rules: ServiceRules, start: int, busy: Busy, practitioner: int, location: int) -> Reason:
    """The practitioner can; is there a room?"""
    rooms = {
        room: _obstacle(setup, rules, start, busy, room, location, rules.room_buffers)
        for room in rules.rooms
        if setup.room_locations[room] == location
    }
    free = [room for room, taken in rooms.items() if taken is None]
    if free or not rules.rooms:
        return Reason("offered", practitioner, {"location": location, "rooms": free})
    return Reason("no_free_room", practitioner, {"rooms": {room: taken[0] for room, taken in rooms.items() if taken}})


def _neighbours(setup: Setup, start: int, session: Session, step: int) -> dict[str, int | None]:
    starts = list(grid(setup.zone, local(setup.zone, start)[0], session, step))
    return {
        "before": max((one for one in starts if one < start), default=None),
        "after": min((one for one in starts if one > start), default=None),
    }


def _obstacle(
    setup: Setup, rules: ServiceRules, start: int, busy: Busy, resource: int, location: int, buffers: Buffers
) -> tuple[str, dict[str, Any]] | None:
    """What a resource runs into: the visit itself is looked at before its buffers."""
    shut, taken = closures(setup, resource, location), busy.get(resource, [])
    visit = Span(start, start + rules.minutes)
    if met := hit(shut, visit):
        return "closed", {"closure": tuple(met)}
    if met := hit(taken, visit):
        return "busy", {"busy": tuple(met)}
    whole = buffered(rules, start, buffers)
    if met := hit(shut, whole) or hit(taken, whole):
        return "buffer", {"before": buffers.before, "after": buffers.after, "meets": tuple(met)}
    return None
