"""Patients as far as somebody at the desk may see them: all, or those of their own diary."""

from dataclasses import replace

from turnet.booking.model import Person
from turnet.patients import callers as people
from turnet.patients.callers import Caller
from turnet.patients.model import Found
from turnet.web.desk.cards.patients import find, whose
from turnet.web.desk.seat import Seat

MOST = 8


async def caller_of(seat: Seat, public_id: str) -> Caller | None:
    return await people.caller(public_id, practitioner=whose(seat, "patient.see")) if public_id else None


async def found(seat: Seat, text: str) -> list[Found]:
    return await find(seat, text, MOST) if text.strip() else []


async def calling_from(seat: Seat, phone: str) -> list[Caller]:
    return await people.calling_from(phone, practitioner=whose(seat, "patient.see"))


async def recognised(seat: Seat, person: Person) -> Person:
    """The one known person of that name and number, if there is exactly one; written down anew they would be two."""
    if person.patient is not None or not person.phone:
        return person
    same = [
        one
        for one in await calling_from(seat, person.phone)
        if one.name.casefold() == person.name.casefold() and person.birth_year in (None, one.birth_year)
    ]
    return replace(person, patient=same[0].id) if len(same) == 1 else person
