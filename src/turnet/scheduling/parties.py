"""Times for several people who come together: all of them or none.

`parallel`: everybody starts at the same minute, each with a practitioner (and room) of their own.
`consecutive`: in the order given, each start on the service's own grid, not before the previous visit ends and no later
than the first start that leaves one practitioner and one room time for the buffers between the two. Nobody waits longer
than that, and `parallel` is the word for people who do not want to.

Everybody comes to one location. Each visit is one `slots.places` allows, and no two of the party's footprints overlap.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from turnet.scheduling.assign import ranked
from turnet.scheduling.grids import grids, rules_of
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import DAY, Busy, Place, ServiceRules, Setup, Slot
from turnet.scheduling.slots import footprint, next_change, offered, places, window
from turnet.scheduling.spans import Span

Arrangement = Literal["consecutive", "parallel"]
LARGEST = 8
"""People; larger parties are never offered a time, because the search for one may grow with every person."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person's visit of a party."""

    service: int
    start: int
    place: Place


def offered_party(
    setup: Setup,
    services: Sequence[int],
    first: date,
    last: date,
    busy: Busy,
    *,
    now: int,
    arrangement: Arrangement,
    practitioner: int | None = None,
    location: int | None = None,
) -> list[Slot]:
    """Starts of the first person, by start and then location, from which everybody can be seen; one service a person.

    `end` is when the last visit ends, `practitioners` those of the assignment `party_places` makes. Busy time must
    cover `party_window`. With a practitioner, everybody is seen by that one (so two never in parallel).
    """
    board = _Board(setup, busy, now, practitioner, {}, first, _extended(setup, services, last))
    seating = _Seating(board, services, arrangement)
    found = []
    for slot in board.slots(services[0]) if 0 < len(services) <= LARGEST else []:
        if location in (None, slot.location) and local_day(setup.zone, slot.start) <= last:
            party = seating.at(slot.start, slot.location)
            if party:
                end = max(member.start + setup.services[member.service].minutes for member in party)
                people = tuple(dict.fromkeys(member.place.practitioner for member in party))
                found.append(Slot(slot.start, end, slot.location, people))
    return found


def party_places(
    setup: Setup,
    services: Sequence[int],
    start: int,
    location: int,
    busy: Busy,
    *,
    now: int,
    arrangement: Arrangement,
    practitioner: int | None = None,
    load: Mapping[int, int] | None = None,
) -> list[Member]:
    """One visit for each service, in the order given; nothing iff `offered_party` does not have this start.

    The second person is seen as early as possible, then the third and so on; places are taken as `assign` ranks them,
    `load` as for `assign.choose`.
    """
    if not 0 < len(services) <= LARGEST:
        return []
    day = local_day(setup.zone, start)
    board = _Board(setup, busy, now, practitioner, load or {}, day, _extended(setup, services, day))
    return _Seating(board, services, arrangement).at(start, location)


def party_window(setup: Setup, services: Sequence[int], first: date, last: date) -> Span:
    """The UTC minutes for which busy time must be loaded: the last person may be seen after local day `last`."""
    spans = [window(setup, service, first, _extended(setup, services, last)) for service in services]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def party_next_change(setup: Setup, services: Sequence[int], first: date, last: date, *, now: int) -> int:
    """`slots.next_change` for a party: until when `offered_party` stays as it is if nobody books or cancels."""
    until = _extended(setup, services, last)
    return min(next_change(setup, service, first, until, now=now) for service in services)


