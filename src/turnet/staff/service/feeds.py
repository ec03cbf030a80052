"""Calendar feeds: made once per device, shown once, taken back at any time."""

import secrets
from datetime import datetime, timedelta

from turnet.audit.service import note
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, NotAllowed, NotFound
from turnet.ids import random_id, token_hash
from turnet.staff.feeds import Reader, Scope
from turnet.staff.model import Staff
from turnet.staff.permissions import require

MOST = 20
"""Feeds of one person at a time."""
LONGEST_LABEL = 60
USED_EVERY = timedelta(hours=1)


async def make(staff: Staff, scope: str, label: str, *, real: datetime) -> str:
    """The secret of the new address, which nobody can read again.

    Raises Invalid (`scope`, `label`), and NotAllowed without a diary of one's own or with too many feeds.
    """
    require(staff, "own.feed")
    label = " ".join(label.split())
    wrong = {} if scope in set(Scope) else {"scope": "required"}
    if not 0 < len(label) <= LONGEST_LABEL:
        wrong["label"] = "too_long" if label else "required"
    if wrong:
        raise Invalid(wrong)
    token, public_id = secrets.token_urlsafe(32), random_id()
    async with tx():
        counted = 'SELECT count(*) FROM calendar_feed WHERE "user" = {} AND revoked_at IS NULL'
        if staff.practitioner is None or (await fetch(counted, staff.id))[0][0] >= MOST:
            raise NotAllowed(what="feed")
        await fetch(
            'INSERT INTO calendar_feed (public_id, "user", token_hash, scope, label, made_at) VALUES ({}, {}, {}, {}, {}, {})',
            *(public_id, staff.id, token_hash(token), scope, label, real),
        )
        await note(staff.actor, "feed_made", real=real, staff=staff.id, facts={"feed": public_id, "scope": scope})
    return token


async def revoke(staff: Staff, public_id: str, *, real: datetime) -> None:
    """The address leads nowhere from now on. Raises NotFound for anybody else's, and for one that is gone."""
    require(staff, "own.feed")
    async with tx():
        rows = await fetch(
            'UPDATE calendar_feed SET revoked_at = {} WHERE public_id = {} AND "user" = {} AND revoked_at IS NULL RETURNING id',
            *(real, public_id, staff.id),
        )
        if not rows:
            raise NotFound(what="feed")
        await note(staff.actor, "feed_revoked", real=real, staff=staff.id, facts={"feed": public_id})


async def revoke_all(user: int, *, real: datetime) -> None:
    """Inside an act's transaction: whoever had the account before reads nothing any more."""
    await fetch(
        'UPDATE calendar_feed SET revoked_at = {} WHERE "user" = {} AND revoked_at IS NULL RETURNING id', real, user
    )


async def used(reader: Reader, *, real: datetime) -> None:
    """Remembers that the address was read, at most once an hour."""
    if reader.used_at is None or real - reader.used_at >= USED_EVERY:
        await fetch("UPDATE calendar_feed SET used_at = {} WHERE id = {} RETURNING id", real, reader.feed)
