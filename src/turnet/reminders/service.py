"""Makes steps ahead of time, puts those that are due into the outbox, and says what of a reminder is still true.

Each act reads first and then writes, on condition that a step still waits: whoever comes second writes nothing. What
changed in between is noticed when the message leaves, by `visits_to_name`.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from babel import Locale, UnknownLocaleError

from turnet.booking.model import Visit
from turnet.booking.queries import visits_by_id
from turnet.booking.service.attempt import attempt
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft
from turnet.metrics import REMINDERS_MISSED
from turnet.reminders.model import LAST_CALL, SOON, Fate, Together, VisitStep, anew, judged, on_leaving, together
from turnet.reminders.rules import CLOSES, EARLIEST, EVES, RULES, Rest, duties
from turnet.scheduling.hours import day_span

log = logging.getLogger("turnet.reminders")

BATCH = 200
"""Visits whose steps are made in one transaction."""
_SUNDAY = 6


def rest_of(clinic: Clinic) -> Rest:
    """The last day of the region's weekend and its public holidays, if the clinic heeds those."""
    eve = EVES.get(clinic.region, CLOSES)
    return Rest(clinic.setup.zone, _weekly_rest(clinic.region), clinic.setup.holidays, eve)


@cache
def _weekly_rest(region: str) -> int:
    try:
        return Locale.parse(f"und_{region}").weekend_end
    except (UnknownLocaleError, ValueError):  # the second: none is known
        return _SUNDAY


# --- making steps, and ending those that will not be sent


async def plan(now: datetime, *, ahead: timedelta = EARLIEST) -> None:
    """Makes the steps of every visit within `ahead`, and ends those that are no longer true. Repeating it is harmless."""
    clinic = await current_clinic()
    if clinic is None:
        return
    rest = rest_of(clinic)
    await _make_missing(rest, now, ahead)
    if again := [(step, fate) for step in await _failed(now) if (fate := anew(step, rest, now))]:
        await attempt(partial(_end, "taken", again))
    fates = [(step, fate) for step, fate in judged(await _near(now), rest, now) if fate != Fate()]
    if fates:
        _count_missed(await attempt(partial(_end, "waiting", fates)))


async def make(now: datetime) -> None:
    """The first half of `plan`: no step changes, so that a person sees each as it was promised."""
    clinic = await current_clinic()
    if clinic is not None:
        await _make_missing(rest_of(clinic), now, EARLIEST)


async def _make_missing(rest: Rest, now: datetime, ahead: timedelta) -> None:
    """Where a rule gives a visit no reminder there is a dropped step that says why: every visit is looked at once."""
    while visits := await fetch(_WITHOUT_STEPS, now, now + ahead):
        await attempt(partial(_make, visits, rest, now))


_MISSING = " OR ".join(
    f"(b.{'phone' if rule.channel == 'sms' else 'email'} <> '' AND NOT EXISTS (SELECT 1 FROM step s "  # noqa: S608
    f"WHERE s.booking = b.id AND s.visit_no = b.visit_no AND s.rule = '{rule.name}' AND s.channel = '{rule.channel}'))"
    for rule in RULES
)
_WITHOUT_STEPS = f"""
    SELECT b.id, b.visit_no, b.starts_at, b.phone, b.email, b.created_at, e.at
    FROM booking b LEFT JOIN booking_event e ON e.id =
        (SELECT max(m.id) FROM booking_event m WHERE m.booking = b.id AND m.act = 'moved')
    WHERE b.state IN ('booked', 'confirmed') AND b.starts_at > {{}} AND b.starts_at <= {{}} AND ({_MISSING})
    ORDER BY b.starts_at LIMIT {BATCH}
"""  # noqa: S608  (our own names)


async def _make(visits: Sequence[tuple[Any, ...]], rest: Rest, now: datetime) -> None:
    rows = []
    for booking, visit_no, starts_at, phone, email, created_at, moved_at in visits:
        channels = [channel for channel, contact in (("sms", phone), ("email", email)) if contact]
        made = minute(moved_at if visit_no > 1 and moved_at else created_at)
        for duty in duties(minute(starts_at), made, channels, rest):
            state = "dropped" if duty.reason else "waiting"
            where = (booking, visit_no, duty.rule.name, duty.rule.channel)
            rows.append((*where, instant(duty.due), state, duty.reason, now))
    places = ", ".join(["({}, {}, {}, {}, {}, {}, {}, {})"] * len(rows))
    await fetch(
        "INSERT INTO step (booking, visit_no, rule, channel, due_at, state, reason, created_at) "  # noqa: S608
        f"VALUES {places} ON CONFLICT (booking, visit_no, rule, channel) DO NOTHING",
        *(value for row in rows for value in row),
    )


_STEPS = """
    SELECT s.id, s.rule, s.channel, s.due_at, s.visit_no, b.id, b.visit_no, b.state, b.starts_at, b.undo_until,
        b.phone, b.email, b.language, m.recipient,
        (SELECT c.given FROM consent c WHERE c.patient = b.patient AND c.purpose = 'reminders'
            ORDER BY c.at DESC, c.id DESC LIMIT 1)
    FROM step s JOIN booking b ON b.id = s.booking LEFT JOIN message m ON m.id = s.message
    WHERE """


async def _steps(condition: str, *args: Any) -> list[VisitStep]:
    return [VisitStep(*row) for row in await fetch(_STEPS + condition, *args)]


