"""Conversations as the desk reads them: which are open, and one with all that was said and whoever has the telephone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from turnet.conversation.prompts import Open, standing
from turnet.db.transactions import fetch, marks
from turnet.errors import NotFound
from turnet.messaging.refusals import Suspended, suspended

ROWS, MOST_ROWS = 100, 2000
"""Conversations of a list, and how many it can be asked for."""
PAGE = 12
"""Of what was said, before the page asks for more."""
LONGEST = 400
_COMING = 12


class Listed(NamedTuple):
    """A conversation as a line of a list."""

    public_id: str
    phone: str
    state: str
    """`open` or `done`."""
    why: str
    since: datetime | None
    last_at: datetime
    staff: int | None
    staff_name: str | None
    """Of whoever has taken it."""
    text: str | None
    """What waits for a person; where nothing does, what the telephone said last."""
    name: str | None
    """Of somebody who has it; the first by name."""
    people: int


@dataclass(frozen=True, slots=True)
class Thread:
    id: int
    public_id: str
    phone: str
    state: str
    why: str
    since: datetime | None
    last_at: datetime
    staff: int | None
    staff_name: str
    version: int

    @property
    def is_open(self) -> bool:
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Line:
    """One SMS, in either direction."""

    at: datetime
    theirs: bool
    text: str = field(repr=False)
    """Empty: it was written by the server, and is not kept (`turnet.messaging.spoken`)."""
    kind: str = ""
    """Of what we sent."""
    state: str = ""
    """Of the outbox row; of what they sent `new`, `done`, `failed` or `unreadable`."""
    outcome: str = ""
    """What was made of what they sent."""
    error: str = ""
    parts: int = 0
    staff: str = ""
    """Who at the desk wrote it."""
    visit: str = ""
    """Public id of the visit that it is about, or of the first of several …"""
    starts_at: datetime | None = None
    """… and its start."""
    waits: bool = False
    """They sent it, and the conversation is open because of it."""
    id: str = ""
    """Of the outbox row …"""
    language: str = ""
    """… and its language."""


@dataclass(frozen=True, slots=True)
class Said:
    lines: tuple[Line, ...]
    """The newest last."""
    more: bool
    """There is something before these."""


class Coming(NamedTuple):
    """A visit that lies ahead, or of today."""

    patient: int
    id: int
    public_id: str
    starts_at: datetime
    state: str
    practitioner: int
    """Resource id."""
    service: int


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who is reached by the telephone, themselves or through their guardian."""

    id: int
    public_id: str
    name: str = field(repr=False)
    birth_year: int | None
    language: str
    protected: bool
    last: datetime | None
    """Start of their last visit."""
    coming: tuple[Coming, ...] = ()
    refused: tuple[str, ...] = ()
    """Purposes to which they said no."""


@dataclass(frozen=True, slots=True)
class Around:
    """Whose telephone it is, and what holds for it."""

    people: tuple[Known, ...]
    opted_out: tuple[str, ...]
    """Purposes that the number refuses."""
    suspended: Suspended | None
    asked: Open | None
    """The question that is open now."""
    about: Coming | None
    """The visit that their SMS are about: their only one, or the one they were asked about last; None: nobody can say."""


_WAITS = """(c.state = 'open' AND (
    (i.done_at >= c.since AND (i.outcome IN ('desk', 'late', 'changed', 'choose')
        OR (c.why = 'wants_out' AND i.outcome = 'opted_out')
        OR (c.why = 'score' AND (i.outcome = 'commented' OR (i.outcome = 'scored' AND length(i.text) > 3)))))
    OR (c.why IN ('changed', 'often') AND i.done_at = c.since)
    OR (c.why = 'failed' AND i.state = 'failed')
    OR (c.why = 'cannot_come' AND EXISTS (SELECT 1 FROM prompt p WHERE p.phone = c.phone AND p.asked_at = i.done_at
        AND p.kind IN ('times', 'which') AND p.state IN ('closed', 'expired') AND p.ended_at >= c.since))))"""
"""Is conversation `c` open because of received SMS `i`? What was understood since it was opened says nothing about that;
who cannot come and then chose no time waits for the SMS that the choice was offered to."""

