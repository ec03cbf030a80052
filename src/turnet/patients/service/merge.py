"""Two rows that are one person become one; and two again, if they were not.

Visits, contact points, children, consents and notes go over, and what went over is written down so that it can go back.
The row that is gone stays, without keys, and its address leads to the one that was kept.
"""

import json
from typing import Any

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.db.transactions import fetch, marks, tx
from turnet.errors import Invalid, NotAllowed, NotFound, Stale
from turnet.patients.card import Patient, children, patient_by_id
from turnet.patients.indexing import index
from turnet.patients.model import NOTE_LENGTH
from turnet.patients.service.reach import changed, locked, to_change

_GOES_OVER = (("booking", "patient"), ("consent", "patient"), ("feedback", "patient"), ("patient", "guardian"))
"""Tables whose rows change hands, and the column that says whose they are. Questions do, so that nobody is asked twice
in a short while under two cards."""


async def merge(act: Act, kept: int, gone: int, *, version: int | None = None) -> Patient:
    """`gone` becomes part of `kept`, whose name stands; returns that. `version` is `kept`'s.

    Raises NotYours, NotFound, Stale, Invalid (`other`: `self`, `family` for a child and its guardian).
    """
    if kept == gone:
        raise Invalid({"other": "self"})
    async with tx():
        await locked([kept, gone])
        stays = await to_change(act, "patient.merge", kept, version)
        goes = await to_change(act, "patient.merge", gone)
        if gone == _guardian(stays) or kept == _guardian(goes):
            raise Invalid({"other": "family"})
        await _merge(act, stays, goes)
        await note(act.actor, "patients_merged", real=act.real, patient=kept, facts={"gone": gone})
        await note(act.actor, "patient_merged_away", real=act.real, patient=gone, facts={"kept": kept})
        return await patient_by_id(kept)


def _guardian(one: Patient) -> int | None:
    return one.guardian.id if one.guardian else None


async def _merge(act: Act, stays: Patient, goes: Patient) -> int:
    """Returns the id of the merge."""
    moved: dict[str, Any] = {table: await _hand_over(table, column, stays.id, goes.id) for table, column in _GOES_OVER}
    moved["links"] = await _hand_over_contacts(stays.id, goes.id)
    moved["filled"] = await _fill(stays, goes)
    moved["guardian"] = await _same_guardian(act, stays, goes)
    [(made,)] = await fetch(
        "INSERT INTO patient_merge (kept, gone, moved, staff, at) VALUES ({}, {}, {}, {}, {}) RETURNING id",
        *(stays.id, goes.id, json.dumps(moved), act.staff.id if act.staff else None, act.now),
    )
    await fetch("UPDATE patient SET merged_into = {} WHERE id = {}", stays.id, goes.id)
    await changed(goes.id)
    await changed(stays.id)
    await index([goes.id, stays.id], now=act.now)
    return int(made)


async def _hand_over(table: str, column: str, kept: int, gone: int) -> list[int]:
    rows = await fetch(f"UPDATE {table} SET {column} = {{}} WHERE {column} = {{}} RETURNING id", kept, gone)
    return sorted(id for (id,) in rows)


async def _hand_over_contacts(kept: int, gone: int) -> list[int]:
    """Those that both have stay where they are."""
    rows = await fetch(
        "UPDATE patient_contact SET patient = {} WHERE patient = {} AND contact_point NOT IN "
        "(SELECT contact_point FROM patient_contact WHERE patient = {}) RETURNING id",
        *(kept, gone, kept),
    )
    return sorted(id for (id,) in rows)


async def _fill(stays: Patient, goes: Patient) -> dict[str, list[Any]]:
    """What the kept row lacks it takes from the other; column → [before, after]."""
    notes = [text for text in (stays.desk_note, goes.desk_note) if text]
    both = "\n".join(dict.fromkeys(notes))[:NOTE_LENGTH]
    wanted = {
        "birth_year": stays.birth_year or goes.birth_year,
        "desk_note": both,
        "provisional": stays.provisional and goes.provisional,
        "protected": stays.protected or goes.protected,
        "guardian": _guardian(stays) or (None if await children(stays.id) else _guardian(goes)),
    }
    had = {"guardian": _guardian(stays)} | {name: getattr(stays, name) for name in wanted if name != "guardian"}
    filled = {name: [had[name], new] for name, new in wanted.items() if had[name] != new}
    for name, (_, new) in filled.items():
        await fetch(f"UPDATE patient SET {name} = {{}} WHERE id = {{}}", new, stays.id)
    return filled


async def _same_guardian(act: Act, stays: Patient, goes: Patient) -> int | None:
    """An unnamed guardian, made by a booking for a child, is the named one of the same child; returns that merge's id."""
    one, other = stays.guardian, goes.guardian
    if one is None or other is None or one.id == other.id or other.name:
        return None
    await locked([one.id, other.id])
    return await _merge(act, await patient_by_id(one.id), await patient_by_id(other.id))


async def take_apart(act: Act, gone: int) -> Patient:
    """Undoes the newest merge of `gone` and returns it. What was put right since on the kept row stays as it is.

    Raises NotYours, NotFound, NotAllowed when the kept row was itself merged into another one meanwhile.
    """
    async with tx():
        rows = await fetch(
            "SELECT id, kept FROM patient_merge WHERE gone = {} AND undone_at IS NULL ORDER BY id DESC LIMIT 1", gone
        )
        if not rows:
            raise NotFound(what="merge")
        [(merge, kept)] = rows
        await locked([kept, gone])
        if (await patient_by_id(kept)).merged_into is not None:
            raise NotAllowed(what="merge")
        await to_change(act, "patient.merge", kept)
        await _take_apart(act, merge)
        await note(act.actor, "patients_parted", real=act.real, patient=kept, facts={"gone": gone})
        await note(act.actor, "patient_parted", real=act.real, patient=gone, facts={"kept": kept})
        return await patient_by_id(gone)


async def _take_apart(act: Act, merge: int) -> None:
    undone = await fetch(
        "UPDATE patient_merge SET undone_at = {} WHERE id = {} AND undone_at IS NULL RETURNING kept, gone, moved",
        *(act.now, merge),
    )
    if not undone:
        raise Stale(what="merge")
    [(kept, gone, text)] = undone
    moved = json.loads(text)
    for table, column in (*_GOES_OVER, ("patient_contact", "patient")):
        ids = moved.get("links" if table == "patient_contact" else table)  # merges older than a table know none of it
        if ids:
            await fetch(
                f"UPDATE {table} SET {column} = {{}} WHERE {column} = {{}} AND id IN ({marks(ids)})", gone, kept, *ids
            )
    for name, (before, after) in moved["filled"].items():
        await fetch(f"UPDATE patient SET {name} = {{}} WHERE id = {{}} AND {name} = {{}}", before, kept, after)
    await fetch("UPDATE patient SET merged_into = NULL WHERE id = {}", gone)
    if moved["guardian"] is not None:
        await _take_apart(act, moved["guardian"])
    await changed(kept)
    await changed(gone)
    await index([kept, gone], now=act.now)


async def match(act: Act, provisional: int, known: int) -> Patient:
    """A provisional patient, made by an anonymous booking, is somebody we know; returns that one.

    Raises NotYours, NotFound, Invalid as `merge`, NotAllowed for one who is not provisional.
    """
    async with tx():
        found = await to_change(act, "patient.merge", provisional)
        if not found.provisional:
            raise NotAllowed(what="patient")
        return await merge(act, known, provisional)
