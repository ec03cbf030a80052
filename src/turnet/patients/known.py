"""Known people in a booking made by staff: their row as it is, and the contact points they gave this time."""

from collections.abc import Sequence

from turnet.booking.model import Person
from turnet.db.transactions import fetch
from turnet.errors import NotFound

_SEEN_BY = (
    " AND EXISTS (SELECT 1 FROM booking b JOIN practitioner p ON p.id = b.practitioner "
    "WHERE b.patient = t.id AND p.resource = {})"
)


async def names(patients: Sequence[int], *, seen_by: int | None = None) -> dict[int, str]:
    """Row id → name. With `seen_by` (resource id) only of patients who have or had a visit with that practitioner.

    Raises NotFound for one that is not there, not theirs, or was merged into another.
    """
    wanted = sorted(set(patients))
    if not wanted:
        return {}
    rows = await fetch(
        f"SELECT t.id, t.name FROM patient t WHERE t.merged_into IS NULL AND t.id IN ({_marks(wanted)})"
        + ("" if seen_by is None else _SEEN_BY),
        *wanted,
        *(() if seen_by is None else (seen_by,)),
    )
    if len(rows) < len(wanted):
        raise NotFound(what="patient")
    return dict(rows)


async def vouch(patients: Sequence[int]) -> None:
    """Staff wrote these down themselves: nobody has to find out who they are."""
    await fetch(f"UPDATE patient SET provisional = FALSE WHERE id IN ({_marks(patients)})", *patients)


async def link(patient: int, person: Person) -> None:
    """The contact points of `person` become the patient's too; those that are theirs already stay as they are."""
    given = (("phone", person.phone, person.phone_raw), ("email", person.email, person.email_raw))
    for kind, value, raw in given:
        if value:
            # Setting a column to what it is makes RETURNING give a known row too.
            [(point,)] = await fetch(
                "INSERT INTO contact_point (kind, value, raw) VALUES ({}, {}, {}) "
                "ON CONFLICT (value) DO UPDATE SET kind = excluded.kind RETURNING id",
                *(kind, value, raw or value),
            )
            await fetch(
                "INSERT INTO patient_contact (patient, contact_point) SELECT {}, id FROM contact_point WHERE id = {} "
                "AND NOT EXISTS (SELECT 1 FROM patient_contact WHERE patient = {} AND contact_point = {}) "
                "ON CONFLICT DO NOTHING",
                *(patient, point, patient, point),
            )


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["{}"] * len(values))
