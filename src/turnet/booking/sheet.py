"""The diary as the desk reads it: whole days with names, holds, blocks and lateness, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from turnet.booking.doubts import ASKED, DOUBTED, SURE
from turnet.booking.needs import SETTLED
from turnet.booking.queries import LONGEST
from turnet.booking.states import State
from turnet.clinic.blocks import Block, blocks
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch
from turnet.errors import NotFound
from turnet.scheduling.hours import day_span
from turnet.scheduling.spans import Span

Diaries = frozenset[int] | None
"""Whose visits: resource ids of practitioners, or None for everybody's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit on the sheet."""

    id: int
    public_id: str
    state: State
    version: int
    start: int
    end: int
    """Minutes since 1970 UTC."""
    service: int
    practitioner: int
    """Resource id."""
    room: int | None
    """Resource id."""
    location: int
    patient: str
    """Public id."""
    name: str = field(repr=False)
    birth_year: int | None
    provisional: bool
    door: str
    overbooked: bool
    noted: bool
    """Is there a note, from the patient or from the desk?"""
    state_at: datetime | None
    checked_in_by: str = ""
    """As `Visit.checked_in_by`."""
    reached: bool = False
    """Is there a telephone number or an address to write to?"""
    extras: tuple[int, ...] = ()
    failed: str = ""
    """`email` or `sms`: the newest message about it did not arrive."""
    called: bool = False
    """Whoever waits was asked to come in."""
    doubt: str = ""
    """`cannot`: they wrote that they cannot come, and nobody has settled it; `perhaps`: one of several cannot."""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class Held(NamedTuple):
    """Time that is taken without a visit: somebody is booking it, was offered it, or an outside calendar has it."""

    resource: int
    start: int
    end: int
    kind: str
    """`hold`, `offer`, `undo` or `busy`."""
    claim: int
    """0: an outside calendar's."""
    staff: int
    """Account of whoever keeps it for a caller; 0: somebody on the web."""
    initials: str


@dataclass(frozen=True, slots=True)
class Sheet:
    first: date
    last: date
    """Local days, inclusive."""
    visits: tuple[Entry, ...]
    """By start; cancelled ones too."""
    held: tuple[Held, ...]
    blocks: tuple[Block, ...]
    late: Mapping[tuple[int, date], int]
    """(practitioner, day) → minutes."""


_VISITS = (
    "SELECT b.id, b.public_id, b.state, b.version, b.starts_at, b.ends_at, b.service, p.resource, r.resource, b.location, "
    "t.public_id, t.name, t.birth_year, t.provisional, b.door, b.overbooked, (b.note <> '' OR b.desk_note <> ''), b.state_at, "
    "b.checked_in_by, (b.phone <> '' OR b.email <> '') FROM booking b JOIN practitioner p ON p.id = b.practitioner LEFT JOIN room r ON r.id = b.room "
    "JOIN patient t ON t.id = b.patient WHERE "
)
_STARTS = "b.starts_at >= {} AND b.starts_at < {}"
_FACTS = (
    "SELECT 'extra' AS what, x.booking AS about, x.service AS fact, '' AS word, x.position AS place FROM booking_extra x "  # noqa: S608
    "JOIN booking b ON b.id = x.booking WHERE b.starts_at >= {} AND b.starts_at < {} "
    "UNION ALL SELECT 'failed', m.booking, 0, m.channel, 0 FROM message m JOIN booking b ON b.id = m.booking "
    "WHERE b.starts_at >= {} AND b.starts_at < {} AND m.state = 'failed' "
    f"AND NOT {SETTLED} AND m.kind NOT LIKE 'desk_%d' AND NOT EXISTS (SELECT 1 FROM message n "
    "WHERE n.booking = m.booking AND n.state IN ('sent', 'delivered') AND n.kind NOT LIKE 'desk_%d' "
    "AND n.created_at > m.created_at) "
    "UNION ALL SELECT 'called', m.booking, 0, '', 0 FROM message m JOIN booking b ON b.id = m.booking "
    "WHERE b.starts_at >= {} AND b.starts_at < {} AND m.kind = 'come_in' AND m.created_at >= b.state_at "
    f"UNION ALL SELECT 'doubt', y.booking, {SURE}, '', 0 FROM {ASKED} WHERE b.starts_at >= {{}} AND b.starts_at < {{}} "
    f"AND {DOUBTED} "
    "UNION ALL SELECT 'late', l.resource, l.minutes, CAST(l.day AS TEXT), 0 FROM lateness l "
    "WHERE l.day >= {} AND l.day <= {} ORDER BY place"
)
_LOAD = (
    "SELECT p.resource, b.location, b.starts_at, b.ends_at FROM booking b JOIN practitioner p ON p.id = b.practitioner "
    "WHERE b.starts_at >= {} AND b.starts_at < {} AND b.state <> 'cancelled'"
)
_HELD = (
    "SELECT +o.resource, +o.starts_at, +o.ends_at, c.kind, +c.id, COALESCE(c.staff, 0), COALESCE(u.initials, '') "
    "FROM occupancy o JOIN claim c ON c.id = o.claim LEFT JOIN staff_user u ON u.id = c.staff "
    "WHERE o.ends_at > {} AND o.ends_at < {} AND o.starts_at < {} AND c.expires_at > {} "
    "UNION ALL SELECT +b.resource, +b.starts_at, +b.ends_at, 'busy', 0, 0, '' FROM busy b "
    "WHERE b.ends_at > {} AND b.starts_at < {}"
)


