"""What a card says: who shares a number, who else somebody may be, what was agreed, who looked."""

from tests.db.booking.acts import a_wish, an_act
from tests.db.patients.people import a_patient, at_the_desk
from tests.factories import a_clinic
from turnet.booking.model import Person
from turnet.booking.service import book, cancel, write_to
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.patients import card
from turnet.patients.queries import search
from turnet.patients.service import (
    Draft,
    add_contact,
    agree,
    edit,
    keep,
    remove_contact,
    saw,
    set_guardian,
)

NUMBER = "+358401234567"


async def names(one: int, clock: FrozenClock) -> list[tuple[str, bool, bool]]:
    found = await card.maybe_same(await card.patient_by_id(one), now=clock.now())
    return [(maybe.found.name, maybe.same_contact, maybe.same_name) for maybe in found]


async def test_a_family_shares_a_number_and_is_no_duplicate(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Salo", phone=NUMBER)
    await a_patient(clock, "Mikko Salo", phone=NUMBER)
    child = await a_patient(clock, "Eero Salo", birth_year=2019)
    await set_guardian(at_the_desk(clock), child.id, anna.id)

    [contact] = await card.contacts(await card.patient_by_id(anna.id))
    assert [relative.name for relative in contact.shared] == ["Mikko Salo"]
    [of_child] = await card.contacts(await card.patient_by_id(child.id))
    assert (of_child.value, of_child.own) == (NUMBER, False)
    assert [one.name for one in await card.children(anna.id)] == ["Eero Salo"]
    assert await names(anna.id, clock) == []
    assert await names(child.id, clock) == []


async def test_the_same_number_and_a_like_name_may_be_the_same(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Maria Salo", phone=NUMBER)
    await a_patient(clock, "anna salo", phone=NUMBER)
    await a_patient(clock, "Anna Salo", birth_year=1950)

    assert await names(anna.id, clock) == [("anna salo", True, True)]


async def test_the_same_name_and_year_may_be_the_same(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Änna Salo", birth_year=1980)
    await a_patient(clock, "Salo Anna", birth_year=1980)
    await a_patient(clock, "Anna Salo", birth_year=1981)
    await a_patient(clock, "Anna Salo")

    assert await names(anna.id, clock) == [("Salo Anna", False, True)]


async def test_a_provisional_one_is_offered_whoever_shares_the_contact_or_the_name(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await a_patient(clock, "Mikko Salo", phone=NUMBER)
    await a_patient(clock, "Anna Salo", phone="+358400000000")
    await a_patient(clock, "אנה סאלו", phone=NUMBER)
    booked = await book(an_act(clock), clinic, a_wish(clinic), Person("Anna Salo", phone=NUMBER), once="one")

    offered = await names(booked.visit.patient, clock)

    assert offered[0] == ("אנה סאלו", True, True)
    assert sorted(offered[1:]) == [("Anna Salo", False, True), ("Mikko Salo", True, False)]
    assert await card.unmatched() == [booked.visit.patient]
    assert await card.count_unmatched() == 1


async def test_a_provisional_one_is_kept_and_may_be_looked_at_again(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    booked = await book(an_act(clock), clinic, a_wish(clinic), Person("Anna Salo", phone=NUMBER), once="one")
    act = at_the_desk(clock)

    await keep(act, booked.visit.patient)
    assert await card.unmatched() == []
    await keep(act, booked.visit.patient, provisional=True)
    assert await card.unmatched() == [booked.visit.patient]


async def test_an_edit_is_found_by_the_new_name_only(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Salo", phone=NUMBER)
    before = await card.patient_by_id(anna.id)

    after = await edit(
        at_the_desk(clock), anna.id, Draft("Anna Lehto", 1980, "he", "Rings twice."), version=before.version
    )

    assert (after.name, after.birth_year, after.language, after.desk_note) == ("Anna Lehto", 1980, "he", "Rings twice.")
    assert after.version == before.version + 1
    assert await search("salo", region="FI", now=clock.now()) == []
    assert [one.name for one in await search("lehto", region="FI", now=clock.now())] == ["Anna Lehto"]
    same = await edit(at_the_desk(clock), anna.id, Draft("Anna Lehto", 1980, "he", "Rings twice."))
    assert same.version == after.version


async def test_contacts_come_and_go_with_their_keys(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Salo", phone=NUMBER)
    mikko = await a_patient(clock, "Mikko Salo", phone=NUMBER)
    act = at_the_desk(clock)

    await add_contact(act, anna.id, email="anna@mail.example", raw="Anna@Mail.example")
    await add_contact(act, anna.id, email="anna@mail.example")
    await remove_contact(act, anna.id, NUMBER)

    assert [one.value for one in await card.contacts(await card.patient_by_id(anna.id))] == ["anna@mail.example"]
    assert [one.id for one in await search("0401234567", region="FI", now=clock.now())] == [mikko.id]
    await remove_contact(act, mikko.id, NUMBER)
    assert await fetch("SELECT value FROM contact_point") == [("anna@mail.example",)]


async def test_a_guardians_number_finds_the_child_until_they_part(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    parent = await a_patient(clock, "Anna Salo", phone=NUMBER)
    child = await a_patient(clock, "Eero Salo", birth_year=2019)
    act = at_the_desk(clock)

    await set_guardian(act, child.id, parent.id)
    await add_contact(act, parent.id, phone="+358405550000")
    assert len(await search("0405550000", region="FI", now=clock.now())) == 2
    await set_guardian(act, child.id, None)
    assert [one.name for one in await search("0405550000", region="FI", now=clock.now())] == ["Anna Salo"]


async def test_the_newest_answer_counts_and_every_answer_is_kept(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Salo", phone=NUMBER)
    act = at_the_desk(clock)
    await agree(act, anna.id, "reminders", given=True)
    await agree(act, anna.id, "reminders", given=True)
    clock.advance(days=1)
    await agree(at_the_desk(clock), anna.id, "reminders", given=False)

    told = (await card.consents(anna.id))["reminders"]
    assert (told.given, told.source, told.actor, told.at) == (False, "desk", "staff:1", clock.now())
    assert await fetch("SELECT count(*) FROM consent") == [(2,)]


async def test_visits_and_messages_are_listed_the_last_first(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock)
    first = await book(act, clinic, a_wish(clinic), Person("Anna Salo", phone=NUMBER), once="one")
    await cancel(act, clinic, first.visit.id)
    patient = first.visit.patient

    [visit] = await card.visits(patient)
    assert (visit.state, visit.public_id) == ("cancelled", first.visit.public_id)
    await write_to(at_the_desk(clock), clinic, first.visit.id, "sms", "The lift is out.")
    kinds = {told.kind for told in await card.messages(patient)}
    assert kinds == {"booking_confirmed", "booking_cancelled", "desk_message"}
    pekka = clinic.practitioners["pekka"].id
    other = pekka if visit.practitioner != pekka else clinic.practitioners["sanna"].id
    assert await card.visits(patient, practitioner=other) == []
    assert await card.messages(patient, practitioner=other) == []
    assert await card.is_seen_by(patient, visit.practitioner)
    assert not await card.is_seen_by(patient, other)


async def test_looking_twice_within_ten_minutes_is_one_look(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    anna = await a_patient(clock, "Anna Salo", phone=NUMBER)
    for minutes in (0, 9, 2):
        clock.advance(minutes=minutes)
        await saw(at_the_desk(clock), anna.id)

    rows = await fetch("SELECT actor, patient FROM audit_entry WHERE act = 'patient_seen'")
    assert rows == [("staff:1", anna.id)] * 2
