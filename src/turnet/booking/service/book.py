"""Booking: one visit, those of several people, or one person's series; all or none.

The form's one-time key stands on the first booking it made, where a unique index guards it. A form that comes again is
refused by that index or by its own first booking, so only a refusal has to look whether it is a repetition.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from turnet.booking import messages
from turnet.booking.model import Act, Booked, Person, Visit, Wish, visit_token
from turnet.booking.queries import local_minute, visits_of_form
from turnet.booking.service.attempt import attempt, settled, taken
from turnet.booking.service.caps import allow_booking
from turnet.booking.service.facts import facts
from turnet.booking.service.people import Comer, comers
from turnet.booking.service.reach import allow, within_reach
from turnet.booking.service.rows import NO_LANES, bump_diary, drop_claims, free_lanes, insert, occupy, record
from turnet.booking.service.seating import Board, Seated, check_wish, lock, read_board, rules_for, seat
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.disk import check_room
from turnet.db.transactions import fetch
from turnet.errors import Invalid, KeyReused, NotOffered, SlotTaken, TooMany
from turnet.ids import random_id, reference, token_hash
from turnet.metrics import BOOKINGS
from turnet.patients.model import clean_note, same_mailbox
from turnet.scheduling.hours import is_open

Party = Sequence[tuple[Wish, Person]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What else is agreed about bookings made together."""

    tell: bool = True
    """The patient gets it in writing."""
    desk_note: str = ""
    reason: str = ""
    """Why it is overbooked."""
    series: bool = False
    """One person's visits, told of in one message."""


async def book(
    act: Act,
    clinic: Clinic,
    wish: Wish,
    person: Person,
    *,
    once: str,
    owner: str = "",
    tell: bool = True,
    desk_note: str = "",
    reason: str = "",
) -> Booked:
    """Books one visit and returns it with its link; the same form again returns the same visit as `repeated`.

    `once` is the form's one-time key (empty: none), `owner` whose hold counts as free and is used up. For staff: `tell`
    says whether the patient gets it in writing, `reason` why it is overbooked.
    Raises SlotTaken with `alternatives`, NotOffered, TooMany, KeyReused, NotYours, Invalid (`reason`, `desk_note`).
    """
    if wish.over:
        overbooking(act, wish, reason)
    terms = Terms(tell, clean_note(desk_note, field="desk_note"), reason.strip())
    [booked] = await book_together(act, clinic, [(wish, person)], terms, once=once, owner=owner)
    return booked


async def book_party(
    act: Act,
    clinic: Clinic,
    wishes_people: Party,
    *,
    once: str,
    owner: str = "",
    tell: bool = True,
    desk_note: str = "",
) -> list[Booked]:
    """As `book`, for people who come together: all of them or none. Nobody of them is overbooked.

    The note stands with the first.
    """
    if any(wish.over for wish, _ in wishes_people):
        raise NotOffered
    terms = Terms(tell, clean_note(desk_note, field="desk_note"))
    return await book_together(act, clinic, wishes_people, terms, once=once, owner=owner)


def overbooking(act: Act, wish: Wish, reason: str) -> None:
    """Only on purpose: by name, with a reason. Raises NotOffered, NotYours, Invalid."""
    if act.staff is None or wish.practitioner is None:
        raise NotOffered
    allow(act, "visit.overbook", wish.practitioner)
    if not clean_note(reason, field="reason"):
        raise Invalid({"reason": "required"})


async def book_together(act: Act, clinic: Clinic, party: Party, terms: Terms, *, once: str, owner: str) -> list[Booked]:
    """All the wishes or none; the first carries the one-time key. Raises as `book`."""
    check_room()
    try:
        visits = await settled(
            clinic, lambda current: attempt(lambda: _booked(act, current, party, terms, once, owner))
        )
    except (
        SlotTaken, NotOffered, TooMany, sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError
    ) as refused:  # fmt: skip
        first = await visits_of_form(once) if once else []
        if first:
            return _repeated(act, first, party)
        if isinstance(refused, SlotTaken):
            raise await taken(clinic, party[0][0], act, owner=owner) from refused
        raise
    BOOKINGS.labels(act.door).inc(len(visits))
    return [Booked(visit, _token(act, visit), repeated=False) for visit in visits]


def _token(act: Act, visit: Visit) -> str:
    return visit_token(act.key, visit.public_id, visit.link_no)


def _repeated(act: Act, first: Sequence[Visit], party: Party) -> list[Booked]:
    """Raises KeyReused when somebody else, or somebody else's form, comes with the key: it opens nothing for them."""
    asked = [(wish.service, person.patient or person.name, person.phone, person.email) for wish, person in party]
    there = [
        (visit.service, visit.patient if person.patient else visit.patient_name, visit.phone, visit.email)
        for visit, (_, person) in zip(first, party, strict=False)
    ]
    if asked != there or len(first) != len(party):
        raise KeyReused
    return [Booked(visit, _token(act, visit), repeated=True) for visit in first]


