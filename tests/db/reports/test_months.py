"""What a month's report counts, and what the clinic said of before."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.db.booking.conftest import statements
from tests.db.messaging.acts import KEY, a_booking
from tests.factories import REA, a_clinic
from turnet.booking.model import Act
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotYours
from turnet.reports.model import Baseline, RoomUse, Use
from turnet.reports.queries import baseline, months
from turnet.reports.service import say
from turnet.staff.model import Role, Staff

__all__ = ["statements"]

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11, 12))
NOW = DECEMBER + timedelta(hours=8)
OWNER = Staff(
    id=2, public_id="o" * 22, name="Olli Owner", initials="OO", role=Role.OWNER, practitioner=None, all_diaries=True,
    language="en",
)  # fmt: skip


async def _visit(
    clinic: Clinic, clock: FrozenClock, day: int, state: str, month: datetime = NOVEMBER, **more: object
) -> int:
    starts = month + timedelta(days=day, hours=8)
    room = more.pop("room", "room-1")
    row = clinic.rooms[str(room)].row if room else None
    visit = await a_booking(
        clinic, clock, starts_at=starts, state=state, created_at=month + timedelta(hours=2), room=row, **more
    )
    return visit.id


async def _sms(booking: int | None, at: datetime, parts: int, cost: int | None, number: int) -> None:
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, booking, sequence, facts, state, due_at, "
        "not_after, attempts, created_at, finished_at, parts, cost) VALUES "
        "({}, {}, 'reminder', 'sms', '+358401234567', 'en', {}, 0, {}, 'sent', {}, {}, 1, {}, {}, {}, {})",
        *(f"00000000-0000-4000-8000-{number:012}", f"d{number}", booking, "{}", at, at, at, at, parts, cost),
    )


async def _a_november(clinic: Clinic, clock: FrozenClock) -> None:
    done = await _visit(clinic, clock, 1, "done", checked_in_by="sms", outside_hours=True)
    await _visit(clinic, clock, 2, "no_show", door="phone")
    await _visit(clinic, clock, 3, "booked")
    await _visit(clinic, clock, 4, "cancelled", cancelled_late=True)
    await _visit(clinic, clock, 5, "cancelled")
    await _visit(clinic, clock, 6, "done", room="room-2", door="walk_in")
    await _visit(clinic, clock, 7, "done", room=None, door="phone")
    await _visit(clinic, clock, 8, "done", month=OCTOBER, door="phone")
    await _sms(done, NOVEMBER, 2, 16_000, 1)
    await _sms(done, NOVEMBER + timedelta(days=3), 1, None, 2)
    await _sms(None, NOVEMBER + timedelta(days=4), 1, 8_000, 3)
    await _sms(done, DECEMBER, 1, 8_000, 4)  # the next month's


async def test_a_month_is_counted_room_by_room(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await _a_november(clinic, clock)

    october, november = await months(clinic, (OCTOBER, NOVEMBER, DECEMBER), now=NOW)

    rooms = [room.id for room in clinic.rooms.values()]
    assert october == (RoomUse(rooms[0], Use(visits=1)), RoomUse(rooms[1], Use()), RoomUse(rooms[2], Use()))
    assert november == (
        RoomUse(
            rooms[0],
            Use(
                visits=2, no_shows=1, unmarked=1, late_cancellations=1, messages=2, parts=3, cost=16_000, unpriced=1,
                checkins=1, booked_online=4, outside_hours=1,
            ),
        ),
        RoomUse(rooms[1], Use(visits=1)),
        RoomUse(rooms[2], Use()),
        RoomUse(None, Use(visits=1, messages=1, parts=1, cost=8_000)),
    )  # fmt: skip


async def test_visits_that_are_not_over_count_nothing_yet(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await _a_november(clinic, clock)

    [november] = await months(clinic, (NOVEMBER, DECEMBER), now=NOVEMBER + timedelta(days=2))

    assert november[0].use.visits + november[0].use.unmarked == 1


@pytest.mark.parametrize("count", [1, 13])
async def test_many_months_cost_as_many_queries_as_one(
    engine: AnyEngine, clock: FrozenClock, count: int, statements: list[str]
) -> None:
    clinic = await a_clinic()
    bounds = [DECEMBER - timedelta(days=30 * back) for back in range(count, -1, -1)]
    statements.clear()

    assert len(await months(clinic, bounds, now=NOW)) == count
    assert len(statements) == 3


# --- what was before


def _act(staff: Staff, clock: FrozenClock) -> Act:
    return Act(now=clock.now(), real=clock.real(), key=KEY, staff=staff, actor=staff.actor)


async def test_what_was_before_is_said_once_and_may_be_said_anew(engine: AnyEngine, clock: FrozenClock) -> None:
    await say(_act(OWNER, clock), Baseline(visits=400, no_shows=32, visit_value=20_000))
    await say(_act(OWNER, clock), Baseline(visits=410, no_shows=30, desk_hour=3_000))

    assert await baseline() == Baseline(410, 30, None, 3_000, None, clock.now())
    assert await fetch("SELECT act FROM audit_entry") == [("baseline_said",)] * 2


async def test_nothing_said_is_no_baseline(engine: AnyEngine) -> None:
    assert await baseline() == Baseline()


async def test_only_whoever_sees_the_value_may_say_it(engine: AnyEngine, clock: FrozenClock) -> None:
    with pytest.raises(NotYours):
        await say(_act(REA, clock), Baseline(visits=400))


@pytest.mark.parametrize(
    ("before", "wrong"),
    [
        (Baseline(visits=-1), {"visits": "out_of_range"}),
        (Baseline(visits=10, no_shows=11), {"no_shows": "more_than_visits"}),
        (Baseline(visit_value=10**10), {"visit_value": "out_of_range"}),
        (Baseline(checkin_seconds=4_000), {"checkin_seconds": "out_of_range"}),
    ],
)
async def test_what_cannot_have_been_changes_nothing(
    engine: AnyEngine, clock: FrozenClock, before: Baseline, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        await say(_act(OWNER, clock), before)

    assert (refusal.value.fields, await baseline()) == (wrong, Baseline())
