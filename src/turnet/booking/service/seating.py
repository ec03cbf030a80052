"""From a wish to people and rooms: the locks, what is in the way, and who takes it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from turnet.booking.model import Act, Wish
from turnet.booking.queries import Taken, busy_of, taken
from turnet.booking.service.rows import Footprint
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.errors import NotOffered, SlotTaken
from turnet.scheduling.assign import ranked
from turnet.scheduling.by_hand import places_by_hand
from turnet.scheduling.check import LONGEST_HORIZON
from turnet.scheduling.hours import day_span, local_day
from turnet.scheduling.parties import Arrangement, Member, party_places, party_window
from turnet.scheduling.rules import DAY, Busy, Place, ServiceRules, Setup
from turnet.scheduling.several import MOST, with_extras
from turnet.scheduling.slots import footprint, is_free, places, window
from turnet.scheduling.spans import Span, merged

FURTHEST = LONGEST_HORIZON
"""Days ahead that a time may be chosen by hand."""

ARRANGEMENTS: tuple[Arrangement, ...] = ("parallel", "consecutive")
"""How people who come together are seated: at once if possible, so that nobody waits."""


class Seated(NamedTuple):
    """One wish with everything decided."""

    wish: Wish
    rules: ServiceRules
    """Of all its services together."""
    location: int
    place: Place
    footprint: Footprint

    @property
    def end(self) -> int:
        return self.wish.start + self.rules.minutes


@dataclass(frozen=True)
class Board:
    """The diary around the wishes as this act sees it, read inside its transaction."""

    busy: Busy
    free: list[Taken]
    """Rows that are there but not in the way: expired, the owner's own hold, for staff what an undo could take back."""
    load: Counter[int]
    """Resource → minutes taken on the wishes' days."""

    def held(self) -> dict[int, set[tuple[int, int, int]]]:
        """The owner's holds: claim → (resource, start, end)."""
        holds: dict[int, set[tuple[int, int, int]]] = {}
        for row in self.free:
            if row.own:
                holds.setdefault(row.claim, set()).add((row.resource, row.start, row.end))
        return holds

    def under(self, footprints: Sequence[Footprint], *, beside: bool = False) -> list[int]:
        """Claims that would make the guard refuse these footprints, though they are free by now.

        `beside`: only what has expired; an overbooking leaves alone what could still be undone.
        """
        return sorted(
            {
                row.claim
                for row in self.free
                for footprint in footprints
                if not row.own
                and (row.expired or not beside)
                and row.resource in footprint
                and footprint[row.resource].overlaps(Span(row.start, row.end))
            }
        )


def check_wish(act: Act, wish: Wish) -> None:
    """Of a wish as it came in. Raises NotOffered for what only staff may wish."""
    if not act.by_staff and (wish.by_hand or wish.over or wish.extras or wish.room is not None):
        raise NotOffered


def setup_for(clinic: Clinic, wish: Wish) -> Setup:
    """The setup in which the wished service includes its extras. Raises NotOffered when one of them is not there."""
    if len(wish.extras) >= MOST:
        raise NotOffered
    try:
        return with_extras(clinic.setup, wish.service, wish.extras)
    except KeyError:
        raise NotOffered from None


def rules_for(act: Act, clinic: Clinic, wish: Wish) -> ServiceRules:
    """Raises NotOffered for a service that is not booked this way, and for a start that no rule reaches."""
    rules = setup_for(clinic, wish).services.get(wish.service)
    if rules is None or not (clinic.service(wish.service).online or act.by_staff):
        raise NotOffered
    if wish.people > rules.people or not _thinkable(act, clinic, wish, rules):
        raise NotOffered
    return rules


def _thinkable(act: Act, clinic: Clinic, wish: Wish, rules: ServiceRules) -> bool:
    """By hand: from this morning on, so that who is here already can be written down."""
    now = minute(act.now)
    if not (wish.by_hand or wish.over):
        return now - DAY < wish.start < now + (rules.horizon + 2) * DAY
    return day_span(clinic.setup.zone, local_day(clinic.setup.zone, now)).start <= wish.start < now + FURTHEST * DAY


async def lock(clinic: Clinic, wishes: Sequence[Wish]) -> None:
    """Until the transaction ends nobody else takes time of whoever could be given these wishes.

    In id order, so acts wait for each other instead of deadlocking; on SQLite the transaction itself is the lock.
    """
    if on_sqlite():
        return
    resources: set[int] = set()
    for wish in wishes:
        rules = setup_for(clinic, wish).services[wish.service]
        resources |= {wish.practitioner} if wish.practitioner is not None else set(rules.practitioners)
        resources |= {room for room in rules.rooms if wish.location in (None, clinic.setup.room_locations[room])}
    if ordered := sorted(resources):
        await fetch(f"SELECT id FROM resource WHERE id IN ({marks(ordered)}) ORDER BY id FOR UPDATE", *ordered)


async def read_board(
    act: Act, clinic: Clinic, wishes: Sequence[Wish], *, owner: str = "", own_claim: int | None = None
) -> Board:
    """What is taken on the days of the wishes, whole days, because the load of the day decides who is chosen."""
    zone = clinic.setup.zone
    windows = merged(_window(clinic, wish, local_day(zone, wish.start)) for wish in wishes)
    found = [row for span in windows for row in await taken(span, now=act.now, owner=owner)]
    rows = [row for row in dict.fromkeys(found) if row.claim != own_claim]
    free = [row for row in rows if row.own or row.expired or (row.kind == "undo" and act.by_staff)]
    in_the_way = [row for row in rows if row not in free] if free else rows
    days = {day_span(zone, local_day(zone, wish.start)) for wish in wishes}
    load: Counter[int] = Counter()
    for row in in_the_way:
        if any(day.start <= row.start < day.end for day in days):
            load[row.resource] += row.end - row.start
    return Board(busy_of(in_the_way), free, load)


