"""Checking in without the desk: when it counts, what becomes of each visit, and how the desk takes it back."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tests.db.booking.acts import ANNA, OMAR, a_wish, an_act, staff, stored
from tests.factories import REA, a_clinic
from turnet.booking import queries, service
from turnet.booking.model import Person, Visit
from turnet.booking.states import State
from turnet.checkin import door
from turnet.checkin.model import Outcome, waiting_text
from turnet.checkin.service import check_in
from turnet.clinic.model import Clinic
from turnet.clinic.queries import load, versions
from turnet.clinic.service import renew_door
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, NotFound, NotYours, Stale, TooMany

TODAY_1300, TODAY_1400 = "2026-12-01T13:00+02:00", "2026-12-01T14:00+02:00"


async def today(
    clinic: Clinic, clock: FrozenClock, who: Person = ANNA, start: str = TODAY_1300, by: str = "sanna"
) -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, start, by=by), who, once="")).visit


def to(clock: FrozenClock, minutes: int) -> None:
    """So many minutes from 13:00."""
    clock.advance(minutes=(13 - 10) * 60 - 42 + minutes)


async def states() -> list[tuple[str, str]]:
    return await stored("state, checked_in_by FROM booking ORDER BY id")


async def acts_of(visit: Visit) -> list[str]:
    return [event.act for event in await queries.history(visit.id)]


# --- confirming


async def test_a_patient_confirms_once(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    before = (await versions()).diary
    act = an_act(clock, actor="patient:sms", door="sms")

    first = await service.confirm(act, clinic, visit.id)
    second = await service.confirm(act, clinic, visit.id)

    assert (first.state, second, await queries.visit(visit.public_id)) == (State.CONFIRMED, first, first)
    assert (first.version, first.sequence, (await versions()).diary) == (2, 0, before + 1)
    event = (await queries.history(visit.id))[-1]
    assert (event.act, event.actor, event.before, event.after) == (
        "confirmed", "patient:sms", {"state": "booked"}, {"state": "confirmed"},
    )  # fmt: skip


@pytest.mark.parametrize("state", [State.ARRIVED, State.IN_ROOM, State.DONE, State.NO_SHOW, State.CANCELLED])
async def test_what_is_not_coming_cannot_be_confirmed(engine: AnyEngine, clock: FrozenClock, state: State) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await fetch("UPDATE booking SET state = {} WHERE id = {}", state.value, visit.id)

    with pytest.raises(NotAllowed):
        await service.confirm(an_act(clock), clinic, visit.id)
    assert (await states(), await acts_of(visit)) == ([(state.value, "")], ["booked"])


# --- checking in


@pytest.mark.parametrize(
    ("minutes", "outcome", "state"),
    [
        (-31, Outcome.EARLY, "confirmed"),
        (-30, Outcome.ARRIVED, "arrived"),
        (0, Outcome.ARRIVED, "arrived"),
        (30, Outcome.ARRIVED, "arrived"),
        (31, Outcome.OVER, "booked"),
    ],
)
async def test_it_counts_from_half_an_hour_before_until_half_an_hour_after(
    engine: AnyEngine, clock: FrozenClock, minutes: int, outcome: Outcome, state: str
) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await service.run_late(staff(clock), clinic, visit.practitioner, 20)
    to(clock, minutes)

    [here] = await check_in(an_act(clock, actor="patient:sms"), clinic, [visit.id], by="sms")

    assert (here.outcome, here.late, here.visit.state.value) == (outcome, 20, state)
    assert await states() == [(state, "sms" if state == "arrived" else "")]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("arrived", Outcome.ALREADY), ("in_room", Outcome.ALREADY), ("done", Outcome.OVER),
        ("no_show", Outcome.NOT_COMING), ("cancelled", Outcome.NOT_COMING),
    ],
)  # fmt: skip
async def test_what_is_past_waiting_stays_as_it_is(
    engine: AnyEngine, clock: FrozenClock, state: str, outcome: Outcome
) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await fetch("UPDATE booking SET state = {} WHERE id = {}", state, visit.id)
    to(clock, 0)

    [here] = await check_in(an_act(clock), clinic, [visit.id], by="link")

    assert (here.outcome, await states(), await acts_of(visit)) == (outcome, [(state, "")], ["booked"])


async def test_a_family_checks_in_together_in_the_order_asked(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first, second = await today(clinic, clock), await today(clinic, clock, OMAR, TODAY_1400)
    before = (await versions()).diary
    to(clock, -10)

    heres = await check_in(an_act(clock), clinic, [second.id, first.id], by="sms")

    assert [(here.visit.id, here.outcome) for here in heres] == [
        (second.id, Outcome.EARLY), (first.id, Outcome.ARRIVED),
    ]  # fmt: skip
    assert (await states(), (await versions()).diary) == ([("arrived", "sms"), ("confirmed", "")], before + 2)


async def test_all_or_none(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    to(clock, 0)

    with pytest.raises(NotFound):
        await check_in(an_act(clock), clinic, [visit.id, visit.id + 1], by="sms")
    assert await states() == [("booked", "")]


async def test_where_to_sit_is_said_in_the_language_of_the_visit(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)  # in Finnish

    assert not waiting_text(clinic, visit)
    await fetch("UPDATE location SET waiting = {}", '{"en": "Waiting room 2.", "fi": "Odotustila 2."}')
    await fetch("UPDATE diary SET setup_version = setup_version + 1")

    clinic = await load()
    assert clinic is not None
    assert (str(waiting_text(clinic, visit)), str(waiting_text(clinic, visit, "he"))) == (
        "Odotustila 2.",
        "Waiting room 2.",
    )


# --- the desk


@pytest.mark.parametrize("confirmed", [False, True])
async def test_the_desk_takes_it_back_to_what_it_was(engine: AnyEngine, clock: FrozenClock, confirmed: bool) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    if confirmed:
        await service.confirm(an_act(clock), clinic, visit.id)
    to(clock, 0)
    [here] = await check_in(an_act(clock), clinic, [visit.id], by="sms")
    await service.write_desk_note(staff(clock), clinic, visit.id, "in the corridor")
    clock.advance(minutes=20)

    now = await queries.visit_by_id(visit.id)
    back = await service.not_here(staff(clock), clinic, visit.id, version=now.version)
    assert (back.state.value, back.checked_in_by) == ("confirmed" if confirmed else "booked", "")

    again = await service.undo_last(staff(clock), clinic, visit.id, version=back.version)
    assert (again.state, again.checked_in_by, here.visit.checked_in_by) == (State.ARRIVED, "sms", "sms")


async def test_only_staff_take_it_back_and_only_from_what_they_saw(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    to(clock, 0)
    await check_in(an_act(clock), clinic, [visit.id], by="sms")

    with pytest.raises(NotYours):
        await service.not_here(an_act(clock), clinic, visit.id)
    with pytest.raises(Stale):
        await service.not_here(staff(clock), clinic, visit.id, version=1)
    await service.mark(staff(clock), clinic, visit.id, State.IN_ROOM)
    with pytest.raises(NotAllowed):
        await service.not_here(staff(clock), clinic, visit.id)


async def test_the_desk_marks_arrived_as_before(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    to(clock, 0)
    await check_in(an_act(clock), clinic, [visit.id], by="sms")
    await service.mark(staff(clock), clinic, visit.id, State.BOOKED)
    assert await states() == [("booked", "")]

    await service.mark(staff(clock), clinic, visit.id, State.ARRIVED)
    assert (await states(), (await queries.history(visit.id))[-1].actor) == ([("arrived", "")], REA.actor)


# --- the door


async def at_door(
    clinic: Clinic, clock: FrozenClock, digits: str, said: time, where: str = "keskusta", **more: object
) -> None:
    act = an_act(clock, actor="patient:door", **more)
    await door.at_the_door(act, clinic, clinic.locations[where], digits, said, "door")


@pytest.mark.parametrize(
    ("minutes", "digits", "said", "where", "here"),
    [
        (-60, "4567", time(13, 0), "keskusta", True),
        (30, "4567", time(13, 0), "keskusta", True),
        (0, "4567", time(1, 0), "keskusta", True),  # as an English clock says it
        (-61, "4567", time(13, 0), "keskusta", False),
        (31, "4567", time(13, 0), "keskusta", False),
        (0, "4568", time(13, 0), "keskusta", False),
        (0, "4567", time(13, 1), "keskusta", False),
        (0, "4567", time(13, 0), "hervanta", False),
    ],
)
async def test_the_door_knows_by_four_figures_and_the_time(
    engine: AnyEngine, clock: FrozenClock, minutes: int, digits: str, said: time, where: str, here: bool
) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    to(clock, minutes)

    await at_door(clinic, clock, digits, said, where)

    assert await states() == [("arrived", "door") if here else ("booked", "")]
    assert await acts_of(visit) == (["booked", "checked_in"] if here else ["booked"])


async def test_the_door_writes_what_checking_in_writes(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit, other = await today(clinic, clock), await today(clinic, clock, OMAR, by="pekka")
    await service.confirm(an_act(clock), clinic, visit.id)
    await service.confirm(an_act(clock), clinic, other.id)
    to(clock, 0)

    await at_door(clinic, clock, "4567", time(13, 0))
    await check_in(an_act(clock, actor="patient:door"), clinic, [other.id], by="door")

    one, two = await queries.visit_by_id(visit.id), await queries.visit_by_id(other.id)
    assert (one.state, one.version, one.state_at, one.updated_at, one.checked_in_by) == (
        two.state, two.version, two.state_at, two.updated_at, two.checked_in_by,
    )  # fmt: skip
    assert (await queries.history(one.id))[-1] == (await queries.history(two.id))[-1]


async def test_a_family_of_one_telephone_and_time_is_here_together(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await today(clinic, clock)
    await today(clinic, clock, Person("Eero Virtanen", phone=ANNA.phone), by="pekka")
    to(clock, 0)

    await at_door(clinic, clock, "4567", time(13, 0))

    assert await states() == [("arrived", "door")] * 2


async def test_the_door_leaves_protected_persons_alone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await today(clinic, clock)
    await fetch("UPDATE patient SET protected = {}", True)
    to(clock, 0)

    await at_door(clinic, clock, "4567", time(13, 0))

    assert await states() == [("booked", "")]


async def test_found_or_not_the_same_statements_run(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    clinic = await a_clinic()
    await today(clinic, clock)
    to(clock, 0)
    ran = []
    for digits, said in (("0000", time(13, 0)), ("4567", time(9, 0)), ("4567", time(13, 0))):
        before = (await versions()).diary
        statements.clear()
        await at_door(clinic, clock, digits, said, address="a" * 32, limited=True)
        ran.append((list(statements), (await versions()).diary - before))

    assert await states() == [("arrived", "door")]
    assert (ran[0], ran[1]) == (ran[2], ran[2])


async def test_a_new_poster_makes_the_old_one_lead_nowhere(engine: AnyEngine, clock: FrozenClock) -> None:

    clinic, key = await a_clinic(), b"k" * 32
    here, other = clinic.locations["keskusta"], clinic.locations["hervanta"]
    tokens = [door.door_token(key, one) for one in (here, other)]

    await renew_door(here.id)

    clinic = await load()  # type: ignore[assignment]
    assert [door.location_behind(token, clinic, key) for token in tokens] == [None, clinic.locations["hervanta"]]
    again = door.location_behind(door.door_token(key, clinic.locations["keskusta"]), clinic, key)
    assert again == clinic.locations["keskusta"]


@pytest.mark.parametrize(
    ("same_address", "most"), [(True, door.ONE_ADDRESS_AN_HOUR), (False, door.ONE_LOCATION_AN_HOUR)]
)
async def test_nobody_tries_all_night(engine: AnyEngine, clock: FrozenClock, same_address: bool, most: int) -> None:
    clinic = await a_clinic()
    for n in range(most):
        await at_door(clinic, clock, "0000", time(9), address="a" * 32 if same_address else f"{n:032}", limited=True)

    for digits in ("0000", "4567"):
        with pytest.raises(TooMany):
            await at_door(clinic, clock, digits, time(9), address="a" * 32 if same_address else "b" * 32, limited=True)
    await at_door(clinic, clock, "0000", time(9), "hervanta", address="c" * 32, limited=True)
    clock.advance(minutes=61)
    await at_door(clinic, clock, "0000", time(9), address="a" * 32, limited=True)


def test_in_the_night_when_an_hour_comes_twice_both_are_meant() -> None:

    clinic = SimpleNamespace(zone=ZoneInfo("Europe/Helsinki"))
    now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 3:30, and an hour later 3:30 again

    found = door.starts(clinic, time(3, 15), now)  # type: ignore[arg-type]
    assert [at - now for at in found] == [timedelta(minutes=-15), timedelta(minutes=45)]
