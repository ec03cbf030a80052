"""Booking: one visit, or those of several people, all or none.

The form's one-time key stands on the first booking it made, where a unique index guards it. A form that comes again is
refused by that index or by its own first booking, so only a refusal has to look whether it is a repetition.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

import asyncpg

from turnet.booking import messages
from turnet.booking.model import Act, Booked, Person, Visit, Wish, visit_token
from turnet.booking.queries import local_minute, visits_of_form
from turnet.booking.service.attempt import attempt, taken
from turnet.booking.service.caps import allow_booking
from turnet.booking.service.rows import bump_diary, drop_claims, insert, occupy, record
from turnet.booking.service.seating import Board, Seated, lock, read_board, rules_for, seat
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.disk import check_room
from turnet.db.transactions import fetch
from turnet.errors import KeyReused, NotOffered, SlotTaken, TooMany
from turnet.ids import random_id, reference, token_hash
from turnet.metrics import BOOKINGS
from turnet.patients.model import same_mailbox
from turnet.patients.service import enrol
from turnet.scheduling.hours import is_open

Party = Sequence[tuple[Wish, Person]]


async def book(act: Act, clinic: Clinic, wish: Wish, person: Person, *, once: str, owner: str = "") -> Booked:
    """Books one visit and returns it with its link; the same form again returns the same visit as `repeated`.

    `once` is the form's one-time key (empty: none), `owner` whose hold counts as free and is used up.
    Raises SlotTaken with `alternatives`, NotOffered, TooMany, KeyReused.
    """
    [booked] = await book_party(act, clinic, [(wish, person)], once=once, owner=owner)
    return booked


async def book_party(act: Act, clinic: Clinic, wishes_people: Party, *, once: str, owner: str = "") -> list[Booked]:
    """As `book`, for people who come together: all of them or none."""
    check_room()
    try:
        visits = await attempt(lambda: _booked(act, clinic, wishes_people, once, owner))
    except (
        SlotTaken, NotOffered, TooMany, sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError
    ) as refused:  # fmt: skip
        first = await visits_of_form(once) if once else []
        if first:
            return _repeated(act, first, wishes_people)
        if isinstance(refused, SlotTaken):
            raise await taken(clinic, wishes_people[0][0], act, owner=owner) from refused
        raise
    BOOKINGS.labels(act.door).inc(len(visits))
    return [Booked(visit, _token(act, visit), repeated=False) for visit in visits]


def _token(act: Act, visit: Visit) -> str:
    return visit_token(act.key, visit.public_id, visit.link_no)


def _repeated(act: Act, first: Sequence[Visit], party: Party) -> list[Booked]:
    """Raises KeyReused when somebody else, or somebody else's form, comes with the key: it opens nothing for them."""
    asked = [(wish.service, person.name, person.phone, person.email) for wish, person in party]
    if asked != [(visit.service, visit.patient_name, visit.phone, visit.email) for visit in first]:
        raise KeyReused
    return [Booked(visit, _token(act, visit), repeated=True) for visit in first]


async def _booked(act: Act, clinic: Clinic, party: Party, once: str, owner: str) -> list[Visit]:
    """The transaction."""
    wishes, people = [wish for wish, _ in party], [person for _, person in party]
    for wish in wishes:
        rules_for(act, clinic, wish)
    await lock(clinic, wishes)
    await allow_booking(act, people)
    board = await read_board(act, clinic, wishes, owner=owner)
    seated = seat(act, clinic, wishes, board)
    claims = await _claim(act, board, seated, owner)
    patients = await enrol(people, now=act.now)
    together = (await insert("party", [{"public_id": random_id()}]))[0] if len(party) > 1 else None
    rows = [
        _row(act, clinic, one, person) | {"claim": claim, "patient": patient, "party": together, "once": None}
        for one, person, claim, patient in zip(seated, people, claims, patients, strict=True)
    ]
    rows[0]["once"] = once or None
    added = zip(await insert("booking", rows), rows, seated, people, strict=True)
    visits = [_visit(booking, row, one, person) for booking, row, one, person in added]
    await record(act, "booked", [(visit.id, {}, facts(visit)) for visit in visits])
    for visit in visits:
        await messages.booked(visit, clinic, act)
    await bump_diary()
    return visits


async def _claim(act: Act, board: Board, seated: Sequence[Seated], owner: str) -> list[int]:
    """A claim with its occupancy for each: the hold itself when it is exactly this, otherwise new ones."""
    if len(seated) == 1 and (kept := await _from_hold(board, seated[0])):
        return [kept]
    await drop_claims(act, board.under([one.footprint for one in seated]), owner=owner)
    claims = await insert("claim", [{"kind": "booking", "public_id": random_id(), "made_at": act.now} for _ in seated])
    await occupy(zip(claims, (one.footprint for one in seated), strict=True))
    return claims


async def _from_hold(board: Board, one: Seated) -> int | None:
    """Makes the owner's hold the booking's claim; None when it was of something else or is gone."""
    wanted = {(resource, span.start, span.end) for resource, span in one.footprint.items()}
    for claim, rows in board.held().items():
        if rows == wanted:
            kept = await fetch(
                "UPDATE claim SET kind = 'booking', expires_at = NULL, owner = '', address = '', wish = {} "
                "WHERE id = {} AND kind = 'hold' RETURNING id",
                *("{}", claim),
            )
            return claim if kept else None
    return None


def _row(act: Act, clinic: Clinic, one: Seated, person: Person) -> dict[str, Any]:
    public_id = random_id()
    return {
        "public_id": public_id,
        "reference": reference(),
        "state": State.BOOKED.value,
        "service": one.wish.service,
        "practitioner": clinic.practitioner(one.place.practitioner).row,
        "room": None if one.place.room is None else clinic.room(one.place.room).row,
        "location": one.location,
        "phone": person.phone,
        "email": person.email,
        "mailbox": same_mailbox(person.email),
        "language": person.language,
        "for_whom": person.for_whom,
        "note": person.note,
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


def _visit(id: int, row: dict[str, Any], one: Seated, person: Person) -> Visit:
    """What reading the row again would give."""
    same = ("public_id", "reference", "service", "location", "phone", "email", "language", "for_whom", "note")
    times = ("starts_at", "ends_at", "zone", "door", "created_at", "updated_at")
    return Visit(
        id=id,
        state=State.BOOKED,
        practitioner=one.place.practitioner,
        room=one.place.room,
        patient_name=person.name,
        link_no=1,
        version=1,
        sequence=0,
        visit_no=1,
        moved_from=None,
        cancelled_at=None,
        undo_until=None,
        **{name: row[name] for name in (*same, *times)},
    )


def facts(visit: Visit) -> dict[str, Any]:
    """What the audit says of a visit."""
    return {
        "state": visit.state,
        "starts_at": visit.starts_at.isoformat(),
        "service": visit.service,
        "practitioner": visit.practitioner,
        "room": visit.room,
        "location": visit.location,
    }
