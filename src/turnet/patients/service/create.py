"""A new patient written down at the desk: known from the first moment, because staff ask who they are."""

from turnet.audit.service import note
from turnet.booking.model import Act, Person
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.patients.indexing import index
from turnet.patients.model import Found
from turnet.patients.queries import found_by_id
from turnet.patients.service.enrol import enrol
from turnet.staff import permissions


async def create(act: Act, person: Person, *, desk_note: str = "") -> Found:
    """Adds `person`, checked by `turnet.patients.model`; a child's contact points are those of its guardian.

    Somebody may be without any contact point. Raises NotYours, Invalid (`name`: `required`).
    """
    permissions.require(act.staff, "patient.edit")
    if not person.name:
        raise Invalid({"name": "required"})
    async with tx():
        [patient] = await enrol([person], now=act.now)
        await fetch("UPDATE patient SET provisional = {}, desk_note = {} WHERE id = {}", False, desk_note, patient)
        await index([patient], now=act.now)
        await note(act.actor, "patient_added", real=act.real, patient=patient)
    [found] = await found_by_id([patient], now=act.now)
    return found
