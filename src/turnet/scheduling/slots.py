"""Hours minus busy time under the service's rules: what is on offer, and who and which room could host it.

A start is offered iff somebody can take it: it lies on the grid of that practitioner's session, the visit ends within
the session, and [start − before, start + minutes + after) is free of busy time and closures for the practitioner and,
if the service needs one, for a room at that location, each with the buffers of its own kind. Buffers may reach outside
the session: tidying up after the last visit is not a visit.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

from turnet.scheduling.grids import Column, Grid, grids, rules_of
from turnet.scheduling.hours import day_span, local_day
from turnet.scheduling.rules import Buffers, Busy, Place, ServiceRules, Setup, Slot
from turnet.scheduling.spans import Span, hit

_Spans = tuple[list[Span], Sequence[int], Sequence[int]]
"""Busy time, its starts and its ends."""


def offered(
    setup: Setup,
    service: int,
    first: date,
    last: date,
    busy: Busy,
    *,
    now: int,
    practitioner: int | None = None,
    location: int | None = None,
) -> list[Slot]:
    """Every start from local day `first` to `last` (inclusive), by start and then location.

    `busy` must cover `window(setup, service, first, last)`. `now` in UTC minutes.
    """
    rules = rules_of(setup, service)
    taken = _Taken(busy)
    found: list[Slot] = []
    for today in _days(setup, rules, first, last, now):
        earlier = len(found)
        day = [grid for grid in today if location is None or grid.location == location]
        for grid in day:
            found += grid.slots(_free(grid, rules, taken, now, practitioner))
        if len(day) > 1:
            found[earlier:] = sorted(found[earlier:])
    return found


def places(
    setup: Setup,
    service: int,
    start: int,
    location: int,
    busy: Busy,
    *,
    now: int,
    practitioner: int | None = None,
) -> list[Place]:
    """Every (practitioner, room) that can host this start, in the setup's order; empty iff it is not offered.

    With `busy={}`: everything the rules allow, which tells "offered but taken" from "not offered".
    """
    rules = rules_of(setup, service)
    day = local_day(setup.zone, start)
    for today in _days(setup, rules, day, day, now):
        for grid in today:
            if grid.location == location and start >= now + rules.lead:
                return _places(grid, rules, start, busy, now, practitioner)
    return []


def window(setup: Setup, service: int, first: date, last: date) -> Span:
    """The UTC minutes for which busy time must be loaded, so that the buffers of the first and last start are right."""
    rules = rules_of(setup, service)
    before = max(rules.practitioner_buffers.before, rules.room_buffers.before)
    after = max(rules.practitioner_buffers.after, rules.room_buffers.after)
    return Span(day_span(setup.zone, first).start - before, day_span(setup.zone, last).end + after)


def footprint(rules: ServiceRules, start: int, place: Place) -> dict[int, Span]:
    """Resource → the time a booking takes of it, with the buffers of its own kind: what is written as occupancy."""
    taken = {place.practitioner: buffered(rules, start, rules.practitioner_buffers)}
    if place.room is not None:
        taken[place.room] = buffered(rules, start, rules.room_buffers)
    return taken


def buffered(rules: ServiceRules, start: int, buffers: Buffers) -> Span:
    return Span(start - buffers.before, start + rules.minutes + buffers.after)


def next_change(
    setup: Setup, service: int, first: date, last: date, *, now: int, slots: Sequence[Slot] | None = None
) -> int:
    """A UTC minute after `now` until which the answer for those days stays as it is if nobody books or cancels.

    The first of: a start passing its lead time (the first of `slots`, or without them of all the rules allow), a
    reserved session opening to everybody, the next local midnight. It may come early, never late.
    """
    rules = rules_of(setup, service)
    edges = [day_span(setup.zone, local_day(setup.zone, now)).end]
    earliest = now + rules.lead
    if slots:
        edges.append(slots[0].start - rules.lead + 1)
    if slots is not None and not _reserves(setup):
        return min(edges)
    for today in _days(setup, rules, first, last, now):
        for grid in today:
            place = bisect_left(grid.starts, earliest)
            if slots is None and place < len(grid.starts):
                edges.append(grid.starts[place] - rules.lead + 1)
            edges += [edge for edge in _releases(grid, rules) if edge > now]
    return min(edges)


# --- which days and which starts


def _days(setup: Setup, rules: ServiceRules, first: date, last: date, now: int) -> Iterator[tuple[Grid, ...]]:
    """The grids of each day asked for that lies between today and the horizon."""
    today = local_day(setup.zone, now).toordinal()
    until = min(last.toordinal(), today + rules.horizon, date.max.toordinal())
    for day in range(max(first.toordinal(), today), until + 1):
        yield grids(setup, rules.id, day)


def _reserves(setup: Setup) -> bool:
    """Is any session kept for some services? Where none is, nothing opens by itself."""
    sessions = [weekly.session for weekly in setup.weekly]
    return any(session.reserved_for for session in chain(sessions, *setup.dated.values()))


def _releases(grid: Grid, rules: ServiceRules) -> Iterator[int]:
    """Minutes at which starts of reserved sessions open to this service; too late ones never do."""
    for person in grid.people:
        for release, mask in person.reserved:
            if release >= rules.lead:
                yield from (start - release for place, start in enumerate(grid.starts) if mask >> place & 1)


def _by_rule(grid: Grid, person: Column, now: int) -> int:
    """The starts of a practitioner that are not, or no longer, reserved for other services."""
    mask = person.mask
    for release, bits in person.reserved:
        mask |= bits & grid.before(now + release + 1)
    return mask


class _Taken:
    """Busy time laid out for bisection, a resource at a time and only when it is asked for."""

    __slots__ = ("_busy", "_laid_out")

    def __init__(self, busy: Busy) -> None:
        self._busy = busy
        self._laid_out: dict[int, _Spans] = {}

    def of(self, resource: int) -> _Spans | None:
        known = self._laid_out.get(resource)
        if known is None and (spans := self._busy.get(resource)):
            starts, ends = zip(*spans, strict=True)
            known = self._laid_out[resource] = spans, starts, ends
        return known


def _free(grid: Grid, rules: ServiceRules, taken: _Taken, now: int, practitioner: int | None) -> tuple[int, ...]:
    """For each of the grid's people the starts they can take."""
    earliest = now + rules.lead
    possible = -1 if earliest <= grid.starts[0] else ~grid.before(earliest)
    if grid.rooms is not None and possible:
        possible &= _roomy(grid, rules, taken)
    buffers = rules.practitioner_buffers
    masks = []
    for person in grid.people:
        mask = possible & (_by_rule(grid, person, now) if person.reserved else person.mask)
        if practitioner is not None and person.resource != practitioner:
            mask = 0
        masks.append(mask and mask & ~_blocked(grid, taken.of(person.resource), buffers))
    return tuple(masks)