_LISTED = f"""
    SELECT c.public_id, c.phone, c.state, c.why, c.since, c.last_at, c.staff, u.name,
        COALESCE((SELECT i.text FROM inbound i WHERE i.sender = c.phone AND {_WAITS} ORDER BY i.id DESC LIMIT 1),
            (SELECT i.text FROM inbound i WHERE i.sender = c.phone ORDER BY i.id DESC LIMIT 1)),
        (SELECT min(t.name) FROM contact_point p JOIN patient_contact l ON l.contact_point = p.id
            JOIN patient t ON t.id = l.patient
            WHERE p.kind = 'phone' AND p.value = c.phone AND t.merged_into IS NULL AND t.name <> ''),
        (SELECT count(*) FROM contact_point p JOIN patient_contact l ON l.contact_point = p.id
            JOIN patient t ON t.id = l.patient
            WHERE p.kind = 'phone' AND p.value = c.phone AND t.merged_into IS NULL AND t.name <> '')
"""  # noqa: S608
_OLDEST, _NEWEST = "c.since, c.id", "c.last_at DESC, c.id DESC"


async def waiting(most: int = ROWS) -> list[Listed]:
    """Those that a person has to look at, whoever has waited longest first."""
    return await _listed("WHERE c.state = 'open'", _OLDEST, most)


async def taken_by(staff: int, most: int = ROWS) -> list[Listed]:
    """Open ones that this person has taken, the oldest first."""
    return await _listed("WHERE c.state = 'open' AND c.staff = {}", _OLDEST, most, staff)


async def recent(most: int = ROWS) -> list[Listed]:
    """Whoever said something last first."""
    return await _listed("", _NEWEST, most)


async def _listed(which: str, order: str, most: int, *args: Any) -> list[Listed]:
    """Cut first: what stands beside a conversation is looked up for those alone that are shown."""
    shown = f"(SELECT c.* FROM conversation c {which} ORDER BY {order} LIMIT {most:d}) c"  # noqa: S608
    return [
        Listed(*row)
        for row in await fetch(
            f"{_LISTED}FROM {shown} LEFT JOIN staff_user u ON u.id = c.staff ORDER BY {order}", *args
        )
    ]


async def count_waiting() -> int:
    [(found,)] = await fetch("SELECT count(*) FROM conversation WHERE state = 'open'")
    return int(found)


async def thread(public_id: str) -> Thread:
    """Raises NotFound."""
    return await _thread("public_id", public_id)


async def thread_of(phone: str) -> Thread:
    """Raises NotFound while nobody has written from that telephone."""
    return await _thread("phone", phone)


async def _thread(column: str, value: str) -> Thread:
    rows = await fetch(
        "SELECT c.id, c.public_id, c.phone, c.state, c.why, c.since, c.last_at, c.staff, u.name, c.version "  # noqa: S608
        f"FROM conversation c LEFT JOIN staff_user u ON u.id = c.staff WHERE c.{column} = {{}}",
        value,
    )
    if not rows:
        raise NotFound(what="conversation")
    id, shown, phone, state, why, since, last_at, staff, name, version = rows[0]
    return Thread(id, shown, phone, state, why, since, last_at, staff, name or "", version)


async def talk_with(phones: Sequence[str]) -> str:
    """Public id of the conversation in which one of these telephones said something last; empty: none ever did."""
    if not phones:
        return ""
    rows = await fetch(
        f"SELECT public_id FROM conversation WHERE phone IN ({marks(phones)}) ORDER BY last_at DESC LIMIT 1",  # noqa: S608
        *phones,
    )
    return rows[0][0] if rows else ""


async def said(phone: str, most: int = PAGE) -> Said:
    """The newest `most` of what was said in both directions; what never was to leave is left out."""
    most = min(most, LONGEST)
    theirs = await fetch(
        f"SELECT i.at, i.text, i.state, i.outcome, CASE WHEN {_WAITS} THEN 1 ELSE 0 END FROM inbound i "  # noqa: S608
        "LEFT JOIN conversation c ON c.phone = i.sender WHERE i.sender = {} ORDER BY i.id DESC LIMIT {}",
        *(phone, most + 1),
    )
    ours = await fetch(
        "SELECT m.created_at, m.facts, m.kind, m.state, m.error, m.parts, u.name, b.public_id, b.starts_at, "
        "m.id, m.language FROM message m LEFT JOIN staff_user u ON u.id = m.staff LEFT JOIN booking b ON b.id = COALESCE(m.booking, "
        "(SELECT min(s.booking) FROM step s WHERE s.message = m.id)) "
        "WHERE m.recipient = {} AND m.channel = 'sms' AND (m.state NOT IN ('cancelled', 'skipped') OR m.staff IS NOT NULL) "
        "ORDER BY m.created_at DESC LIMIT {}",
        *(phone, most + 1),
    )
    heard = [
        Line(at, True, text, state=state, outcome=outcome, waits=bool(waits))
        for at, text, state, outcome, waits in reversed(theirs)
    ]
    lines = sorted([*heard, *(_ours(row) for row in reversed(ours))], key=lambda line: line.at)
    return Said(tuple(lines[-most:]), len(lines) > most)


