"""What the desk does to visits: states of the day, taking back, notes, contacts, and who may do it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.db.booking.acts import ANNA, OMAR, THURSDAY_0920, THURSDAY_1300, a_wish, an_act, overlaps, staff, stored
from tests.db.messaging.acts import a_booking
from tests.factories import REA, a_clinic, at
from turnet.booking import queries, service
from turnet.booking.model import Act, Person, Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clinic.queries import versions
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotAllowed, NotFound, NotYours, SlotTaken, Stale, TooLate
from turnet.scheduling.spans import Span
from turnet.staff.model import Role

TODAY_1300 = "2026-12-01T13:00+02:00"
BEA = replace(REA, id=2, name="Bea")


async def today(clinic: Clinic, clock: FrozenClock) -> Visit:
    return (await service.book(an_act(clock), clinic, a_wish(clinic, TODAY_1300, by="sanna"), ANNA, once="")).visit


async def queued() -> list[tuple[str, str]]:
    """(kind, state) of every message in the order written."""
    return [
        (kind, state)
        for kind, state in await stored(
            "kind, state FROM message WHERE kind NOT LIKE 'desk_%' ORDER BY sequence, due_at, kind"
        )
    ]


# --- states of the day


async def test_a_visit_goes_through_its_day(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    before = (await versions())[1]

    for to in (State.CONFIRMED, State.ARRIVED, State.IN_ROOM, State.DONE):
        clock.advance(minutes=1)
        visit = await service.mark(staff(clock), clinic, visit.id, to, version=visit.version)
        assert (visit.state, visit.state_at) == (to, clock.now())

    assert await queries.visit(visit.public_id) == visit
    assert (visit.sequence, visit.visit_no, (await versions())[1]) == (0, 1, before + 4)
    event = (await queries.history(visit.id))[-1]
    assert (event.act, event.actor, event.before, event.after) == (
        "marked",
        REA.actor,
        {"state": "in_room"},
        {"state": "done"},
    )


async def test_a_double_tap_marks_once(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)

    first = await service.mark(staff(clock), clinic, visit.id, State.ARRIVED, version=1)
    second = await service.mark(staff(clock), clinic, visit.id, State.ARRIVED, version=1)

    assert (first, len(await queries.history(visit.id))) == (second, 2)


@pytest.mark.parametrize("to", [State.ARRIVED, State.NO_SHOW, State.DONE, State.IN_ROOM])
async def test_nobody_comes_before_the_day(engine: AnyEngine, clock: FrozenClock, to: State) -> None:
    clinic = await a_clinic()
    visit = (await service.book(an_act(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    with pytest.raises(NotAllowed):
        await service.mark(staff(clock), clinic, visit.id, to)
    assert await queries.visit(visit.public_id) == visit


async def test_cancelling_is_no_mark(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    with pytest.raises(NotAllowed):
        await service.mark(staff(clock), clinic, visit.id, State.CANCELLED)

    await service.cancel(staff(clock), clinic, visit.id)
    with pytest.raises(NotAllowed):
        await service.mark(staff(clock), clinic, visit.id, State.BOOKED)


async def test_a_stale_tap_shows_what_changed(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    newer = await service.mark(staff(clock, BEA), clinic, visit.id, State.ARRIVED, version=1)

    with pytest.raises(Stale) as refused:
        await service.mark(staff(clock), clinic, visit.id, State.NO_SHOW, version=1)
    assert refused.value.facts == {"current": newer}


# --- cancelling


async def test_the_clinic_cancels_late_and_untold(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await fetch("UPDATE message SET state = 'sent', attempts = 1 RETURNING id")

    gone = await service.cancel(staff(clock), clinic, visit.id, by="clinic", reason="ill", tell=False)

    assert (gone.cancelled_by, gone.cancelled_late, gone.state_at) == ("clinic", True, clock.now())
    assert await queries.visit(visit.public_id) == gone
    assert await queued() == [("booking_confirmed", "sent")]
    event = (await queries.history(visit.id))[-1]
    assert (event.after["by"], event.after["late"], event.after["told"]) == ("clinic", True, False)

    back = await service.undo_cancel(staff(clock), clinic, visit.id)
    assert (back.cancelled_by, back.cancelled_late) == ("", False)


# --- untold


async def test_staff_may_leave_the_patient_untold(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()

    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="", tell=False)).visit
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300), tell=False)

    assert await queued() == []
    assert (await queries.history(visit.id))[-1].after["told"] is False


# --- taking back


Do = Callable[[Act, Clinic, Visit], Awaitable[Visit]]


async def _mark(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    return await service.mark(act, clinic, visit.id, State.NO_SHOW)


async def _cancel(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    return await service.cancel(act, clinic, visit.id)


async def _move(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    return await service.move(act, clinic, visit.id, a_wish(clinic, THURSDAY_0920, by="pekka"))


async def _note(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    return await service.write_desk_note(act, clinic, visit.id, "Brings a wheelchair.")


ACTS = pytest.mark.parametrize("do", [_mark, _cancel, _move, _note])


def _alike(visit: Visit) -> Visit:
    """Without what every write moves on."""
    return replace(visit, version=0, sequence=0, visit_no=0, updated_at=visit.created_at, state_at=None)


@ACTS
async def test_an_act_is_taken_back_as_if_it_had_not_been(engine: AnyEngine, clock: FrozenClock, do: Do) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    visit = await service.mark(staff(clock), clinic, visit.id, State.CONFIRMED)
    await fetch("UPDATE message SET state = 'sent', attempts = 1 RETURNING id")
    taken = await stored("resource, lane, starts_at, ends_at FROM occupancy ORDER BY resource")
    clock.advance(minutes=1)

    after = await do(staff(clock), clinic, visit)
    clock.advance(minutes=9)
    back = await service.undo_last(staff(clock), clinic, visit.id, version=after.version)

    # An undone cancellation is booked again: what was confirmed is to be confirmed anew.
    expected = replace(visit, state=State.BOOKED) if do is _cancel else visit
    assert _alike(back) == _alike(expected)
    assert await queries.visit(visit.public_id) == back
    assert await stored("resource, lane, starts_at, ends_at FROM occupancy ORDER BY resource") == taken
    event = (await queries.history(visit.id))[-1]
    assert (event.act, event.actor) == ("undone", REA.actor)
    with pytest.raises(NotAllowed):
        await service.undo_last(staff(clock), clinic, visit.id)


@ACTS
async def test_an_act_is_not_taken_back_after_ten_minutes(engine: AnyEngine, clock: FrozenClock, do: Do) -> None:
    clinic = await a_clinic()
    after = await do(staff(clock), clinic, await today(clinic, clock))
    clock.advance(minutes=10)

    with pytest.raises(TooLate):
        await service.undo_last(staff(clock), clinic, after.id)
    assert await queries.visit(after.public_id) == after


@ACTS
async def test_nobody_takes_back_what_somebody_else_did(engine: AnyEngine, clock: FrozenClock, do: Do) -> None:
    clinic = await a_clinic()
    after = await do(staff(clock, BEA), clinic, await today(clinic, clock))

    with pytest.raises(NotAllowed):
        await service.undo_last(staff(clock), clinic, after.id)
    with pytest.raises(Stale):
        await service.undo_last(staff(clock, BEA), clinic, after.id, version=after.version - 1)
    assert await queries.visit(after.public_id) == after


async def test_a_booking_is_taken_back_at_once_and_the_time_is_free(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit

    gone = await service.undo_last(staff(clock), clinic, visit.id, version=1)

    assert (gone.state, gone.cancelled_by, gone.undo_until) == (State.CANCELLED, "clinic", clock.now())
    assert await stored("count(*) FROM claim") == [(0,)]
    assert [state for kind, state in await queued() if kind == "booking_confirmed"] == ["cancelled"]
    assert (await service.book(an_act(clock), clinic, a_wish(clinic, by="sanna"), OMAR, once="")).visit.practitioner
    with pytest.raises(TooLate):
        await service.undo_cancel(staff(clock), clinic, visit.id)


async def test_a_move_is_not_taken_back_onto_somebody_else(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    moved = await _move(staff(clock), clinic, visit)
    await service.book(staff(clock), clinic, a_wish(clinic, TODAY_1300, by="sanna"), OMAR, once="")

    with pytest.raises(SlotTaken) as refused:
        await service.undo_last(staff(clock), clinic, visit.id)

    assert refused.value.facts["alternatives"] != []
    assert (await queries.visit(visit.public_id), await overlaps()) == (moved, 0)


async def test_a_move_is_taken_back_into_time_that_is_blocked_by_now(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await service.block(staff(clock), clinic, visit.practitioner, Span(at(TODAY_1300), at(TODAY_1300) + 60), "Ill")
    moved = await _move(staff(clock), clinic, visit)

    back = await service.undo_last(staff(clock), clinic, visit.id)

    assert (back.starts_at, moved.starts_at != back.starts_at) == (visit.starts_at, True)


async def test_an_untold_move_taken_back_lets_the_confirmation_leave_after_all(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300), tell=False)

    back = await service.undo_last(staff(clock), clinic, visit.id)

    assert await stored("kind, state, sequence FROM message") == [("booking_confirmed", "queued", back.sequence)]


async def test_a_told_move_taken_back_tells_of_the_first_time_alone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    await service.move(staff(clock), clinic, visit.id, a_wish(clinic, THURSDAY_1300))

    back = await service.undo_last(staff(clock), clinic, visit.id)

    waiting = await stored("kind, sequence FROM message WHERE state = 'queued'")
    assert waiting == [("booking_confirmed", back.sequence)]


async def test_a_visit_without_a_history_has_nothing_to_take_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await a_booking(clinic, clock)

    with pytest.raises(NotAllowed):
        await service.undo_last(staff(clock), clinic, visit.id)


# --- notes and contacts


async def test_a_desk_note_is_for_the_desk(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    booked = await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="", desk_note=" Anxious. ")
    assert booked.visit.desk_note == "Anxious."

    noted = await service.write_desk_note(staff(clock), clinic, booked.visit.id, "Very anxious.", version=1)

    assert (noted.desk_note, noted.note, noted.sequence) == ("Very anxious.", "", 0)
    assert "anxious" not in str(await queries.history(noted.id)).lower()
    with pytest.raises(Invalid) as refused:
        await service.write_desk_note(staff(clock), clinic, noted.id, "x" * 1001)
    assert refused.value.fields == {"desk_note": "too_long"}


async def test_a_failed_confirmation_goes_to_the_new_contact(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    await fetch("UPDATE message SET state = 'failed' RETURNING id")

    there = await service.recontact(staff(clock), clinic, visit.id, phone="040 765 4321", email="", version=1)

    assert (there.phone, there.email) == ("+358407654321", "")
    assert await stored("channel, recipient FROM message WHERE state = 'queued'") == [("sms", "+358407654321")]
    assert await stored("c.value FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point ORDER BY c.value") == [
        ("+358401234567",), ("+358407654321",), ("anna@mail.example",),
    ]  # fmt: skip
    event = (await queries.history(visit.id))[-1]
    assert (event.act, event.after["channels"], event.after["resent"]) == ("contact", ["sms"], True)


async def test_what_waits_goes_to_the_new_contact_and_what_was_sent_stays(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    waits = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    await service.recontact(staff(clock), clinic, waits.id, phone="", email="New@Mail.example")
    assert await stored("recipient, state FROM message ORDER BY state") == [
        ("anna@mail.example", "cancelled"),
        ("new@mail.example", "queued"),
    ]

    await fetch("UPDATE message SET state = 'sent' WHERE state = 'queued' RETURNING id")
    await service.recontact(staff(clock), clinic, waits.id, phone="", email="newer@mail.example")
    assert await stored("count(*) FROM message") == [(2,)]


@pytest.mark.parametrize(
    ("phone", "email", "wrong"),
    [
        ("", " ", {"phone": "phone_or_email", "email": "phone_or_email"}),
        ("12", "", {"phone": "too_short"}),
        ("", "nobody", {"email": "not_valid"}),
    ],
)
async def test_a_contact_that_is_none_is_refused(
    engine: AnyEngine, clock: FrozenClock, phone: str, email: str, wrong: dict[str, str]
) -> None:
    clinic = await a_clinic()
    visit = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit

    with pytest.raises(Invalid) as refused:
        await service.recontact(staff(clock), clinic, visit.id, phone=phone, email=email)

    assert (refused.value.fields, await queries.visit(visit.public_id)) == (wrong, visit)


# --- known patients


async def test_a_known_patient_stays_who_they_are(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    first = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit
    again = replace(OMAR, name="Somebody Else", patient=first.patient)

    second = (await service.book(staff(clock), clinic, a_wish(clinic, THURSDAY_1300), again, once="")).visit

    assert (second.patient, second.patient_name, second.phone) == (first.patient, "Anna Virtanen", OMAR.phone)
    assert await queries.visit(second.public_id) == second
    assert await stored("count(*) FROM patient") == [(1,)]
    assert await stored(f"count(*) FROM patient_contact WHERE patient = {first.patient}") == [(4,)]


async def test_the_same_form_for_a_known_patient_is_one_booking(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    patient = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit.patient
    person = Person("", phone=ANNA.phone, patient=patient)

    first, second = [
        await service.book(staff(clock), clinic, a_wish(clinic, THURSDAY_1300, by="sanna"), person, once="form")
        for _ in range(2)
    ]

    assert (second.visit, second.repeated) == (first.visit, True)


async def test_patients_name_nobody_by_number(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    patient = (await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")).visit.patient

    with pytest.raises(NotFound):
        await service.book(
            an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), replace(OMAR, patient=patient), once=""
        )
    with pytest.raises(NotFound):
        await service.book(staff(clock), clinic, a_wish(clinic, THURSDAY_1300), replace(OMAR, patient=999), once="")


async def test_a_practitioner_books_their_own_patients_alone(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    patient = (await service.book(staff(clock), clinic, a_wish(clinic, by="sanna"), ANNA, once="")).visit.patient
    sanna, pekka = (
        staff(clock, replace(REA, role=Role.PRACTITIONER, practitioner=clinic.practitioners[who].id))
        for who in ("sanna", "pekka")
    )
    theirs = replace(ANNA, patient=patient)

    assert (await service.book(sanna, clinic, a_wish(clinic, THURSDAY_1300), theirs, once="")).visit.patient == patient
    with pytest.raises(NotFound):
        await service.book(pekka, clinic, a_wish(clinic, THURSDAY_1300), theirs, once="")


async def test_whom_staff_write_down_is_not_provisional(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await service.book(staff(clock), clinic, a_wish(clinic), ANNA, once="")
    await service.book(an_act(clock), clinic, a_wish(clinic, THURSDAY_1300), OMAR, once="")

    assert await stored("name, provisional FROM patient ORDER BY id") == [
        ("Anna Virtanen", False),
        ("Omar Said", True),
    ]


# --- permissions


async def test_read_only_staff_change_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    reader, sanna = staff(clock, replace(REA, role=Role.READ_ONLY)), visit.practitioner
    span = Span(at(TODAY_1300), at(TODAY_1300) + 60)

    for act in (
        service.mark(reader, clinic, visit.id, State.ARRIVED),
        service.cancel(reader, clinic, visit.id),
        service.move(reader, clinic, visit.id, a_wish(clinic)),
        service.undo_last(reader, clinic, visit.id),
        service.write_desk_note(reader, clinic, visit.id, "note"),
        service.recontact(reader, clinic, visit.id, phone="0407654321", email=""),
        service.run_late(reader, clinic, sanna, 10),
        service.block(reader, clinic, sanna, span, "Lunch"),
        service.ask_for_new_time(reader, clinic, [visit.id]),
        service.write_to(reader, clinic, visit.id, "sms", "Hello"),
        service.check_series(reader, clinic, [a_wish(clinic)]),
        service.book_series(reader, clinic, [a_wish(clinic)], ANNA, once=""),
        service.hold(reader, clinic, a_wish(clinic), "desk:reader"),
    ):
        with pytest.raises(NotYours):
            await act

    assert await queries.visit(visit.public_id) == visit
    assert await stored(
        "(SELECT count(*) FROM booking_event), (SELECT count(*) FROM closure), (SELECT count(*) FROM claim)"
    ) == [(1, 0, 1)]


async def test_nobody_without_an_account_does_what_only_staff_do(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)

    for act in (
        service.mark(an_act(clock), clinic, visit.id, State.ARRIVED),
        service.undo_last(an_act(clock), clinic, visit.id),
        service.write_desk_note(an_act(clock), clinic, visit.id, "note"),
        service.recontact(an_act(clock), clinic, visit.id, phone="0407654321", email=""),
        service.run_late(an_act(clock), clinic, visit.practitioner, 10),
        service.block(an_act(clock), clinic, visit.practitioner, Span(1, 2), "Lunch"),
        service.ask_for_new_time(an_act(clock), clinic, [visit.id]),
        service.write_to(an_act(clock), clinic, visit.id, "sms", "Hello"),
    ):
        with pytest.raises(NotYours):
            await act
    assert await queries.visit(visit.public_id) == visit


# --- what a patient does not see


async def test_another_room_is_nothing_the_patient_hears_of(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    await fetch("UPDATE message SET state = 'sent', attempts = 1 RETURNING id")
    other = next(
        room.id for slug, room in clinic.rooms.items() if slug in {"room-1", "room-2"} and room.id != visit.room
    )

    moved = await service.move(
        staff(clock), clinic, visit.id, replace(a_wish(clinic, TODAY_1300, by="sanna"), room=other, by_hand=True)
    )

    assert (moved.room, moved.sequence, moved.visit_no, moved.moved_from) == (other, 0, 1, None)
    assert await queries.visit(visit.public_id) == moved
    assert await queued() == [("booking_confirmed", "sent")]
    back = await service.undo_last(staff(clock), clinic, visit.id)
    assert (back.room, back.sequence, await queued()) == (visit.room, 0, [("booking_confirmed", "sent")])


async def test_what_the_clinic_cancelled_only_the_clinic_brings_back(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    gone = await service.cancel(staff(clock), clinic, visit.id, by="clinic")

    with pytest.raises(NotAllowed):
        await service.undo_cancel(an_act(clock), clinic, visit.id)
    assert await queries.visit(visit.public_id) == gone
    assert (await service.undo_cancel(staff(clock), clinic, visit.id)).state is State.BOOKED


async def test_another_room_leaves_what_was_confirmed_confirmed(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    visit = await today(clinic, clock)
    visit = await service.mark(staff(clock), clinic, visit.id, State.CONFIRMED)
    others = [room for room in clinic.service(visit.service).rules.rooms if room != visit.room]
    wish = replace(a_wish(clinic, TODAY_1300, by="sanna"), room=others[0], by_hand=True)

    moved = await service.move(staff(clock), clinic, visit.id, wish)

    assert (moved.room, moved.state, moved.sequence) == (others[0], State.CONFIRMED, visit.sequence)
