"""Reads of calendar feeds: a person's own list, and whose diary a secret address shows."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from turnet.db.transactions import fetch
from turnet.ids import token_hash
from turnet.staff.model import Staff
from turnet.staff.queries import STAFF, staff_of

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """How much of a patient stands in the calendar."""

    BUSY = "busy"
    INITIALS = "initials"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Feed:
    """One device that reads one diary."""

    public_id: str
    label: str
    scope: Scope
    made_at: datetime
    used_at: datetime | None
    """Both real time; the second to the hour."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds a secret address that still counts, and what it shows."""

    feed: int
    scope: Scope
    used_at: datetime | None
    staff: Staff
    practitioner: int
    """Resource id of the diary."""


async def feeds_of(user: int) -> list[Feed]:
    """Those that still count, the newest first."""
    rows = await fetch(
        'SELECT public_id, label, scope, made_at, used_at FROM calendar_feed WHERE "user" = {} AND revoked_at IS NULL '
        "ORDER BY id DESC",
        user,
    )
    return [
        Feed(public_id, label, Scope(scope), made_at, used_at) for public_id, label, scope, made_at, used_at in rows
    ]


async def reader_behind(token: str) -> Reader | None:
    """None when the address was never made, was revoked, or its owner is disabled or has no diary any more."""
    if not _TOKEN.fullmatch(token):
        return None
    rows = await fetch(
        f'SELECT f.id, f.scope, f.used_at, {STAFF} JOIN calendar_feed f ON f."user" = u.id '
        "WHERE f.token_hash = {} AND f.revoked_at IS NULL AND u.disabled_at IS NULL",
        token_hash(token),
    )
    if not rows:
        return None
    feed, scope, used_at, *cells = rows[0]
    staff = staff_of(tuple(cells))
    if staff.practitioner is None:
        return None
    return Reader(feed, Scope(scope), used_at, staff, staff.practitioner)