def _extended(setup: Setup, services: Sequence[int], last: date) -> date:
    """The last local day anybody can start on: after visits, buffers and waits for the grid (a day at most)."""
    if len(services) < 2:
        return last
    most = 0
    for rules in (rules_of(setup, service) for service in services):
        most += rules.minutes + DAY
        most += max(rules.practitioner_buffers.before, rules.room_buffers.before)
        most += max(rules.practitioner_buffers.after, rules.room_buffers.after)
    return date.fromordinal(min(last.toordinal() + -(-most // DAY), date.max.toordinal()))


# --- what each member could have


class _Board:
    """What is on offer to single persons over some days, each thing asked for once."""

    def __init__(
        self,
        setup: Setup,
        busy: Busy,
        now: int,
        practitioner: int | None,
        load: Mapping[int, int],
        first: date,
        last: date,
    ) -> None:
        self.setup, self.busy, self.now, self.practitioner, self.load = setup, busy, now, practitioner, load
        self.first, self.last = first, last
        self._slots: dict[int, list[Slot]] = {}
        self._starts: dict[tuple[int, int], list[int]] = {}
        self._places: dict[tuple[int, int, int], list[Place]] = {}

    def rules(self, service: int) -> ServiceRules:
        return self.setup.services[service]

    def slots(self, service: int) -> list[Slot]:
        if service not in self._slots:
            self._slots[service] = offered(
                self.setup, service, self.first, self.last, self.busy, now=self.now, practitioner=self.practitioner
            )
        return self._slots[service]

    def starts(self, service: int, location: int) -> list[int]:
        key = service, location
        if key not in self._starts:
            self._starts[key] = [slot.start for slot in self.slots(service) if slot.location == location]
        return self._starts[key]

    def places(self, service: int, start: int, location: int) -> list[Place]:
        """Best first."""
        key = service, start, location
        if key not in self._places:
            found = places(
                self.setup, service, start, location, self.busy, now=self.now, practitioner=self.practitioner
            )
            self._places[key] = ranked(found, setup=self.setup, load=self.load)
        return self._places[key]

    def step(self, service: int, start: int, location: int) -> int:
        """The grid in force, in minutes; a session with a single start has one of a day."""
        day = local_day(self.setup.zone, start).toordinal()
        steps = [grid.step for grid in grids(self.setup, service, day) if grid.location == location]
        return min(max(steps), DAY)


class _Seating:
    """One party, tried at several starts."""

    def __init__(self, board: _Board, services: Sequence[int], arrangement: Arrangement) -> None:
        self.board, self.services, self.arrangement = board, services, arrangement
        self._rows: dict[int, _Row] = {}

    def at(self, start: int, location: int) -> list[Member]:
        if self.arrangement == "parallel":
            return _parallel(self.board, self.services, start, location)
        row = self._rows.setdefault(location, _Row(self.board, self.services, location))
        return row.seated(0, start, frozenset()) or []


# --- at the same time


def _parallel(board: _Board, services: Sequence[int], start: int, location: int) -> list[Member]:
    """Everybody overlaps everybody at `start`, so people and rooms are two independent matchings."""
    options = [board.places(service, start, location) for service in services]
    people = _matched([list(dict.fromkeys(place.practitioner for place in option)) for option in options])
    roomed = [who for who, service in enumerate(services) if board.rules(service).rooms]
    rooms = _matched(
        [list(dict.fromkeys(place.room for place in options[who] if place.room is not None)) for who in roomed]
    )
    if people is None or rooms is None:
        return []
    room_of = dict(zip(roomed, rooms, strict=True))
    return [Member(service, start, Place(people[who], room_of.get(who))) for who, service in enumerate(services)]


def _matched(options: list[list[int]]) -> list[int] | None:
    """A different resource for each, preferring earlier options, by augmenting paths; None if there is no way."""
    holder: dict[int, int] = {}

    def seat(who: int, tried: set[int]) -> bool:
        fresh = [resource for resource in options[who] if resource not in tried]
        tried.update(fresh)
        # Whatever is free comes first, so that nobody moves from a better place without need.
        for resource in sorted(fresh, key=holder.__contains__):
            if resource not in holder or seat(holder[resource], tried):
                holder[resource] = who
                return True
        return False

    if not all(seat(who, set()) for who in range(len(options))):
        return None
    seats = {who: resource for resource, who in holder.items()}
    return [seats[who] for who in range(len(options))]


# --- one after the other


_Held = frozenset[tuple[int, int]]
"""(resource, minute until which the party itself has it)"""


class _Row:
    """Depth first: the next start as early as can be, then the best place; a dead end is entered once."""

    def __init__(self, board: _Board, services: Sequence[int], location: int) -> None:
        self.board, self.services, self.location = board, services, location
        self.longest_before = max(
            max(board.rules(service).practitioner_buffers.before, board.rules(service).room_buffers.before)
            for service in services
        )
        self.dead: set[tuple[int, int, _Held]] = set()

    def seated(self, who: int, start: int, held: _Held) -> list[Member] | None:
        """The rest of the party, `who` being seen at `start`."""
        held = frozenset((resource, until) for resource, until in held if until > start - self.longest_before)
        if (who, start, held) in self.dead:
            return None
        possible = self._possible(who, start, held)
        if possible and who + 1 == len(self.services):
            return [possible[0][0]]
        for following in self._following(who, start) if possible else ():
            for member, held_then in possible:
                rest = self.seated(who + 1, following, held_then)
                if rest is not None:
                    return [member, *rest]
        self.dead.add((who, start, held))
        return None

    def _possible(self, who: int, start: int, held: _Held) -> list[tuple[Member, _Held]]:
        """The places the party itself leaves free, best first, each with what is held once it is taken."""
        service = self.services[who]
        rules = self.board.rules(service)
        found = []
        for place in self.board.places(service, start, self.location):
            mine = footprint(rules, start, place)
            if not any(resource in mine and until > mine[resource].start for resource, until in held):
                held_then = held | {(resource, span.end) for resource, span in mine.items()}
                found.append((Member(service, start, place), held_then))
        return found

    def _following(self, who: int, start: int) -> Iterator[int]:
        """Starts for the next person that keep nobody waiting for longer than the turn-over and the grid need."""
        done, service = self.board.rules(self.services[who]), self.services[who + 1]
        following = self.board.rules(service)
        end = start + done.minutes
        turnover = max(
            done.practitioner_buffers.after + following.practitioner_buffers.before,
            done.room_buffers.after + following.room_buffers.before,
        )
        starts = self.board.starts(service, self.location)
        for begin in starts[bisect_left(starts, end) : bisect_left(starts, end + turnover + DAY)]:
            if begin < end + turnover + self.board.step(service, begin, self.location):
                yield begin
