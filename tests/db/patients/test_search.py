"""Search on both engines: who is found, in which order, and by how many statements."""

from dataclasses import replace

import pytest

from tests.db.booking.acts import a_wish, an_act
from tests.db.booking.conftest import statements
from tests.db.patients.people import a_patient, at_the_desk
from tests.factories import a_clinic, at
from turnet.booking.model import Person
from turnet.booking.service import book
from turnet.clock import FrozenClock, instant
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.patients.indexing import index_missing
from turnet.patients.queries import search
from turnet.patients.service import create, set_guardian

__all__ = ["statements"]


async def names(clock: FrozenClock, text: str, **more: object) -> list[str]:
    return [found.name for found in await search(text, region="FI", now=clock.now(), **more)]  # type: ignore[arg-type]


async def test_a_prefix_of_any_part_finds(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_patient(clock, "Eva Möller", phone="+358401234567", email="eva@mail.example", birth_year=1980)
    await a_patient(clock, "דנה כהן")
    await a_patient(clock, "Сергей Иванов")

    assert await names(clock, "moll") == ["Eva Möller"]
    assert await names(clock, "mol eva") == ["Eva Möller"]
    assert await names(clock, "040 123") == ["Eva Möller"]
    assert await names(clock, "4567") == ["Eva Möller"]
    assert await names(clock, "eva@ma") == ["Eva Möller"]
    assert await names(clock, "eva 1980") == ["Eva Möller"]
    assert await names(clock, "cohen") == ["דנה כהן"]
    assert await names(clock, "ivan") == ["Сергей Иванов"]
    assert await names(clock, "nobody") == []
    assert await names(clock, "%") == []


async def test_who_is_spelled_so_comes_before_who_only_sounds_so(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_patient(clock, "לוי דנה")
    await a_patient(clock, "Levi Stone")

    assert await names(clock, "levi") == ["Levi Stone", "לוי דנה"]


async def test_somebody_new_who_is_spelled_so_comes_before_somebody_known_who_sounds_so(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    """Enter takes the first suggestion: it must not be another person."""
    clinic = await a_clinic()
    await a_patient(clock, "לוי דנה")
    await book(an_act(clock), clinic, a_wish(clinic), Person("Levi Stone", phone="+358401234567"), once="one")

    assert await names(clock, "levi") == ["Levi Stone", "לוי דנה"]


async def test_known_patients_come_before_provisional_ones(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    await book(an_act(clock), clinic, a_wish(clinic), Person("Anna Salo", phone="+358401234567"), once="one")
    await a_patient(clock, "Anna Salonen")

    found = await search("anna salo", region="FI", now=clock.now())

    assert [(one.name, one.provisional) for one in found] == [("Anna Salonen", False), ("Anna Salo", True)]


async def test_the_nearest_visits_and_the_contacts_are_told(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    person = Person("Anna Salo", phone="+358401234567", email="anna@mail.example")
    await book(an_act(clock), clinic, a_wish(clinic, "2026-12-03T09:20+02:00"), person, once="one")
    clock.advance(days=3)

    [found] = await search("anna", region="FI", now=clock.now())

    assert (found.phone, found.email) == ("+358401234567", "anna@mail.example")
    assert (found.next_visit, found.last_visit) == (None, instant(at("2026-12-03T09:20+02:00")))


async def test_a_child_is_found_by_the_number_of_whoever_answers_for_it(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    child = Person("Eero Salo", phone="+358401234567", for_whom="child", birth_year=2019)
    await book(an_act(clock), clinic, a_wish(clinic), child, once="one")

    [found] = await search("0401234567", region="FI", now=clock.now())

    assert (found.name, found.phone) == ("Eero Salo", "+358401234567")


async def test_a_practitioner_finds_those_of_the_own_diary_only(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    sanna, pekka = clinic.practitioners["sanna"].id, clinic.practitioners["pekka"].id
    person = Person("Anna Salo", phone="+358401234567")
    await book(an_act(clock), clinic, replace(a_wish(clinic), practitioner=sanna), person, once="one")

    assert await names(clock, "anna", practitioner=sanna) == ["Anna Salo"]
    assert await names(clock, "anna", practitioner=pekka) == []


async def test_a_search_takes_two_statements_or_three(
    engine: AnyEngine, clock: FrozenClock, statements: list[str]
) -> None:
    for n in range(9):
        await a_patient(clock, f"Anna Salo {n}")
    statements.clear()

    await search("anna", region="FI", now=clock.now())
    by_spelling = len(statements)
    await search("sergei", region="FI", now=clock.now())

    assert (by_spelling, len(statements) - by_spelling) == (2, 2)


async def test_patients_of_an_older_database_are_indexed_once(engine: AnyEngine, clock: FrozenClock) -> None:
    for n in range(3):
        await a_patient(clock, f"Anna Salo {n}")
    await fetch("DELETE FROM patient_key")
    await fetch("UPDATE patient SET indexed_at = NULL")
    assert await names(clock, "anna") == []

    assert await index_missing(2, now=clock.now()) == 2
    assert await index_missing(2, now=clock.now()) == 1
    assert await index_missing(2, now=clock.now()) == 0
    assert len(await names(clock, "anna")) == 3


async def test_a_new_patient_at_the_desk_is_known_at_once(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    made = await create(at_the_desk(clock), Person("Anna Salo", phone="+358401234567", language="fi"))

    assert (made.name, made.phone, made.provisional) == ("Anna Salo", "+358401234567", False)
    assert await names(clock, "anna") == ["Anna Salo"]
    assert await fetch("SELECT act, patient FROM audit_entry") == [("patient_added", made.id)]


@pytest.mark.parametrize("hostile", ["' OR 1=1 --", "*", '"', "\\", "a" * 5000, "{}", "%s", "\U0010ffff"])
async def test_hostile_text_finds_nobody(engine: AnyEngine, clock: FrozenClock, hostile: str) -> None:
    await a_patient(clock, "Eva Möller")

    assert await names(clock, hostile) == []


async def test_a_number_given_with_a_booking_finds_the_known_caller(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    anna = await a_patient(clock, "Anna Salo")
    caller = Person("Anna Salo", phone="+358405550000", patient=anna.id)

    await book(at_the_desk(clock), clinic, a_wish(clinic), caller, once="one")

    assert await names(clock, "0405550000") == ["Anna Salo"]


async def test_a_guardians_number_given_for_the_child_stays_the_guardians(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    parent = await a_patient(clock, "Anna Salo", phone="+358405550000")
    child = await a_patient(clock, "Eero Salo", birth_year=2019)
    await set_guardian(at_the_desk(clock), child.id, parent.id)
    caller = Person("Eero Salo", phone="+358405550000", patient=child.id)

    await book(at_the_desk(clock), clinic, a_wish(clinic), caller, once="one")

    assert await fetch("SELECT patient FROM patient_contact") == [(parent.id,)]
