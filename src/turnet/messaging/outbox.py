"""The outbox: rows written in the act's own transaction, claimed under a lease, finished behind a fence.

A row that is here will be sent or visibly end as failed, skipped, cancelled or unknown; nothing else knows what is to
be sent. Due times and deadlines are business time, leases are real time.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from turnet import metrics
from turnet.db.transactions import after_commit, fetch, marks, on_sqlite
from turnet.db.versions import raise_diary
from turnet.messaging.kinds import FOR_THE_SERVER

LEASE = timedelta(seconds=60)
"""More than twice what one call to a server may take."""

LONGEST_WAIT = timedelta(days=8)
"""No message is due for longer than this before it ends: what is older need not be read."""

VISIT_CANCELLED = "the visit was cancelled"
"""Why a confirmation was dropped or skipped; an undo brings exactly these back."""

TOO_LATE = "too late"
"""What the error of a row begins with that was still waiting when it was of no use any more."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """One message to be. `booking` and `sequence` say which state of which visit it speaks of."""

    kind: str
    channel: str
    recipient: str
    language: str
    dedupe: str
    due_at: datetime
    not_after: datetime
    booking: int | None = None
    sequence: int = 0
    facts: Facts = field(default_factory=dict)
    inbound: int | None = None
    """The received SMS that it answers."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours to send until the lease ends."""

    id: uuid.UUID
    kind: str
    channel: str
    recipient: str
    language: str
    booking: int | None
    sequence: int
    facts: Facts
    due_at: datetime
    not_after: datetime
    attempts: int
    """This one included."""
    lease: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Health:
    queued: int
    oldest_due_age_seconds: float
    """How long the oldest message that should have left has been waiting; 0 when none is."""
    failed_last_day: int
    unknown: int


async def _sleep_on() -> None:
    """Nobody listens: the recurring job will find the row."""


_wake: Callable[[], Awaitable[None]] = _sleep_on


def on_new(callback: Callable[[], Awaitable[None]]) -> None:
    """Registers what is called after the commit of every row that is due at once."""
    global _wake  # noqa: PLW0603  (one process, one worker to wake)
    _wake = callback


async def add(
    kind: str,
    *,
    channel: str,
    recipient: str,
    language: str,
    dedupe: str,
    due_at: datetime,
    not_after: datetime,
    now: datetime,
    booking: int | None = None,
    sequence: int = 0,
    facts: Facts | None = None,
) -> None:
    """Adds one message; a second one with the same `dedupe` is silently the first."""
    draft = Draft(kind, channel, recipient, language, dedupe, due_at, not_after, booking, sequence, facts or {})
    await add_all([draft], now=now)


async def add_all(drafts: Sequence[Draft], *, now: datetime) -> None:
    """Adds all in one statement of the surrounding transaction and wakes the worker once it is durable."""
    if not drafts:
        return
    places = "({}, {}, {}, {}, {}, {}, {}, {}, {}, 'queued', {}, {}, 0, {}, {})"
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, booking, sequence, facts, state, "  # noqa: S608
        f"due_at, not_after, attempts, created_at, inbound) VALUES {', '.join([places] * len(drafts))} "
        "ON CONFLICT (dedupe) DO NOTHING",
        *(value for draft in drafts for value in _values(draft, now)),
    )
    if any(draft.due_at <= now for draft in drafts):
        after_commit(_nudge)


def _values(draft: Draft, now: datetime) -> tuple[Any, ...]:
    return (
        uuid.uuid4(), draft.dedupe, draft.kind, draft.channel, draft.recipient, draft.language, draft.booking,
        draft.sequence, json.dumps(draft.facts), draft.due_at, draft.not_after, now,
        draft.inbound,
    )  # fmt: skip


async def _nudge() -> None:
    await _wake()


async def drop_queued(booking: int, kinds: Collection[str], reason: str, *, now: datetime) -> list[str]:
    """Cancels what has not left yet; returns the kinds of the rows it dropped."""
    rows = await fetch(
        "UPDATE message SET state = 'cancelled', error = {}, finished_at = {} "  # noqa: S608
        f"WHERE booking = {{}} AND state = 'queued' AND kind IN ({marks(kinds)}) RETURNING kind",
        *(reason, now, booking, *kinds),
    )
    return [kind for (kind,) in rows]


