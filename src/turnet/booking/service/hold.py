"""Holds: five minutes of nobody else taking the time while a form is filled, ten at the desk, twenty at most.

A visitor has one, and so has each session at the desk. What was held is given to its owner when they book, and is anybody's again the moment it expires.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta

from turnet.booking.model import Act, Hold, Seat, Wish
from turnet.booking.queries import HOLD_LIFE, current_hold
from turnet.booking.service.attempt import attempt, settled, taken
from turnet.booking.service.caps import allow_hold
from turnet.booking.service.reach import within_reach
from turnet.booking.service.rows import bump_diary, drop_claims, insert, occupy
from turnet.booking.service.seating import Seated, check_wish, lock, read_board, rules_for, seat, seat_together
from turnet.clinic.model import Clinic
from turnet.db.disk import check_room
from turnet.db.transactions import fetch, on_sqlite
from turnet.errors import NotOffered, SlotTaken
from turnet.ids import random_id

HOLD = timedelta(minutes=5)
DESK_HOLD = timedelta(minutes=10)
"""For a caller on the line."""


async def hold(act: Act, clinic: Clinic, wish: Wish, owner: str) -> Hold:
    """Holds a time in place of whatever the owner held; what they hold already is renewed.

    Nothing is held beside another visit. Raises SlotTaken with `alternatives`, NotOffered, TooMany, NotYours.
    """
    wish = within_reach(act, wish, "visit.book")
    check_wish(act, wish)
    if wish.over:
        raise NotOffered

    async def work(clinic: Clinic) -> Hold:
        await _one_at_a_time(owner)
        mine = await current_hold(owner, act.now)
        if mine is not None and mine.wish == wish:
            return await _renewed(act, mine)
        rules_for(act, clinic, wish)
        await lock(clinic, [wish])
        await allow_hold(act, owner)
        board = await read_board(act, clinic, [wish], owner=owner)
        seated = seat(act, clinic, [wish], board) if wish.people == 1 else seat_together(act, clinic, wish, board)
        await drop_claims(act, board.under([one.footprint for one in seated]), owner=owner)
        made = await _make(act, wish, owner, seated)
        await bump_diary(clinic)
        return made

    check_room()
    try:
        return await settled(clinic, lambda current: attempt(lambda: work(current)))
    except SlotTaken as error:
        raise await taken(clinic, wish, act, owner=owner) from error


async def renew(act: Act, clinic: Clinic, owner: str) -> Hold | None:  # noqa: ARG001  (acts are called alike)
    """Five minutes from now (ten at the desk), but not beyond twenty from the making; None when nothing is held any more."""

    async def work() -> Hold | None:
        mine = await current_hold(owner, act.now)
        return await _renewed(act, mine) if mine else None

    return await attempt(work)


async def release(act: Act, owner: str) -> None:
    """Gives back at once whatever the owner holds."""

    async def work() -> None:
        if owner and await current_hold(owner, act.now):
            await drop_claims(act, [], owner=owner)
            await bump_diary()

    await attempt(work)


async def _one_at_a_time(owner: str) -> None:
    """Two tabs of one visitor hold one after the other, so the second replaces the first."""
    if not on_sqlite():
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", owner)


async def _renewed(act: Act, mine: Hold) -> Hold:
    expires_at = min(act.now + _life(act), mine.made_at + HOLD_LIFE)
    await fetch(
        "UPDATE claim SET expires_at = {} WHERE public_id = {} AND kind = 'hold' AND expires_at > {}",
        *(expires_at, mine.public_id, act.now),
    )
    # What is free stays as it is, so no page is made anew: those kept until the old expiry are looked at again then.
    return replace(mine, expires_at=expires_at, extendable=expires_at < mine.made_at + HOLD_LIFE)


def _life(act: Act) -> timedelta:
    return DESK_HOLD if act.by_staff else HOLD


async def _make(act: Act, wish: Wish, owner: str, seated: Sequence[Seated]) -> Hold:
    seats = tuple(Seat(one.wish.start, one.place.practitioner, one.place.room) for one in seated)
    location, public_id, expires_at = seated[0].location, random_id(), act.now + _life(act)
    stored = json.dumps({"wish": asdict(wish), "location": location, "seats": seats})
    [claim] = await insert(
        "claim",
        [
            {
                "kind": "hold",
                "public_id": public_id,
                "owner": owner,
                "address": act.address,
                "made_at": act.now,
                "expires_at": expires_at,
                "wish": stored,
                "staff": act.staff.id if act.staff else None,
            }
        ],
    )
    await occupy([(claim, one.footprint) for one in seated])
    return Hold(
        public_id=public_id,
        wish=wish,
        practitioner=seats[0].practitioner,
        room=seats[0].room,
        location=location,
        expires_at=expires_at,
        extendable=True,
        made_at=act.now,
        seats=seats,
    )
