"""Where a visit is to be moved: one start with one practitioner, and what of the rules and the diary stands against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from turnet.booking.model import Visit, Wish
from turnet.booking.moving import busy_for_moving
from turnet.clinic.model import Location, Practitioner, Room, Service
from turnet.clock import instant, minute
from turnet.errors import NotFound, NotYours
from turnet.scheduling.explain import Reason, explain
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Busy, ServiceRules, Session, Setup, Slot
from turnet.scheduling.slots import offered, window
from turnet.web.desk.asking import moment, one_of
from turnet.web.desk.booking.fits import desk_setup
from turnet.web.desk.booking.wanted import place_of
from turnet.web.desk.picked import Picked
from turnet.web.public import asked


@dataclass(frozen=True, slots=True)
class Target:
    mine: Picked
    start: int
    """Minutes since 1970 UTC."""
    practitioner: Practitioner
    location: Location
    room: Room | None
    """None: whichever is free, its own first."""

    @property
    def start_spelled(self) -> str:
        return asked.spelled(self.start)

    @property
    def begins(self) -> datetime:
        return self.mine.seat.local(instant(self.start))

    @property
    def ends(self) -> datetime:
        return self.mine.seat.local(instant(self.start + rules_of(self.mine).minutes))

    @property
    def wish(self) -> Wish:
        return Wish(
            self.mine.visit.service,
            self.start,
            self.location.id,
            self.practitioner.id,
            room=self.room.id if self.room else None,
            extras=self.mine.visit.extras,
            by_hand=True,
        )

    def moved(self) -> Visit:
        """The visit as it would be then."""
        visit = self.mine.visit
        return replace(
            visit,
            starts_at=instant(self.start),
            ends_at=instant(self.start + rules_of(self.mine).minutes),
            practitioner=self.practitioner.id,
            location=self.location.id,
            sequence=visit.sequence + 1,
            moved_from=visit.starts_at,
        )


def target_in(mine: Picked, raw: Mapping[str, str]) -> Target:
    """`to` (or `day` and `time`), `who` and `room`. Raises NotFound, and NotYours for a diary that is not theirs."""
    clinic = mine.seat.clinic
    start = asked.start(raw["to"]) if raw.get("to") else moment(mine.seat, raw)
    person = one_of(clinic.practitioners, raw.get("who", "")) or mine.practitioner
    room = one_of(clinic.rooms, raw.get("room", ""))
    if not mine.seat.may("visit.move", person.id):
        raise NotYours(act="visit.move")
    place = clinic.location(room.location) if room else place_of(clinic, person, start)
    return Target(mine, start, person, place, room)


def services_of(mine: Picked) -> list[Service]:
    return [mine.seat.clinic.service(one) for one in mine.visit.services]


def rules_of(mine: Picked) -> ServiceRules:
    """Of all the visit's services together. Raises NotFound when one of them is not offered any more."""
    return _setup(mine).services[mine.visit.service]


def _setup(mine: Picked) -> Setup:
    try:
        return desk_setup(mine.seat.clinic, services_of(mine))
    except KeyError:
        raise NotFound(what="service") from None


# --- free times


async def free_times(mine: Picked, first: date, last: date, who: Practitioner | None) -> list[Slot]:
    """Times of the visit's services on the grid, at any notice, in the diaries in which this person may move."""
    setup, seat = _setup(mine), mine.seat
    span = window(setup, mine.visit.service, first, last)
    busy = await busy_for_moving(mine.visit, span, now=seat.now)
    found = offered(setup, mine.visit.service, first, last, busy, now=minute(seat.now))
    return [slot for slot in (_theirs(mine, slot, who) for slot in found) if slot.practitioners]


def _theirs(mine: Picked, slot: Slot, who: Practitioner | None) -> Slot:
    people = tuple(
        one
        for one in slot.practitioners
        if who in (None, mine.seat.clinic.practitioner(one)) and mine.seat.may("visit.move", one)
    )
    return slot._replace(practitioners=people)


def person_for(mine: Picked, slot: Slot) -> Practitioner:
    """It stays with its own where they can."""
    own = mine.visit.practitioner
    return mine.seat.clinic.practitioner(own if own in slot.practitioners else slot.practitioners[0])


# --- one time


async def verdict(target: Target) -> Reason:
    """`offered` when the visit fits there by hand, else the first thing in the way."""
    mine = target.mine
    setup = open_at_any_minute(_setup(mine), mine.visit.service)
    day, now = local_day(setup.zone, target.start), minute(mine.seat.now)
    busy = await busy_for_moving(mine.visit, window(setup, mine.visit.service, day, day), now=mine.seat.now)
    if day == mine.seat.today:
        now = min(now, target.start)
    return _of(target, setup, busy, now)


def _of(target: Target, setup: Setup, busy: Busy, now: int) -> Reason:
    told = explain(setup, target.mine.visit.service, target.start, busy, now=now, location=target.location.id)
    found = next((reason for reason in told if reason.resource == target.practitioner.id), None)
    if found is None:
        return Reason("not_their_service", target.practitioner.id)
    rooms = found.facts.get("rooms", ())
    if found.code == "offered" and target.room and rooms and target.room.id not in rooms:
        return Reason("no_free_room", target.practitioner.id, {"rooms": {target.room.id: "busy"}})
    return found


def open_at_any_minute(setup: Setup, service: int) -> Setup:
    """What staff choose by hand is kept to no grid and to no reservation."""
    key = ("by hand", service)
    if key not in setup.memo:
        rules = replace(setup.services[service], step=1)
        setup.memo[key] = replace(
            setup,
            weekly=tuple(replace(weekly, session=_unreserved(weekly.session)) for weekly in setup.weekly),
            dated={when: tuple(map(_unreserved, sessions)) for when, sessions in setup.dated.items()},
            services={**setup.services, service: rules},
        )
    made: Setup = setup.memo[key]
    return made


def _unreserved(session: Session) -> Session:
    return replace(session, reserved_for=frozenset()) if session.reserved_for else session


def room_after(target: Target, reason: Reason) -> Room | None:
    """Which room it would be in: the chosen one, its own, or the first that is free."""
    rooms: Sequence[int] = reason.facts.get("rooms", ()) if reason.code == "offered" else ()
    if target.room or not rooms:
        return target.room
    own = target.mine.room
    return own if own and own.id in rooms else target.mine.seat.clinic.room(rooms[0])


def week_of(mine: Picked, day: date | None) -> tuple[date, date]:
    """Seven days from the one asked for, else from the visit's own; never from one that is over."""
    first = max(day or mine.start.date(), mine.seat.today)
    return first, first + timedelta(days=6)