async def revive(
    booking: int,
    kinds: Collection[str],
    *,
    sequence: int,
    reason: str = VISIT_CANCELLED,
    since: datetime | None = None,
) -> None:
    """After an undo: what was kept from leaving for that `reason`, not before `since`, is due again.

    It speaks of the visit as it is now.
    """
    await fetch(
        "UPDATE message SET sequence = {}, error = NULL, finished_at = NULL, "  # noqa: S608
        "state = CASE WHEN state = 'sending' THEN state ELSE 'queued' END "
        f"WHERE booking = {{}} AND kind IN ({marks(kinds)}) AND (state IN ('queued', 'sending') "
        "OR (state IN ('cancelled', 'skipped') AND error = {} AND finished_at >= COALESCE({}, finished_at)))",
        *(sequence, booking, *kinds, reason, since),
    )


async def expire(*, repeatable: Collection[str], now: datetime, real: datetime) -> int:
    """Fails what is too late to be of use, and calls unknown whose sender vanished and what may not go again.

    `repeatable`: names of the channels through which a row may go twice. Returns how many ended.
    """
    late = await fetch(
        f"UPDATE message SET state = 'failed', error = '{TOO_LATE}: ' || COALESCE(error, 'it never left'), "  # noqa: S608
        "finished_at = {}, lease = NULL WHERE not_after <= {} AND state = 'queued' RETURNING channel",
        *(now, now),
    )
    lost = await fetch(
        "UPDATE message SET state = 'unknown', error = 'the sender vanished while sending', finished_at = {}, "  # noqa: S608
        "lease = NULL WHERE state = 'sending' AND lease_until <= {} "
        f"AND (not_after <= {{}} OR NOT {_one_of(repeatable)}) RETURNING channel",
        *(now, real, now, *repeatable),
    )
    ended = _counted(late, "failed") + _counted(lost, "unknown")
    if ended:
        await raise_diary()
    return ended


def _one_of(channels: Collection[str]) -> str:
    return f"channel IN ({marks(channels)})" if channels else "FALSE"


def _counted(ended: Sequence[tuple[str]], result: str) -> int:
    for (channel,) in ended:
        metrics.SENDS.labels(channel, result).inc()
    return len(ended)


_MAY_LEAVE = (
    "((SELECT sending_held_at FROM clinic WHERE id = 1) IS NULL "  # noqa: S608  (our own names)
    f"OR kind IN ({', '.join(repr(name) for name in FOR_THE_SERVER)}))"
)
"""Part of the claim itself, so that no process can overlook it."""


async def claim(limit: int, *, channel: str, repeatable: bool = False, now: datetime, real: datetime) -> list[Claimed]:
    """Takes at most `limit` due rows of a channel, in one statement, however many workers ask at once.

    Those whose sender vanished are among them if the channel is `repeatable`. The condition stands twice: inside a CTE the limit holds on both engines, and outside it is checked again on the
    row as it is when its turn comes.
    """
    due = (
        "channel = {} AND ((state = 'queued' AND due_at <= {}) "
        f"OR (state = 'sending' AND lease_until <= {{}} AND {repeatable})) AND {_MAY_LEAVE}"
    )
    skip = "" if on_sqlite() else "FOR UPDATE SKIP LOCKED"
    lease, until = str(uuid.uuid4()), real + LEASE
    rows = await fetch(
        f"WITH chosen AS (SELECT id FROM message WHERE {due} ORDER BY due_at LIMIT {limit:d} {skip}) "  # noqa: S608
        "UPDATE message SET state = 'sending', lease = {}, lease_until = {}, attempts = attempts + 1 "
        f"WHERE id IN (SELECT id FROM chosen) AND {due} "
        "RETURNING id, kind, channel, recipient, language, booking, sequence, facts, due_at, not_after, attempts",
        *(channel, now, real, lease, until, channel, now, real),
    )
    claimed = [_claimed(row, lease, until) for row in rows]
    return sorted(claimed, key=lambda row: (row.due_at, row.id))


def _claimed(row: tuple[Any, ...], lease: str, until: datetime) -> Claimed:
    row_id, kind, channel, recipient, language, booking, sequence, facts, due_at, not_after, attempts = row
    return Claimed(
        uuid.UUID(str(row_id)), kind, channel, recipient, language, booking, sequence, json.loads(facts),
        _instant(due_at), _instant(not_after), attempts, lease, until,
    )  # fmt: skip


