"""Messages that did not reach a patient, as somebody at the desk works them off, and contacts nothing is sent to."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from turnet.booking.needs import SETTLED, STILL_OF_USE
from turnet.db.transactions import fetch, marks
from turnet.messaging.kinds import KINDS, Audience
from turnet.messaging.outbox import TOO_LATE

LATELY = timedelta(days=14)
"""For what is about no visit, and for what a contact has shown of itself."""
AHEAD = timedelta(days=400)
"""A visit is not booked longer ahead: what was due before asks for nothing, and the years before are not read."""
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
    phone: str
    """Of the visit, as `email`."""
    email: str


class Lost(NamedTuple):
    """One number or address with all that was lost there: whoever sees to it does so once."""

    rows: Sequence[Failure]
    """By start of their visits; what is about none comes first."""

    @property
    def last(self) -> Failure:
        """What was given up last."""
        return max(self.rows, key=lambda row: row.at)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(row.name for row in self.rows if row.name))

    @property
    def visits(self) -> list[str]:
        """Public ids."""
        return [row.visit for row in self.rows if row.visit]

    @property
    def phone(self) -> str:
        """Which to call; empty: none is known."""
        last = self.last
        return next((row.phone for row in self.rows if row.phone), last.recipient if last.channel == "sms" else "")


class Silent(NamedTuple):
    """A number or an address to which nothing is sent."""

    id: int
    contact: str
    reason: str
    """`bounced` or `wrong_number`."""
    at: datetime
    name: str | None


_TO_PATIENTS = ", ".join(f"'{kind.name}'" for kind in KINDS.values() if kind.audience is Audience.PATIENT)
_NEWER = f"n.kind IN ({_TO_PATIENTS}) AND n.created_at > m.created_at AND n.state NOT IN ('cancelled', 'skipped')"
# One row for each visit that a message is about: of a family's reminder each child's. The conditions that look for other
# rows name `b`, so that SQLite asks them of the few whose visit still comes, and each can be answered by an index.
_FAILED = f"""
    FROM (SELECT f.*, COALESCE(s.booking, f.booking, 0) AS visit FROM message f LEFT JOIN step s ON s.message = f.id
            WHERE f.state IN ('failed', 'unknown') AND f.due_at > {{}} AND f.kind IN ({_TO_PATIENTS})) m
        LEFT JOIN booking b ON b.id = m.visit LEFT JOIN patient t ON t.id = b.patient
        LEFT JOIN practitioner p ON p.id = b.practitioner
    WHERE ((b.starts_at > {{}} AND b.state NOT IN ('no_show', 'done')
                AND (b.state <> 'cancelled' OR (b.cancelled_by = 'clinic' AND m.kind = 'booking_cancelled')))
            OR (b.id IS NULL AND m.kind = 'desk_answer' AND m.finished_at > {{}}))
        AND NOT {SETTLED}
        AND NOT EXISTS (SELECT 1 FROM message n WHERE b.id IS NULL AND n.recipient = m.recipient AND {_NEWER})
        AND NOT EXISTS (SELECT 1 FROM message n WHERE n.booking = b.id AND {_NEWER})
        AND NOT EXISTS (SELECT 1 FROM step s JOIN message n ON n.id = s.message WHERE s.booking = b.id AND {_NEWER})
"""  # noqa: S608  (our own names)


async def failures(*, now: datetime, practitioner: int | None = None, answers: bool = True) -> list[Lost]:
    """The newest of each visit, one line for each contact. `practitioner` (resource id): of visits in their diary alone.

    What a family was told together stands there once for each visit of it. Without `answers` nothing that is about no visit. A newer message about the visit, by whatever way, ends what the older ones ask for, as does a person who saw to it.
    """
    whose, args = _asked(now, practitioner, answers)
    rows = await fetch(
        "SELECT m.id, m.state, m.kind, m.channel, m.recipient, m.error, m.finished_at, "
        f"t.name, b.public_id, b.starts_at, b.phone, b.email {_FAILED}{whose} "
        f"ORDER BY b.starts_at IS NOT NULL, b.starts_at, m.finished_at LIMIT {MOST}",
        *args,
    )
    found: dict[str, list[Failure]] = {}
    for one in map(_failure, rows):
        found.setdefault(one.recipient, []).append(one)
    return [Lost(those) for those in found.values()]


async def count_failures(*, now: datetime, practitioner: int | None = None, answers: bool = True) -> int:
    """How many lines `failures` has."""
    whose, args = _asked(now, practitioner, answers)
    [(found,)] = await fetch(f"SELECT count(DISTINCT m.recipient) {_FAILED}{whose}", *args)
    return int(found)


async def lost_with(message: uuid.UUID, *, now: datetime) -> list[uuid.UUID]:
    """What stands on one line with it, itself too, unless it was given up later; nothing where it is on no line."""
    for line in await failures(now=now):
        if found := next((row for row in line.rows if row.id == message), None):
            return list(dict.fromkeys(row.id for row in line.rows if row.at <= found.at))
    return []


async def dead(contacts: Collection[str], *, now: datetime) -> set[str]:
    """Those of `contacts` to which nothing is sent, or where the last message was refused."""
    if not contacts:
        return set()
    among = marks(contacts)
    rows = await fetch(
        f"SELECT x.contact FROM suspension x WHERE x.contact IN ({among}) AND x.reason <> 'soft' AND x.lifted_at IS NULL "  # noqa: S608
        f"UNION SELECT m.recipient FROM message m WHERE m.recipient IN ({among}) AND m.state = 'failed' "
        f"AND m.finished_at > {{}} AND COALESCE(m.error, '') NOT LIKE '{TOO_LATE}%' AND NOT EXISTS (SELECT 1 FROM message n "
        "WHERE n.recipient = m.recipient AND n.state IN ('sent', 'delivered') AND n.finished_at > m.finished_at)",
        *(*contacts, *contacts, now - LATELY),
    )
    return {contact for (contact,) in rows}


def _asked(now: datetime, practitioner: int | None, answers: bool) -> tuple[str, tuple[Any, ...]]:
    times = (now - AHEAD, now - STILL_OF_USE, now - LATELY)
    if practitioner is not None:
        return " AND p.resource = {}", (*times, practitioner)
    return ("" if answers else " AND m.visit > 0"), times


def _failure(row: tuple[Any, ...]) -> Failure:
    id, state, kind, channel, recipient, error, at, name, visit, starts_at, phone, email = row
    return Failure(
        uuid.UUID(str(id)), state, kind, channel, recipient, error or "", at, name or "", visit or "", starts_at,
        phone or "", email or "",
    )  # fmt: skip


async def silent() -> list[Silent]:
    """The newest first."""
    rows = await fetch(
        "SELECT x.id, x.contact, x.reason, x.at, (SELECT min(t.name) FROM contact_point p "  # noqa: S608
        "JOIN patient_contact l ON l.contact_point = p.id JOIN patient t ON t.id = l.patient "
        "WHERE p.value = x.contact AND t.merged_into IS NULL AND t.name <> '') FROM suspension x "
        f"WHERE x.reason <> 'soft' AND x.lifted_at IS NULL ORDER BY x.at DESC, x.id DESC LIMIT {MOST}"
    )
    return [Silent(*row) for row in rows]
