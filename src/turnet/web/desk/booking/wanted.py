"""What a form at the desk asks for: which services, which time, what to look for. Nothing typed ever raises here.

A time travels as `20261201T0730Z/keskusta/sanna/room-1`, without the last part when no room was chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from turnet.booking.model import Wish
from turnet.clinic.model import Clinic, Location, Practitioner, Room, Service
from turnet.clock import instant
from turnet.errors import NotFound
from turnet.scheduling.hours import instants, local_day, sessions
from turnet.scheduling.rules import DAY
from turnet.web.desk.seat import Seat
from turnet.web.public.asked import PARTS, spelled
from turnet.web.public.asked import start as start_of

EXTRAS = ("extra_1", "extra_2")
ALSO = ("also_1", "also_2", "also_3")
"""Names of people who come along."""
WEEKDAYS = tuple(f"day_{weekday}" for weekday in range(7))
"""Monday is 0, as everywhere."""
MOST_TIMES = 12
PICKS = tuple(f"pick_{n}" for n in range(MOST_TIMES))
FIELDS = (
    "once", "back", "parked", "patient", "choose", "other", "contacts_of", "q", "name", "phone", "email", "language", "birth_year",
    "service", *EXTRAS, *ALSO, "time", "stood", "fixed", "who", "at", "part", "from", *WEEKDAYS,
    "hand", "hand_day", "hand_clock", "hand_who", "hand_room", "weeks", "times", *PICKS, "checked",
    "note", "desk_note", "over_time", "over_room", "reason", "answered", "tell",
)  # fmt: skip
_OF_ONE_PRESS = frozenset(
    {"once", "choose", "other", "hand", "checked", "parked", "back", "over_time", "over_room", "reason"}
)
LASTING = tuple(name for name in FIELDS if name not in _OF_ONE_PRESS)
"""What a form that is put aside keeps."""
FARTHEST = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Time:
    """A time that was chosen, with whom and where. Minutes since 1970 UTC, resource ids."""

    start: int
    location: Location
    practitioner: Practitioner
    room: Room | None = None

    @property
    def code(self) -> str:
        parts = [spelled(self.start), self.location.slug, self.practitioner.slug]
        return "/".join([*parts, self.room.slug] if self.room else parts)


def time_of(seat: Seat, code: str) -> Time | None:
    """The time behind a code; None for what is no code, or in a diary that is not theirs to book in."""
    spelled_start, _, rest = code.partition("/")
    location, _, rest = rest.partition("/")
    person, _, room = rest.partition("/")
    clinic = seat.clinic
    try:
        start = start_of(spelled_start)
    except NotFound:
        return None
    if location not in clinic.locations or person not in clinic.practitioners or (room and room not in clinic.rooms):
        return None
    who = clinic.practitioners[person]
    if not seat.may("visit.book", who.id):
        return None
    return Time(start, clinic.locations[location], who, clinic.rooms[room] if room else None)


def place_of(clinic: Clinic, practitioner: Practitioner, start: int) -> Location:
    """Where they work at that minute, else where they work that day, else the first of all locations."""
    found = sessions(clinic.setup, practitioner.id, local_day(clinic.setup.zone, start))
    covering = [session for session, span in found if span.start <= start < span.end]
    at = (covering or [session for session, _ in found])[:1]
    return clinic.location(at[0].location) if at else next(iter(clinic.locations.values()))


def by_hand(seat: Seat, raw: Mapping[str, str]) -> Time | None:
    """The time that was written out: day, clock, person and perhaps a room."""
    clinic = seat.clinic
    who, room = clinic.practitioners.get(raw.get("hand_who", "")), clinic.rooms.get(raw.get("hand_room", ""))
    day, wall = _date(raw.get("hand_day", "")), _clock(raw.get("hand_clock", ""))
    if who is None or day is None or wall is None or not seat.may("visit.book", who.id):
        return None
    found = instants(clinic.setup.zone, day, wall)
    if not found:
        return None
    place = clinic.location(room.location) if room else place_of(clinic, who, found[0])
    return Time(found[0], place, who, room)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def _clock(text: str) -> int | None:
    """Minute of the day of `09:20`, `9.20` or `920`."""
    digits = text.strip().replace(".", ":")
    if ":" not in digits and digits.isdecimal() and len(digits) in (3, 4):
        digits = f"{digits[:-2]}:{digits[-2:]}"
    hour, _, minute = digits.partition(":")
    if not (hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()) or len(minute) != 2:
        return None
    wall = int(hour) * 60 + int(minute)
    return wall if wall < DAY and int(minute) < 60 else None


def services_here(seat: Seat) -> list[Service]:
    """What this person can book at all, in the clinic's order."""
    return [
        service
        for service in seat.clinic.services.values()
        if any(seat.may("visit.book", one) for one in service.rules.practitioners)
    ]


