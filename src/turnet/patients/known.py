"""Known people in a booking made by staff: their row as it is, and the contact points they gave this time."""

from collections.abc import Sequence
from datetime import datetime

from turnet.booking.model import Person
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.errors import NotFound
from turnet.patients.indexing import index

_SEEN_BY = (
    " AND EXISTS (SELECT 1 FROM booking b JOIN practitioner p ON p.id = b.practitioner "
    "WHERE b.patient = t.id AND p.resource = {})"
)

_STAYS = " ORDER BY t.id FOR NO KEY UPDATE OF t"
"""As strong as the change of `merged_into` itself: a shared lock would let two bookings wait for each other's `index`."""


async def names(patients: Sequence[int], *, seen_by: int | None = None) -> dict[int, str]:
    """Row id → name. With `seen_by` (resource id) only of patients who have or had a visit with that practitioner.

    Inside a transaction, until whose end nobody merges them away. Raises NotFound for one that is not there, not
    theirs, or was merged into another.
    """
    wanted = sorted(set(patients))
    if not wanted:
        return {}
    rows = await fetch(
        f"SELECT t.id, t.name FROM patient t WHERE t.merged_into IS NULL AND t.id IN ({marks(wanted)})"
        + ("" if seen_by is None else _SEEN_BY)
        + ("" if on_sqlite() else _STAYS),
        *wanted,
        *(() if seen_by is None else (seen_by,)),
    )
    if len(rows) < len(wanted):
        raise NotFound(what="patient")
    return dict(rows)


async def vouch(patients: Sequence[int]) -> None:
    """Staff wrote these down themselves: nobody has to find out who they are."""
    await fetch(f"UPDATE patient SET provisional = FALSE WHERE id IN ({marks(patients)})", *patients)


async def link(patient: int, person: Person, *, now: datetime) -> None:
    """The contact points of `person` become the patient's too, unless they are theirs, or their guardian's, already."""
    given = (("phone", person.phone, person.phone_raw), ("email", person.email, person.email_raw))
    added = [await _linked(patient, kind, value, raw or value) for kind, value, raw in given if value]
    if any(added):
        await index([patient], now=now)


async def _linked(patient: int, kind: str, value: str, raw: str) -> bool:
    # Setting a column to what it is makes RETURNING give a known row too.
    [(point,)] = await fetch(
        "INSERT INTO contact_point (kind, value, raw) VALUES ({}, {}, {}) "
        "ON CONFLICT (value) DO UPDATE SET kind = excluded.kind RETURNING id",
        *(kind, value, raw),
    )
    return bool(
        await fetch(
            "INSERT INTO patient_contact (patient, contact_point) SELECT t.id, c.id FROM patient t, contact_point c "
            "WHERE t.id = {} AND c.id = {} AND NOT EXISTS (SELECT 1 FROM patient_contact l "
            "WHERE l.patient IN (t.id, t.guardian) AND l.contact_point = c.id) ON CONFLICT DO NOTHING RETURNING id",
            *(patient, point),
        )
    )
