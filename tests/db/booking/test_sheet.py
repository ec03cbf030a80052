"""The desk's reads: whole days in four queries, whatever stands in them."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, FRIDAY_0800, OMAR, OWNER, THURSDAY_0920, THURSDAY_1000, a_wish, an_act
from tests.db.conversation.in_doubt import says_they_cannot
from tests.factories import a_clinic, at
from turnet.booking import service
from turnet.booking.queries import visit
from turnet.booking.sheet import Load, entry, load, sheet, taken_of
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.scheduling.spans import Span

THURSDAY = date(2026, 12, 3)


async def booked(clock: FrozenClock, clinic: Clinic, once: str, **more: Any) -> str:
    person = more.pop("person", ANNA)
    made = await service.book(an_act(clock), clinic, a_wish(clinic, **more), person, once=once)
    return made.visit.public_id


async def test_day_lists_its_visits_by_start_with_the_person_and_the_place(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    late = await booked(clock, clinic, "b", start=THURSDAY_1000, by="pekka", person=OMAR)
    early = await booked(clock, clinic, "a", start=THURSDAY_0920, by="sanna")
    await booked(clock, clinic, "c", start=FRIDAY_0800)
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())
    assert [one.public_id for one in found.visits] == [early, late]
    first = found.visits[0]
    assert first.name == "Anna Virtanen"
    assert first.provisional
    assert first.span == Span(at(THURSDAY_0920), at(THURSDAY_0920) + 30)
    assert first.practitioner == clinic.practitioners["sanna"].id
    assert first.room in {clinic.rooms["room-1"].id, clinic.rooms["room-2"].id}
    assert not first.failed
    assert await entry(early) == first


async def test_own_diary_shows_nobody_elses_visits(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    mine = await booked(clock, clinic, "a", by="sanna")
    await booked(clock, clinic, "b", by="pekka", person=OMAR)
    diaries = frozenset({clinic.practitioners["sanna"].id})
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now(), diaries=diaries)
    assert [one.public_id for one in found.visits] == [mine]
    assert (await sheet(clinic, THURSDAY, THURSDAY, now=clock.now(), diaries=frozenset())).visits == ()


async def test_hold_is_there_until_it_ends(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.hold(an_act(clock), clinic, a_wish(clinic, by="sanna"), owner=OWNER)
    sanna = clinic.practitioners["sanna"].id
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())
    assert [(one.kind, one.start, one.initials) for one in found.held if one.resource == sanna] == [
        ("hold", at(THURSDAY_0920), "")
    ]
    assert taken_of(clinic, found, sanna) == [Span(at(THURSDAY_0920), at(THURSDAY_0920) + 30)]
    clock.advance(minutes=30)
    assert (await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())).held == ()


async def test_cancelled_visit_stays_on_the_sheet_and_leaves_its_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    made = await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="a")
    await service.cancel(an_act(clock), clinic, made.visit.id)
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())
    assert [one.state for one in found.visits] == [State.CANCELLED]
    assert taken_of(clinic, found, clinic.practitioners["sanna"].id) == []
    assert await load(clinic, THURSDAY, THURSDAY) == []


async def test_message_that_failed_is_told_until_a_later_one_arrives(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    public_id = await booked(clock, clinic, "a")
    await fetch("UPDATE message SET state = 'failed' WHERE kind = 'booking_confirmed'")
    assert (await entry(public_id)).failed == "email"
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, booking, sequence, facts, state, due_at, "
        "not_after, attempts, created_at) SELECT {}, 'again', kind, channel, recipient, language, booking, sequence, "
        "facts, 'sent', due_at, not_after, 1, {} FROM message WHERE kind = 'booking_confirmed'",
        *(uuid.uuid4(), clock.now() + timedelta(minutes=1)),
    )
    assert (await entry(public_id)).failed == ""


async def test_lateness_of_the_days_asked_for(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna = clinic.practitioners["sanna"].id
    for day, minutes in ((THURSDAY, 20), (date(2026, 12, 4), 10)):
        await fetch(
            "INSERT INTO lateness (resource, day, minutes, at) VALUES ({}, {}, {}, {})",
            *(sanna, day, minutes, clock.now()),
        )
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())
    assert found.late == {(sanna, THURSDAY): 20}


async def test_day_costs_four_queries_however_many_visits(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    for n in range(6):
        start = f"2026-12-03T{8 + n // 3:02}:{20 * (n % 3):02}+02:00"
        await booked(clock, clinic, f"{n}", start=start, service="acute", by="pekka")
    statements.clear()
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())
    assert len(found.visits) == 6
    assert len(statements) == 4
    statements.clear()
    assert len(await load(clinic, date(2026, 12, 1), date(2026, 12, 31))) == 6
    assert len(statements) == 1


async def test_who_said_that_they_cannot_come(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    ids = [
        await booked(clock, clinic, "a", start=THURSDAY_0920, by="sanna"),
        await booked(clock, clinic, "b", start=THURSDAY_1000, by="sanna"),
        await booked(clock, clinic, "c", start=THURSDAY_1000, by="pekka"),
    ]
    visits = [found for id in ids if (found := await visit(id))]
    await says_they_cannot(clock, *visits[:2])
    await says_they_cannot(clock, visits[0])
    found = await sheet(clinic, THURSDAY, THURSDAY, now=clock.now())

    assert {one.public_id: one.doubt for one in found.visits} == dict(zip(ids, ("cannot", "perhaps", ""), strict=True))
    assert (await entry(ids[0])).doubt == "cannot"


async def test_month_counts_what_was_not_cancelled(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await booked(clock, clinic, "a", by="sanna")
    where = clinic.locations["keskusta"].id
    start = at(THURSDAY_0920)
    assert await load(clinic, THURSDAY, THURSDAY) == [Load(clinic.practitioners["sanna"].id, where, start, start + 30)]


async def test_visit_that_is_not_there_is_not_found(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    with pytest.raises(NotFound):
        await entry("x" * 22)
