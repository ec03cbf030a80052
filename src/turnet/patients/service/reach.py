"""What every act on a patient begins with: whether it is theirs to do, and the row, which nobody else changes meanwhile."""

from collections.abc import Sequence

from turnet.booking.model import Act
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.db.versions import raise_diary
from turnet.errors import NotFound, NotYours, Stale
from turnet.patients.card import Patient, is_seen_by, patient_by_id
from turnet.staff import permissions
from turnet.staff.permissions import Reach, reach


async def theirs(act: Act, name: str, patient: int) -> None:
    """Raises NotYours: the act is not in their table, or the patient never came to them."""
    permissions.require(act.staff, name)
    assert act.staff is not None
    if reach(act.staff, name) is not Reach.ALL and not await is_seen_by(patient, act.staff.practitioner or 0):
        raise NotYours(act=name)


async def locked(patients: Sequence[int]) -> None:
    """Inside a transaction; in the order of their ids, so that two acts wait for each other."""
    if not on_sqlite():
        await fetch(f"SELECT id FROM patient WHERE id IN ({marks(patients)}) ORDER BY id FOR UPDATE", *patients)


async def to_change(act: Act, name: str, patient: int, version: int | None = None) -> Patient:
    """Inside a transaction. Raises NotYours, NotFound for one who was merged away, Stale with `patient` as it is now."""
    await theirs(act, name, patient)
    await locked([patient])
    found = await patient_by_id(patient)
    if found.merged_into is not None:
        raise NotFound(what="patient")
    if version is not None and version != found.version:
        raise Stale(patient=found)
    return found


async def changed(patient: int) -> None:
    """Another version, and open desks look again."""
    await fetch("UPDATE patient SET version = version + 1 WHERE id = {}", patient)
    await raise_diary()
