"""Messages that did not reach a patient, as somebody at the desk works them off, and contacts nothing is sent to."""

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from turnet.booking.needs import STILL_OF_USE, TOLD
from turnet.db.transactions import fetch
from turnet.messaging.kinds import KINDS, Audience

LATELY = timedelta(days=14)
MOST = 60


class Failure(NamedTuple):
    """A message of a coming visit or of today's, or words of the desk, that failed or of which nobody knows."""

    id: uuid.UUID
    state: str
    """`failed` or `unknown`."""
    kind: str
    channel: str
    recipient: str
    error: str
    at: datetime
    """When it was given up."""
    name: str
    visit: str
    """Public id; empty where it is about none."""
    starts_at: datetime | None
    service: int | None
    phone: str


class Silent(NamedTuple):
    """A number or an address to which nothing is sent."""

    id: int
    contact: str
    reason: str
    """`bounced` or `wrong_number`."""
    said: str
    at: datetime
    name: str | None


_TO_PATIENTS = ", ".join(f"'{kind.name}'" for kind in KINDS.values() if kind.audience is Audience.PATIENT)
_VISIT = "COALESCE({m}.booking, (SELECT min(s.booking) FROM step s WHERE s.message = {m}.id), 0)"
"""What a message is about: its own visit, the first of a round's, or none."""
_SAME = f"n.recipient = m.recipient AND {_VISIT.format(m='n')} = m.visit"
_FAILED = f"""
    FROM (SELECT m.*, {_VISIT.format(m="m")} AS visit FROM message m
            WHERE m.state IN ('failed', 'unknown') AND m.kind IN ({_TO_PATIENTS}) AND m.finished_at > {{}}) m
        LEFT JOIN booking b ON b.id = m.visit LEFT JOIN patient t ON t.id = b.patient
    WHERE ((b.starts_at > {{}} AND b.state NOT IN ('no_show', 'done') AND (b.state <> 'cancelled' OR m.kind = 'booking_cancelled'))
            OR (b.id IS NULL AND m.kind = 'desk_answer'))
        AND NOT EXISTS (SELECT 1 FROM dealt d JOIN message n ON n.id = d.message
            WHERE {_SAME} AND n.created_at >= m.created_at)
        AND NOT EXISTS (SELECT 1 FROM booking_event e WHERE e.booking = b.id AND e.act = '{TOLD}' AND e.at >= m.finished_at)
        AND NOT EXISTS (SELECT 1 FROM message n WHERE {_SAME} AND n.created_at > m.created_at
            AND n.state NOT IN ('cancelled', 'skipped'))
"""  # noqa: S608  (our own names)


async def failures(*, now: datetime) -> list[Failure]:
    """The newest of each visit and contact, by start of the visit; what is about none comes first.

    A newer message that arrived, or a person who was told, ends what the older ones ask for.
    """
    rows = await fetch(
        "SELECT m.id, m.state, m.kind, m.channel, m.recipient, m.error, m.finished_at, "
        f"t.name, b.public_id, b.starts_at, b.service, b.phone {_FAILED} "
        f"ORDER BY b.starts_at IS NOT NULL, b.starts_at, m.finished_at LIMIT {MOST}",
        *_since(now),
    )
    return [_failure(row) for row in rows]


async def count_failures(*, now: datetime) -> int:
    [(found,)] = await fetch(f"SELECT count(*) {_FAILED}", *_since(now))
    return int(found)


def _since(now: datetime) -> tuple[datetime, datetime]:
    return now - LATELY, now - STILL_OF_USE


def _failure(row: tuple[Any, ...]) -> Failure:
    id, state, kind, channel, recipient, error, at, name, visit, starts_at, service, phone = row
    called = phone or (recipient if channel == "sms" else "")
    return Failure(
        uuid.UUID(str(id)), state, kind, channel, recipient, error or "", at, name or "", visit or "",
        starts_at, service, called,
    )  # fmt: skip


async def silent() -> list[Silent]:
    """The newest first."""
    rows = await fetch(
        "SELECT x.id, x.contact, x.reason, x.said, x.at, (SELECT min(t.name) FROM contact_point p "  # noqa: S608
        "JOIN patient_contact l ON l.contact_point = p.id JOIN patient t ON t.id = l.patient "
        "WHERE p.value = x.contact AND t.merged_into IS NULL AND t.name <> '') FROM suspension x "
        f"WHERE x.reason <> 'soft' AND x.lifted_at IS NULL ORDER BY x.at DESC, x.id DESC LIMIT {MOST}"
    )
    return [Silent(*row) for row in rows]
