"""What the demo's people find on their phones and in their mailboxes: every message, read back from what was delivered.

Visits made up together with the clinic have rows but were never delivered; their texts are composed when looked at.
"""

import email
import email.policy
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from turnet.booking.queries import visits_by_id
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.messaging.compose import Composer
from turnet.messaging.outbox import Claimed

DESK = "desk"
_RECENT = 300
_READ = 40

_MESSAGES = (
    "SELECT m.id, m.kind, m.channel, m.recipient, m.language, m.booking, m.sequence, m.facts, m.state, m.due_at, "
    "m.not_after, m.finished_at, m.error, t.id, t.name "
    "FROM message m JOIN booking b ON b.id = m.booking JOIN patient t ON t.id = b.patient "
)
_OF_PATIENT = (
    "WHERE m.kind NOT LIKE 'desk%' AND (t.id = {} OR m.id IN "
    "(SELECT s.message FROM step s JOIN booking v ON v.id = s.booking WHERE v.patient = {}))"
)
"""A reminder of several people is on the phone of each."""
_NEWEST = " ORDER BY COALESCE(m.finished_at, m.due_at) DESC LIMIT {}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose phone and mailbox it is: a patient's id as text, or `desk`."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    id: uuid.UUID
    channel: str
    state: str
    at: datetime
    """When it was delivered or, while it waits, when it will leave."""
    language: str
    recipient: str
    subject: str
    text: str
    note: str
    """Why it was not sent."""
    calendar: bool

    @property
    def waiting(self) -> bool:
        return self.state in {"queued", "sending"}


async def owners(count: int = 24) -> list[Owner]:
    """Whoever heard from the clinic last comes first; the desk closes the list."""
    rows = await fetch(_MESSAGES + _NEWEST, _RECENT)
    found = {owner.key: owner for owner in map(_owner, rows)}
    desk = [owner for owner in (found.pop(DESK, None),) if owner]
    return list(found.values())[:count] + desk


def _owner(row: tuple[Any, ...]) -> Owner:
    return Owner(DESK, "") if row[1].startswith("desk_") else Owner(str(row[13]), row[14])


async def items(key: str, clinic: Clinic, composer: Composer) -> list[Item]:
    """The newest first."""
    if key == DESK:
        rows = await fetch(_MESSAGES + "WHERE m.kind LIKE 'desk%'" + _NEWEST, _READ)
    else:
        who = int(key) if key.isdecimal() and len(key) < 10 else 0
        rows = await fetch(_MESSAGES + _OF_PATIENT + _NEWEST, who, who, _READ)
    delivered = _texts(
        composer.settings.data / "outbox" / "sms.jsonl", {str(row[0]) for row in rows if row[2] == "sms"}
    )
    return [await _item(row, clinic, composer, delivered) for row in rows]


async def _item(row: tuple[Any, ...], clinic: Clinic, composer: Composer, delivered: dict[str, str]) -> Item:
    (
        row_id,
        _kind,
        channel,
        recipient,
        language,
        _booking,
        _sequence,
        _facts,
        state,
        due_at,
        _not_after,
        finished_at,
        note,
    ) = row[:13]
    subject, text, calendar = "", "", False
    if state in {"sent", "delivered"}:
        if channel == "sms":
            text = delivered.get(str(row_id)) or (await _composed(row, clinic, composer)).decode()
        else:
            mail = _read(await _mail(row, clinic, composer))
            subject, text, calendar = str(mail["Subject"]), _plain(mail), _calendar(mail) is not None
    return Item(
        uuid.UUID(str(row_id)),
        channel,
        state,
        finished_at or due_at,
        language,
        recipient,
        subject,
        text.strip(),
        note or "",
        calendar,
    )


async def mail(id: str, clinic: Clinic, composer: Composer) -> bytes:
    """The whole mail. Raises `NotFound`."""
    try:
        rows = await fetch(_MESSAGES + "WHERE m.id = {} AND m.channel = 'email'", uuid.UUID(id))
    except ValueError as error:
        raise NotFound(mail=id) from error
    if not rows:
        raise NotFound(mail=id)
    return await _mail(rows[0], clinic, composer)


async def calendar_of(id: str, clinic: Clinic, composer: Composer) -> bytes:
    """The calendar file in a mail. Raises `NotFound`."""
    found = _calendar(_read(await mail(id, clinic, composer)))
    if found is None:
        raise NotFound(calendar=id)
    return found


async def _mail(row: tuple[Any, ...], clinic: Clinic, composer: Composer) -> bytes:
    file = composer.settings.data / "outbox" / "mail" / f"{row[0]}.eml"
    return file.read_bytes() if file.is_file() else await _composed(row, clinic, composer)


async def _composed(row: tuple[Any, ...], clinic: Clinic, composer: Composer) -> bytes:
    row_id, kind, channel, recipient, language, booking, sequence, facts, _state, due_at, not_after, finished_at = row[
        :12
    ]
    at = finished_at or due_at
    claimed = Claimed(
        uuid.UUID(str(row_id)),
        kind,
        channel,
        recipient,
        language,
        booking,
        sequence,
        json.loads(facts),
        due_at,
        not_after,
        1,
        "",
        at,
    )
    steps = await fetch("SELECT booking FROM step WHERE message = {} AND state = 'taken'", claimed.id)
    visits = await visits_by_id([visit for (visit,) in steps] or [booking])
    return composer.parcel(claimed, visits, clinic, now=at).content


def _texts(file: Path, wanted: Iterable[str]) -> dict[str, str]:
    """SMS texts by message id, of those that were really delivered to the file."""
    if not wanted or not file.is_file():
        return {}
    lines = (json.loads(line) for line in file.read_text().splitlines())
    return {line["id"]: line["text"] for line in lines if line["id"] in wanted}


def _read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def _plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _calendar(mail: EmailMessage) -> bytes | None:
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            return bytes(part.get_payload(decode=True))
    return None
