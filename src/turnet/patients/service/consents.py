"""What somebody agreed to or refused. Nothing is overwritten: each answer is a row, and the newest of a purpose counts."""

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.patients.card import consents
from turnet.patients.service.reach import to_change

PURPOSES = ("reminders", "feedback", "offers")


async def agree(act: Act, patient: int, purpose: str, *, given: bool, source: str = "desk") -> None:
    """Writes down a yes or a no, told at the desk (`desk`), on a page (`web`) or by SMS (`sms`).

    The same answer again is no news. Raises NotYours, NotFound, Invalid (`purpose`: `not_valid`).
    """
    if purpose not in PURPOSES:
        raise Invalid({"purpose": "not_valid"})
    async with tx():
        await to_change(act, "patient.edit", patient)
        was = (await consents(patient)).get(purpose)
        if was is not None and was.given is given:
            return
        await fetch(
            "INSERT INTO consent (patient, purpose, given, source, actor, at) VALUES ({}, {}, {}, {}, {}, {})",
            *(patient, purpose, given, source, act.actor, act.now),
        )
        facts = {"purpose": purpose, "given": given, "source": source}
        await note(act.actor, "patient_consent", real=act.real, patient=patient, facts=facts)
