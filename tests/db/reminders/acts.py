"""People with visits on Thursday 3 December 2026, and what a round of the reminders' job does for them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.db.booking.acts import ANNA, a_wish, an_act
from turnet.booking import service
from turnet.booking.model import Person, Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.reminders.service import plan, take_due

HELSINKI = ZoneInfo("Europe/Helsinki")
LONG_BEFORE = "2026-11-26 12:00"
"""Thursday a week before."""
MAIL_DUE, SMS_DUE = "2026-12-01 09:20", "2026-12-02 09:20"
"""Of a visit at 09:20."""

EETU = replace(ANNA, name="Eetu Virtanen", for_whom="child", birth_year=2018, email="")
INKA = replace(EETU, name="Inka Virtanen", birth_year=2020)
"""Anna's children, on her telephone."""


def the_time(text: str) -> datetime:
    """What the wall in Helsinki shows."""
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI).astimezone(UTC)


def at_time(clock: FrozenClock, text: str) -> FrozenClock:
    clock.at = the_time(text)
    return clock


async def booked(
    clinic: Clinic,
    clock: FrozenClock,
    person: Person = ANNA,
    start: str = "2026-12-03T09:20+02:00",
    *,
    by: str = "sanna",
    made: str = LONG_BEFORE,
) -> Visit:
    wish = a_wish(clinic, start, by=by)
    return (await service.book(an_act(at_time(clock, made)), clinic, wish, person, once="")).visit


async def tick(clock: FrozenClock, text: str = "") -> None:
    """One round of the job, at a time in Helsinki or where the clock stands."""
    now = (at_time(clock, text) if text else clock).now()
    await plan(now)
    await take_due(now)


async def steps(*, of: Visit | None = None) -> list[tuple[Any, ...]]:
    """(first name, visit's number, rule, when in Helsinki, state, reason) of every step."""
    rows = await fetch(
        "SELECT t.name, s.visit_no, s.rule, s.due_at, s.state, s.reason, s.booking FROM step s "
        "JOIN booking b ON b.id = s.booking JOIN patient t ON t.id = b.patient ORDER BY s.booking, s.visit_no, s.id"
    )
    return [
        (name.split()[0], visit_no, rule, due.astimezone(HELSINKI).strftime("%a %H:%M"), state, reason)
        for name, visit_no, rule, due, state, reason, booking in rows
        if of is None or booking == of.id
    ]


async def states(of: Visit) -> list[tuple[str, str]]:
    """(rule, state) of the steps of the visit as it is now."""
    rows = await fetch(
        "SELECT s.rule, s.state FROM step s JOIN booking b ON b.id = s.booking AND b.visit_no = s.visit_no "
        "WHERE b.id = {} ORDER BY s.id",
        of.id,
    )
    return [(rule, state) for rule, state in rows]


async def reminders() -> list[tuple[str, str, list[str]]]:
    """(channel, recipient, people by the start of their visits) of every reminder in the outbox, in the order written."""
    rows = await fetch(
        "SELECT m.id, m.channel, m.recipient FROM message m WHERE m.kind = 'reminder' ORDER BY m.due_at, m.channel, m.dedupe"
    )
    return [(channel, recipient, await people(id)) for id, channel, recipient in rows]


async def people(message: Any) -> list[str]:
    rows = await fetch(
        "SELECT t.name FROM step s JOIN booking b ON b.id = s.booking JOIN patient t ON t.id = b.patient "
        "WHERE s.message = {} ORDER BY b.starts_at",
        UUID(str(message)),
    )
    return [name.split()[0] for (name,) in rows]


async def only_reminder() -> UUID:
    [(id,)] = await fetch("SELECT id FROM message WHERE kind = 'reminder'")
    return UUID(str(id))
