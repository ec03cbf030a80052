"""The owner's page of the last month: to each once, on the first, and worth reading."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from tests.db.messaging.acts import a_booking, rows
from tests.factories import a_clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.feedback.service import asked
from turnet.messaging.deliver import deliverer, drain
from turnet.messaging.texting import Policy, decide
from turnet.reports.monthly import tell
from turnet.settings import Settings
from turnet.staff.tables import StaffUser

FIRST = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
"""Eight in the morning in Helsinki."""


@pytest.fixture
def public(settings: Settings) -> Settings:
    return replace(settings, base_url="https://times.tuomi.example", mail_from="appointments@tuomi.example")


async def an_owner(clock: FrozenClock, name: str = "olli", **more: object) -> None:
    row = {
        "public_id": f"{name:_<22}", "email": f"{name}@tuomi.example", "name": name.title(), "role": "owner", "initials": "O",
        "password_hash": "x", "language": "en", "created_at": clock.real(),
    }  # fmt: skip
    await StaffUser.insert(StaffUser(**row | more))


async def a_month(clock: FrozenClock) -> None:
    """Thirty visits of November: two missed, six answered with 9 or 10, and 40 SMS at 8 cents."""
    clinic = await a_clinic()
    await decide(Policy(price=8_000))
    for number in range(30):
        state = "no_show" if number < 2 else "done"
        starts = FIRST - timedelta(days=1 + number % 20, hours=number % 5)
        visit = await a_booking(clinic, clock, starts_at=starts, state=state, created_at=FIRST - timedelta(days=25))
        if number >= 24:
            await asked(visit, contact=visit.phone, channel="sms", key=b"k", now=starts + timedelta(hours=20))
    await fetch("UPDATE feedback SET score = CASE WHEN id % 2 = 0 THEN 9 ELSE 10 END")
    at = FIRST - timedelta(days=3)
    for number in range(40):
        await fetch(
            "INSERT INTO message (id, dedupe, kind, channel, recipient, language, sequence, facts, state, due_at, "
            "not_after, attempts, created_at, finished_at, parts, cost) VALUES "
            "({}, {}, 'reminder', 'sms', '+358401234567', 'en', 0, {}, 'sent', {}, {}, 1, {}, {}, 1, 8000)",
            *(f"00000000-0000-4000-8000-{number:012}", f"d{number}", "{}", at, at, at, at),
        )


async def test_each_owner_gets_the_month_once(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    await a_month(clock)
    await an_owner(clock)
    await an_owner(clock, "outi", language="fi")
    await an_owner(clock, "gone", disabled_at=clock.real())
    await an_owner(clock, "coming", password_hash="")
    await an_owner(clock, "rea", role="reception")

    assert [await tell(public, at) for at in (FIRST, FIRST + timedelta(minutes=10), FIRST + timedelta(days=2))] == [
        2,
        0,
        0,
    ]
    written = [row for row in await rows("kind", "recipient", "language") if row[0] == "month_page"]
    assert written == [("month_page", "olli@tuomi.example", "en"), ("month_page", "outi@tuomi.example", "fi")]


@pytest.mark.parametrize("at", [FIRST - timedelta(minutes=1), FIRST + timedelta(days=7), FIRST + timedelta(days=15)])
async def test_not_before_the_first_and_not_weeks_later(
    engine: AnyEngine, public: Settings, clock: FrozenClock, at: datetime
) -> None:
    await a_month(clock)
    await an_owner(clock)

    assert await tell(public, at) == 0


async def test_it_says_what_was_spent_and_saved_and_one_thing_to_do(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await a_month(clock)
    await an_owner(clock)
    await fetch("INSERT INTO baseline (id, visits, no_shows, visit_value) VALUES (1, 100, 30, 20000)")
    clock.at = FIRST

    await tell(public, FIRST)
    await drain(deliverer(public, clock))

    [file] = (public.data / "outbox" / "mail").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "November 2026 at Tuomi Dental, on one page"
    assert mail.get_body(("plain",)).get_content().splitlines() == [
        "November 2026 at Tuomi Dental",
        "",
        "Spent on SMS: €3.20 for 40 SMS",
        "More visits kept than before: about 7 (5 to 10), worth about €1,400 (€910 to €2,000)",
        "Booked outside opening hours: 0 of 30 online bookings",
        "Would recommend you: NPS 100 (26 to 100) from 6 answers",
        "",
        "One thing to do",
        "Let reminders ask for an answer: more than one visit in twenty was missed.",
        "",
        "How this was reckoned, room by room:",
        "https://times.tuomi.example/admin/value?month=2026-11",
    ]
