"""Reads of the diary: what is taken, what is free, one visit, one hold. Nothing here changes anything.

Occupancy is searched from the end of what is asked for, on an index, so years of past visits cost nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from turnet.booking.model import Event, Hold, Seat, Visit, Wish
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, on_sqlite
from turnet.db.versions import current
from turnet.errors import NotFound
from turnet.ids import token_hash
from turnet.scheduling.by_hand import astray
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import DAY, Busy, Slot
from turnet.scheduling.several import at_the_desk, with_extras
from turnet.scheduling.slots import offered, window
from turnet.scheduling.spans import Span, merged

LONGEST = 2 * DAY
"""No visit with its buffers takes longer; what ends later than this after a window cannot reach into it."""
HOLD_LIFE = timedelta(minutes=20)
"""From the first making, however often it is renewed."""
NEARBY = timedelta(days=4)
"""How far around a lost time the first look for others goes."""


class Taken(NamedTuple):
    """One row of what is in the way."""

    resource: int
    start: int
    end: int
    claim: int
    """0: an outside calendar's."""
    kind: str
    own: bool
    """A hold of the asking owner."""
    expired: bool


# The plus signs keep Piccolo's slow converters off these columns: an expression has no declared type.
_TAKEN = """
    SELECT +o.resource, +o.starts_at, +o.ends_at, +o.claim, c.kind,
        (c.kind = 'hold' AND c.owner = {} AND c.owner <> ''),
        (c.expires_at IS NOT NULL AND c.expires_at <= {})
    FROM occupancy o JOIN claim c ON c.id = o.claim
    WHERE o.ends_at > {} AND o.ends_at < {} AND o.starts_at < {}
    UNION ALL
    SELECT +b.resource, +b.starts_at, +b.ends_at, 0, 'busy', {}, {}
    FROM busy b WHERE b.ends_at > {} AND b.starts_at < {}
"""


async def taken(span: Span, *, now: datetime, owner: str = "") -> list[Taken]:
    """Every row of occupancy, of any lane, and of outside calendars that touches `span`."""
    rows = await fetch(
        _TAKEN,
        *(owner, now, span.start, span.end + LONGEST, span.end, False, False, span.start, span.end),
    )
    return [Taken(*row) for row in rows]


def busy_of(rows: Iterable[Taken]) -> Busy:
    """Resource → its taken time, merged."""
    spans: dict[int, list[Span]] = defaultdict(list)
    for row in rows:
        spans[row.resource].append(Span(row.start, row.end))
    return {resource: merged(found) for resource, found in spans.items()}


async def busy(clinic: Clinic, span: Span, *, now: datetime, owner: str = "") -> Busy:  # noqa: ARG001  (one clinic a database)
    """What is in the way within `span` as a patient sees it, in one query.

    Expired claims and the owner's own hold are free; an undo somebody may still take is not.
    """
    return busy_of(row for row in await taken(span, now=now, owner=owner) if not (row.expired or row.own))


async def free_times(
    clinic: Clinic,
    service_id: int,
    first: date,
    last: date,
    *,
    now: datetime,
    practitioner: int | None = None,
    location: int | None = None,
    owner: str = "",
    extras: tuple[int, ...] = (),
    desk: bool = False,
) -> list[Slot]:
    """Every start on offer from local day `first` to `last`, inclusive, by start and location.

    `extras`: services of the same visit. `desk`: from now on instead of after the service's lead time, for a wish
    `by_hand`.
    """
    try:
        setup = at_the_desk(clinic.setup, service_id, extras) if desk else with_extras(clinic.setup, service_id, extras)
        setup.services[service_id]
    except KeyError:
        return []
    today = local_day(setup.zone, minute(now))
    first = max(first, today)
    last = min(last, today + timedelta(days=setup.services[service_id].horizon))
    if last < first:
        return []
    in_the_way = await busy(clinic, window(setup, service_id, first, last), now=now, owner=owner)
    return offered(
        setup, service_id, first, last, in_the_way, now=minute(now), practitioner=practitioner, location=location
    )


async def next_claim_expiry(span: Span, now: datetime) -> datetime | None:
    """When the first hold, offer or undo within `span` ends by itself: until then an answer stays as it is."""
    rows = await fetch(
        "SELECT c.expires_at FROM claim c WHERE c.expires_at > {} AND EXISTS (SELECT 1 FROM occupancy o "
        "WHERE o.claim = c.id AND o.ends_at > {} AND o.starts_at < {}) ORDER BY c.expires_at LIMIT 1",
        *(now, span.start, span.end),
    )
    return rows[0][0] if rows else None


