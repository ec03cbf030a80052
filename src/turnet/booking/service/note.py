"""What the desk writes on a visit: a note for itself, and where the visit's messages go."""

from dataclasses import replace

from turnet.booking import messages
from turnet.booking.model import Act, Person, Visit
from turnet.booking.queries import visit_to_change
from turnet.booking.service.attempt import attempt
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import state_of
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record
from turnet.clinic.model import Clinic
from turnet.errors import Invalid
from turnet.patients import known
from turnet.patients.model import clean_email, clean_note, clean_phone, same_mailbox


async def write_desk_note(
    act: Act, clinic: Clinic, visit_id: int, note: str, *, version: int | None = None  # noqa: ARG001  (as all acts)
) -> Visit:  # fmt: skip
    """From staff for staff, at most 1000 characters; the patient never sees it.

    Raises NotFound, NotYours, Stale, Invalid (`desk_note`).
    """
    clean = clean_note(note, field="desk_note")

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        staff_only(act, "visit.note", visit)
        if visit.desk_note == clean:
            return visit
        check_version(visit, version)
        noted = await changed(act, visit, replace(visit, desk_note=clean), desk_note_was=visit.desk_note)
        await record(act, "noted", [(visit.id, state_of(visit), state_of(noted) | {"length": len(clean)})])
        await bump_diary()
        return noted

    return await attempt(work, must=True)


async def recontact(
    act: Act, clinic: Clinic, visit_id: int, *, phone: str, email: str, version: int | None = None
) -> Visit:
    """From now on this visit's messages go there; what waits, and what failed, goes there too.

    Reminders look for the contact when they leave. Both as typed; the patient's card gets them as well. Raises NotFound, NotYours, Stale, Invalid (`phone`, `email`).
    """
    person = _reached(clinic, phone, email)

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        staff_only(act, "visit.note", visit)
        if (visit.phone, visit.email) == (person.phone, person.email):
            return visit
        check_version(visit, version)
        there = replace(visit, phone=person.phone, email=person.email)
        after = await changed(act, visit, there, mailbox=same_mailbox(person.email))
        await known.link(visit.patient, person, now=act.now)
        resent = await messages.recontacted(after, act)
        told = {"channels": [channel for channel, _ in messages.contacts(after)], "resent": resent}
        await record(act, "contact", [(visit.id, state_of(visit), state_of(after) | told)])
        await bump_diary()
        return after

    return await attempt(work, must=True)


def _reached(clinic: Clinic, phone: str, email: str) -> Person:
    if not phone.strip() and not email.strip():
        raise Invalid({"phone": "phone_or_email", "email": "phone_or_email"})
    number = clean_phone(phone, clinic.region) if phone.strip() else ""
    address = clean_email(email) if email.strip() else ""
    return Person("", phone=number, phone_raw=phone.strip(), email=address, email_raw=email.strip())
