"""The conversation with one telephone, as the desk sees it: when something was last said, and whether a person has to look."""

from datetime import datetime

from turnet.db.transactions import fetch
from turnet.db.versions import raise_diary
from turnet.ids import random_id


async def said(phone: str, *, now: datetime) -> None:
    """Somebody said something; whoever has to look at it, or not, stays as it is."""
    await fetch(
        "INSERT INTO conversation (public_id, phone, state, why, last_at, version) VALUES ({}, {}, 'done', '', {}, 1) "
        "ON CONFLICT (phone) DO UPDATE SET last_at = excluded.last_at, version = conversation.version + 1",
        *(random_id(), phone, now),
    )


async def settled(phone: str) -> None:
    """Who could not come has another time: a conversation that waited for that alone waits no more."""
    done = await fetch(
        "UPDATE conversation SET state = 'done', version = version + 1 WHERE phone = {} AND state = 'open' "
        "AND why = 'cannot_come' AND NOT EXISTS (SELECT 1 FROM inbound i WHERE i.sender = conversation.phone "
        "AND i.done_at >= conversation.since AND i.outcome IN ('desk', 'late', 'changed')) RETURNING id",
        phone,
    )
    if done:
        await raise_diary()


async def to_desk(phone: str, why: str, *, now: datetime) -> None:
    """A person has to look, for the newest reason; since when is since the first that nobody has dealt with.

    `why`, at most 20 characters: `unclear`, `cannot_come`, `late`, `changed`, `wants_out`, `often`, `score` or `failed`.
    """
    await fetch(
        "INSERT INTO conversation (public_id, phone, state, why, since, last_at, version) "
        "VALUES ({}, {}, 'open', {}, {}, {}, 1) ON CONFLICT (phone) DO UPDATE SET state = 'open', why = excluded.why, "
        "since = CASE WHEN conversation.state = 'open' THEN conversation.since ELSE excluded.since END, "
        "last_at = excluded.last_at, version = conversation.version + 1",
        *(random_id(), phone, why, now, now),
    )
    await raise_diary()
