"""Two rows become one person, and two again: what goes over, what comes back, what may not be joined."""

from dataclasses import replace

import pytest

from tests.db.booking.acts import a_wish, an_act
from tests.db.patients.people import a_patient, at_the_desk
from tests.factories import REA, a_clinic
from turnet.booking.model import Person
from turnet.booking.queries import visit_by_id
from turnet.booking.service import book
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotAllowed, NotFound, NotYours, Stale
from turnet.feedback.service import asked
from turnet.patients import card
from turnet.patients.queries import search
from turnet.patients.service import Draft, add_contact, agree, edit, match, merge, set_guardian, take_apart
from turnet.staff.model import Role

ANNA = {"phone": "+358401234567", "email": "anna@mail.example"}
TABLES = ("booking", "patient_contact", "consent", "feedback")


async def dump() -> dict[str, list[tuple[object, ...]]]:
    """Who has what, and who they are; versions only go up."""
    found = {table: await fetch(f"SELECT id, patient FROM {table} ORDER BY id") for table in TABLES}
    found["patient"] = await fetch(
        "SELECT id, name, birth_year, guardian, provisional, desk_note, merged_into FROM patient ORDER BY id"
    )
    found["keys"] = sorted(await fetch("SELECT patient, key FROM patient_key"))
    return found


async def a_pair(clock: FrozenClock) -> tuple[int, int]:
    """A known Anna, and the provisional one that her online booking made: (known, provisional)."""
    clinic = await a_clinic()
    known = await a_patient(clock, "Anna Virtanen", **ANNA)
    person = Person("Anna Virtanen", phone=ANNA["phone"], email="new@mail.example")
    booked = await book(an_act(clock), clinic, a_wish(clinic), person, once="one")
    return known.id, booked.visit.patient