async def _near(now: datetime) -> list[VisitStep]:
    """Waiting steps that are due within `SOON`, or whose visit is not what it was."""
    return await _steps(
        "s.state = 'waiting' AND (s.due_at <= {} OR s.visit_no <> b.visit_no "
        "OR b.state NOT IN ('booked', 'confirmed'))",
        now + SOON,
    )


async def _failed(now: datetime) -> list[VisitStep]:
    """Steps of coming visits whose message failed, if no later reminder of the visit is on its way or there."""
    return await _steps(
        "m.state = 'failed' AND m.due_at > {} AND s.state = 'taken' AND s.visit_no = b.visit_no AND b.starts_at > {} "
        "AND NOT EXISTS (SELECT 1 FROM step o JOIN message n ON n.id = o.message WHERE o.booking = s.booking "
        "AND o.visit_no = s.visit_no AND o.state = 'taken' AND o.due_at > s.due_at AND n.state <> 'failed')",
        *(now - EARLIEST, now),
    )


async def _end(was: str, fates: Sequence[tuple[VisitStep, Fate]]) -> int:
    """Writes what became of steps that were `was` until now; returns how many were missed."""
    alike: dict[Fate, list[int]] = defaultdict(list)
    for step, fate in fates:
        alike[fate].append(step.step)
    missed = 0
    for fate, steps in alike.items():
        free = ", message = NULL" if fate.state == "waiting" else ""
        ended = await fetch(
            f"UPDATE step SET state = {{}}, reason = {{}}, due_at = COALESCE({{}}, due_at){free} "  # noqa: S608
            f"WHERE state = {{}} AND id IN ({_marks(steps)}) RETURNING id",
            *(fate.state, fate.reason, fate.due_at, was, *steps),
        )
        missed += len(ended) if fate.state == "missed" else 0
    return missed


def _count_missed(missed: int) -> None:
    if missed:
        REMINDERS_MISSED.inc(missed)
        log.warning("reminders would have come too late", extra={"missed": missed})


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["{}"] * len(values))


# --- sending


async def take_due(now: datetime) -> None:
    """Puts due steps into the outbox: one message for all visits of one contact on one day. Repeating it is harmless."""
    clinic = await current_clinic()
    if clinic is None:
        return
    due = [step for step, fate in judged(await _near(now), rest_of(clinic), now) if fate == Fate()]
    if not due:
        return
    groups: dict[Together, list[VisitStep]] = defaultdict(list)
    for step in due:
        groups[together(step, clinic.zone)].append(step)
    for step in await _waiting_between(clinic, [group.day for group in groups], now):
        if not step.refused and (group := together(step, clinic.zone)) in groups:
            groups[group].append(step)
    await attempt(partial(_take, groups, now))


async def _waiting_between(clinic: Clinic, days: Sequence[date], now: datetime) -> list[VisitStep]:
    """The steps, not yet due, of the visits from the first to the last of these local days."""
    zone = clinic.setup.zone
    return await _steps(
        "s.state = 'waiting' AND s.due_at > {} AND b.starts_at >= {} AND b.starts_at < {} "
        "AND s.visit_no = b.visit_no AND b.state IN ('booked', 'confirmed')",
        *(now, instant(day_span(zone, min(days)).start), instant(day_span(zone, max(days)).end)),
    )


async def _take(groups: dict[Together, list[VisitStep]], now: datetime) -> None:
    """A message that gets no step, because somebody was quicker, names no visit and is skipped."""
    drafts = [_draft(group, steps, now) for group, steps in groups.items()]
    await outbox.add_all(drafts, now=now)
    for draft, steps in zip(drafts, groups.values(), strict=True):
        await fetch(
            "UPDATE step SET state = 'taken', message = (SELECT id FROM message WHERE dedupe = {}) "  # noqa: S608
            f"WHERE id IN ({_marks(steps)}) AND state = 'waiting'",
            *(draft.dedupe, *(step.step for step in steps)),
        )


def _draft(group: Together, steps: Sequence[VisitStep], now: datetime) -> Draft:
    first_due = min(steps, key=lambda step: (step.due_at, step.step))
    first = min(steps, key=lambda step: (step.starts_at, step.booking))
    return Draft(
        kind="reminder",
        channel=group.channel,
        recipient=group.contact,
        language=group.language,
        dedupe=f"reminder:{first_due.booking}:{first_due.visit_no}:{group.rule}:{group.channel}:{minute(first_due.due_at)}"
        f":{sha256(group.contact.encode()).hexdigest()[:12]}",
        due_at=now,
        not_after=max(step.starts_at for step in steps) - LAST_CALL,
        booking=first.booking,
        facts={"rule": group.rule},
    )


async def visits_to_name(message: UUID, *, now: datetime) -> tuple[Visit, ...]:
    """The visits that this reminder may still speak of, by start.

    Its other steps are dropped; they wait again while a cancellation may be undone, or until quiet hours are over.
    """
    clinic = await current_clinic()
    if clinic is None:
        return ()
    rest = rest_of(clinic)
    steps = await _steps("s.message = {} AND s.state = 'taken'", message)
    fates = [(step, on_leaving(step, rest, now)) for step in steps]
    ended = [(step, fate) for step, fate in fates if fate != Fate()]
    if ended:
        _count_missed(await attempt(partial(_end, "taken", ended)))
    return tuple(await visits_by_id([step.booking for step, fate in fates if fate == Fate()]))