def _window(clinic: Clinic, wish: Wish, day: date) -> Span:
    if wish.people == 1:
        return window(setup_for(clinic, wish), wish.service, day, day)
    return party_window(clinic.setup, [wish.service] * wish.people, day, day)


def seat(act: Act, clinic: Clinic, wishes: Sequence[Wish], board: Board, *, keep: Place | None = None) -> list[Seated]:
    """One place for each wish, no two of them in each other's way.

    What the owner holds comes first, then the practitioner and room of `keep`, then whom `assign` ranks best.
    Raises NotOffered, or SlotTaken when only what others have is in the way.
    """
    if any(wish.over for wish in wishes):
        [wish] = wishes
        return [_beside(act, clinic, wish)]
    held = set().union(*board.held().values())
    options = [_options(act, clinic, wish, board, held, keep) for wish in wishes]
    chosen = _apart(options, [])
    if chosen is None:
        raise SlotTaken
    return chosen


def _beside(act: Act, clinic: Clinic, wish: Wish) -> Seated:
    """The named place, whoever else has it; hours and closures count. Raises NotOffered."""
    rules = rules_for(act, clinic, wish)
    named = wish.practitioner is not None and (wish.room is not None or not rules.rooms)
    for location in _locations(clinic, wish) if named else []:
        for place in _places(act, clinic, wish, location, {}):
            return Seated(wish, rules, location, place, footprint(rules, wish.start, place))
    raise NotOffered


def seat_exactly(clinic: Clinic, wish: Wish, board: Board, location: int, place: Place) -> Seated:
    """Where something has been before, whatever the rules say by now. Raises SlotTaken, NotOffered."""
    rules = setup_for(clinic, wish).services.get(wish.service)
    if rules is None:
        raise NotOffered
    one = Seated(wish, rules, location, place, footprint(rules, wish.start, place))
    if not wish.over and not all(is_free(board.busy, resource, span) for resource, span in one.footprint.items()):
        raise SlotTaken
    return one


def seat_together(act: Act, clinic: Clinic, wish: Wish, board: Board) -> list[Seated]:
    """One place for each of the wish's people, at one location. Raises NotOffered, SlotTaken."""
    rules = rules_for(act, clinic, wish)
    for busy in (board.busy, {}):
        for location in _locations(clinic, wish):
            members = _together(act, clinic, wish, location, busy, board.load)
            if members and busy is not board.busy:
                raise SlotTaken
            if members:
                return [
                    Seated(
                        replace(wish, start=member.start, people=1),
                        rules,
                        location,
                        member.place,
                        footprint(rules, member.start, member.place),
                    )
                    for member in members
                ]
    raise NotOffered


def _together(act: Act, clinic: Clinic, wish: Wish, location: int, busy: Busy, load: Counter[int]) -> list[Member]:
    services = [wish.service] * wish.people
    for arrangement in ARRANGEMENTS:
        members = party_places(
            clinic.setup,
            services,
            wish.start,
            location,
            busy,
            now=minute(act.now),
            arrangement=arrangement,
            practitioner=wish.practitioner,
            load=load,
        )
        if members:
            return members
    return []


def _options(
    act: Act, clinic: Clinic, wish: Wish, board: Board, held: set[tuple[int, int, int]], keep: Place | None
) -> list[Seated]:
    rules = rules_for(act, clinic, wish)
    found: list[Seated] = []
    for location in _locations(clinic, wish):
        free = _places(act, clinic, wish, location, board.busy)
        found += [
            Seated(wish, rules, location, place, footprint(rules, wish.start, place))
            for place in ranked(free, setup=clinic.setup, load=board.load)
        ]
    if not found:
        by_rule = any(_places(act, clinic, wish, location, {}) for location in _locations(clinic, wish))
        raise SlotTaken if by_rule else NotOffered
    if held or keep:
        found.sort(key=lambda one: _preference(one, held, keep))
    return found


def _locations(clinic: Clinic, wish: Wish) -> list[int]:
    if wish.location is not None:
        return [wish.location]
    return [location.id for location in clinic.locations.values()]


def _places(act: Act, clinic: Clinic, wish: Wish, location: int, busy: Busy) -> list[Place]:
    setup, who = setup_for(clinic, wish), wish.practitioner
    if wish.by_hand or wish.over:
        found = places_by_hand(setup, wish.service, wish.start, location, busy, practitioner=who)
    else:
        found = places(setup, wish.service, wish.start, location, busy, now=minute(act.now), practitioner=who)
    return [place for place in found if wish.room in (None, place.room)]


def _preference(one: Seated, held: set[tuple[int, int, int]], keep: Place | None) -> tuple[bool, bool, bool]:
    mine = {(resource, span.start, span.end) for resource, span in one.footprint.items()} <= held
    if keep is None:
        return not mine, False, False
    return not mine, one.place.practitioner != keep.practitioner, one.place.room != keep.room


def _apart(options: list[list[Seated]], before: list[Seated]) -> list[Seated] | None:
    """Depth first, best option first; None when the wishes cannot all be met."""
    if not options:
        return before
    for option in options[0]:
        if not any(_collide(option.footprint, other.footprint) for other in before):
            chosen = _apart(options[1:], [*before, option])
            if chosen is not None:
                return chosen
    return None


def _collide(one: Footprint, other: Footprint) -> bool:
    return any(resource in other and span.overlaps(other[resource]) for resource, span in one.items())
