"""Putting a patient right: the name, the year of birth, the language, the note, who answers for them."""

from dataclasses import dataclass, field

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.patients.card import Patient, patient_by_id
from turnet.patients.indexing import index
from turnet.patients.service.reach import changed, to_change


@dataclass(frozen=True, slots=True)
class Draft:
    """What a patient is to be, checked by `turnet.patients.model`."""

    name: str = field(repr=False)
    birth_year: int | None
    language: str
    desk_note: str = field(repr=False)
    protected: bool = False


async def edit(act: Act, patient: int, draft: Draft, *, version: int | None = None) -> Patient:
    """Raises NotYours, NotFound, Stale with `patient`, Invalid (`name`: `required`)."""
    if not draft.name:
        raise Invalid({"name": "required"})
    async with tx():
        was = await to_change(act, "patient.edit", patient, version)
        other = [name for name in Draft.__slots__ if getattr(was, name) != getattr(draft, name)]
        if not other:
            return was
        await fetch(
            "UPDATE patient SET name = {}, birth_year = {}, language = {}, desk_note = {}, protected = {} WHERE id = {}",
            *(draft.name, draft.birth_year, draft.language, draft.desk_note, draft.protected, patient),
        )
        await changed(patient)
        await index([patient], now=act.now)
        await note(act.actor, "patient_edited", real=act.real, patient=patient, facts={"fields": other})
        return await patient_by_id(patient)


async def keep(act: Act, patient: int, *, provisional: bool = False) -> None:
    """Staff looked: they are nobody whom we know, and stay. With `provisional` somebody has to look again.

    Raises NotYours, NotFound.
    """
    async with tx():
        was = await to_change(act, "patient.edit", patient)
        if was.provisional == provisional:
            return
        await fetch("UPDATE patient SET provisional = {} WHERE id = {}", provisional, patient)
        await changed(patient)
        said = "patient_unkept" if provisional else "patient_kept"
        await note(act.actor, said, real=act.real, patient=patient)


async def set_guardian(act: Act, patient: int, guardian: int | None) -> None:
    """Who answers for them and is reached for them; None: nobody but themselves.

    Raises NotYours, NotFound, Invalid (`guardian`: `self`, `not_valid` for somebody who has a guardian or is one of theirs).
    """
    async with tx():
        was = await to_change(act, "patient.edit", patient)
        if guardian == patient:
            raise Invalid({"guardian": "self"})
        if guardian is not None:
            found = await to_change(act, "patient.edit", guardian)
            answers = await fetch("SELECT 1 FROM patient WHERE guardian = {} AND merged_into IS NULL LIMIT 1", patient)
            if found.guardian is not None or answers:
                raise Invalid({"guardian": "not_valid"})
        before = was.guardian.id if was.guardian else None
        if before == guardian:
            return
        await fetch("UPDATE patient SET guardian = {} WHERE id = {}", guardian, patient)
        await changed(patient)
        await index([patient], now=act.now)
        facts = {"before": before, "after": guardian}
        await note(act.actor, "patient_guardian", real=act.real, patient=patient, facts=facts)
