"""Times offered to somebody who cannot come: held for half an hour, for that visit alone. They keep the time they have
until they take another.

An offer is a claim like any other: nobody else is offered its time, staff included, and the guard protects it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from turnet.booking import messages
from turnet.booking.model import Act, Seat, Visit, Wish
from turnet.booking.queries import free_times, visit_to_change
from turnet.booking.service.attempt import attempt, settled
from turnet.booking.service.facts import facts
from turnet.booking.service.move import claim_of, rewritten
from turnet.booking.service.rows import bump_diary, drop_claims, insert, occupy, record
from turnet.booking.service.seating import Seated, lock, read_board, rules_for, seat, setup_for
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.errors import NotAllowed, NotOffered, SlotTaken, TooLate
from turnet.ids import random_id
from turnet.scheduling.by_hand import places_by_hand
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Place, Slot
from turnet.scheduling.slots import footprint
from turnet.scheduling.spans import Span

OFFER = timedelta(minutes=30)
NEAR = timedelta(days=14)
"""How far around the visit the first look for times goes."""


@dataclass(frozen=True, slots=True)
class Offered:
    claim: int
    wish: Wish
    start: datetime
    end: datetime


async def offer_times(act: Act, clinic: Clinic, visit: Visit, *, count: int = 3) -> list[Offered]:
    """Holds at most `count` times like the visit's own, by start; none if there are none.

    At its location, with its practitioner before others, on different days and about its time of day where that can be.
    """

    async def work(clinic: Clinic) -> list[Offered]:
        anywhere = Wish(visit.service, minute(visit.starts_at), visit.location, extras=visit.extras)
        try:
            rules_for(act, clinic, anywhere)
        except NotOffered:
            return []
        await lock(clinic, [anywhere])
        wishes = [_wish(visit, slot) for slot in await _chosen(act, clinic, visit, count)]
        seated = await _seated(act, clinic, wishes)
        if not seated:
            return []
        offered = await _held(act, visit, seated)
        await bump_diary(clinic)
        return offered

    return await settled(clinic, lambda current: attempt(lambda: work(current)))


async def _chosen(act: Act, clinic: Clinic, visit: Visit, count: int) -> list[Slot]:
    zone = clinic.setup.zone
    own_day, today = local_day(zone, minute(visit.starts_at)), local_day(zone, minute(act.now))
    horizon = timedelta(days=setup_for(clinic, _there(visit)).services[visit.service].horizon)
    found: list[Slot] = []
    for last in (min(own_day + NEAR, today + horizon), today + horizon):
        slots = await free_times(
            clinic, visit.service, today, last, now=act.now, location=visit.location, extras=visit.extras
        )
        free = [slot for slot in slots if not Span(slot.start, slot.end).overlaps(_span(visit))]
        found = chosen(free, visit, clinic, count)
        if len(found) == count:
            break
    return found


def chosen(free: Sequence[Slot], visit: Visit, clinic: Clinic, count: int) -> list[Slot]:
    """Of each day the time nearest to the visit's: days after its own first, then earlier ones.

    Days on which its practitioner can do it come before all others, and the day that does not suit comes last. With too
    few days a day may give several times.
    """
    zone = clinic.setup.zone
    own_day = local_day(zone, minute(visit.starts_at))
    pools: list[list[Slot]] = [[], [], [], []]
    for slot in free:
        that_day, others = local_day(zone, slot.start) == own_day, visit.practitioner not in slot.practitioners
        pools[2 * that_day + others].append(slot)
    rounds = [day for pool in pools for day in _by_day(pool, visit, clinic)]
    first = [day[0] for day in rounds]
    more = [slot for day in rounds for slot in day[1:]]
    found: list[Slot] = []
    for spread in (first, more):
        for slot in spread:
            if len(found) < count and not any(_near(slot, other, clinic, days=spread is first) for other in found):
                found.append(slot)
    return sorted(found)


def _near(slot: Slot, other: Slot, clinic: Clinic, *, days: bool) -> bool:
    """They overlap, or with `days` are of one day."""
    zone = clinic.setup.zone
    same_day = local_day(zone, slot.start) == local_day(zone, other.start)
    return (days and same_day) or Span(slot.start, slot.end).overlaps(Span(other.start, other.end))


def _by_day(slots: Iterable[Slot], visit: Visit, clinic: Clinic) -> list[list[Slot]]:
    zone, wanted = clinic.zone, visit.starts_at.astimezone(clinic.zone)
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(local_day(clinic.setup.zone, slot.start), []).append(slot)

    def far(slot: Slot) -> tuple[int, int]:
        local = instant(slot.start).astimezone(zone)
        return abs((local.hour - wanted.hour) * 60 + local.minute - wanted.minute), slot.start

    own = wanted.date()
    order = sorted(days, key=lambda day: (day < own, abs(day - own)))
    return [sorted(days[day], key=far) for day in order]


def _there(visit: Visit) -> Wish:
    return Wish(visit.service, minute(visit.starts_at), visit.location, visit.practitioner, extras=visit.extras)


def _wish(visit: Visit, slot: Slot) -> Wish:
    whom = visit.practitioner if visit.practitioner in slot.practitioners else None
    return Wish(visit.service, slot.start, slot.location, whom, extras=visit.extras)


def _span(visit: Visit) -> Span:
    return Span(minute(visit.starts_at), minute(visit.ends_at))


async def _seated(act: Act, clinic: Clinic, wishes: Sequence[Wish]) -> list[Seated]:
    """Under the lock, so that what was free a moment ago still is."""
    if not wishes:
        return []
    board = await read_board(act, clinic, wishes)
    seated = seat(act, clinic, wishes, board)
    await drop_claims(act, board.under([one.footprint for one in seated]))
    return seated


async def _held(act: Act, visit: Visit, seated: Sequence[Seated]) -> list[Offered]:
    claims = await insert(
        "claim",
        [
            {
                "kind": "offer",
                "public_id": random_id(),
                "made_at": act.now,
                "expires_at": act.now + OFFER,
                "wish": json.dumps(_stored(visit, one)),
            }
            for one in seated
        ],
    )
    await occupy(list(zip(claims, [one.footprint for one in seated], strict=True)))
    return [
        Offered(claim, one.wish, instant(one.wish.start), instant(one.end))
        for claim, one in zip(claims, seated, strict=True)
    ]


def _stored(visit: Visit, one: Seated) -> Mapping[str, Any]:
    """As of a hold, and for which visit."""
    seats = [Seat(one.wish.start, one.place.practitioner, one.place.room)]
    return {"wish": asdict(one.wish), "location": one.location, "seats": seats, "visit": visit.id}


async def take_offer(act: Act, clinic: Clinic, visit_id: int, claim: int, *, tell: bool = True) -> Visit:
    """Moves the visit to a time that is held for it and gives the old one back.

    What was offered may be taken until the visit begins, whenever changes end otherwise. Without `tell` the caller says
    it, in answer to them. Raises NotFound, NotAllowed, TooLate, and SlotTaken when the time is not held any more, or the
    clinic is closed then by now.
    """

    async def work(clinic: Clinic) -> Visit:
        visit = await visit_to_change(visit_id)
        if not visit.coming:
            raise NotAllowed(state=visit.state)
        if act.now >= visit.starts_at:
            raise TooLate(until=visit.starts_at)
        one = await _offered(act, clinic, visit, claim)
        own = await claim_of(visit)
        await fetch("DELETE FROM occupancy WHERE claim = {}", own)
        await fetch("UPDATE occupancy SET claim = {} WHERE claim = {}", own, claim)
        await fetch("DELETE FROM claim WHERE id = {}", claim)
        moved = await rewritten(act, clinic, visit, one, state=State.BOOKED, moved_from=visit.starts_at)
        before = facts(visit) | {"moved_from": visit.moved_from.isoformat() if visit.moved_from else None}
        how = {"told": True} if tell else {"told": False, "answered": True}
        await record(act, "moved", [(visit.id, before, facts(moved) | how)])
        await messages.moved(moved, clinic, act, tell=tell)
        await bump_diary(clinic)
        return moved

    return await settled(clinic, lambda current: attempt(lambda: work(current), must=True))


async def _offered(act: Act, clinic: Clinic, visit: Visit, claim: int) -> Seated:
    """What is held under the claim, which nobody else ends until the transaction does. Raises SlotTaken."""
    await lock(clinic, [replace(_there(visit), practitioner=None)])
    alone = "" if on_sqlite() else "FOR UPDATE"
    rows = await fetch(
        f"SELECT wish FROM claim WHERE id = {{}} AND kind = 'offer' AND expires_at > {{}} {alone}",
        *(claim, act.now),
    )
    stored = json.loads(rows[0][0]) if rows else {}
    if stored.get("visit") != visit.id:
        raise SlotTaken
    wish = Wish(**stored["wish"] | {"extras": tuple(stored["wish"]["extras"])})
    [seat] = [Seat(*one) for one in stored["seats"]]
    place, setup = Place(seat.practitioner, seat.room), setup_for(clinic, wish)
    if wish.service not in setup.services:
        raise SlotTaken
    if place not in places_by_hand(
        setup, wish.service, wish.start, stored["location"], {}, practitioner=place.practitioner
    ):
        raise SlotTaken
    rules = setup.services[wish.service]
    return Seated(wish, rules, stored["location"], place, footprint(rules, wish.start, place))


async def drop_offers(claims: Collection[int]) -> None:
    """Gives back times that were offered and not taken."""
    if not claims:
        return
    wanted = sorted(claims)

    async def work() -> None:
        await fetch(f"DELETE FROM claim WHERE kind = 'offer' AND id IN ({marks(wanted)})", *wanted)
        await bump_diary()

    await attempt(work, must=True)
