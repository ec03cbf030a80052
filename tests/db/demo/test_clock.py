"""The clock goes forward only, stops wherever something falls due, and is found again after a restart."""

from datetime import datetime, timedelta
from uuid import uuid4

from tests.db.demo.conftest import StoodClock
from tests.factories import a_clinic, at
from turnet.booking.model import Act, Person, Wish
from turnet.booking.service import book
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.demo.clock import advance, load_shift
from turnet.messaging.outbox import Draft, add_all
from turnet.reminders.service import plan, take_due


async def _due(clock: StoodClock, *minutes: int) -> None:
    now = clock.now()
    drafts = [
        Draft(
            kind="test_mail", channel="email", recipient="a@mail.example", language="en", dedupe=str(uuid4()),
            due_at=now + timedelta(minutes=after), not_after=now + timedelta(days=30),
        )
        for after in minutes
    ]  # fmt: skip
    await add_all(drafts, now=now)


async def test_every_due_instant_is_visited_in_order_and_then_the_end(
    engine: AnyEngine, demo_clock: StoodClock
) -> None:
    await a_clinic()
    start, seen = demo_clock.now(), []
    await _due(demo_clock, 45, 10, 61)

    async def run_due() -> None:
        seen.append(round((demo_clock.now() - start) / timedelta(minutes=1)))

    await advance(demo_clock, timedelta(hours=1), run_due)

    assert seen == [0, 10, 45, 60]


async def test_work_that_makes_new_work_is_done_on_the_way(engine: AnyEngine, demo_clock: StoodClock) -> None:
    await a_clinic()
    seen: list[datetime] = []

    async def run_due() -> None:
        if not seen:
            await _due(demo_clock, 5)
        seen.append(demo_clock.now())

    await advance(demo_clock, timedelta(minutes=20), run_due)

    assert [at - seen[0] for at in seen] == [timedelta(minutes=n) for n in (0, 5, 20)]


async def test_shift_survives_a_restart(engine: AnyEngine, demo_clock: StoodClock) -> None:
    await a_clinic()

    async def nothing() -> None:
        pass

    await advance(demo_clock, timedelta(days=1), nothing)
    await advance(demo_clock, timedelta(hours=3), nothing)

    restarted = StoodClock()
    await load_shift(restarted)
    assert restarted.now() == demo_clock.now() == demo_clock.real() + timedelta(days=1, hours=3)


async def test_clock_never_goes_back(engine: AnyEngine, demo_clock: StoodClock) -> None:
    await a_clinic()
    demo_clock.shift = timedelta(hours=2)

    await load_shift(demo_clock)

    assert await fetch("SELECT demo_shift FROM clinic") == [(0,)]
    assert demo_clock.shift == timedelta(hours=2)


async def test_reminders_are_stopped_at_also_those_whose_time_is_far_away(
    engine: AnyEngine, demo_clock: StoodClock
) -> None:
    """Four weeks in one go; the visit is in three."""
    clinic = await a_clinic()
    act = Act(now=demo_clock.now(), real=demo_clock.real(), key=b"k" * 32)
    wish = Wish(clinic.services["check-up"].id, at("2026-12-22T09:20+02:00"))
    await book(act, clinic, wish, Person("Anna Salo", phone="+358401234567", email="anna@mail.example"), once="")
    seen: list[tuple[str, int]] = []

    async def run_due() -> None:
        await plan(demo_clock.now())
        await take_due(demo_clock.now())
        [(reminders,)] = await fetch("SELECT count(*) FROM message WHERE kind = 'reminder'")
        seen.append((demo_clock.now().astimezone(clinic.zone).strftime("%a %d %H:%M"), reminders))

    await advance(demo_clock, timedelta(days=28), run_due)

    assert seen[1:] == [("Sat 19 19:59", 1), ("Mon 21 09:20", 2), ("Tue 29 10:42", 2)]


async def test_owners_read_of_the_month_on_its_first_morning(engine: AnyEngine, demo_clock: StoodClock) -> None:
    clinic = await a_clinic()
    seen: list[str] = []

    async def run_due() -> None:
        seen.append(demo_clock.now().astimezone(clinic.zone).strftime("%d %b %H:%M"))

    await advance(demo_clock, timedelta(days=65), run_due)

    assert seen == ["01 Dec 10:42", "01 Jan 08:00", "01 Feb 08:00", "04 Feb 10:42"]
