"""What somebody wants to see of the diary: which day, whose, where, and drawn how."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from turnet.booking.sheet import Diaries
from turnet.clinic.model import Location, Practitioner
from turnet.errors import NotFound
from turnet.staff.permissions import Reach, reach
from turnet.web.desk.seat import Seat

VIEWS = ("list", "people", "rooms", "week", "month")
FURTHEST = timedelta(days=3660)
_PHONE = re.compile(r"\bMobi", re.ASCII)
WIDTH_COOKIE = "turnet_wide"
"""`1` or `0`: whether the browser's window is wide; `keys.js` writes it, so that the server need not guess."""


@dataclass(frozen=True, slots=True)
class Asked:
    seat: Seat
    day: date
    view: str
    """One of VIEWS."""
    location: Location | None
    practitioner: Practitioner | None
    explicit: Mapping[str, str]
    """What the address itself said besides the day; the rest was remembered or guessed."""

    @property
    def diaries(self) -> Diaries:
        """Whose visits may be read at all, narrowed to one person when the page is theirs."""
        own = whose(self.seat)
        if self.practitioner is None:
            return own
        return frozenset({self.practitioner.id})

    def path(self, *, day: date | None = None, view: str | None = None) -> str:
        """The same page of another day, or drawn otherwise."""
        wanted = self.day if day is None else day
        query = dict(self.explicit)
        if wanted != self.seat.today:
            query["day"] = f"{wanted}"
        if view is not None:
            query["as"] = view
        return f"/desk?{urlencode(query)}" if query else "/desk"

    @property
    def opening(self) -> str:
        """The same page with a visit opened beside it: its public id is to be added."""
        path = self.path()
        return f"{path}{'&' if '?' in path else '?'}visit="


def whose(seat: Seat) -> Diaries:
    """None: everybody's."""
    if reach(seat.staff, "diary.see") is Reach.ALL:
        return None
    return frozenset() if seat.staff.practitioner is None else frozenset({seat.staff.practitioner})


def asked(seat: Seat, query: Mapping[str, str], *, agent: str, wide: str) -> Asked:
    """Raises NotFound for days, views, places and people that are not there, or not theirs to see."""
    explicit = {name: query[name] for name in ("as", "with", "at") if query.get(name)}
    view = explicit.get("as") or ("people" if _is_wide(agent, wide) else "list")
    if view not in VIEWS:
        raise NotFound(view=view)
    remembered = {} if "with" in explicit or "at" in explicit else seat.session.view
    location = _location(seat, explicit.get("at"), remembered.get("at", ""))
    practitioner = _practitioner(seat, explicit.get("with"), remembered.get("with", ""))
    return Asked(seat, the_day(seat, query.get("day", "")), view, location, practitioner, explicit)


def the_day(seat: Seat, text: str) -> date:
    """Today when nothing is asked for. Raises NotFound."""
    if not text:
        return seat.today
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(day=text[:20]) from error
    if abs(day - seat.today) > FURTHEST or len(text) != len("2026-12-01"):
        raise NotFound(day=text[:20])
    return day


def _is_wide(agent: str, wide: str) -> bool:
    return wide == "1" if wide in {"0", "1"} else not _PHONE.search(agent)


def _location(seat: Seat, slug: str | None, remembered: str) -> Location | None:
    if slug is None:
        return seat.clinic.locations.get(remembered)
    if slug not in seat.clinic.locations:
        raise NotFound(location=slug[:60])
    return seat.clinic.locations[slug]


def _practitioner(seat: Seat, slug: str | None, remembered: str) -> Practitioner | None:
    people = seat.clinic.practitioners
    if slug is None:
        found = people.get(remembered)
        return found if found and seat.may("diary.see", found.id) else None
    if slug not in people or not seat.may("diary.see", people[slug].id):
        raise NotFound(practitioner=slug[:60])
    return people[slug]
