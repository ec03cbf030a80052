"""People who come with a booking: written by it, inside its transaction.

A person is not a contact point: whoever books anonymously is a new, provisional patient, even with a telephone
number we know, so nothing stored is changed or shown. Staff join what belongs together.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from turnet.booking.model import Person
from turnet.db.transactions import fetch
from turnet.ids import random_id
from turnet.patients.indexing import add
from turnet.patients.keys import keys_of


async def enrol(people: Sequence[Person], *, now: datetime) -> list[int]:
    """Adds a provisional patient for each and returns their ids.

    A child gets a guardian, unnamed because the form names only who comes, and the guardian gets the contact points.
    """
    of_children = [person for person in people if person.for_whom == "child"]
    guardians = iter(await _patients([_row(person, "", None, None, now) for person in of_children]))
    guardian_of = [next(guardians) if person.for_whom == "child" else None for person in people]
    patients = await _patients(
        [
            _row(person, person.name, person.birth_year, guardian, now)
            for person, guardian in zip(people, guardian_of, strict=True)
        ]
    )
    reached = [guardian or patient for patient, guardian in zip(patients, guardian_of, strict=True)]
    await link(list(zip(reached, people, strict=True)))
    await add(
        [
            (patient, key)
            for patient, person in zip(patients, people, strict=True)
            for key in sorted(keys_of(person.name, person.birth_year, _given(person.phone), _given(person.email)))
        ]
    )
    return patients


def _given(contact: str) -> list[str]:
    return [contact] if contact else []


def _row(person: Person, name: str, birth_year: int | None, guardian: int | None, now: datetime) -> tuple[Any, ...]:
    return random_id(), name, birth_year, guardian, person.language, True, now, now


async def _patients(rows: list[tuple[Any, ...]]) -> list[int]:
    if not rows:
        return []
    added = await fetch(
        "INSERT INTO patient (public_id, name, birth_year, guardian, language, provisional, created_at, "
        f"indexed_at) VALUES {', '.join(['({}, {}, {}, {}, {}, {}, {}, {})'] * len(rows))} RETURNING id",
        *(value for row in rows for value in row),
    )
    return sorted(new for (new,) in added)


async def link(reached: list[tuple[int, Person]]) -> None:
    """Gives patients contact points that are not theirs yet; one that is known stays as it is and is shared."""
    links = [
        (patient, kind, value, raw)
        for patient, person in reached
        for kind, value, raw in (
            ("phone", person.phone, person.phone_raw or person.phone),
            ("email", person.email, person.email_raw or person.email),
        )
        if value
    ]
    if not links:
        return
    points = {value: (kind, value, raw) for _, kind, value, raw in sorted(links, key=lambda link: link[2])}
    # Setting a column to what it is makes RETURNING give the known rows too.
    rows = await fetch(
        f"INSERT INTO contact_point (kind, value, raw) VALUES {', '.join(['({}, {}, {})'] * len(points))} "
        "ON CONFLICT (value) DO UPDATE SET kind = excluded.kind RETURNING value, id",
        *(part for point in points.values() for part in point),
    )
    id_of = dict(rows)
    await fetch(
        f"INSERT INTO patient_contact (patient, contact_point) VALUES {', '.join(['({}, {})'] * len(links))}",
        *(part for patient, _, value, _ in links for part in (patient, id_of[value])),
    )
