"""What the rest of turnet asks about rounds and what they send."""

import json
from datetime import datetime
from typing import Any

from turnet.booking.model import Visit
from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.messaging import outbox
from turnet.reminders.model import MESSAGE, Round, RoundKind, Told

_ROUNDS = (
    "SELECT name, kind, channels, days, at_minute, minutes, fallback, only_unconfirmed, answers, location, service, "
    "text, active, position, version FROM message_round "
)

NOTHING_LEFT = "no visit is left to remind of now"
"""Of a message of a round that has nobody to speak of: why stands with each of its steps."""
_OF_ROUNDS = frozenset(MESSAGE.values())


async def rounds() -> tuple[Round, ...]:
    """All, in their order; those that are switched off too."""
    return tuple(_round(row) for row in await fetch(_ROUNDS + "ORDER BY position, id"))


async def active_rounds() -> tuple[Round, ...]:
    return tuple(_round(row) for row in await fetch(_ROUNDS + "WHERE active ORDER BY position, id"))


async def round_named(name: str) -> Round:
    """Raises `NotFound`."""
    rows = await fetch(_ROUNDS + "WHERE name = {}", name)
    if not rows:
        raise NotFound(round=name)
    return _round(rows[0])


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


async def story(visit: Visit, now: datetime) -> list[Told]:
    """What the visit's people were told, what they will be told, and what not and why: by time, the latest first."""
    messages = await fetch(
        "SELECT m.kind, m.channel, m.state, m.finished_at, m.due_at, m.error, m.parts, m.facts FROM message m "
        "WHERE m.kind NOT LIKE 'desk_%d' AND (m.booking = {} OR m.id IN "
        "(SELECT s.message FROM step s WHERE s.booking = {})) ORDER BY m.created_at DESC LIMIT 40",
        *(visit.id, visit.id),
    )
    steps = await fetch(
        "SELECT s.rule, s.channel, s.state, s.due_at, s.reason, r.kind FROM step s "
        "LEFT JOIN message_round r ON r.name = s.rule WHERE s.booking = {} AND s.state <> 'taken' "
        "AND (s.visit_no = {} OR s.state <> 'dropped')",
        *(visit.id, visit.visit_no),
    )
    told = [
        Told(kind, channel, state, finished or due, error or "", parts, json.loads(facts).get("rule", ""))
        for kind, channel, state, finished, due, error, parts, facts in messages
        if not (kind in _OF_ROUNDS and state == "skipped" and error == NOTHING_LEFT)
    ]
    told += [
        Told(
            MESSAGE[RoundKind(kind)] if kind else "reminder",
            channel,
            state,
            max(due, now) if state == "waiting" else due,
            reason,
            None,
            rule,
        )
        for rule, channel, state, due, reason, kind in steps
    ]
    return sorted(told, key=lambda one: one.at, reverse=True)