def _ours(row: tuple[Any, ...]) -> Line:
    at, facts, kind, state, error, parts, staff, visit, starts_at, id, language = row
    told = json.loads(facts)
    text = str(told.get("text", "")) if kind in {"desk_answer", "desk_message"} else ""
    return Line(
        at, False, text, kind, state, error=error or "", parts=parts or 0, staff=staff or "", visit=visit or "",
        starts_at=starts_at, id=str(id), language=language,
    )  # fmt: skip


async def around(phone: str, *, now: datetime) -> Around:
    """Everybody reached by this number (E.164), and what is asked of it just now."""
    questions = await standing(phone, "")
    refused = await fetch(
        "SELECT purpose FROM opt_out WHERE contact = {} AND lifted_at IS NULL ORDER BY purpose", phone
    )
    people = await _people(phone, now)
    return Around(
        people=people,
        opted_out=tuple(purpose for (purpose,) in refused),
        suspended=await suspended(phone),
        asked=next((one for one in questions if one.state == "open" and one.expires_at > now), None),
        about=_about([visit for one in people for visit in one.coming], questions),
    )


def _about(coming: Sequence[Coming], questions: Sequence[Open]) -> Coming | None:
    if len(coming) < 2:
        return coming[0] if coming else None
    asked = questions[0].visits if questions else ()
    meant = [visit for visit in coming if visit.id in asked]
    return meant[0] if len(asked) == len(meant) == 1 else None


async def patients_of(phone: str) -> list[int]:
    """Row ids of everybody reached by this number, a guardian's children included, by name."""
    return [row[0] for row in await _reached(phone)]


async def _reached(phone: str) -> list[tuple[Any, ...]]:
    reached = (
        "(SELECT l.patient FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point "
        "WHERE c.kind = 'phone' AND c.value = {})"
    )
    return await fetch(
        "SELECT t.id, t.public_id, t.name, t.birth_year, t.language, t.protected FROM patient t "  # noqa: S608
        f"WHERE t.merged_into IS NULL AND t.name <> '' AND (t.id IN {reached} OR t.guardian IN {reached}) "
        "ORDER BY t.name, t.id",
        *(phone, phone),
    )


async def _people(phone: str, now: datetime) -> tuple[Known, ...]:
    rows = await _reached(phone)
    if not rows:
        return ()
    ids = [row[0] for row in rows]
    coming = await _coming(ids, now)
    last = await _last(ids, now)
    refused = await _refused(ids)
    return tuple(
        Known(
            id, public_id, name, year, language, bool(protected), last.get(id),
            tuple(visit for visit in coming if visit.patient == id), tuple(refused.get(id, ())),
        )
        for id, public_id, name, year, language, protected in rows
    )  # fmt: skip


async def _coming(ids: Sequence[int], now: datetime) -> list[Coming]:
    rows = await fetch(
        "SELECT b.patient, b.id, b.public_id, b.starts_at, b.state, p.resource, b.service FROM booking b "  # noqa: S608
        f"JOIN practitioner p ON p.id = b.practitioner WHERE b.patient IN ({marks(ids)}) AND b.ends_at > {{}} "
        f"AND b.state NOT IN ('cancelled', 'no_show') ORDER BY b.starts_at, b.id LIMIT {_COMING}",
        *(*ids, now),
    )
    return [Coming(*row) for row in rows]


async def _last(ids: Sequence[int], now: datetime) -> dict[int, datetime]:
    rows = await fetch(
        "SELECT t.id, (SELECT b.starts_at FROM booking b WHERE b.patient = t.id AND b.ends_at <= {} "  # noqa: S608
        f"AND b.state <> 'cancelled' ORDER BY b.starts_at DESC LIMIT 1) FROM patient t WHERE t.id IN ({marks(ids)})",
        *(now, *ids),
    )
    return {id: at for id, at in rows if at is not None}


async def _refused(ids: Sequence[int]) -> dict[int, list[str]]:
    """Only what somebody said last of a purpose counts."""
    rows = await fetch(
        f"SELECT patient, purpose, given FROM consent WHERE patient IN ({marks(ids)}) ORDER BY id",  # noqa: S608
        *ids,
    )
    last = {(patient, purpose): given for patient, purpose, given in rows}
    found: dict[int, list[str]] = {}
    for (patient, purpose), given in last.items():
        if not given:
            found.setdefault(patient, []).append(purpose)
    return found
