"""What lies between the visits of a day, as list and columns show it: free time to tap, and time that somebody keeps."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from turnet.booking.sheet import Entry, Held, Sheet, taken_of
from turnet.clinic.model import Location, Practitioner
from turnet.clock import instant, minute
from turnet.i18n import _
from turnet.scheduling.gaps import gaps, shortest_visit
from turnet.scheduling.hours import local_day, sessions
from turnet.scheduling.spans import Span
from turnet.web.desk.diary.asked_day import Asked
from turnet.web.desk.diary.drawn import Pen, lasting

ROUND = 5
"""Minutes: a gap that has begun goes on from the next such mark of the clock."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Free time of one practitioner."""

    span: Span
    start: datetime
    """Clinic time."""
    said: str
    code: str
    """Its start as addresses write it: `20261201T0845Z`."""
    who: Practitioner
    initials: str
    where: Location
    may: bool
    """May this person book it?"""

    @property
    def key(self) -> str:
        return f"g-{self.who.slug}-{self.code}"


@dataclass(frozen=True, slots=True)
class Keeping:
    """Time that somebody keeps while they fill a form, was offered, or an outside calendar has."""

    span: Span
    start: datetime
    said: str
    initials: str
    """Whose diary."""


def chosen(asked: Asked, sheet: Sheet) -> list[Entry]:
    """The visits that the filter lets through."""
    return [
        entry
        for entry in sheet.visits
        if (asked.practitioner is None or entry.practitioner == asked.practitioner.id)
        and (asked.location is None or entry.location == asked.location.id)
    ]


def people(asked: Asked, sheet: Sheet, entries: Iterable[Entry]) -> list[Practitioner]:
    """Who works on these days or has visits, in the clinic's order; everybody when nobody does."""
    seat, seen = asked.seat, {entry.practitioner for entry in entries}
    if asked.practitioner is not None:
        return [asked.practitioner]
    mine = [one for one in seat.clinic.practitioners.values() if seat.may("diary.see", one.id)]
    here = [one for one in mine if one.id in seen or _works(asked, sheet, one)]
    known = {one.id for one in mine}
    gone = [seat.clinic.practitioner(id) for id in sorted(seen - known)]
    return here + gone or mine


def _works(asked: Asked, sheet: Sheet, who: Practitioner) -> bool:
    return any(
        asked.location is None or session.location == asked.location.id
        for day in {sheet.first, sheet.last}
        for session, _span in sessions(asked.seat.clinic.setup, who.id, day)
    )


def openings(asked: Asked, sheet: Sheet, who: Practitioner, day: date, pen: Pen) -> list[Opening]:
    """Free time of one person's day from now on; none on a day that is over."""
    seat, setup = asked.seat, asked.seat.clinic.setup
    if day < seat.today:
        return []
    since = -(-minute(seat.now) // ROUND) * ROUND
    found = gaps(
        setup, who.id, day, taken_of(seat.clinic, sheet, who.id), since=since, shortest=shortest_visit(setup, who.id)
    )
    may = seat.may("visit.book", who.id)
    return [
        Opening(
            span=Span(gap.start, gap.end),
            start=seat.local(instant(gap.start)),
            said=lasting(gap.end - gap.start),
            code=f"{instant(gap.start):%Y%m%dT%H%MZ}",
            who=who,
            initials=pen.initials(who.id),
            where=seat.clinic.location(gap.location),
            may=may,
        )
        for gap in found
        if asked.location is None or asked.location.id == gap.location
    ]


def keepings(asked: Asked, sheet: Sheet, resource: int, day: date, initials: str = "") -> list[Keeping]:
    """What is kept of one person's or room's time on a local day."""
    zone = asked.seat.clinic.setup.zone
    return [
        Keeping(Span(held.start, held.end), asked.seat.local(instant(held.start)), _kept(held), initials)
        for held in sorted(sheet.held, key=lambda held: held.start)
        if held.resource == resource and held.kind != "undo" and local_day(zone, held.start) == day
    ]


def _kept(held: Held) -> str:
    if held.kind == "busy":
        return _("Taken in another calendar")
    if held.kind == "offer":
        return _("Offered to somebody")
    return _("%(initials)s is booking") % {"initials": held.initials} if held.initials else _("Somebody is booking")


def usual_room(entries: Iterable[Entry], practitioner: int) -> int | None:
    """Where somebody mostly works that day."""
    rooms = Counter(entry.room for entry in entries if entry.practitioner == practitioner and entry.room is not None)
    return rooms.most_common(1)[0][0] if rooms else None
