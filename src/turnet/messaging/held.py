"""What the outbox holds, for a person who decides: after a restore nothing is sent until somebody has looked.

A restored database does not know what left after it was copied. What was due before the restore may have been sent
already; only a person can tell whether it is worse to send it twice or never.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from turnet.booking.states import State
from turnet.db.transactions import after_commit, fetch, tx
from turnet.messaging import outbox
from turnet.messaging.kinds import FOR_THE_SERVER
from turnet.reminders.model import AFTERWARDS, MESSAGE, RoundKind

log = logging.getLogger("turnet.messaging")

LATELY = timedelta(days=7)
USEFUL = timedelta(hours=1)
"""How long a message that a person sends again is worth sending, at least."""
SENT_BEFORE = "probably sent before the restore"

_WAITS = (
    "message.state IN ('queued', 'sending') "
    f"AND message.kind NOT IN ({', '.join(repr(name) for name in FOR_THE_SERVER)})"
)
"""What was being sent when the copy was made goes again, or becomes unknown where the channel could send it twice."""


class NotHeld(RuntimeError):
    """There is nothing to release."""


class NotAgain(RuntimeError):
    """The message cannot be sent again; the text says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`recipient` is masked; `older`: due before the restore, so it may have been sent already."""

    kind: str
    channel: str
    recipient: str
    due_at: datetime
    reference: str
    """Of the visit, or of the first of several; empty for none."""
    older: bool
    trouble: str = ""
    """Why it did not leave when it was last tried."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A message that failed, or of which nobody knows whether it arrived."""

    id: uuid.UUID
    state: str
    kind: str
    channel: str
    recipient: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Released:
    waiting: int
    """Messages and overdue reminders that may leave now."""
    dropped: int


async def held_since() -> datetime | None:
    """Real time of the restore since which nothing is sent to people; None while everything is."""
    rows = await fetch("SELECT sending_held_at FROM clinic WHERE id = 1")
    return rows[0][0] if rows else None


async def say_if_held() -> None:
    if since := await held_since():
        log.warning(
            "nothing is sent to people since the restore of %s: turnet outbox shows what waits, turnet outbox release "
            "lets it go",
            f"{since:%Y-%m-%d %H:%M} UTC",
        )


async def counts() -> dict[str, int]:
    """How many messages there are in each state."""
    return dict(await fetch("SELECT state, count(*) FROM message GROUP BY state ORDER BY state"))


async def waiting(now: datetime) -> list[Waiting]:
    """What goes to people once nothing holds it back, by due time: messages, and reminders that are overdue."""
    since = await held_since()
    found: dict[Any, Waiting] = {}
    for id, kind, channel, to, due_at, reference, promised, error in await fetch(  # a message comes once for each step
        "SELECT message.id, message.kind, message.channel, message.recipient, message.due_at, "  # noqa: S608
        "COALESCE(own.reference, theirs.reference, ''), step.due_at, message.error FROM message "
        "LEFT JOIN booking own ON own.id = message.booking "
        "LEFT JOIN step ON step.message = message.id AND step.state = 'taken' "
        f"LEFT JOIN booking theirs ON theirs.id = step.booking WHERE {_WAITS} ORDER BY step.due_at, step.id"
    ):
        older = since is not None and min(due_at, promised or due_at) < since
        trouble = (error or "").replace(to, masked(to))
        found.setdefault(id, Waiting(kind, channel, masked(to), due_at, reference, older, trouble))
    return sorted([*found.values(), *await _overdue(now, since)], key=lambda one: one.due_at)


async def _overdue(now: datetime, since: datetime | None) -> list[Waiting]:
    """Reminders that should be in the outbox by now, of visits that are still to come."""
    rows = await fetch(
        "SELECT r.kind, s.channel, b.phone, b.email, s.due_at, b.reference FROM step s "
        "JOIN booking b ON b.id = s.booking LEFT JOIN message_round r ON r.name = s.rule "
        "WHERE s.state = 'waiting' AND s.due_at <= {} AND s.visit_no = b.visit_no AND b.starts_at > {} "
        "AND b.state IN ({}, {})",
        *(now, now, State.BOOKED.value, State.CONFIRMED.value),
    )
    return [
        Waiting(
            MESSAGE[RoundKind(kind)] if kind else "reminder",
            channel,
            masked(email if channel == "email" else phone),
            due_at,
            reference,
            older=since is not None and due_at < since,
        )
        for kind, channel, phone, email, due_at, reference in rows
    ]


