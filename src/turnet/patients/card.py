"""A patient's card: all that the desk knows of somebody, and who else they may be."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from turnet.booking.states import State
from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.patients.keys import WORD, alike, words
from turnet.patients.model import Found
from turnet.patients.queries import bytewise, found_by_id

MOST_VISITS = 100
MOST_MESSAGES = 20
MOST_SUGGESTED = 6
_NAMESAKES = 50


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody else, as far as a card names them."""

    id: int
    public_id: str
    name: str = field(repr=False)
    """Empty: a guardian of whom only the number is known."""
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    id: int
    public_id: str
    name: str = field(repr=False)
    birth_year: int | None
    language: str
    desk_note: str = field(repr=False)
    provisional: bool
    created_at: datetime
    version: int
    guardian: Relative | None
    merged_into: str | None
    """Public id of who they turned out to be."""
    protected: bool = False
    """Nobody is to ask this person anything, or show where they are."""


@dataclass(frozen=True, slots=True)
class Contact:
    kind: str
    """`phone` or `email`."""
    value: str = field(repr=False)
    own: bool
    """False: their guardian's."""
    shared: tuple[Relative, ...] = field(default=(), repr=False)


class Visited(NamedTuple):
    """A visit as a line of the card; resource, location and service ids are the clinic's."""

    public_id: str
    starts_at: datetime
    state: State
    service: int
    practitioner: int
    location: int
    late: bool
    """Cancelled after the last moment."""


class Told(NamedTuple):
    """A message about one of the visits."""

    kind: str
    channel: str
    recipient: str
    state: str
    at: datetime
    visit: str
    starts_at: datetime


class Agreed(NamedTuple):
    """What counts of one purpose: the newest row."""

    purpose: str
    given: bool
    source: str
    actor: str
    at: datetime


class Joined(NamedTuple):
    """A row that was found to be the same person; it can be taken apart again."""

    gone: str
    """Public id."""
    name: str
    at: datetime
    staff: int | None


class Maybe(NamedTuple):
    """Somebody who may be the same person, and why."""

    found: Found
    same_contact: bool
    same_name: bool


_PATIENT = """
    SELECT t.id, t.public_id, t.name, t.birth_year, t.language, t.desk_note, t.provisional, t.created_at, t.version,
        g.id, g.public_id, g.name, g.birth_year, m.public_id, t.protected
    FROM patient t LEFT JOIN patient g ON g.id = t.guardian LEFT JOIN patient m ON m.id = t.merged_into
    WHERE """


async def patient(public_id: str) -> Patient:
    """Raises NotFound. One who was merged away is returned as well."""
    return await _one("t.public_id = {}", public_id)


async def patient_by_id(id: int) -> Patient:
    """Raises NotFound."""
    return await _one("t.id = {}", id)


async def _one(condition: str, *args: Any) -> Patient:
    rows = await fetch(_PATIENT + condition, *args)
    if not rows:
        raise NotFound(what="patient")
    cells = rows[0]
    guardian = Relative(*cells[9:13]) if cells[9] is not None else None
    id, shown, name, year, language, desk_note, provisional, created_at, version = cells[:9]
    return Patient(
        id, shown, name, year, language, desk_note, bool(provisional), created_at, version, guardian, cells[13],
        bool(cells[14]),
    )  # fmt: skip


async def is_seen_by(patient: int, practitioner: int | None) -> bool:
    """Does, or did, this patient (row id) come to that practitioner (resource id)? None: anybody's patients."""
    if practitioner is None:
        return True
    return bool(
        await fetch(
            "SELECT 1 FROM booking b JOIN practitioner p ON p.id = b.practitioner "
            "WHERE b.patient = {} AND p.resource = {} LIMIT 1",
            *(patient, practitioner),
        )
    )


async def children(patient: int) -> list[Relative]:
    """Those they answer for, the youngest last."""
    rows = await fetch(
        "SELECT id, public_id, name, birth_year FROM patient WHERE guardian = {} AND merged_into IS NULL "
        "ORDER BY birth_year, id",
        patient,
    )
    return [Relative(*row) for row in rows]


async def contacts(one: Patient) -> list[Contact]:
    """Their own, then their guardian's, each with everybody else who has it."""
    guardian = one.guardian.id if one.guardian else one.id
    rows = await fetch(
        "SELECT l.patient, c.kind, c.value, o.id, o.public_id, o.name, o.birth_year "
        "FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
        "LEFT JOIN patient_contact s ON s.contact_point = c.id AND s.patient <> l.patient "
        "LEFT JOIN patient o ON o.id = s.patient AND o.merged_into IS NULL AND o.name <> '' AND o.id <> {} "
        "WHERE l.patient IN ({}, {}) ORDER BY l.id, o.id",
        *(one.id, one.id, guardian),
    )
    shared: dict[tuple[bool, str, str], list[Relative]] = defaultdict(list)
    for owner, kind, value, *other in rows:
        others = shared[owner == one.id, kind, value]
        if other[0] is not None:
            others.append(Relative(*other))
    own = {value for mine, _, value in shared if mine}
    listed = [Contact(kind, value, mine, tuple(who)) for (mine, kind, value), who in shared.items()]
    return sorted((one for one in listed if one.own or one.value not in own), key=lambda one: not one.own)


