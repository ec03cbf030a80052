"""Mail that comes back. Each leaves under a return address of its own, so what comes back says which it was (VERP).

A report of delivery (RFC 3464) says why. An address that does not exist is written to no more; a full mailbox or a refusal
is counted first. Whatever else comes to that address, such as an absence note, is left for people to read.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from uuid import UUID

from turnet.db.transactions import fetch, tx
from turnet.db.versions import raise_diary
from turnet.ids import signed, unsigned
from turnet.settings import Settings

LARGEST = 256 * 1024
"""Of a returned mail, in bytes; the report stands at its beginning."""
MOST_BOUNDARIES = 30
"""A mail is read in the time of its lines by its parts within parts; a report has three, and what it returns a few."""
PATIENCE, WITHIN = 3, timedelta(days=30)
"""So many mails in a row may be refused for a while before their address counts as dead."""

_PURPOSE = "bounce"
_STATUS = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_DEAD = re.compile(r"5\.(1\.[0-9]+|2\.1|4\.4)")
"""RFC 3463: no such mailbox or domain, a mailbox that is closed, a host that cannot be found."""
CAME_BACK = "came back"
"""What the error of a mail begins with that had left and was returned."""


@dataclass(frozen=True, slots=True)
class Returned:
    message: UUID
    status: str
    """Such as `5.1.1`; empty: it was not said."""

    @property
    def dead(self) -> bool:
        return _DEAD.fullmatch(self.status) is not None


def return_address(settings: Settings, key: bytes, message: UUID, sender: str) -> str:
    """Where this mail comes back to; `sender` when the clinic has no mailbox for that."""
    local, _at, domain = settings.bounce_mail.rpartition("@")
    return f"{local}+{signed(key, _PURPOSE, message)}@{domain}" if local else sender


def returned(raw: bytes, settings: Settings, key: bytes) -> Returned | None:
    """What a mail to the return address says did not arrive for good; None when it says nothing of the kind.

    May take a second for a mail that somebody made to be slow, and names one of ours.
    """
    raw = raw[:LARGEST]
    message = _ours(raw, settings, key)
    if message is None or raw.lower().count(b"boundary") > MOST_BOUNDARIES:
        return None
    try:
        status = _failure(message_from_bytes(raw))
    except RecursionError:  # parts within parts: no report looks so, and anybody may write to that address
        return None
    return None if status is None else Returned(message, status)


def _ours(raw: bytes, settings: Settings, key: bytes) -> UUID | None:
    """The mail of ours that it names. Long addresses may be broken over two lines of quoted-printable."""
    text = raw.decode("latin-1").replace("=\r\n", "").replace("=\n", "")
    local, _at, domain = settings.bounce_mail.rpartition("@")
    tokens = re.findall(rf"{re.escape(local)}\+([a-z2-7]{{39}})@{re.escape(domain)}", text, re.IGNORECASE)
    return next((found for token in dict.fromkeys(tokens) if (found := unsigned(key, _PURPOSE, token))), None)


def _failure(mail: Message) -> str | None:
    """The status of a delivery that failed for good; None: it did not, or this is no report of delivery."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks := part.get_payload(), list):
            for block in blocks:
                if isinstance(block, Message) and str(block.get("action", "")).strip().lower() == "failed":
                    found = _STATUS.search(str(block.get("status", "")))
                    return found.group(1) if found else ""
    return None


async def take(raw: bytes, settings: Settings, key: bytes, *, now: datetime, real: datetime) -> bool:
    """Writes down that a mail came back. False: it says nothing that was not known. The same twice is once."""
    found = await asyncio.to_thread(returned, raw, settings, key)
    if found is None:
        return False
    async with tx():
        rows = await fetch(
            "UPDATE message SET state = 'failed', error = {}, reported_at = {}, finished_at = {} "
            "WHERE id = {} AND channel = 'email' AND state IN ('sent', 'delivered', 'unknown') RETURNING recipient",
            *(f"{CAME_BACK}: {found.status or 'no reason given'}", real, now, found.message),
        )
        for (recipient,) in rows:
            await count(recipient, found, now=now)
        return bool(rows)


async def refused(recipient: str, said: str, message: UUID, *, now: datetime) -> None:
    """The mail server itself would not take a mail for this address; only a clear `no such address` counts."""
    status = _STATUS.search(said)
    if status and _DEAD.fullmatch(status.group(1)):
        async with tx():
            await count(recipient, Returned(message, status.group(1)), now=now)


async def count(contact: str, found: Returned, *, now: datetime) -> None:
    """Suspends the address at once when it is dead, otherwise when too many came back within a while."""
    await fetch(
        "INSERT INTO suspension (contact, reason, bounces, said, at, message) VALUES ({}, {}, 1, {}, {}, {}) "
        "ON CONFLICT (contact) DO UPDATE SET said = excluded.said, at = excluded.at, message = excluded.message, "
        "bounces = CASE WHEN suspension.lifted_at IS NULL AND suspension.at > {} THEN suspension.bounces + 1 ELSE 1 END, "
        "reason = CASE WHEN suspension.lifted_at IS NULL AND (suspension.reason <> 'soft' OR (suspension.at > {} "
        "AND suspension.bounces + 1 >= {})) THEN 'bounced' ELSE excluded.reason END, lifted_at = NULL",
        *(contact, "bounced" if found.dead else "soft", found.status, now, found.message),
        *(now - WITHIN, now - WITHIN, PATIENCE),
    )
    await raise_diary()
