"""Both histories read as one: the newest first, paged by ids, narrowed; names are those of today."""

from datetime import timedelta
from typing import Any

import pytest

from tests.db.booking.acts import ANNA, FRIDAY_0800, OMAR, THURSDAY_1000, a_wish, an_act, staff
from tests.factories import REA, a_clinic
from turnet.audit.queries import HIGHEST, NEWEST, PAGE, Below, Line, Narrow, everybody, lines, same_as
from turnet.audit.service import note
from turnet.booking import service as acts
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine, bound
from turnet.db.transactions import fetch
from turnet.staff.tables import StaffUser


async def rea(clock: FrozenClock, name: str = "Rea Reception") -> None:
    account = StaffUser(
        public_id="r" * 22, email="rea@tuomi.example", name=name, role="reception", created_at=clock.real()
    )
    await account.save()
    assert account.id == REA.id


async def booked(clock: FrozenClock, clinic: Clinic, who: Any = ANNA, by: str = "sanna") -> Visit:
    made = await acts.book(an_act(clock), clinic, a_wish(clinic, by=by), who, once=f"once-{by}")
    return made.visit


async def acts_in(narrow: Narrow, below: Below = NEWEST) -> list[str]:
    found, _ = await lines(narrow, below)
    return [line.act for line in found]


async def test_a_visit_and_what_was_noted_of_it_are_one_story(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await rea(clock)
    visit = await booked(clock, clinic)
    clock.advance(minutes=1)
    await note(REA.actor, "visit_seen", real=clock.real(), booking=visit.id)
    clock.advance(minutes=1)
    await acts.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1000, by="sanna"))

    found, more = await lines(Narrow(visit=visit.id))

    assert [(line.act, line.actor, line.by) for line in found] == [
        ("moved", "staff:1", "Rea Reception"),
        ("visit_seen", "staff:1", "Rea Reception"),
        ("booked", "patient", ""),
    ]
    assert more is None
    assert {line.patient_name for line in found} == {"Anna Virtanen"}
    assert {line.visit.starts_at for line in found if line.visit} == {visit.starts_at + timedelta(minutes=40)}


async def test_a_name_is_the_one_of_today(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await rea(clock)
    visit = await booked(clock, clinic)
    await acts.cancel(staff(clock), clinic, visit.id)
    await StaffUser.update({StaffUser.name: "Rea Married"}, force=True)
    await fetch("UPDATE patient SET name = {}", "Anna Married")

    [newest, _], _ = await lines(Narrow(visit=visit.id))

    assert (newest.by, newest.patient_name) == ("Rea Married", "Anna Married")


async def test_nobody_is_named_where_a_line_is_printed_by_mistake(engine: AnyEngine, clock: FrozenClock) -> None:
    await booked(clock, await a_clinic())

    [line], _ = await lines(Narrow())

    assert "Anna" not in repr(line)


async def test_of_a_patient_with_everybody_they_turned_out_to_be(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    annas, omars = await booked(clock, clinic), await booked(clock, clinic, OMAR, "pekka")
    await note("staff:7", "patient_seen", real=clock.real(), patient=omars.patient)
    await note("staff:7", "patient_seen", real=clock.real(), patient=annas.patient)
    await fetch("UPDATE patient SET merged_into = {} WHERE id = {}", annas.patient, omars.patient)

    assert await same_as(annas.patient) == [annas.patient, omars.patient]
    assert sorted(await acts_in(Narrow(patients=[annas.patient]))) == ["booked", "patient_seen"]
    found, _ = await lines(Narrow(patients=await same_as(annas.patient)))
    assert [line.act for line in found].count("patient_seen") == 2
    assert {line.patient_name for line in found} == {"Anna Virtanen"}


async def test_for_one_practitioner_without_the_visits_with_others(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clock, clinic)
    await note("staff:7", "patient_seen", real=clock.real(), patient=visit.patient)
    people = clinic.practitioners

    assert await acts_in(Narrow(patients=[visit.patient], practitioner=people["pekka"].id)) == ["patient_seen"]
    assert len(await acts_in(Narrow(patients=[visit.patient], practitioner=people["sanna"].id))) == 2


async def test_of_an_account_what_it_did_and_what_was_done_to_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await rea(clock)
    visit = await booked(clock, clinic)
    await acts.cancel(staff(clock), clinic, visit.id)
    await note("staff:9", "disabled", real=clock.real(), staff=REA.id)
    await note("staff:9", "login", real=clock.real(), staff=9)

    assert sorted(await acts_in(Narrow(account=REA.id))) == ["cancelled", "disabled"]
    assert [one.name for one in await everybody()] == ["Rea Reception"]


async def test_of_a_time(engine: AnyEngine, clock: FrozenClock) -> None:
    for act in ("first", "second", "third"):
        await note("system", act, real=clock.real())
        clock.advance(hours=1)
    start = clock.real() - timedelta(hours=2)

    assert await acts_in(Narrow(first=start, until=start + timedelta(hours=1))) == ["second"]


@pytest.mark.parametrize("count", [PAGE, PAGE + 1, 2 * PAGE + 1])
async def test_pages_hold_everything_once(engine: AnyEngine, clock: FrozenClock, count: int) -> None:
    clinic = await a_clinic()
    visit = await booked(clock, clinic)
    for n in range(count - 3):
        clock.advance(seconds=1)
        await note("system", f"noted-{n}", real=clock.real())
    await acts.cancel(an_act(clock), clinic, visit.id)
    await acts.undo_cancel(an_act(clock), clinic, visit.id)
    seen: list[Line] = []
    below: Below | None = NEWEST

    while below is not None:
        page, below = await lines(Narrow(), below)
        assert len(page) <= PAGE
        seen += page

    assert (len(seen), len({(line.of_visit, line.id) for line in seen})) == (count, count)
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


async def test_a_page_takes_two_queries_however_much_there_is(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = await a_clinic()
    visit = await booked(clock, clinic)
    for _ in range(60):
        await note("staff:1", "patient_seen", real=clock.real(), patient=visit.patient)
    asked: list[str] = []
    run = type(bound()).fetch

    async def noted(self: Any, sql: str, *more: Any) -> Any:
        asked.append(sql)
        return await run(self, sql, *more)

    monkeypatch.setattr(type(bound()), "fetch", noted)
    await lines(Narrow(patients=[visit.patient], first=visit.created_at))

    assert len(asked) == 2


async def test_below_what_was_never_written_is_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await booked(clock, clinic)

    assert await lines(Narrow(), Below(0, 0)) == ([], None)
    assert len(await acts_in(Narrow(), Below(HIGHEST, 0))) == 1


async def test_a_moved_visit_keeps_its_story(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await booked(clock, clinic)
    await acts.move(an_act(clock), clinic, visit.id, a_wish(clinic, FRIDAY_0800, by="pekka"))

    [moved, _], _ = await lines(Narrow(visit=visit.id))

    assert moved.before["practitioner"] == clinic.practitioners["sanna"].id
    assert moved.after["practitioner"] == clinic.practitioners["pekka"].id
