"""Forms put aside: a booking that somebody was interrupted in, kept for its writer alone until it is taken up again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from turnet.db.transactions import fetch, tx
from turnet.errors import NotFound
from turnet.ids import random_id
from turnet.staff.model import Staff

MOST = 20
"""Forms of one person; parking one more lets the oldest go."""
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Parked:
    public_id: str
    fields: Mapping[str, str] = field(repr=False)
    """As they were typed."""
    made_at: datetime
    """Business time."""


async def park(staff: Staff, fields: Mapping[str, str], *, now: datetime, instead: str = "") -> str:
    """Puts a form aside and returns its public id; `instead` is the parked form it was taken up from."""
    written = json.dumps(dict(fields), ensure_ascii=False)
    async with tx():
        known = await fetch(
            'UPDATE parked_form SET fields = {}, made_at = {} WHERE public_id = {} AND "user" = {} RETURNING public_id',
            *(written, now, instead, staff.id),
        )
        if known:
            return instead
        public_id = random_id()
        await fetch(
            'INSERT INTO parked_form (public_id, "user", fields, made_at) VALUES ({}, {}, {}, {})',
            *(public_id, staff.id, written, now),
        )
        await _tidy(staff, now)
    return public_id


async def _tidy(staff: Staff, now: datetime) -> None:
    await fetch(
        'DELETE FROM parked_form WHERE "user" = {} AND (made_at < {} OR id NOT IN '
        '(SELECT id FROM parked_form WHERE "user" = {} ORDER BY made_at DESC, id DESC LIMIT {}))',
        *(staff.id, now - KEPT, staff.id, MOST),
    )


async def parked(staff: Staff) -> list[Parked]:
    """This person's forms, the newest first."""
    rows = await fetch(
        'SELECT public_id, fields, made_at FROM parked_form WHERE "user" = {} ORDER BY made_at DESC, id DESC', staff.id
    )
    return [Parked(public_id, json.loads(fields), made_at) for public_id, fields, made_at in rows]


async def take_up(staff: Staff, public_id: str) -> Parked:
    """The form, which stays parked until it is booked or dropped. Raises NotFound, for somebody else's too."""
    found = [one for one in await parked(staff) if one.public_id == public_id]
    if not found:
        raise NotFound(what="parked form")
    return found[0]


async def drop(staff: Staff, public_id: str) -> None:
    """Forgets a form; one that is gone already is as well as forgotten. Somebody else's stays."""
    async with tx():
        await fetch('DELETE FROM parked_form WHERE public_id = {} AND "user" = {}', public_id, staff.id)
