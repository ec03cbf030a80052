"""What the clinic decided: who works when, what is closed, what each service needs. Loaded once, never changed.

`Setup` is what `turnet.clinic.queries` builds from the tables and everything else here takes as input.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from turnet.scheduling.spans import Span

DAY = 1440


class BadRules(ValueError):
    """The setup cannot describe any day; the text says which rule and why."""


@dataclass(frozen=True, slots=True)
class Session:
    """Working time of one practitioner at one location on one local day, in minutes of that day's wall clock."""

    location: int
    opens: int
    closes: int
    step: int
    """Starts lie on `opens + n * step`."""
    reserved_for: frozenset[int] = frozenset()
    """Services that alone may start here; empty: all."""
    release: int = 0
    """Minutes before the start when a reserved session opens to every service."""


@dataclass(frozen=True, slots=True)
class WeeklySession:
    practitioner: int
    weekday: int
    """Monday is 0."""
    session: Session
    valid_from: date | None = None
    valid_until: date | None = None
    """Inclusive."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Time nobody is there: of one location, of one resource, or with neither of the whole clinic."""

    span: Span
    location: int | None = None
    resource: int | None = None
    id: int = 0
    """The closure's row."""

    def concerns(self, location: int, resources: Collection[int | None]) -> bool:
        """Does it keep one of these away while at that location?"""
        there = self.location is None or self.location == location
        return there and (self.resource is None or self.resource in resources)


@dataclass(frozen=True, slots=True)
class Buffers:
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class ServiceRules:
    id: int
    minutes: int
    practitioners: tuple[int, ...]
    rooms: tuple[int, ...]
    """Rooms that can host it; one of them is taken. Empty: no room is needed."""
    practitioner_buffers: Buffers = Buffers()
    room_buffers: Buffers = Buffers()
    step: int = 0
    """Grid of starts; 0 takes the session's own."""
    lead: int = 0
    horizon: int = 62
    """Local days ahead, today being 0."""
    move_until: int = 0
    cancel_until: int = 0
    people: int = 1


@dataclass(frozen=True)
class Setup:
    """Everything of the clinic that decides what can be offered."""

    zone: str
    weekly: tuple[WeeklySession, ...] = ()
    dated: Mapping[tuple[int, date], tuple[Session, ...]] = field(default_factory=dict)
    """(practitioner, local date) → sessions that replace the weekly ones and any public holiday; empty: off."""
    closures: tuple[Closed, ...] = ()
    holidays: frozenset[date] = frozenset()
    room_locations: Mapping[int, int] = field(default_factory=dict)
    """Room → location."""
    services: Mapping[int, ServiceRules] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `grids` has worked out from this setup; lives and dies with it, so nothing ever has to be invalidated."""


Busy = Mapping[int, list[Span]]
"""Resource → its taken time, `merged`: occupancy of every lane (buffers already inside) and outside calendars."""


@dataclass(frozen=True, slots=True)
class Place:
    """One way to host a start: who, and where."""

    practitioner: int
    room: int | None


class Slot(NamedTuple):
    """A start on offer at one location, with everybody who could take it."""

    start: int
    end: int
    location: int
    practitioners: tuple[int, ...]
    """In the setup's order."""