async def test_visits_contacts_and_consents_go_over(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    await agree(act, provisional, "reminders", given=False)

    kept = await merge(act, known, provisional)

    assert (kept.id, kept.name, kept.provisional) == (known, "Anna Virtanen", False)
    assert [visit.patient for visit in [await visit_by_id(1)]] == [known]
    contacts = await card.contacts(kept)
    assert sorted(one.value for one in contacts) == ["+358401234567", "anna@mail.example", "new@mail.example"]
    assert (await card.consents(known))["reminders"].given is False
    assert [found.id for found in await search("anna", region="FI", now=clock.now())] == [known]
    assert (await card.patient_by_id(provisional)).merged_into == kept.public_id
    assert [one.name for one in await card.joined(known)] == ["Anna Virtanen"]


async def test_taking_apart_puts_everything_back(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    await edit(act, provisional, Draft("Anna V", 1980, "fi", "Comes by bus."))
    await agree(act, provisional, "offers", given=True)
    await asked(await visit_by_id(1), contact=ANNA["phone"], channel="sms", key=act.key, now=clock.now())
    before = await dump()

    await merge(act, known, provisional)
    assert (await dump())["feedback"] == [(1, known)]
    back = await take_apart(act, provisional)

    assert back.id == provisional
    assert await dump() == before
    with pytest.raises(NotFound):
        await take_apart(act, provisional)


@pytest.mark.parametrize("who", [0, 1], ids=["kept", "gone"])
async def test_whoever_was_protected_on_either_card_stays_so(engine: AnyEngine, clock: FrozenClock, who: int) -> None:
    pair, act = await a_pair(clock), at_the_desk(clock)
    await edit(act, pair[who], Draft("Anna", None, "fi", "", protected=True))

    kept = await merge(act, *pair)
    gone = await take_apart(act, pair[1])

    assert (kept.protected, gone.protected) == (True, who == 1)
    assert (await card.patient_by_id(pair[0])).protected is (who == 0)


async def test_what_was_put_right_since_stays(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    await edit(act, provisional, Draft("Anna V", 1980, "fi", "Comes by bus."))
    kept = await merge(act, known, provisional)
    assert (kept.birth_year, kept.desk_note) == (1980, "Comes by bus.")

    await edit(act, known, Draft("Anna Virtanen", 1981, "fi", kept.desk_note))
    await take_apart(act, provisional)

    assert (await card.patient_by_id(known)).birth_year == 1981
    assert (await card.patient_by_id(known)).desk_note == ""


async def test_what_came_after_the_merge_stays_with_the_kept_one(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    await merge(act, known, provisional)
    await add_contact(act, known, phone="+358409999999", raw="040 9999999")
    await take_apart(act, provisional)

    values = [one.value for one in await card.contacts(await card.patient_by_id(known)) if one.own]
    assert "+358409999999" in values
    assert (await visit_by_id(1)).patient == provisional


async def test_a_child_booked_online_joins_the_known_child_and_its_parent(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    act = at_the_desk(clock)
    parent = await a_patient(clock, "Anna Virtanen", **ANNA)
    child = await a_patient(clock, "Eero Virtanen", birth_year=2019)
    await set_guardian(act, child.id, parent.id)
    person = Person("Eero Virtanen", phone="+358405550000", for_whom="child", birth_year=2019)
    booked = await book(an_act(clock), clinic, a_wish(clinic), person, once="one")
    before = await dump()

    kept = await match(act, booked.visit.patient, child.id)

    assert kept.guardian is not None and kept.guardian.id == parent.id
    assert [one.value for one in await card.contacts(kept) if one.kind == "phone"] == ["+358401234567", "+358405550000"]
    assert await fetch("SELECT count(*) FROM patient WHERE merged_into IS NULL") == [(2,)]
    await take_apart(act, booked.visit.patient)
    assert await dump() == before


async def test_family_and_oneself_are_not_joined(engine: AnyEngine, clock: FrozenClock) -> None:
    act = at_the_desk(clock)
    await a_clinic()
    parent = await a_patient(clock, "Anna Virtanen", **ANNA)
    child = await a_patient(clock, "Eero Virtanen", birth_year=2019)
    await set_guardian(act, child.id, parent.id)

    for kept, gone in ((parent.id, child.id), (child.id, parent.id), (parent.id, parent.id)):
        with pytest.raises(Invalid):
            await merge(act, kept, gone)


async def test_who_is_gone_is_not_joined_again(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    other = await a_patient(clock, "Anna Salo")
    await merge(act, known, provisional)

    with pytest.raises(NotFound):
        await merge(act, other.id, provisional)
    with pytest.raises(NotFound):
        await edit(act, provisional, Draft("Anna", None, "fi", ""))
    await merge(act, other.id, known)
    with pytest.raises(NotAllowed):
        await take_apart(act, provisional)


async def test_a_merge_decided_on_an_old_card_is_stale(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    version = (await card.patient_by_id(known)).version
    await edit(act, known, Draft("Anna Maria", None, "fi", ""), version=version)

    with pytest.raises(Stale):
        await merge(act, known, provisional, version=version)


@pytest.mark.parametrize("role", [Role.PRACTITIONER, Role.READ_ONLY])
async def test_a_role_that_may_not_changes_nothing(engine: AnyEngine, clock: FrozenClock, role: Role) -> None:
    known, provisional = await a_pair(clock)
    before = await dump()
    act = at_the_desk(clock, replace(REA, role=role))
    for attempt in (
        merge(act, known, provisional),
        match(act, provisional, known),
        edit(act, known, Draft("Other", None, "fi", "")),
        add_contact(act, known, phone="+358409999999"),
        agree(act, known, "reminders", given=False),
        set_guardian(act, known, provisional),
    ):
        with pytest.raises(NotYours):
            await attempt

    assert await dump() == before


async def test_only_a_provisional_patient_is_matched(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)

    with pytest.raises(NotAllowed):
        await match(at_the_desk(clock), known, provisional)


async def test_each_merge_is_in_the_audit_of_both(engine: AnyEngine, clock: FrozenClock) -> None:
    known, provisional = await a_pair(clock)
    act = at_the_desk(clock)
    await merge(act, known, provisional)
    await take_apart(act, provisional)

    rows = await fetch("SELECT act, patient FROM audit_entry WHERE act <> 'patient_added' ORDER BY id")
    assert rows == [
        ("patients_merged", known), ("patient_merged_away", provisional), ("patients_parted", known),
        ("patient_parted", provisional),
    ]  # fmt: skip
