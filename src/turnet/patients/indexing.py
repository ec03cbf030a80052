"""Keeps the search keys of patients: inside every act that writes a name, a year or a contact point."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from turnet.db.transactions import fetch, marks, on_sqlite, tx
from turnet.patients.keys import keys_of

BATCH = 500


async def index(patients: Sequence[int], *, now: datetime) -> None:
    """Writes the keys of these patients, and of those they answer for, anew. Nobody who was merged away
    has any, nor an unnamed guardian, who is found through the child."""
    rows = await fetch(
        "SELECT t.id, t.name, t.birth_year, t.guardian, t.merged_into IS NULL AND t.name <> '' FROM patient t "
        f"WHERE t.id IN ({marks(patients)}) OR t.guardian IN ({marks(patients)})",
        *(*patients, *patients),
    )
    if not rows:
        return
    reached = await _reached([one for id, _, _, guardian, _ in rows for one in (id, guardian) if one is not None])
    ids = [id for id, *_ in rows]
    keys = [
        (id, key)
        for id, name, year, guardian, found in rows
        if found
        for key in sorted(_keys(name, year, [*reached[id], *reached.get(guardian, [])]))
    ]
    await fetch(f"DELETE FROM patient_key WHERE patient IN ({marks(ids)})", *ids)
    if keys:
        await add(keys)
    await fetch(f"UPDATE patient SET indexed_at = {{}} WHERE id IN ({marks(ids)})", now, *ids)


def _keys(name: str, year: int | None, contacts: Sequence[tuple[str, str]]) -> set[str]:
    phones, emails = ([value for kind, value in contacts if kind == wanted] for wanted in ("phone", "email"))
    return keys_of(name, year, phones, emails)


async def _reached(patients: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Row id → (kind, value) of each contact point."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for patient, kind, value in await fetch(
        "SELECT l.patient, c.kind, c.value FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
        f"WHERE l.patient IN ({marks(patients)})",
        *patients,
    ):
        found[patient].append((kind, value))
    return found


async def add(keys: Sequence[tuple[int, str]]) -> None:
    """(patient, key) pairs, a bounded number a statement."""
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        await fetch(
            f"INSERT INTO patient_key (patient, key) VALUES {', '.join(['({}, {})'] * len(part))}",
            *(value for pair in part for value in pair),
        )


async def index_missing(limit: int = BATCH, *, now: datetime) -> int:
    """Indexes up to `limit` patients that have no keys yet, as after an upgrade; returns how many there were."""
    async with tx():
        alone = "" if on_sqlite() else " FOR UPDATE SKIP LOCKED"
        rows = await fetch(f"SELECT id FROM patient WHERE indexed_at IS NULL ORDER BY id LIMIT {{}}{alone}", limit)
        if rows:
            await index([id for (id,) in rows], now=now)
    return len(rows)
