"""What keeps SMS from being pumped out for somebody else's gain, and the month's bill within the budget.

Whoever books can make us write to a number, so what goes to one number and to new numbers alike is limited. Reminders of
visits that exist, answers to somebody who wrote, and what staff write are kept out of it, and leave even when the
budget is spent.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.messaging.outbox import Claimed
from turnet.messaging.texting import THOUSANDTHS, Policy, month_of, policy, spent, unreachable

AT_ONCE, WITHIN = 3, timedelta(minutes=10)
A_DAY = 5
"""SMS to one number."""
ALIKE, ALIKE_DIGITS = 10, 7
"""New numbers that begin with the same digits, within an hour."""
HOUR = timedelta(hours=1)
STRANGERS = 60
"""SMS of each kind in `UNASKED` within an hour, to all numbers together."""
ANSWERS = 600
"""Within an hour, of all kinds and to all numbers together: more than the patients of a clinic write, and less than whoever
forges their numbers can."""
ALARM = 80
"""Per cent of the budget from which somebody is told."""
SUMMED_EVERY = timedelta(seconds=30)

PROVOKED = frozenset({
    "booking_confirmed", "booking_moved", "booking_cancelled", "series_booked", "visit_links", "missed_call",
})  # fmt: skip
"""Kinds that somebody who is not staff can make us send."""
TOLD = frozenset({"answer_moved", "answer_opted_out", "answer_opted_in"})
"""Answers that say what has become otherwise: whoever we have written to hears that, however many there are."""
UNASKED = frozenset({"missed_call", "answer_read_later", "answer_opted_out", "answer_opted_in"})
"""Kinds that a number which nobody here knows gets: a forged one costs its forger nothing, and the next is another."""
RESERVED = frozenset({
    "reminder", "booking_cancelled", "choose_new_time", "desk_message", "desk_answer", "come_in",
})  # fmt: skip
"""Kinds that leave although the budget is spent: without them a visit that exists goes wrong. So do answers."""

_ANSWER = "answer_"

SPENT = "the month's budget for SMS is spent"
TOO_OFTEN = "too many SMS to this number"
TOO_ALIKE = "many new numbers that look alike: somebody may be making us send SMS"
TOO_MANY = "many SMS to whoever called or wrote: somebody may be making us send them"


@dataclass(frozen=True, slots=True)
class Stop:
    reason: str
    again: timedelta | None = None
    """Try again then; None: never."""


@dataclass
class Purse:
    """What this month has cost, summed now and then: a month is too much to add up with each SMS."""

    decided: Policy = field(default_factory=Policy)
    used: int = 0
    """Thousandths of a minor unit."""
    month: tuple[datetime, datetime] | None = None
    """That this is of."""
    summed: datetime | None = None

    async def look(self, clinic: Clinic, *, now: datetime, real: datetime) -> Policy:
        """What is decided counts from the next SMS on; what others of our processes spent half a minute later."""
        known = self.decided, self.month
        self.decided, self.month = await policy(), month_of(now, clinic.zone)
        fresh = self.summed is not None and self.summed <= real < self.summed + SUMMED_EVERY
        if not fresh or known != (self.decided, self.month):
            self.summed = real
            self.used = await spent(*self.month) if self.decided.budget is not None else 0
        return self.decided

    def pay(self, parts: int) -> int | None:
        """What this many parts cost."""
        cost = self.decided.cost(parts)
        self.used += cost or 0
        return cost

    @property
    def empty(self) -> bool:
        return self.decided.budget is not None and self.used >= self.decided.budget * THOUSANDTHS


async def stop(
    row: Claimed, purse: Purse, clinic: Clinic, *, now: datetime, real: datetime, limited: bool = True
) -> Stop | None:
    """Why this SMS does not leave now; None: it does. Without `limited` only money and countries stop one."""
    decided = await purse.look(clinic, now=now, real=real)
    if reason := unreachable(row.recipient, decided, clinic.region):
        return Stop(reason)
    if purse.empty and row.kind not in RESERVED and not row.kind.startswith(_ANSWER):
        return Stop(SPENT)
    if limited and await _too_many(row, now):
        return Stop(TOO_MANY)
    if not limited or row.kind not in PROVOKED or await _by_staff(row):
        return None
    return await _pumped(row, now)


async def _too_many(row: Claimed, now: datetime) -> bool:
    """Of what anybody can make us send to any number. What the others would have said has been done all the same."""
    if row.kind in TOLD and await _written_to(row.recipient):
        return False
    if row.kind in UNASKED and await _in_an_hour("kind = {}", row.kind, now) >= STRANGERS:
        return True
    return row.kind.startswith(_ANSWER) and await _in_an_hour("substr(kind, 1, 7) = {}", _ANSWER, now) >= ANSWERS


async def _written_to(number: str) -> bool:
    """Before it ever wrote or called."""
    return bool(
        await fetch(
            "SELECT 1 FROM message WHERE recipient = {} AND channel = 'sms' AND state IN ('sent', 'delivered', 'unknown') "
            "AND substr(kind, 1, 7) <> {} AND kind <> 'missed_call' LIMIT 1",
            *(number, _ANSWER),
        )
    )


async def _in_an_hour(which: str, kind: str, now: datetime) -> int:
    [(found,)] = await fetch(
        f"SELECT count(*) FROM message WHERE channel = 'sms' AND finished_at > {{}} AND {which} "  # noqa: S608
        "AND state IN ('sent', 'delivered', 'unknown')",
        *(now - HOUR, kind),
    )
    return int(found)


async def _by_staff(row: Claimed) -> bool:
    """Was the visit written down at the desk? Nobody else made that happen."""
    found = await fetch("SELECT 1 FROM booking WHERE id = {} AND door IN ('phone', 'walk_in')", row.booking or 0)
    return bool(found)


async def _pumped(row: Claimed, now: datetime) -> Stop | None:
    [(lately, today)] = await fetch(
        "SELECT sum(CASE WHEN finished_at > {} THEN 1 ELSE 0 END), count(*) FROM message WHERE recipient = {} "  # noqa: S608
        f"AND created_at > {{}} AND channel = 'sms' AND state IN ('sent', 'delivered', 'unknown') AND kind IN ({_KINDS})",
        *(now - WITHIN, row.recipient, now - timedelta(days=1)),
    )
    if today >= A_DAY:
        return Stop(TOO_OFTEN)
    if (lately or 0) >= AT_ONCE:
        return Stop(TOO_OFTEN, WITHIN)
    return Stop(TOO_ALIKE, HOUR) if await _alike(row, now) >= ALIKE else None


_KINDS = ", ".join(f"'{kind}'" for kind in sorted(PROVOKED))


async def _alike(row: Claimed, now: datetime) -> int:
    """Other numbers with the same first digits that were written to in the last hour, and never before it."""
    start = row.recipient[: ALIKE_DIGITS + 1]
    [(found,)] = await fetch(
        "SELECT count(DISTINCT m.recipient) FROM message m WHERE m.channel = 'sms' AND m.finished_at > {} "
        "AND m.state IN ('sent', 'delivered', 'unknown') AND substr(m.recipient, 1, {}) = {} AND m.recipient <> {} "
        "AND NOT EXISTS (SELECT 1 FROM message o WHERE o.recipient = m.recipient AND o.created_at <= {})",
        *(now - HOUR, len(start), start, row.recipient, now - HOUR),
    )
    return int(found)