async def alternatives(clinic: Clinic, wish: Wish, *, now: datetime, count: int = 4, owner: str = "") -> list[Slot]:
    """The free times nearest to a lost one: those of the wished location and practitioner first, then any other.

    Never empty while the service has a free time up to its horizon.
    """
    rules = clinic.setup.services.get(wish.service)
    if rules is None:
        return []
    today = local_day(clinic.setup.zone, minute(now))
    more: dict[str, Any] = {"owner": owner, "extras": wish.extras, "desk": wish.by_hand}
    day = local_day(clinic.setup.zone, wish.start)
    found: list[Slot] = []
    furthest = today + timedelta(days=rules.horizon)
    for first, last in ((day - NEARBY, day + NEARBY), (today, max(furthest, day) if wish.by_hand else furthest)):
        found = await free_times(clinic, wish.service, first, last, now=now, **more)
        if len(found) >= count:
            break
    return sorted(found, key=lambda slot: _distance(wish, slot))[:count]


def _distance(wish: Wish, slot: Slot) -> tuple[int, int, int, int]:
    elsewhere = wish.location not in (None, slot.location)
    somebody_else = wish.practitioner is not None and wish.practitioner not in slot.practitioners
    return elsewhere + somebody_else, abs(slot.start - wish.start), slot.start, slot.location


# --- one visit


_VISIT = """
    SELECT b.id, b.public_id, b.reference, b.state, b.service, p.resource, r.resource, b.location, t.name, b.phone,
        b.email, b.language, b.for_whom, b.note, b.starts_at, b.ends_at, b.zone, b.door, b.link_no, b.version,
        b.sequence, b.visit_no, b.moved_from, b.cancelled_at, b.undo_until, b.created_at, b.updated_at, b.patient,
        b.cancelled_by, b.cancelled_late, b.state_at, b.overbooked, b.desk_note, b.party,
        b.cancel_code, b.checked_in_by, {extras}
    FROM booking b JOIN practitioner p ON p.id = b.practitioner LEFT JOIN room r ON r.id = b.room
        JOIN patient t ON t.id = b.patient
    WHERE """
_EXTRAS = "(SELECT {list} FROM (SELECT x.service FROM booking_extra x WHERE x.booking = b.id ORDER BY x.position) s)"
_VISIT_SQLITE = _VISIT.format(extras=_EXTRAS.format(list="group_concat(s.service)"))
_VISIT_POSTGRES = _VISIT.format(extras=_EXTRAS.format(list="string_agg(s.service::text, ',')"))
_STATE = 3
"""Its place in a row."""


async def _visits(condition: str, *args: Any) -> list[Visit]:
    rows = await fetch((_VISIT_SQLITE if on_sqlite() else _VISIT_POSTGRES) + condition, *args)
    return [_visit_of(row) for row in rows]


def _visit_of(row: tuple[Any, ...]) -> Visit:
    *cells, extras = row
    cells[_STATE] = State(cells[_STATE])
    cells.append(tuple(int(service) for service in extras.split(",")) if extras else ())
    return Visit(*cells)


async def visit(public_id: str) -> Visit | None:
    found = await _visits("b.public_id = {}", public_id)
    return found[0] if found else None


async def visit_by_id(id: int) -> Visit:
    """Raises NotFound."""
    return _only(await _visits("b.id = {}", id))


async def visit_by_token(token: str) -> Visit:
    """The visit a patient's link leads to. Raises NotFound."""
    return _only(await _visits("b.token_hash = {}", token_hash(token)))


async def visit_to_change(id: int) -> Visit:
    """Inside a transaction: the visit, which nobody else changes until it ends. Raises NotFound."""
    return _only(await _visits("b.id = {}" if on_sqlite() else "b.id = {} FOR UPDATE OF b", id))


async def visits_of_form(once: str) -> list[Visit]:
    """What a form with this one-time key booked: one visit, or those of a party in the order they were booked."""
    same = "b.party = (SELECT f.party FROM booking f WHERE f.once = {})"
    return await _visits(f"b.once = {{}} OR {same} ORDER BY b.id", once, once)


async def coming_to(channel: str, contact: str, *, now: datetime, most: int = 10) -> list[Visit]:
    """The next visits whose messages go to this telephone number (E.164, `sms`) or address (`email`), by start."""
    column = {"sms": "phone", "email": "email"}[channel]
    return await _visits(
        f"b.{column} = {{}} AND b.state IN ('booked', 'confirmed') AND b.starts_at > {{}} ORDER BY b.starts_at LIMIT {{}}",
        *(contact, now, most),
    )


async def visits_by_id(ids: Collection[int]) -> list[Visit]:
    """Those of these visits that exist, by start."""
    if not ids:
        return []
    return await _visits(f"b.id IN ({', '.join(['{}'] * len(ids))}) ORDER BY b.starts_at, b.id", *ids)


async def visits_of_party(party: int) -> list[Visit]:
    """Those booked together, in the order they were booked."""
    return await _visits("b.party = {} ORDER BY b.id", party)


