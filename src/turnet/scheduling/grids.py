"""What the rules alone allow on one day, worked out once per setup: the part of the answer no booking can change.

Starts are bits: bit `i` of a mask stands for `starts[i]`. Lead time, horizon, releases and busy time are not in here,
because they change from minute to minute.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from turnet.scheduling.check import check
from turnet.scheduling.hours import EPOCH, closed_for, grid, sessions
from turnet.scheduling.rules import BadRules, Buffers, ServiceRules, Session, Setup, Slot
from turnet.scheduling.spans import Span, hit, merged

_MOST_DAYS = 20_000
"""Days kept before the memo starts afresh, so that odd dates in addresses cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Column:
    """One resource's starts of a day."""

    resource: int
    mask: int
    reserved: tuple[tuple[int, int], ...] = ()
    """(release in minutes, mask) of sessions kept for other services until then; not part of `mask`."""


@dataclass(slots=True)
class Grid:
    """The starts of one service on one local day at one location."""

    location: int
    minutes: int
    step: int
    """The widest grid in force, in minutes."""
    starts: tuple[int, ...]
    """UTC minutes, ascending."""
    upto: tuple[int, ...]
    """`upto[i]` has the bits of the first `i` starts."""
    people: tuple[Column, ...]
    """In the service's order; nobody without a start."""
    rooms: tuple[Column, ...] | None
    """None: the service needs no room."""
    latest: tuple[tuple[int, ...], list[Slot]] = ((), [])
    """The last answer and the masks it was built from: most days do not change between two questions."""

    def slots(self, masks: tuple[int, ...]) -> list[Slot]:
        """The starts at least one of `people` has, given each one's mask."""
        if masks == self.latest[0]:
            return self.latest[1]
        width = f"0{len(self.starts)}b"
        who: dict[tuple[str, ...], tuple[int, ...]] = {}
        found: list[Slot] = []
        # A mask in binary reads from the last start to the first, so the columns of digits do too.
        digits = zip(*[format(mask, width) for mask in masks], strict=True)
        for start, column in zip(reversed(self.starts), digits, strict=True):
            if "1" in column:
                if column not in who:
                    who[column] = tuple(
                        one.resource for one, digit in zip(self.people, column, strict=True) if digit == "1"
                    )
                found.append(Slot(start, start + self.minutes, self.location, who[column]))
        found.reverse()
        self.latest = (masks, found)
        return found


@dataclass(slots=True)
class _Memo:
    """Kept inside the setup itself."""

    grids: dict[tuple[int, int], tuple[Grid, ...]] = field(default_factory=dict)
    sessions: dict[tuple[int, int], list[tuple[Session, Span]]] = field(default_factory=dict)
    closures: dict[tuple[int, int], list[Span]] = field(default_factory=dict)


def rules_of(setup: Setup, service: int) -> ServiceRules:
    """A service of a setup that makes sense; `KeyError` if there is no such service, `BadRules` if it makes none."""
    _memo(setup)
    return setup.services[service]


def grids(setup: Setup, service: int, day: int) -> tuple[Grid, ...]:
    """The service's grids on a local day (`date.toordinal`), one for each location with a start, by location."""
    memo = _memo(setup)
    found = memo.grids.get((service, day))
    if found is None:
        if len(memo.grids) >= _MOST_DAYS:
            memo.grids.clear()
        found = memo.grids[service, day] = _built(setup, setup.services[service], date.fromordinal(day))
    return found


def closures(setup: Setup, resource: int, location: int) -> list[Span]:
    """`merged` closures that keep the resource away while it is at that location."""
    memo = _memo(setup)
    found = memo.closures.get((resource, location))
    if found is None:
        found = memo.closures[resource, location] = merged(closed_for(setup, resource, location))
    return found


def day_sessions(setup: Setup, practitioner: int, day: date) -> list[tuple[Session, Span]]:
    """`hours.sessions`, remembered."""
    memo = _memo(setup)
    key = practitioner, day.toordinal() - EPOCH
    found = memo.sessions.get(key)
    if found is None:
        if len(memo.sessions) >= _MOST_DAYS:
            memo.sessions.clear()
        found = memo.sessions[key] = sessions(setup, practitioner, day)
    return found


def _memo(setup: Setup) -> _Memo:
    memo = setup.memo.get("grids")
    if memo is None:
        check(setup)
        memo = setup.memo["grids"] = _Memo()
    assert isinstance(memo, _Memo)
    return memo


def _built(setup: Setup, rules: ServiceRules, day: date) -> tuple[Grid, ...]:
    """Buffers may reach outside the session but not into a closure of their resource."""
    by_location: dict[int, dict[int, list[tuple[Session, list[int]]]]] = {}
    for practitioner in rules.practitioners:
        for session, span in day_sessions(setup, practitioner, day):
            starts = [
                start
                for start in grid(setup.zone, day, session, rules.step or session.step)
                if start + rules.minutes <= span.end
            ]
            free = open_starts(starts, rules.minutes, rules.practitioner_buffers, closures(setup, practitioner, session.location))
            if free:
                by_location.setdefault(session.location, {}).setdefault(practitioner, []).append((session, free))
    built = (_grid(setup, rules, location, people) for location, people in sorted(by_location.items()))
    return tuple(grid for grid in built if grid.rooms is None or grid.rooms)


def _grid(
    setup: Setup, rules: ServiceRules, location: int, people: dict[int, list[tuple[Session, list[int]]]]
) -> Grid:
    parts = [part for found in people.values() for part in found]
    starts = sorted({start for _, free in parts for start in free})
    return Grid(
        location=location,
        minutes=rules.minutes,
        step=max(rules.step or session.step for session, _ in parts),
        starts=tuple(starts),
        upto=tuple((1 << count) - 1 for count in range(len(starts) + 1)),
        people=tuple(_person(rules, starts, practitioner, found) for practitioner, found in people.items()),
        rooms=_rooms(setup, rules, starts, location) if rules.rooms else None,
    )


def _person(rules: ServiceRules, starts: list[int], practitioner: int, found: list[tuple[Session, list[int]]]) -> Column:
    mask = 0
    reserved = []
    for session, free in found:
        bits = _bits(starts, free)
        if session.reserved_for and rules.id not in session.reserved_for:
            reserved.append((session.release, bits))
        else:
            mask |= bits
    return Column(practitioner, mask, tuple(reserved))


def _rooms(setup: Setup, rules: ServiceRules, starts: list[int], location: int) -> tuple[Column, ...]:
    columns = []
    for room in rules.rooms:
        if setup.room_locations[room] == location:
            free = open_starts(starts, rules.minutes, rules.room_buffers, closures(setup, room, location))
            if free:
                columns.append(Column(room, _bits(starts, free)))
    return tuple(columns)


def open_starts(starts: list[int], minutes: int, buffers: Buffers, closed: list[Span]) -> list[int]:
    """The starts whose visit and buffers keep clear of `merged` closed time."""
    if not closed:
        return starts
    before, tail = buffers.before, minutes + buffers.after
    return [start for start in starts if hit(closed, Span(start - before, start + tail)) is None]


def _bits(starts: list[int], chosen: Iterable[int]) -> int:
    return sum(1 << bisect_left(starts, start) for start in set(chosen))