async def visits(patient: int, *, practitioner: int | None = None) -> list[Visited]:
    """The latest `MOST_VISITS`, the last first; with `practitioner` (resource id) only those in that diary."""
    rows = await fetch(
        "SELECT b.public_id, b.starts_at, b.state, b.service, p.resource, b.location, b.cancelled_late "
        "FROM booking b JOIN practitioner p ON p.id = b.practitioner WHERE b.patient = {} "
        + ("" if practitioner is None else "AND p.resource = {} ")
        + f"ORDER BY b.starts_at DESC LIMIT {MOST_VISITS}",
        *(patient, *(() if practitioner is None else (practitioner,))),
    )
    return [
        Visited(id, starts, State(state), service, resource, location, bool(late))
        for id, starts, state, service, resource, location, late in rows
    ]


async def messages(patient: int, *, practitioner: int | None = None) -> list[Told]:
    """The latest about their visits, the newest first."""
    rows = await fetch(
        "SELECT m.kind, m.channel, m.recipient, m.state, m.finished_at, m.due_at, b.public_id, b.starts_at "
        "FROM booking b JOIN practitioner p ON p.id = b.practitioner JOIN message m ON m.booking = b.id "
        "WHERE b.patient = {} AND m.kind NOT LIKE 'desk_%d' "
        + ("" if practitioner is None else "AND p.resource = {} ")
        + f"ORDER BY m.due_at DESC, m.channel LIMIT {MOST_MESSAGES}",
        *(patient, *(() if practitioner is None else (practitioner,))),
    )
    return [
        Told(kind, channel, recipient, state, finished or due, visit, starts)
        for kind, channel, recipient, state, finished, due, visit, starts in rows
    ]


async def consents(patient: int) -> dict[str, Agreed]:
    """Purpose → what counts now."""
    rows = await fetch(
        "SELECT purpose, given, source, actor, at FROM consent WHERE patient = {} ORDER BY at, id", patient
    )
    return {purpose: Agreed(purpose, bool(given), source, actor, at) for purpose, given, source, actor, at in rows}


async def joined(patient: int) -> list[Joined]:
    """Who was merged into this patient and can be taken out again, the last first."""
    rows = await fetch(
        "SELECT g.public_id, g.name, m.at, m.staff FROM patient_merge m JOIN patient g ON g.id = m.gone "
        "WHERE m.kept = {} AND m.undone_at IS NULL AND g.name <> '' ORDER BY m.id DESC",
        patient,
    )
    return [Joined(*row) for row in rows]


# --- who else they may be


async def maybe_same(one: Patient, *, now: datetime) -> list[Maybe]:
    """Others with the same contact and a like name, or the same name and year of birth; the likeliest first.

    A provisional patient, of whom little is known, also has those who share the contact or the name alone.
    """
    near, namesakes = await _sharing(one), await _namesakes(one)
    family = {relative.id for relative in await children(one.id)} | {one.id}
    if one.guardian:
        family.add(one.guardian.id)
    rated: dict[int, tuple[bool, bool]] = {}
    for id, (name, year) in (namesakes | near).items():
        same_name = alike(one.name, name)
        agrees = one.birth_year is None or year is None or one.birth_year == year
        sure = same_name and (id in near or (one.birth_year is not None and one.birth_year == year))
        if id not in family and agrees and (sure or (one.provisional and (id in near or same_name))):
            rated[id] = (id in near, same_name)
    found = await found_by_id(list(rated), now=now)
    maybe = [Maybe(person, *rated[person.id]) for person in found if person.name]
    maybe.sort(key=lambda one: (-(one.same_contact + one.same_name), one.found.provisional, one.found.id))
    return maybe[:MOST_SUGGESTED]


async def _sharing(one: Patient) -> dict[int, tuple[str, int | None]]:
    """Row id → name and year of everybody reached by one of their contact points, directly or through a guardian."""
    guardian = one.guardian.id if one.guardian else one.id
    having = (
        "SELECT s.patient FROM patient_contact l JOIN patient_contact s ON s.contact_point = l.contact_point "
        "WHERE l.patient IN ({}, {})"
    )
    rows = await fetch(
        f"SELECT id, name, birth_year FROM patient WHERE merged_into IS NULL AND (id IN ({having}) OR guardian IN ({having}))",
        *(one.id, guardian, one.id, guardian),
    )
    return {id: (name, year) for id, name, year in rows}


async def _namesakes(one: Patient) -> dict[int, tuple[str, int | None]]:
    """Of those with the longest word of the name, looked up as it is written."""
    spelled: Sequence[str] = sorted(words(one.name), key=len)
    if not spelled:
        return {}
    rows = await fetch(
        "SELECT t.id, t.name, t.birth_year FROM patient_key k JOIN patient t ON t.id = k.patient "
        f"WHERE {bytewise('k')} = {{}} AND t.merged_into IS NULL AND t.id <> {{}} LIMIT {_NAMESAKES}",
        *((WORD + spelled[-1])[:64], one.id),
    )
    return {id: (name, year) for id, name, year in rows}


async def unmatched(*, after: int = 0, limit: int = 10) -> list[int]:
    """Row ids of provisional patients whom nobody has looked at, the oldest first."""
    rows = await fetch(
        "SELECT id FROM patient WHERE provisional AND merged_into IS NULL AND name <> '' AND id > {} ORDER BY id LIMIT {}",
        *(after, limit),
    )
    return [id for (id,) in rows]


async def count_unmatched() -> int:
    [(count,)] = await fetch("SELECT count(*) FROM patient WHERE provisional AND merged_into IS NULL AND name <> ''")
    return int(count)