async def asked_at(visits: Sequence[Visit]) -> dict[int, datetime]:
    """Visit → when its patient was asked to choose another time than the one it has now."""
    if not visits:
        return {}
    rows = await fetch(
        "SELECT m.booking, min(m.created_at) FROM message m JOIN booking b ON b.id = m.booking "  # noqa: S608
        "WHERE m.kind = 'choose_new_time' AND m.dedupe LIKE 'choose_new_time:' || b.id || ':' || b.visit_no || ':%' "
        f"AND m.booking IN ({', '.join(['{}'] * len(visits))}) GROUP BY m.booking",
        *(visit.id for visit in visits),
    )
    return {booking: datetime.fromisoformat(at) if isinstance(at, str) else at for booking, at in rows}


async def affected(
    clinic: Clinic, now: datetime, *, practitioners: Collection[int] | None = None
) -> list[tuple[Visit, int | None, datetime | None]]:
    """Coming visits that lie in a closure or outside all hours, by start: (visit, closure's id, told_at).

    Of several closures the first; the id is None for a visit outside all hours. `told_at`: when its patient was asked to choose a new time. With
    `practitioners` (resource ids) only theirs. While nobody writes, a clinic where nobody is affected asks nothing.
    """
    found = {
        id: closures[0]
        for id, start, practitioner, closures in await _astray(clinic, now)
        if start > now and (practitioners is None or practitioner in practitioners)
    }
    visits = await visits_by_id(found)
    told = await asked_at(visits)
    return [(visit, found[visit.id] or None, told.get(visit.id)) for visit in visits]


async def struck(clinic: Clinic, now: datetime) -> Counter[int]:
    """Closure's id → how many coming visits lie in it, in others too or not."""
    return Counter(
        closure for _id, start, _whose, closures in await _astray(clinic, now) if start > now for closure in closures
    )


async def _astray(clinic: Clinic, now: datetime) -> list[tuple[int, datetime, int, tuple[int, ...]]]:
    """(visit, start, practitioner, closures or 0) of coming visits, worked out anew when the diary has changed."""
    version = (await current()).diary  # before the read: what is written in between is looked at the next time
    known = clinic.setup.memo.get("astray")
    if known is None or known[0] != version:
        found = []
        for id, start, end, practitioner, room, location in await fetch(_COMING, now):
            span = Span(minute(start), minute(end))
            if closures := astray(clinic.setup, span, location, practitioner, room):
                found.append((id, start, practitioner, closures))
        known = clinic.setup.memo["astray"] = version, found
    answer: list[tuple[int, datetime, int, tuple[int, ...]]] = known[1]
    return answer


_COMING = """
    SELECT b.id, b.starts_at, b.ends_at, p.resource, r.resource, b.location
    FROM booking b JOIN practitioner p ON p.id = b.practitioner LEFT JOIN room r ON r.id = b.room
    WHERE b.state IN ('booked', 'confirmed') AND b.starts_at > {}
"""


async def lateness(day: date) -> dict[int, int]:
    """Practitioner (resource id) → how many minutes late they run on a local day; whoever is on time is left out."""
    return dict(await fetch("SELECT resource, minutes FROM lateness WHERE day = {} AND minutes > 0", day))


def _only(found: list[Visit]) -> Visit:
    if not found:
        raise NotFound(what="visit")
    return found[0]


async def history(visit_id: int) -> list[Event]:
    """What happened to a visit, oldest first."""
    rows = await fetch(
        "SELECT at, actor, act, before, after FROM booking_event WHERE booking = {} ORDER BY id", visit_id
    )
    return [Event(at, actor, act, json.loads(before), json.loads(after)) for at, actor, act, before, after in rows]


# --- one hold


async def current_hold(owner: str, now: datetime) -> Hold | None:
    """The owner's one live hold."""
    rows = await fetch(
        "SELECT public_id, wish, expires_at, made_at FROM claim "
        "WHERE owner = {} AND kind = 'hold' AND expires_at > {} ORDER BY id DESC LIMIT 1",
        *(owner, now),
    )
    return hold_of(*rows[0]) if owner and rows else None


def hold_of(public_id: str, stored: str, expires_at: datetime, made_at: datetime) -> Hold:
    """The hold behind a row of `claim`; its wish was stored by `stored_wish`."""
    read = json.loads(stored)
    seats = tuple(Seat(*seat) for seat in read["seats"])
    return Hold(
        public_id=public_id,
        wish=Wish(**read["wish"] | {"extras": tuple(read["wish"].get("extras", ()))}),
        practitioner=seats[0].practitioner,
        room=seats[0].room,
        location=read["location"],
        expires_at=expires_at,
        extendable=expires_at < made_at + HOLD_LIFE,
        made_at=made_at,
        seats=seats,
    )


def local_minute(clinic: Clinic, start: int) -> str:
    """`YYYY-MM-DDTHH:MM` of the clinic's clock."""
    return instant(start).astimezone(clinic.zone).strftime("%Y-%m-%dT%H:%M")
