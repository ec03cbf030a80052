"""Who wants no messages of a purpose, and to whom nothing is sent at all. A refusal is a number's or an address's.

A telephone that several people share refuses for all of them; what one person agreed to is `patients.tables.Consent`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from turnet.db.transactions import fetch
from turnet.messaging.kinds import Kind

PURPOSES = ("reminders", "feedback", "offers")

_PURPOSE = {"reminder": "reminders", "feedback": "feedback", "offer": "offers"}
"""Consent that a kind needs → what may be refused. What belongs to a visit that somebody asked for, nobody can."""

REFUSED = "whoever has this contact wants no such messages"
SUSPENDED = "nothing is sent to this contact: {}"


@dataclass(frozen=True, slots=True)
class Suspended:
    contact: str
    reason: str
    """`bounced` or `wrong_number`."""
    said: str
    at: datetime


async def opt_out(contact: str, purpose: str, *, source: str, now: datetime) -> bool:
    """No more messages of this purpose to it. `source` as in `OptOut`. False: that was so already."""
    rows = await fetch(
        "INSERT INTO opt_out (contact, purpose, source, at) VALUES ({}, {}, {}, {}) "
        "ON CONFLICT (contact, purpose) DO UPDATE SET source = excluded.source, at = excluded.at, lifted_at = NULL "
        "WHERE opt_out.lifted_at IS NOT NULL RETURNING id",
        *(contact, purpose, source, now),
    )
    return bool(rows)


async def opt_in(contact: str, purpose: str, *, now: datetime) -> bool:
    """They want them again. False: they had not refused."""
    rows = await fetch(
        "UPDATE opt_out SET lifted_at = {} WHERE contact = {} AND purpose = {} AND lifted_at IS NULL RETURNING id",
        *(now, contact, purpose),
    )
    return bool(rows)


async def opted_out(contact: str, purpose: str) -> bool:
    rows = await fetch(
        "SELECT 1 FROM opt_out WHERE contact = {} AND purpose = {} AND lifted_at IS NULL", contact, purpose
    )
    return bool(rows)


async def suspend(contact: str, reason: str, *, now: datetime, said: str = "", message: UUID | None = None) -> None:
    """Nothing more goes to it: `bounced`, or a stranger has it (`wrong_number`)."""
    await fetch(
        "INSERT INTO suspension (contact, reason, bounces, said, at, message) VALUES ({}, {}, 0, {}, {}, {}) "
        "ON CONFLICT (contact) DO UPDATE SET reason = excluded.reason, said = excluded.said, at = excluded.at, "
        "message = excluded.message, lifted_at = NULL",
        *(contact, reason, said, now, message),
    )


async def suspended(contact: str) -> Suspended | None:
    rows = await fetch(
        "SELECT contact, reason, said, at FROM suspension "
        "WHERE contact = {} AND reason <> 'soft' AND lifted_at IS NULL",
        contact,
    )
    return Suspended(*rows[0]) if rows else None


async def lift(contact: str, now: datetime) -> bool:
    """Staff say that it is right again. False: nothing was suspended."""
    rows = await fetch(
        "UPDATE suspension SET lifted_at = {}, bounces = 0 WHERE contact = {} AND lifted_at IS NULL RETURNING id",
        *(now, contact),
    )
    return bool(rows)


def purpose_of(kind: Kind) -> str | None:
    """What whoever refuses this kind refuses; None: it belongs to a visit, and nobody can."""
    return _PURPOSE.get(kind.consent)


async def refusal(kind: Kind, contact: str) -> str | None:
    """Why a message of this kind to a patient does not go to their contact; None: it may."""
    if found := await suspended(contact):
        return SUSPENDED.format(found.reason)
    purpose = purpose_of(kind)
    return REFUSED if purpose and await opted_out(contact, purpose) else None