def _roomy(grid: Grid, rules: ServiceRules, taken: _Taken) -> int:
    """The starts with at least one free room."""
    roomy = 0
    for room in grid.rooms or ():
        roomy |= room.mask & ~_blocked(grid, taken.of(room.resource), rules.room_buffers)
    return roomy


def _blocked(grid: Grid, taken: _Spans | None, buffers: Buffers) -> int:
    """The starts whose [start − before, start + minutes + after) meets busy time."""
    if taken is None:
        return 0
    spans, begins, ends = taken
    before, tail = buffers.before, grid.minutes + buffers.after
    opens, closes = grid.starts[0] - before, grid.starts[-1] + tail
    low = bisect_right(ends, opens)
    high = bisect_left(begins, closes, low)
    if low == high:
        return 0
    today: list[tuple[int, int]] = [*spans[low:high]]
    if begins[low] < opens:
        today[0] = opens, ends[low]
    if ends[high - 1] > closes:
        today[-1] = today[-1][0], closes
    earlier = grid.earlier
    until, since = before - grid.origin, 1 - tail - grid.origin
    blocked = 0
    for begin, end in today:
        blocked |= earlier[end + until] ^ earlier[begin + since]
    return blocked


# --- one start


def _places(grid: Grid, rules: ServiceRules, start: int, busy: Busy, now: int, practitioner: int | None) -> list[Place]:
    place = bisect_left(grid.starts, start)
    if place == len(grid.starts) or grid.starts[place] != start:
        return []
    people = [
        person.resource
        for person in grid.people
        if practitioner in (None, person.resource)
        and _by_rule(grid, person, now) >> place & 1
        and is_free(busy, person.resource, buffered(rules, start, rules.practitioner_buffers))
    ]
    if grid.rooms is None:
        return [Place(person, None) for person in people]
    rooms = [
        room.resource
        for room in grid.rooms
        if room.mask >> place & 1 and is_free(busy, room.resource, buffered(rules, start, rules.room_buffers))
    ]
    return [Place(person, room) for person in people for room in rooms]


def is_free(busy: Busy, resource: int, span: Span) -> bool:
    return hit(busy.get(resource, []), span) is None