async def _booked(act: Act, clinic: Clinic, party: Party, terms: Terms, once: str, owner: str) -> list[Visit]:
    """The transaction."""
    wishes = [within_reach(act, wish, "visit.book") for wish, _ in party]
    for wish in wishes:
        check_wish(act, wish)
        rules_for(act, clinic, wish)
    await lock(clinic, wishes)
    await allow_booking(act, [person for _, person in party])
    board = await read_board(act, clinic, wishes, owner=owner)
    seated = seat(act, clinic, wishes, board)
    claims = await _claim(act, board, seated, owner)
    coming = await comers(act, [person for _, person in party], same=terms.series)
    visits = await _written(act, clinic, seated, coming, claims, terms, once)
    await record(act, "booked", [(visit.id, {}, _agreed(visit, terms)) for visit in visits])
    await messages.booked_together(visits, clinic, act, tell=terms.tell, series=terms.series)
    await bump_diary(clinic)
    return visits


async def _claim(act: Act, board: Board, seated: Sequence[Seated], owner: str) -> list[int]:
    """A claim with its occupancy for each: the hold itself when it is exactly this, otherwise new ones."""
    over = seated[0].wish.over
    if len(seated) == 1 and not over and (kept := await _from_hold(board, seated[0])):
        return [kept]
    footprints = [one.footprint for one in seated]
    await drop_claims(act, board.under(footprints, beside=over), owner=owner)
    claims = await insert("claim", [{"kind": "booking", "public_id": random_id(), "made_at": act.now} for _ in seated])
    lanes = await free_lanes(footprints[0]) if over else NO_LANES
    await occupy(zip(claims, footprints, strict=True), lanes)
    return claims


async def _from_hold(board: Board, one: Seated) -> int | None:
    """Makes the owner's hold the booking's claim; None when it was of something else or is gone."""
    wanted = {(resource, span.start, span.end) for resource, span in one.footprint.items()}
    for claim, rows in board.held().items():
        if rows == wanted:
            kept = await fetch(
                "UPDATE claim SET kind = 'booking', expires_at = NULL, owner = '', address = '', wish = {}, staff = NULL "
                "WHERE id = {} AND kind = 'hold' RETURNING id",
                *("{}", claim),
            )
            return claim if kept else None
    return None


async def _written(
    act: Act,
    clinic: Clinic,
    seated: Sequence[Seated],
    coming: Sequence[Comer],
    claims: Sequence[int],
    terms: Terms,
    once: str,
) -> list[Visit]:
    together = (await insert("party", [{"public_id": random_id()}]))[0] if len(seated) > 1 else None
    rows = [
        _row(act, clinic, one, comer, terms) | {"claim": claim, "party": together, "once": None}
        for one, comer, claim in zip(seated, coming, claims, strict=True)
    ]
    rows[0]["once"] = once or None
    if not terms.series:
        rows[1:] = [row | {"desk_note": ""} for row in rows[1:]]
    ids = await insert("booking", rows)
    extras = [
        {"booking": booking, "service": service, "position": place}
        for booking, one in zip(ids, seated, strict=True)
        for place, service in enumerate(one.wish.extras)
    ]
    if extras:
        await insert("booking_extra", extras)
    return [_visit(*each) for each in zip(ids, rows, seated, coming, strict=True)]


def _row(act: Act, clinic: Clinic, one: Seated, comer: Comer, terms: Terms) -> dict[str, Any]:
    public_id, person = random_id(), comer.person
    return {
        "public_id": public_id,
        "reference": reference(),
        "state": State.BOOKED.value,
        "service": one.wish.service,
        "practitioner": clinic.practitioner(one.place.practitioner).row,
        "room": None if one.place.room is None else clinic.room(one.place.room).row,
        "location": one.location,
        "patient": comer.patient,
        "phone": person.phone,
        "email": person.email,
        "mailbox": same_mailbox(person.email),
        "language": person.language,
        "for_whom": person.for_whom,
        "note": person.note,
        "desk_note": terms.desk_note,
        "overbooked": one.wish.over,
        "starts_at": instant(one.wish.start),
        "ends_at": instant(one.end),
        "wall_start": local_minute(clinic, one.wish.start),
        "zone": clinic.zone.key,
        "door": act.door,
        "referrer": act.referrer[:120],
        "outside_hours": not is_open(clinic.setup, minute(act.now)),
        "token_hash": token_hash(visit_token(act.key, public_id, 1)),
        "created_at": act.now,
        "updated_at": act.now,
    }


_AS_STORED = (
    "public_id", "reference", "service", "location", "patient", "phone", "email", "language", "for_whom", "note",
    "desk_note", "overbooked", "starts_at", "ends_at", "zone", "door", "created_at", "updated_at", "party",
)  # fmt: skip


def _visit(id: int, row: dict[str, Any], one: Seated, comer: Comer) -> Visit:
    """What reading the row again would give."""
    return Visit(
        id=id,
        state=State.BOOKED,
        practitioner=one.place.practitioner,
        room=one.place.room,
        patient_name=comer.person.name,
        link_no=1,
        version=1,
        sequence=0,
        visit_no=1,
        moved_from=None,
        cancelled_at=None,
        undo_until=None,
        extras=one.wish.extras,
        **{name: row[name] for name in _AS_STORED},
    )


def _agreed(visit: Visit, terms: Terms) -> dict[str, Any]:
    more: dict[str, Any] = {"reason": terms.reason} if visit.overbooked else {}
    return facts(visit) | more | ({"series": visit.party} if terms.series else {})