def services_of(seat: Seat, raw: Mapping[str, str]) -> tuple[Service, ...]:
    """The visit's services, the first one being its own; the clinic's first where none was chosen."""
    here = {service.slug: service for service in services_here(seat)}
    own = here.get(raw.get("service", "")) or next(iter(here.values()), None)
    if own is None:
        return ()
    return own, *(here[raw[name]] for name in EXTRAS if raw.get(name) in here)


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a time has to be like."""

    first: date
    part: str = ""
    weekdays: frozenset[int] = frozenset()
    """Empty: any."""
    practitioner: int | None = None
    location: int | None = None
    people: int = 1


def narrowing(seat: Seat, raw: Mapping[str, str], people: int = 1) -> Narrow:
    clinic = seat.clinic
    asked_from = _date(raw.get("from", "")) or seat.today
    who, at = clinic.practitioners.get(raw.get("who", "")), clinic.locations.get(raw.get("at", ""))
    return Narrow(
        first=min(max(asked_from, seat.today), seat.today + FARTHEST),
        part=raw.get("part", "") if raw.get("part") in PARTS else "",
        weekdays=frozenset(day for day, name in enumerate(WEEKDAYS) if raw.get(name)),
        practitioner=who.id if who else None,
        location=at.id if at else None,
        people=people,
    )


def along(raw: Mapping[str, str], service: Service | None) -> list[str]:
    """Names of those who come too, as many as the service lets come together."""
    most = service.rules.people - 1 if service else 0
    return [raw[name].strip() for name in ALSO[:most] if raw.get(name, "").strip()]


def wish_of(services: Sequence[Service], time: Time, *, over: bool = False) -> Wish:
    """One visit at that time, whatever the grid, the lead time and the rules for patients say."""
    return Wish(
        service=services[0].id, start=time.start, location=time.location.id, practitioner=time.practitioner.id,
        room=time.room.id if time.room else None, extras=tuple(service.id for service in services[1:]), by_hand=True,
        over=over,
    )  # fmt: skip


def repeated(raw: Mapping[str, str]) -> tuple[int, int]:
    """(weeks between, how many visits): `(2, 6)` for every two weeks six times; once is `(1, 1)`."""
    weeks, times = (raw.get(name, "").strip() for name in ("weeks", "times"))
    every = int(weeks) if weeks.isascii() and weeks.isdecimal() and len(weeks) < 3 else 1
    count = int(times) if times.isascii() and times.isdecimal() and len(times) < 3 else 1
    return max(1, min(every, 26)), max(1, min(count, MOST_TIMES))


def same_clock(seat: Seat, time: Time, weeks: int, count: int) -> list[int]:
    """Starts of a series: the same time of day on the same weekday, across changes of the clock."""
    zone = seat.clinic.setup.zone
    first = seat.local(instant(time.start))
    wall = first.hour * 60 + first.minute
    starts = [time.start]
    for n in range(1, count):
        found = instants(zone, first.date() + timedelta(weeks=weeks * n), wall)
        starts.append(found[0] if found else time.start + n * weeks * 7 * DAY)
    return starts
