"""How a patient is reached. A number or an address may belong to several of them; here each is given and taken singly."""

from turnet.audit.service import note
from turnet.booking.model import Act, Person
from turnet.db.transactions import fetch, tx
from turnet.errors import NotFound
from turnet.patients.indexing import index
from turnet.patients.service.enrol import link
from turnet.patients.service.reach import to_change


async def add_contact(act: Act, patient: int, *, phone: str = "", email: str = "", raw: str = "") -> None:
    """One E.164 number or one address, checked by `turnet.patients.model`; `raw` is how it was typed.

    One that is theirs already stays theirs. Visits keep the contact they were booked with. Raises NotYours, NotFound.
    """
    async with tx():
        await to_change(act, "patient.edit", patient)
        if await _has(patient, phone or email):
            return
        person = Person("", phone=phone, phone_raw=raw if phone else "", email=email, email_raw=raw if email else "")
        await link([(patient, person)])
        await index([patient], now=act.now)
        facts = {"kind": "phone" if phone else "email"}
        await note(act.actor, "patient_contact_added", real=act.real, patient=patient, facts=facts)


async def _has(patient: int, value: str) -> bool:
    """The patient's row is locked, so nobody adds it in between."""
    return bool(
        await fetch(
            "SELECT l.id FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
            "WHERE l.patient = {} AND c.value = {}",
            *(patient, value),
        )
    )


async def remove_contact(act: Act, patient: int, value: str) -> None:
    """Theirs no more; others who share it keep it, and one that is nobody's is forgotten. Raises NotYours, NotFound."""
    async with tx():
        await to_change(act, "patient.edit", patient)
        gone = await fetch(
            "DELETE FROM patient_contact WHERE patient = {} AND contact_point = "
            "(SELECT id FROM contact_point WHERE value = {}) RETURNING contact_point",
            *(patient, value),
        )
        if not gone:
            raise NotFound(what="contact")
        point = gone[0][0]
        kinds = await fetch("SELECT kind FROM contact_point WHERE id = {}", point)
        await fetch(
            "DELETE FROM contact_point WHERE id = {} AND NOT EXISTS "
            "(SELECT 1 FROM patient_contact WHERE contact_point = {})",
            *(point, point),
        )
        await index([patient], now=act.now)
        facts = {"kind": kinds[0][0]}
        await note(act.actor, "patient_contact_removed", real=act.real, patient=patient, facts=facts)