async def troubled(now: datetime) -> list[Ended]:
    """What failed in the last days, and all that nobody knows the end of; the newest first."""
    rows = await fetch(
        "SELECT id, state, kind, channel, recipient, finished_at, error FROM message "
        "WHERE state = 'unknown' OR (state = 'failed' AND finished_at > {}) ORDER BY finished_at DESC",
        now - LATELY,
    )
    return [
        Ended(uuid.UUID(str(id)), state, kind, channel, masked(to), at, (why or "").replace(to, masked(to)))
        for id, state, kind, channel, to, at, why in rows
    ]


def masked(recipient: str) -> str:
    """`+358…4567` or `d…@example.com`: enough to recognise somebody one knows."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"{recipient[:4]}…{recipient[-4:]}" if len(recipient) > 10 else f"…{recipient[-2:]}"


async def release(now: datetime, *, drop_older: bool) -> Released:
    """Lets messages leave again; with `drop_older` what was due before the restore never does. Raises `NotHeld`."""
    async with tx():
        since = await held_since()
        lifted = await fetch(
            "UPDATE clinic SET sending_held_at = NULL WHERE id = 1 AND sending_held_at IS NOT NULL RETURNING id"
        )
        if since is None or not lifted:
            raise NotHeld("nothing is held: messages leave as they become due")
        dropped = await _drop(since, now) if drop_older else 0
        after_commit(outbox._nudge)  # noqa: SLF001  (the same package)
        return Released(len(await waiting(now)), dropped)


async def _drop(since: datetime, now: datetime) -> int:
    """How many messages and reminders were due before `since` and now will not leave."""
    messages = await fetch(
        "UPDATE message SET state = 'cancelled', error = {}, finished_at = {}, lease = NULL, lease_until = NULL "  # noqa: S608
        f"WHERE {_WAITS} AND (message.due_at < {{}} OR message.id IN "
        "(SELECT step.message FROM step WHERE step.state = 'taken' AND step.due_at < {})) RETURNING id",
        *(SENT_BEFORE, now, since, since),
    )
    steps = await fetch(
        "UPDATE step SET state = 'dropped', reason = {} WHERE state = 'waiting' AND due_at < {} RETURNING id",
        *(SENT_BEFORE, since),
    )
    return len(messages) + len(steps)


async def again(id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Queues a failed or unknown message once more, because a person says so. Raises `NotAgain`.

    Returns its id: another one for an SMS that failed, because a gateway that knows the old one would not send it.
    """
    async with tx():
        rows = await fetch(
            "SELECT m.state, m.channel, m.kind, b.starts_at FROM message m LEFT JOIN booking b ON b.id = m.booking "
            "WHERE m.id = {}",
            id,
        )
        state, channel, kind, starts_at = rows[0] if rows else ("", "", "", None)
        if state not in {"failed", "unknown"}:
            raise NotAgain(_why_not(id, state))
        if starts_at is not None and starts_at <= now and kind not in AFTERWARDS:
            raise NotAgain(f"message {id} is of a visit that has begun: there is nothing left to say")
        new = uuid.uuid4() if (state, channel) == ("failed", "sms") else id
        queued = await fetch(
            "UPDATE message SET id = {}, state = 'queued', due_at = {}, "
            "not_after = CASE WHEN not_after > {} THEN not_after ELSE {} END, "
            "attempts = CASE WHEN attempts > 0 THEN 1 ELSE 0 END, error = NULL, finished_at = NULL, "
            "provider_id = NULL, parts = NULL, reported_at = NULL WHERE id = {} AND state = {} RETURNING id",
            *(new, now, now + USEFUL, now + USEFUL, id, state),
        )
        if not queued:
            raise NotAgain(f"message {id} has just changed: look again with turnet outbox")
        await fetch("UPDATE step SET message = {} WHERE message = {}", new, id)
        after_commit(outbox._nudge)  # noqa: SLF001
        return new


def _why_not(id: uuid.UUID, state: str) -> str:
    if not state:
        return f"there is no message {id}; turnet outbox lists them"
    return f"message {id} is {state}: only one that failed or is unknown can be sent again"