def _instant(stored: datetime | str) -> datetime:
    """SQLite forgets a column's type in what a statement returns."""
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored


_TROUBLE = frozenset({"failed", "unknown"})
"""What the desk shows beside a visit."""
ANSWER = "desk_answer"
"""Whoever wrote it at the desk looks whether it left."""


async def finish(
    row: Claimed,
    state: str,
    *,
    now: datetime,
    note: str | None = None,
    provider_id: str | None = None,
    parts: int | None = None,
    cost: int | None = None,
    gist: str = "",
) -> bool:
    """Ends a row as `sent`, `skipped`, `failed` or `unknown`. False: the lease was lost, the row is another's.

    `gist`: of the text that left, by which it is known if it comes back.
    """
    done = await fetch(
        "UPDATE message SET state = {}, error = {}, provider_id = {}, parts = {}, cost = {}, gist = {}, "
        "finished_at = {}, lease = NULL, lease_until = NULL WHERE id = {} AND lease = {} AND state = 'sending' "
        "RETURNING channel",
        *(state, note, provider_id, parts, cost, gist, now, row.id, row.lease),
    )
    ended = _counted(done, state) == 1
    if ended and (state in _TROUBLE or row.kind == ANSWER):
        await raise_diary()
    return ended


async def retry(row: Claimed, error: str, *, due_at: datetime) -> bool:
    """Puts a row back until `due_at`. False when the lease was lost."""
    done = await fetch(
        "UPDATE message SET state = 'queued', error = {}, due_at = {}, lease = NULL, lease_until = NULL "
        "WHERE id = {} AND lease = {} AND state = 'sending' RETURNING attempts",
        *(error, due_at, row.id, row.lease),
    )
    return bool(done)


async def postpone(row: Claimed, why: str, *, due_at: datetime) -> bool:
    """Puts a row back until `due_at` as if it had not been claimed. False when the lease was lost."""
    done = await fetch(
        "UPDATE message SET state = 'queued', error = {}, due_at = {}, attempts = attempts - 1, lease = NULL, "
        "lease_until = NULL WHERE id = {} AND lease = {} AND state = 'sending' RETURNING attempts",
        *(why, due_at, row.id, row.lease),
    )
    return bool(done)


async def release(rows: Sequence[Claimed]) -> None:
    """Puts back rows that were claimed together and never tried: as if they had not been claimed."""
    if rows:
        await fetch(
            "UPDATE message SET state = 'queued', attempts = attempts - 1, lease = NULL, lease_until = NULL "  # noqa: S608
            f"WHERE lease = {{}} AND state = 'sending' AND id IN ({marks(rows)})",
            *(rows[0].lease, *(row.id for row in rows)),
        )


async def requeue_interrupted(now: datetime, *, repeatable: Collection[str] = ("email",)) -> int:
    """At the start of a SQLite database's only process: what was cut off goes again if it may, else it is unknown."""
    again = await fetch(
        "UPDATE message SET state = 'queued', lease = NULL, lease_until = NULL "  # noqa: S608
        f"WHERE state = 'sending' AND {_one_of(repeatable)} RETURNING channel",
        *repeatable,
    )
    lost = await fetch(
        "UPDATE message SET state = 'unknown', error = 'interrupted while sending', finished_at = {}, lease = NULL, "
        "lease_until = NULL WHERE state = 'sending' RETURNING channel",
        now,
    )
    return len(again) + _counted(lost, "unknown")


async def health(now: datetime) -> Health:
    """What `doctor` and `/ready` say about messages."""
    queued = await fetch("SELECT count(*) FROM message WHERE state IN ('queued', 'sending')")
    oldest = await fetch(
        "SELECT due_at FROM message WHERE state IN ('queued', 'sending') AND due_at <= {} ORDER BY due_at LIMIT 1", now
    )
    failed = await fetch(
        "SELECT count(*) FROM message WHERE state = 'failed' AND due_at > {} AND finished_at > {}",
        *(now - LONGEST_WAIT, now - timedelta(days=1)),
    )
    unknown = await fetch("SELECT count(*) FROM message WHERE state = 'unknown'")
    age = (now - _instant(oldest[0][0])).total_seconds() if oldest else 0.0
    return Health(queued[0][0], age, failed[0][0], unknown[0][0])
