"""What the demo's people find on their phones and in their mailboxes, and what they wrote themselves.

Whatever was delivered is read back from there. Visits made up together with the clinic have rows but were never
delivered; their texts are composed when looked at.
"""

import email
import email.policy
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from turnet.booking.queries import visits_by_id
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch, marks
from turnet.errors import NotFound
from turnet.messaging import reports
from turnet.messaging.channels import Report
from turnet.messaging.compose import Composer
from turnet.messaging.kinds import KINDS, About, Audience
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.matter import manner_of
from turnet.messaging.outbox import Claimed
from turnet.reminders.queries import NOTHING_LEFT, rounds

DESK = "desk"
"""Its mailbox is the clinic's own address; each of the staff has one of theirs."""
_RECENT = 300
_READ = 60

_TO_STAFF, _TO_PATIENTS = (
    "m.kind IN ({})".format(", ".join(f"'{kind.name}'" for kind in KINDS.values() if kind.audience is audience))
    for audience in (Audience.STAFF, Audience.PATIENT)
)
_MESSAGES = (
    "SELECT m.id, m.kind, m.channel, m.recipient, m.language, m.booking, m.sequence, m.facts, m.state, m.due_at, "  # noqa: S608
    f"m.not_after, m.finished_at, CASE WHEN m.error = '{NOTHING_LEFT}' THEN (SELECT min(s.reason) FROM step s "
    "WHERE s.message = m.id AND s.reason <> '') ELSE m.error END, t.id, t.name, m.inbound "
    "FROM message m LEFT JOIN booking b ON b.id = m.booking LEFT JOIN patient t ON t.id = b.patient "
)
_NEWEST = " ORDER BY COALESCE(m.finished_at, m.due_at) DESC, m.inbound DESC LIMIT {}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose phone and mailbox it is: a patient's id as text, the number of a stranger, somebody of the staff by their
    address, or `desk`.
    """

    key: str
    name: str

    @property
    def works_here(self) -> bool:
        """They have no telephone here."""
        return self.key == DESK or "@" in self.key


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
    inbound: int
    """The id of what it answers; 0: it is no answer."""
    theirs = False

    @property
    def order(self) -> tuple[datetime, int, bool]:
        """On a telephone."""
        return self.at, self.inbound, True

    @property
    def waiting(self) -> bool:
        return self.state in {"queued", "sending"}


@dataclass(frozen=True, slots=True)
class Written:
    """An SMS that they wrote to the clinic."""

    id: int
    at: datetime
    text: str
    theirs = True

    @property
    def order(self) -> tuple[datetime, int, bool]:
        return self.at, self.id, False


@dataclass(frozen=True, slots=True)
class Contacts:
    phones: tuple[str, ...]
    """The one of their newest visit first."""
    addresses: tuple[str, ...]


async def owners(count: int = 24) -> list[Owner]:
    """Whoever heard from the clinic or wrote to it last comes first; the desk and the staff close the list."""
    told = await fetch(f"{_MESSAGES} WHERE {_TO_PATIENTS} {_NEWEST}", _RECENT)
    wrote = await fetch("SELECT sender, at FROM inbound WHERE sender <> '' ORDER BY id DESC LIMIT {}", _RECENT)
    names = await _names([*(sender for sender, _at in wrote), *(row[3] for row in told if row[13] is None)])
    recent = [(row[11] or row[9], _owner(row, names)) for row in told]
    recent += [(at, names.get(sender, Owner(sender, sender))) for sender, at in wrote]
    found: dict[str, Owner] = {}
    for _at, owner in sorted(recent, key=lambda one: one[0], reverse=True):
        found.setdefault(owner.key, owner)
    return list(found.values())[:count] + await _staff()


async def _staff() -> list[Owner]:
    rows = await fetch("SELECT email, name FROM staff_user WHERE disabled_at IS NULL AND email <> '' ORDER BY id")
    return [Owner(DESK, ""), *(Owner(email, name) for email, name in rows)]


def _owner(row: tuple[Any, ...], names: Mapping[str, Owner]) -> Owner:
    """Of an answer, which is about no visit, whoever has the telephone."""
    return names.get(row[3], Owner(row[3], row[3])) if row[13] is None else Owner(str(row[13]), row[14])


async def owner(key: str) -> Owner | None:
    """None: there is nobody of that key."""
    if key.startswith("+") and key[1:].isdecimal():
        return await owner_of(key)
    if not (key.isascii() and key.isdecimal()):
        return next((one for one in await _staff() if one.key == key), None)
    who = int(key) if len(key) < 10 else 0
    rows = await fetch("SELECT name FROM patient WHERE id = {} AND merged_into IS NULL", who)
    return Owner(key, rows[0][0]) if rows else None


async def owner_of(phone: str) -> Owner:
    return (await _names([phone])).get(phone, Owner(phone, phone))


async def _names(phones: Iterable[str]) -> dict[str, Owner]:
    """The grown-up who has the telephone."""
    wanted = list(dict.fromkeys(phones))
    if not wanted:
        return {}
    rows = await fetch(
        "SELECT c.value, t.id, t.name FROM contact_point c JOIN patient_contact l ON l.contact_point = c.id "  # noqa: S608
        f"JOIN patient t ON t.id = l.patient WHERE c.value IN ({', '.join(['{}'] * len(wanted))}) "
        "AND t.merged_into IS NULL ORDER BY t.guardian IS NOT NULL, t.id",
        *wanted,
    )
    return {value: Owner(str(id), name) for value, id, name in reversed(rows)}


async def contacts(key: str) -> Contacts:
    """Nothing for whoever is not there."""
    if key.startswith("+"):
        return Contacts((key,), ())
    who = int(key) if key.isdecimal() and len(key) < 10 else 0
    given = await fetch("SELECT phone, email FROM booking WHERE patient = {} ORDER BY id DESC LIMIT 40", who)
    kept = await fetch(
        "SELECT c.kind, c.value FROM contact_point c JOIN patient_contact l ON l.contact_point = c.id "
        "WHERE l.patient = {} ORDER BY c.id",
        who,
    )
    phones = [phone for phone, _email in given if phone] + [value for kind, value in kept if kind == "phone"]
    addresses = [address for _phone, address in given if address] + [value for kind, value in kept if kind == "email"]
    return Contacts(tuple(dict.fromkeys(phones)), tuple(dict.fromkeys(addresses)))


async def items(key: str, clinic: Clinic, composer: Composer) -> list[Item]:
    """What the clinic wrote to them, or to itself; the newest first."""
    if key == DESK:
        rows = await fetch(f"{_MESSAGES} WHERE NOT {_TO_PATIENTS} AND NOT {_TO_STAFF} {_NEWEST}", _READ)
    elif "@" in key:
        rows = await fetch(f"{_MESSAGES} WHERE {_TO_STAFF} AND m.recipient = {{}} {_NEWEST}", key, _READ)
    else:
        theirs = await contacts(key)
        reached = [*theirs.phones, *theirs.addresses] or [""]
        rows = await fetch(
            f"{_MESSAGES} WHERE m.recipient IN ({marks(reached)}) AND {_TO_PATIENTS} {_NEWEST}", *reached, _READ
        )
    delivered = _texts(
        composer.settings.data / "outbox" / "sms.jsonl", {str(row[0]) for row in rows if row[2] == "sms"}
    )
    manners = {one.name: manner_of(one, "sms", composer.settings) for one in await rounds()}
    return [await _item(row, clinic, composer, delivered, manners) for row in rows]


async def written(key: str) -> list[Written]:
    """What they wrote, the newest first."""
    phones = (await contacts(key)).phones or ("",)
    rows = await fetch(
        f"SELECT id, at, text FROM inbound WHERE sender IN ({marks(phones)}) ORDER BY id DESC LIMIT {{}}",  # noqa: S608
        *phones,
        _READ,
    )
    return [Written(*row) for row in rows]


async def report(*, now: datetime, real: datetime) -> None:
    """Tells that SMS arrived, as a gateway does: a pretend phone is never off."""
    rows = await fetch("SELECT id FROM message WHERE channel = 'sms' AND state = 'sent' ORDER BY finished_at")
    await reports.apply([Report(str(id), "delivered") for (id,) in rows], now=now, real=real)


async def _item(
    row: tuple[Any, ...], clinic: Clinic, composer: Composer, delivered: dict[str, str], manners: Mapping[str, Manner]
) -> Item:
    id, _kind, channel, recipient, language, _booking, _sequence, _facts, state, due_at, _last, finished_at, note = row[
        :13
    ]
    subject, text, calendar = "", "", False
    if state in {"sent", "delivered"}:
        if channel == "sms":
            text = delivered.get(str(id)) or (await _composed(row, clinic, composer, manners)).decode()
        else:
            mail = _read(await _mail(row, clinic, composer))
            subject, text, calendar = str(mail["Subject"]), _plain(mail), _calendar(mail) is not None
    return Item(
        uuid.UUID(str(id)), channel, state, finished_at or due_at, language, recipient, subject, text.strip(), note or "",
        calendar, row[15] or 0,
    )  # fmt: skip


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
    return file.read_bytes() if file.is_file() else await _composed(row, clinic, composer, {})


async def _composed(row: tuple[Any, ...], clinic: Clinic, composer: Composer, manners: Mapping[str, Manner]) -> bytes:
    """`manners`: how each round words its SMS."""
    id, kind, channel, recipient, language, booking, sequence, kept, _state, due_at, not_after, finished_at = row[:12]
    at, facts = finished_at or due_at, json.loads(kept)
    claimed = Claimed(
        uuid.UUID(str(id)), kind, channel, recipient, language, booking, sequence, facts, due_at, not_after, 1, "", at
    )
    visits = await visits_by_id(await _spoken_of(claimed))
    return composer.parcel(claimed, visits, clinic, now=at, manner=manners.get(facts.get("rule"), PLAIN)).content


async def _spoken_of(row: Claimed) -> list[int]:
    """Ids of the visits."""
    if KINDS[row.kind].about is About.ANSWER:
        return list(row.facts["visits"])
    steps = await fetch("SELECT booking FROM step WHERE message = {} AND state = 'taken'", row.id)
    return [visit for (visit,) in steps] or ([] if row.booking is None else [row.booking])


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
