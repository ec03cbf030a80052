"""Who comes: new people are enrolled, known ones stay who they are."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from turnet.booking.model import Act, Person
from turnet.errors import NotFound
from turnet.patients import known
from turnet.patients.service import enrol
from turnet.staff.permissions import Reach, reach


class Comer(NamedTuple):
    patient: int
    """Row id."""
    person: Person


async def comers(act: Act, people: Sequence[Person], *, same: bool = False) -> list[Comer]:
    """A patient for each, or with `same` one for all of them. Raises NotFound, NotYours."""
    distinct = people[:1] if same else people
    found = await _distinct(act, distinct)
    return found * len(people) if same else found


async def _distinct(act: Act, people: Sequence[Person]) -> list[Comer]:
    ids = [person.patient for person in people if person.patient is not None]
    if ids and act.staff is None:
        raise NotFound(what="patient")
    names = await known.names(ids, seen_by=_own_diary(act))
    new = [person for person in people if person.patient is None]
    enrolled = iter(await enrol(new, now=act.now) if new else [])
    found = []
    for person in people:
        if person.patient is None:
            found.append(Comer(next(enrolled), person))
        else:
            await known.link(person.patient, person, now=act.now)
            found.append(Comer(person.patient, replace(person, name=names[person.patient])))
    if act.by_staff and new:
        await known.vouch([comer.patient for comer in found if comer.person.patient is None])
    return found


def _own_diary(act: Act) -> int | None:
    """The practitioner to whom somebody's patients are limited; None: not limited."""
    if act.staff is None or reach(act.staff, "patient.see") is not Reach.OWN:
        return None
    return act.staff.practitioner or 0