async def sheet(clinic: Clinic, first: date, last: date, *, now: datetime, diaries: Diaries = None) -> Sheet:
    """Local days `first` to `last`, inclusive, of `diaries`; four queries for any number of visits."""
    span = days(clinic, first, last)
    facts = await _facts(span, first, last)
    held = await fetch(_HELD, *(span.start, span.end + LONGEST, span.end, now, span.start, span.end))
    return Sheet(
        first=first,
        last=last,
        visits=await _visits(span, diaries, facts),
        held=tuple(Held(*row) for row in held),
        blocks=tuple(await blocks(span)),
        late=facts.late,
    )


async def entry(public_id: str) -> Entry:
    """One visit as a row of its sheet. Raises NotFound."""
    rows = await fetch(f"{_VISITS}b.public_id = {{}}", public_id)
    if not rows:
        raise NotFound(what="visit")
    start, end = rows[0][4:6]
    found = await _facts(Span(minute(start), minute(start) + 1), start.date(), end.date())
    return _entry(rows[0], found)


def days(clinic: Clinic, first: date, last: date) -> Span:
    zone = clinic.setup.zone
    return Span(day_span(zone, first).start, day_span(zone, last).end)


class _Facts(NamedTuple):
    extras: Mapping[int, tuple[int, ...]]
    failed: Mapping[int, str]
    called: Collection[int]
    doubt: Mapping[int, str]
    late: Mapping[tuple[int, date], int]


async def _facts(span: Span, first: date, last: date) -> _Facts:
    start, end = instant(span.start), instant(span.end)
    extras: dict[int, tuple[int, ...]] = defaultdict(tuple)
    failed: dict[int, str] = {}
    called: set[int] = set()
    doubt: dict[int, str] = {}
    late: dict[tuple[int, date], int] = {}
    for what, about, fact, word, _place in await fetch(_FACTS, *(start, end) * 4, first, last):
        if what == "extra":
            extras[about] += (fact,)
        elif what == "failed":
            failed[about] = word
        elif what == "called":
            called.add(about)
        elif what == "doubt":
            doubt[about] = "cannot" if fact else doubt.get(about, "perhaps")
        elif fact:
            late[about, date.fromisoformat(word)] = fact
    return _Facts(extras, failed, called, doubt, late)


async def _visits(span: Span, diaries: Diaries, facts: _Facts) -> tuple[Entry, ...]:
    whose, args = _whose(diaries)
    rows = await fetch(
        f"{_VISITS}{_STARTS}{whose} ORDER BY b.starts_at, b.id", instant(span.start), instant(span.end), *args
    )
    return tuple(_entry(row, facts) for row in rows)


def _entry(row: tuple[Any, ...], facts: _Facts) -> Entry:
    id, public_id, state, version, start, end, *more = row
    service, practitioner, room, location, patient, name, birth_year, provisional, door, over, noted, *more = more
    state_at, by, reached = more
    return Entry(
        id, public_id, State(state), version, minute(start), minute(end), service, practitioner, room, location, patient,
        name, birth_year, bool(provisional), door, bool(over), bool(noted), state_at, by, bool(reached),
        facts.extras.get(id, ()), facts.failed.get(id, ""), id in facts.called,
        facts.doubt.get(id, ""),
    )  # fmt: skip


def _whose(diaries: Diaries) -> tuple[str, Iterable[int]]:
    if diaries is None:
        return "", ()
    return f" AND p.resource IN ({', '.join(['{}'] * len(diaries))})" if diaries else " AND 1 = 0", sorted(diaries)


class Load(NamedTuple):
    """A visit that counts when asking how full a day is."""

    practitioner: int
    location: int
    start: int
    end: int


async def load(clinic: Clinic, first: date, last: date, *, diaries: Diaries = None) -> list[Load]:
    """Everything of these local days that was not cancelled, in one query."""
    span = days(clinic, first, last)
    whose, args = _whose(diaries)
    rows = await fetch(f"{_LOAD}{whose} ORDER BY b.starts_at, b.id", instant(span.start), instant(span.end), *args)
    return [Load(who, where, minute(start), minute(end)) for who, where, start, end in rows]


class About(NamedTuple):
    """What the desk should know of the person before it speaks with them."""

    desk_note: str
    guardian: str
    no_shows: int


async def about(patient: int) -> About:
    """`patient` is a row id."""
    rows = await fetch(
        "SELECT t.desk_note, COALESCE(g.name, ''), (SELECT count(*) FROM booking b WHERE b.patient = t.id "
        "AND b.state = 'no_show') FROM patient t LEFT JOIN patient g ON g.id = t.guardian WHERE t.id = {}",
        patient,
    )
    return About(*rows[0])


def taken_of(clinic: Clinic, found: Sheet, practitioner: int) -> list[Span]:
    """What of one person's time is taken, with the buffers that the services ask of them.

    A cancelled visit leaves its time at once: staff may take what only an undo keeps.
    """
    spans = [_seen(clinic, entry) for entry in found.visits if entry.practitioner == practitioner and _takes(entry)]
    return spans + [
        Span(held.start, held.end) for held in found.held if held.resource == practitioner and held.kind != "undo"
    ]


def _takes(entry: Entry) -> bool:
    return entry.state is not State.CANCELLED


def _seen(clinic: Clinic, entry: Entry) -> Span:
    own = clinic.service(entry.service).rules.practitioner_buffers
    if not entry.extras:
        return Span(entry.start - own.before, entry.end + own.after)
    all_ = [own, *(clinic.service(service).rules.practitioner_buffers for service in entry.extras)]
    return Span(entry.start - max(one.before for one in all_), entry.end + max(one.after for one in all_))
