"""Makes the steps of visits ahead of time: one for each round that is for a visit and leads to somebody.

A round that gives a visit no message leaves a dropped step that says why, so that every visit is looked at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from turnet.booking.service.attempt import attempt
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, marks
from turnet.reminders.model import Round
from turnet.reminders.rules import STARTED_LATER, Duty, Planned, Rest, ahead, back, duties

BATCH = 200
"""Visits whose steps are made in one transaction."""
AT_ONCE = 1000
"""Rows in one statement: databases count their arguments."""

_COLUMN = {"sms": "phone", "email": "email"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rounds get steps, and how."""

    rounds: Sequence[Round]
    rest: Rest
    now: datetime
    since: datetime | None = None
    """What would have gone until then stays unsent, because nobody wanted it yet."""
    beside: Sequence[Round] = ()
    """Others that are on: a reminder gives way to a later one of them."""


async def make_missing(plan: Plan, *, further: timedelta = timedelta()) -> None:
    """For visits that begin as far ahead as a message can be due, and `further`."""
    if not plan.rounds:
        return
    missing, args = _missing(plan)
    window = (plan.now - back(plan.rounds), plan.now + ahead(plan.rounds) + further)
    condition = f"WHERE b.starts_at > {{}} AND b.starts_at <= {{}} AND ({missing}) {_END}"
    while visits := await fetch(_VISITS + condition, *window, *args):
        await attempt(partial(make, visits, plan))


async def plan_again(plan: Plan) -> None:
    """Inside a transaction: what waits of these rounds goes when they now say, or not at all."""
    names = [round.name for round in plan.rounds]
    waiting = f"SELECT s.booking FROM step s WHERE s.state = 'waiting' AND s.rule IN ({marks(names)})"  # noqa: S608
    visits = await fetch(f"{_VISITS} WHERE b.id IN ({waiting})", *names)
    await fetch(f"DELETE FROM step WHERE state = 'waiting' AND rule IN ({marks(names)}) RETURNING id", *names)  # noqa: S608
    for first in range(0, len(visits), BATCH):
        await make(visits[first : first + BATCH], plan)


_VISITS = """
    SELECT b.id, b.visit_no, b.starts_at, b.ends_at, b.phone, b.email, b.created_at, e.at, b.location, b.service
    FROM booking b LEFT JOIN booking_event e ON e.id =
        (SELECT max(m.id) FROM booking_event m WHERE m.booking = b.id AND m.act = 'moved')
    """
_END = f"ORDER BY b.starts_at LIMIT {BATCH}"


def _missing(plan: Plan) -> tuple[str, list[Any]]:
    """The condition that a visit lacks a step of one of the rounds, and its arguments."""
    conditions, args = [], list[Any]()
    for round in plan.rounds:
        contact = " OR ".join(f"b.{_COLUMN[channel]} <> ''" for channel in round.channels)
        parts = [f"({contact})"]
        if round.after:
            parts.append("b.state NOT IN ('cancelled', 'no_show')")
        else:
            parts.append("b.state IN ('booked', 'confirmed') AND b.starts_at > {}")
            args.append(plan.now)
        for column, only in (("location", round.location), ("service", round.service)):
            if only is not None:
                parts.append(f"b.{column} = {{}}")
                args.append(only)
        parts.append(
            "NOT EXISTS (SELECT 1 FROM step s WHERE s.booking = b.id AND s.visit_no = b.visit_no AND s.rule = {})"
        )
        args.append(round.name)
        conditions.append(f"({' AND '.join(parts)})")
    return " OR ".join(conditions), args


async def make(visits: Sequence[tuple[Any, ...]], plan: Plan) -> None:
    """Inside a transaction. `visits` as `_VISITS` reads them; what a visit has already stays as it is."""
    there = {
        (booking, visit_no, rule)
        for booking, visit_no, rule in await fetch(
            f"SELECT booking, visit_no, rule FROM step WHERE booking IN ({marks(visits)})",  # noqa: S608
            *(visit[0] for visit in visits),
        )
    }
    await insert([
        (booking, visit_no, duty.round.name, duty.channel, instant(duty.due), duty.reason, plan.now)
        for booking, visit_no, *facts in visits
        for duty in _duties(facts, visit_no, plan)
        if (booking, visit_no, duty.round.name) not in there
    ])  # fmt: skip


def _duties(facts: Sequence[Any], visit_no: int, plan: Plan) -> list[Duty]:
    starts_at, ends_at, phone, email, created_at, moved_at, location, service = facts
    channels = tuple(channel for channel, contact in (("sms", phone), ("email", email)) if contact)
    made = minute(moved_at if visit_no > 1 and moved_at else created_at)
    visit = Planned(minute(starts_at), minute(ends_at), made, channels, location, service)
    coming = [round for round in (*plan.rounds, *plan.beside) if round.after or starts_at > plan.now]
    names = {round.name for round in plan.rounds}
    return [
        replace(duty, reason=duty.reason or STARTED_LATER)
        if plan.since is not None and instant(duty.due) <= plan.since
        else duty
        for duty in duties(visit, plan.rest, coming)
        if duty.round.name in names
    ]


async def insert(rows: Sequence[tuple[Any, ...]]) -> None:
    """(booking, visit_no, rule, channel, due_at, reason, created_at); one with a reason is dropped at once."""
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        places = ", ".join(["({}, {}, {}, {}, {}, {}, {}, {})"] * len(some))
        await fetch(
            "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) "  # noqa: S608
            f"VALUES {places} ON CONFLICT (booking, visit_no, rule, channel) DO NOTHING",
            *(
                value
                for booking, visit_no, rule, channel, due_at, reason, at in some
                for value in (booking, visit_no, rule, channel, due_at, "dropped" if reason else "waiting", reason, at)
            ),
        )
