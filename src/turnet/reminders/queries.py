"""What the rest of turnet asks about rounds and what they send."""

import json
from datetime import datetime
from typing import Any

from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.reminders.model import Round, RoundKind

_ROUNDS = (
    "SELECT name, kind, channels, days, at_minute, minutes, fallback, only_unconfirmed, answers, location, service, "
    "text, active, position, version FROM message_round "
)


async def rounds() -> tuple[Round, ...]:
    """All, in their order; those that are switched off too."""
    return tuple(_round(row) for row in await fetch(_ROUNDS + "ORDER BY position, id"))


async def active_rounds() -> tuple[Round, ...]:
    return tuple(_round(row) for row in await fetch(_ROUNDS + "WHERE active ORDER BY position, id"))


def _round(row: tuple[Any, ...]) -> Round:
    (
        name, kind, channels, days, at_minute, minutes, fallback, only_unconfirmed, answers, location, service, text,
        active, position, version,
    ) = row  # fmt: skip
    return Round(
        name, RoundKind(kind), tuple(channels.split(",")), days, at_minute, minutes, bool(fallback),
        bool(only_unconfirmed), bool(answers), location, service, json.loads(text), bool(active), position, version,
    )  # fmt: skip


async def missed_since(at: datetime) -> int:
    """How many reminders were found, at or after a business time, to come too late to be of use.

    Either nothing could be put into the outbox in time, or what was there did not leave in time.
    """
    [(missed,)] = await fetch(
        "SELECT (SELECT count(*) FROM step WHERE state = 'missed' AND due_at >= {}) + "
        "(SELECT count(*) FROM message m JOIN step s ON s.message = m.id WHERE m.state = 'failed' AND m.due_at > {} "
        "AND m.finished_at >= {} AND substr(m.error, 1, {}) = {} AND s.state = 'taken' "
        "AND m.kind IN ('reminder', 'visit_instructions'))",
        *(at, at - outbox.LONGEST_WAIT, at, len(outbox.TOO_LATE), outbox.TOO_LATE),
    )
    return int(missed)


async def next_due(now: datetime, until: datetime) -> datetime | None:
    """The next instant after `now`, and not after `until`, at which a step is due."""
    rows = await fetch(
        "SELECT due_at FROM step WHERE state = 'waiting' AND due_at > {} AND due_at <= {} ORDER BY due_at LIMIT 1",
        *(now, until),
    )
    return rows[0][0] if rows else None
