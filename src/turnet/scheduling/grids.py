"""What the rules alone allow on one day, worked out once per setup: the part of the answer no booking can change.

Starts are bits: bit `i` of a mask stands for `starts[i]`. Lead time, horizon, releases and busy time are not in here,
because they change from minute to minute.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from operator import or_
from typing import cast

from turnet.scheduling.check import check
from turnet.scheduling.hours import closed_for, grid, sessions
from turnet.scheduling.rules import Buffers, ServiceRules, Session, Setup, Slot
from turnet.scheduling.spans import Span, hit, merged

_MOST_DAYS = 10_000
"""Days kept before the memo starts afresh, so that odd dates in addresses cannot fill the memory."""
_MOST_TEAMS = 10_000
_new = tuple.__new__


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
    earlier: tuple[int, ...]
    """`earlier[minute - origin]` has the bits of the starts before that minute: looked up, not searched for."""
    origin: int
    people: tuple[Column, ...]
    """In the service's order; nobody without a start."""
    teams: dict[tuple[str, ...], tuple[int, ...]]
    """Column of binary digits, one for each of `people` → those with a 1."""
    rooms: tuple[Column, ...] | None
    """None: the service needs no room."""
    latest: tuple[tuple[int, ...], list[Slot]] = ((), [])
    """The last answer and the masks it was built from: most days do not change between two questions."""

    def before(self, minute: int) -> int:
        """The bits of the starts before any minute."""
        return self.earlier[min(max(minute - self.origin, 0), len(self.earlier) - 1)]

    def slots(self, masks: tuple[int, ...]) -> list[Slot]:
        """The starts at least one of `people` has, given each one's mask."""
        known, answer = self.latest
        if masks == known:
            return answer
        width, teams, location, minutes = f"0{len(self.starts)}b", self.teams, self.location, self.minutes
        # A mask in binary reads from the last start to the first, so the columns of digits do too.
        columns = zip(*[format(mask, width) for mask in masks], strict=True)
        answer = []
        for start, column in zip(reversed(self.starts), columns, strict=True):
            team = teams.get(column)
            if team is None:
                team = self._team(column)
            if team:
                # Not `Slot(…)`: this is the innermost loop of a month's page, and halves it.
                answer.append(_new(Slot, (start, start + minutes, location, team)))
        answer.reverse()
        self.latest = (masks, answer)
        return answer

    def _team(self, column: tuple[str, ...]) -> tuple[int, ...]:
        if len(self.teams) >= _MOST_TEAMS:
            self.teams.clear()
        named = tuple(one.resource for one, digit in zip(self.people, column, strict=True) if digit == "1")
        return self.teams.setdefault(column, named)


@dataclass(slots=True)
class _Memo:
    """Kept inside the setup itself."""

    grids: dict[tuple[int, int], tuple[Grid, ...]] = field(default_factory=dict)
    sessions: dict[tuple[int, int], list[tuple[Session, Span]]] = field(default_factory=dict)
    closures: dict[tuple[int, int], list[Span]] = field(default_factory=dict)
    earlier: dict[tuple[int, tuple[int, ...]], tuple[int, ...]] = field(default_factory=dict)
    """(reach, starts counted from the first) → `Grid.earlier`, which most days share."""
    teams: dict[tuple[int, ...], dict[tuple[str, ...], tuple[int, ...]]] = field(default_factory=dict)
    """The people of a grid → `Grid.teams`, which most days share."""


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
    key = practitioner, day.toordinal()
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
    return cast(_Memo, memo)


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
            free = open_starts(
                starts, rules.minutes, rules.practitioner_buffers, closures(setup, practitioner, session.location)
            )
            if free:
                by_location.setdefault(session.location, {}).setdefault(practitioner, []).append((session, free))
    built = (_grid(setup, rules, location, people) for location, people in sorted(by_location.items()))
    return tuple(grid for grid in built if grid.rooms is None or grid.rooms)


def _grid(setup: Setup, rules: ServiceRules, location: int, people: dict[int, list[tuple[Session, list[int]]]]) -> Grid:
    memo = _memo(setup)
    parts = [part for found in people.values() for part in found]
    starts = sorted({start for _, free in parts for start in free})
    reach = rules.minutes + max(
        buffers.before + buffers.after for buffers in (rules.practitioner_buffers, rules.room_buffers)
    )
    return Grid(
        location=location,
        minutes=rules.minutes,
        step=max(rules.step or session.step for session, _ in parts),
        starts=tuple(starts),
        earlier=_earlier(memo, starts, reach),
        origin=starts[0] - reach,
        people=tuple(_person(rules, starts, practitioner, found) for practitioner, found in people.items()),
        teams=memo.teams.setdefault(tuple(people), {}),
        rooms=_rooms(setup, rules, starts, location) if rules.rooms else None,
    )


def _earlier(memo: _Memo, starts: list[int], reach: int) -> tuple[int, ...]:
    """For every minute from `reach` before the first start to `reach` after the last."""
    shape = reach, tuple(start - starts[0] for start in starts)
    if shape not in memo.earlier:
        if len(memo.earlier) >= _MOST_DAYS // 10:
            memo.earlier.clear()
        masks = accumulate(1 << place for place in range(len(starts)))
        known = dict(zip((start + 1 for start in shape[1]), masks, strict=True))
        memo.earlier[shape] = tuple(
            accumulate((known.get(minute, 0) for minute in range(-reach, shape[1][-1] + reach + 1)), or_)
        )
    return memo.earlier[shape]


def _person(
    rules: ServiceRules, starts: list[int], practitioner: int, found: list[tuple[Session, list[int]]]
) -> Column:
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
