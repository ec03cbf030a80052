"""Both histories read as one: what happened to visits, and who saw or changed what. Names are those of today.

Nothing of a row is more than ids, states and times, so a name that changes or goes changes or goes here too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from turnet.db.transactions import fetch, marks

PAGE = 50
"""Lines of one page."""


class About(NamedTuple):
    """The visit that a line is about, as it is now."""

    public_id: str
    starts_at: datetime
    practitioner: int
    """Resource id."""
    service: int


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    id: int
    of_visit: bool
    """From the history of a visit, not from the audit; each counts its own ids."""
    at: datetime
    """Business time of a visit's, real time of the audit's; they differ in the demo only."""
    actor: str
    """`staff:<id>`, `patient`, `api`, `visitor` or `system`."""
    by: str
    """Name of who did it; empty for anybody but staff."""
    act: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    patient: str
    """Public id; empty when it is about nobody."""
    patient_name: str = field(repr=False)
    visit: About | None
    account: str
    """Name of the account that was acted on, or empty."""


class Below(NamedTuple):
    """Only what was written before these: the next id of a visit's history, and of the audit."""

    events: int
    entries: int


HIGHEST = 2**31 - 1
NEWEST = Below(HIGHEST, HIGHEST)


@dataclass(frozen=True, slots=True)
class Narrow:
    """What is looked for; nothing said: everything."""

    visit: int | None = None
    patients: Sequence[int] = ()
    """Row ids: somebody, and who turned out to be the same person."""
    account: int | None = None
    """Row id: what they did, and what was done to their account."""
    first: datetime | None = None
    until: datetime | None = None
    practitioner: int | None = None
    """Resource id: nothing of visits with anybody else."""


async def lines(narrow: Narrow, below: Below = NEWEST) -> tuple[list[Line], Below | None]:
    """A page, the newest first, and where the next one begins; None: that is all. Two queries."""
    events = await _rows(_EVENTS, "e", *_of_events(narrow, below.events))
    entries = await _rows(_ENTRIES, "a", *_of_entries(narrow, below.entries))
    found = [_line(row, of_visit=True) for row in events], [_line(row, of_visit=False) for row in entries]
    shown = list(islice(merge(*found, key=_place, reverse=True), PAGE))
    if len(shown) == len(events) + len(entries):
        return shown, None
    last = {line.of_visit: line.id for line in shown}
    return shown, Below(last.get(True, below.events), last.get(False, below.entries))


def _place(line: Line) -> tuple[datetime, bool]:
    """Of one moment, what was done to a visit comes before what was noted of it."""
    return line.at, not line.of_visit


_SHOWN = "t.public_id, t.name, m.public_id, m.name, b.public_id, b.starts_at, p.resource, b.service"
_EVENTS = f"""
    SELECT e.id, e.at, e.actor, u.name, e.act, e.before, e.after, NULL, {_SHOWN}
    FROM booking_event e JOIN booking b ON b.id = e.booking JOIN practitioner p ON p.id = b.practitioner
        JOIN patient t ON t.id = b.patient LEFT JOIN patient m ON m.id = t.merged_into
        LEFT JOIN staff_user u ON e.actor = 'staff:' || u.id"""
_ENTRIES = f"""
    SELECT a.id, a.at, a.actor, u.name, a.act, NULL, a.facts, w.name, {_SHOWN}
    FROM audit_entry a LEFT JOIN booking b ON b.id = a.booking LEFT JOIN practitioner p ON p.id = b.practitioner
        LEFT JOIN patient t ON t.id = COALESCE(a.patient, b.patient) LEFT JOIN patient m ON m.id = t.merged_into
        LEFT JOIN staff_user u ON a.actor = 'staff:' || u.id LEFT JOIN staff_user w ON w.id = a.staff"""

Condition = tuple[list[str], list[Any]]


async def _rows(select: str, table: str, conditions: list[str], args: list[Any]) -> list[tuple[Any, ...]]:
    wanted = f"{select} WHERE {' AND '.join(conditions)} ORDER BY {table}.id DESC LIMIT {PAGE + 1}"
    return await fetch(wanted, *args)


def _of_events(narrow: Narrow, below: int) -> Condition:
    conditions, args = _common(narrow, "e", below)
    if narrow.patients:
        conditions.append(f"b.patient IN ({marks(narrow.patients)})")
        args += narrow.patients
    if narrow.account is not None:
        conditions.append("e.actor = {}")
        args.append(f"staff:{narrow.account}")
    if narrow.practitioner is not None:
        conditions.append("p.resource = {}")
        args.append(narrow.practitioner)
    return conditions, args


def _of_entries(narrow: Narrow, below: int) -> Condition:
    conditions, args = _common(narrow, "a", below)
    if narrow.patients:
        conditions.append(f"(a.patient IN ({marks(narrow.patients)}) OR b.patient IN ({marks(narrow.patients)}))")
        args += [*narrow.patients, *narrow.patients]
    if narrow.account is not None:
        conditions.append("(a.actor = {} OR a.staff = {})")
        args += [f"staff:{narrow.account}", narrow.account]
    if narrow.practitioner is not None:
        conditions.append("(a.booking IS NULL OR p.resource = {})")
        args.append(narrow.practitioner)
    return conditions, args


def _common(narrow: Narrow, table: str, below: int) -> Condition:
    conditions, args = [f"{table}.id < {{}}"], [below]
    for condition, value in (("booking = ", narrow.visit), ("at >= ", narrow.first), ("at < ", narrow.until)):
        if value is not None:
            conditions.append(f"{table}.{condition}{{}}")
            args.append(value)  # type: ignore[arg-type]  # each column has a type of its own
    return conditions, args


def _line(row: tuple[Any, ...], *, of_visit: bool) -> Line:
    id, at, actor, by, act, before, after, account, patient, name, now, now_name, visit, *where = row
    return Line(
        id=id,
        of_visit=of_visit,
        at=at,
        actor=actor,
        by=by or "",
        act=act,
        before=json.loads(before or "{}"),
        after=json.loads(after),
        patient=now or patient or "",
        patient_name=now_name or name or "",
        visit=About(visit, *where) if visit else None,
        account=account or "",
    )


# --- whose


async def same_as(patient: int) -> list[int]:
    """Row ids of the patient and of who turned out to be the same person."""
    merged = await fetch("SELECT id FROM patient WHERE merged_into = {} ORDER BY id", patient)
    return [patient, *(other for (other,) in merged)]


class Named(NamedTuple):
    """An account to narrow the audit to."""

    id: int
    public_id: str
    name: str


async def everybody() -> list[Named]:
    """Every account there is or was, by name."""
    return [Named(*row) for row in await fetch("SELECT id, public_id, name FROM staff_user ORDER BY name, id")]
