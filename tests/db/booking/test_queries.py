"""What reading the diary costs, and what it says."""

from datetime import date, timedelta

import pytest

from tests.db.booking.acts import ANNA, OTHER, OWNER, THURSDAY_0920, THURSDAY_1300, a_wish, an_act, stored
from tests.factories import a_clinic, at
from turnet.booking import queries, service
from turnet.booking.tables import Claim, Occupancy
from turnet.clinic import tables
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock, instant
from turnet.db.engine import AnyEngine
from turnet.db.lite import LiteEngine
from turnet.db.transactions import fetch, tx
from turnet.errors import NotFound
from turnet.scheduling.rules import Slot
from turnet.scheduling.spans import Span

DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))


async def december(clinic: Clinic, clock: FrozenClock) -> list[Slot]:
    return await queries.free_times(clinic, clinic.services["check-up"].id, *DECEMBER, now=clock.now())


async def past_visits(clinic: Clinic, count: int) -> None:
    """One visit an hour, the last of them long over."""
    sanna, end = clinic.practitioners["sanna"].id, at("2026-11-01T00:00+02:00")
    claim = Claim(kind="booking", public_id="past", made_at=instant(end))
    await claim.save()
    await Occupancy.insert(
        *(
            Occupancy(resource=sanna, starts_at=end - 60 * n, ends_at=end - 60 * n + 30, claim=claim.id)
            for n in range(1, count + 1)
        )
    )


async def test_month_costs_one_query_whatever_lies_behind_it(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")
    await past_visits(clinic, 50)
    statements.clear()
    found = await december(clinic, clock)
    assert len(statements) == 1

    await Occupancy.delete().where(Occupancy.ends_at < at("2026-11-01T01:00+02:00"))
    await fetch("DELETE FROM claim WHERE public_id = {}", "past")
    await past_visits(clinic, 500)
    statements.clear()
    assert await december(clinic, clock) == found
    assert len(statements) == 1


async def test_past_rows_are_never_read(engine: AnyEngine, clock: FrozenClock) -> None:
    """The index leads to the rows that end after the window's start; a small table must not tempt the planner."""
    explain, args = "EXPLAIN QUERY PLAN", ("", clock.now(), 1, 3, 2, False, False, 1, 2)
    async with tx():
        if not isinstance(engine, LiteEngine):
            explain = "EXPLAIN"
            await fetch("SET LOCAL enable_seqscan = off")
        plan = [str(row[-1]) for row in await fetch(explain + queries._TAKEN, *args)]

    of_occupancy = [line.strip() for line in plan if "occupancy" in line and "Recheck" not in line]
    assert "occupancy_ends_at" in of_occupancy[-1]
    assert [line for line in of_occupancy if "SCAN o" in line or "Seq Scan" in line] == []


async def test_busy_is_merged_from_every_lane_and_outside_calendars(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit
    start = at(THURSDAY_0920)
    claim = Claim(kind="booking", public_id="overbooked", made_at=clock.now())
    await claim.save()
    await Occupancy.insert(
        Occupancy(resource=visit.practitioner, lane=1, starts_at=start + 10, ends_at=start + 40, claim=claim.id)
    )
    await tables.Busy.insert(tables.Busy(resource=visit.practitioner, starts_at=start + 60, ends_at=start + 90))

    busy = await queries.busy(clinic, Span(start, start + 120), now=clock.now())

    assert busy == {
        visit.practitioner: [Span(start, start + 40), Span(start + 60, start + 90)],
        visit.room: [Span(start, start + 40)],
    }


async def test_busy_does_not_reach_beyond_its_window(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.book(an_act(clock), clinic, a_wish(clinic, "2026-12-03T09:20+02:00", "root-canal"), ANNA, once="")
    start = at(THURSDAY_0920)

    assert await queries.busy(clinic, Span(start - 60, start), now=clock.now()) == {}
    assert await queries.busy(clinic, Span(start + 90, start + 120), now=clock.now()) == {}
    assert len(await queries.busy(clinic, Span(start + 89, start + 120), now=clock.now())) == 2
    assert len(await queries.busy(clinic, Span(start - 60, start + 1), now=clock.now())) == 2


async def test_next_expiry_is_the_earliest_live_claim_in_the_window(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    thursday = Span(at("2026-12-03T00:00+02:00"), at("2026-12-04T00:00+02:00"))
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    assert await queries.next_claim_expiry(thursday, clock.now()) is None

    await service.cancel(an_act(clock), clinic, visit.id)
    held = await service.hold(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), OWNER)
    await service.hold(an_act(clock), clinic, a_wish(clinic, "2026-12-07T08:00+02:00"), OTHER)

    assert await queries.next_claim_expiry(thursday, clock.now()) == held.expires_at
    assert await queries.next_claim_expiry(thursday, held.expires_at) == clock.now() + timedelta(minutes=10)


async def test_free_times_outside_today_and_the_horizon_cost_nothing(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    check_up = clinic.services["check-up"].id
    statements.clear()

    for first, last in ((date(2020, 1, 1), date(2020, 2, 1)), (date(2030, 1, 1), date(2030, 2, 1)), DECEMBER[::-1]):
        assert await queries.free_times(clinic, check_up, first, last, now=clock.now()) == []
    assert await queries.free_times(clinic, 999, *DECEMBER, now=clock.now()) == []
    assert statements == []


@pytest.mark.parametrize("token", ["", "x" * 22, "\0", "é"])
async def test_unknown_link_is_not_found(engine: AnyEngine, clock: FrozenClock, token: str) -> None:
    await a_clinic()

    with pytest.raises(NotFound):
        await queries.visit_by_token(token)
    assert await queries.visit("unknown") is None


async def test_public_words_of_two_bookings_share_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    one = await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")
    two = await service.book(an_act(clock), clinic, a_wish(clinic, by="pekka"), ANNA, once="")

    for first, second in (
        (one.token, two.token),
        (one.visit.public_id, two.visit.public_id),
        (one.visit.reference, two.visit.reference),
    ):
        assert first[:4] != second[:4]
    assert await stored("count(*) FROM booking WHERE token_hash = public_id") == [(0,)]
