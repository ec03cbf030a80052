"""The page of a new visit: everything that was asked for, and what can be had."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from turnet import ids
from turnet.booking.model import Hold
from turnet.clinic.model import Location, Practitioner, Room, Service
from turnet.clock import instant
from turnet.format import weekday_short
from turnet.i18n import current
from turnet.messaging.preview import Preview
from turnet.patients.callers import Caller
from turnet.patients.model import Found
from turnet.settings import Settings
from turnet.staff.service.parking import Parked, parked
from turnet.web.desk.booking.asked_for import Asked
from turnet.web.desk.booking.planned import confirmation
from turnet.web.desk.booking.wanted import WEEKDAYS, Time, repeated, services_here
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat
from turnet.web.kit.forms import Form
from turnet.web.public.asked import spelled
from turnet.web.public.words import near


@dataclass(frozen=True, slots=True)
class Choice:
    """A time to take, as its row says it."""

    code: str
    at: datetime
    who: Practitioner
    place: Location
    room: Room | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    near: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """A form put aside, as the list names it."""

    public_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Weekday:
    number: int
    """Monday is 0."""
    name: str


@dataclass(frozen=True, slots=True)
class NewPage:
    frame: DeskFrame
    said: Said | None
    form: Form
    once: str
    back: str
    caller: Caller | None
    matches: tuple[Found, ...]
    services: tuple[Service, ...]
    """All that can be booked …"""
    chosen: tuple[Service, ...]
    """… and those of this visit."""
    practitioners: tuple[Practitioner, ...]
    locations: tuple[Location, ...]
    rooms: tuple[Room, ...]
    days: tuple[Day, ...]
    time: Choice | None
    minutes: int
    kept_until: datetime | None
    lost: Choice | None
    """Asked for, but somebody has it, or it is not free for so long …"""
    over_rooms: tuple[Room, ...]
    """… and the rooms in which it could be booked all the same, where one has to be named."""
    trouble: str
    tell: bool
    channel: str
    """`email`, `sms`, or empty while there is nowhere to write to."""
    address: str
    confirmation: Preview | None
    people_most: int
    people: int
    times: int
    language: str
    """Of the confirmation."""
    narrowed: bool
    today: date
    weekdays: tuple[Weekday, ...]
    may_overbook: bool
    parked: tuple[Laid, ...]
    why: str
    """Where it says why the lost time is not to be had."""
    several_places: bool

    @property
    def action(self) -> str:
        """Names what the button does: a series is looked at before it is booked."""
        return "/desk/new/series" if self.times > 1 else "/desk/new"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the last press."""

    held: Hold | None = None
    lost: Time | None = None
    trouble: str = ""
    said: Said | None = None


async def page_of(asked: Asked, settings: Settings, outcome: Outcome) -> NewPage:
    seat, raw = asked.seat, asked.form.raw
    clinic, first = seat.clinic, asked.services[0] if asked.services else None
    bookable = [one for one in clinic.practitioners.values() if seat.may("visit.book", one.id)]
    return NewPage(
        frame=seat.frame("new"),
        said=outcome.said,
        form=asked.form,
        once=raw.get("once", "") or ids.random_id(),
        back=way_back(raw),
        caller=asked.caller,
        matches=asked.matches,
        services=tuple(services_here(seat)),
        chosen=asked.services,
        practitioners=tuple(bookable),
        locations=tuple(clinic.locations.values()),
        rooms=tuple(clinic.rooms.values()),
        days=_days(asked),
        time=_choice(seat, asked.time, asked.time) if asked.time else None,
        minutes=sum(service.rules.minutes for service in asked.services),
        kept_until=seat.local(outcome.held.expires_at) if outcome.held else None,
        lost=_choice(seat, outcome.lost, None) if outcome.lost else None,
        over_rooms=_rooms(asked, outcome.lost),
        trouble=outcome.trouble,
        tell=asked.tell,
        channel=asked.channel,
        address=asked.address,
        confirmation=await confirmation(asked, settings),
        people_most=first.rules.people if first else 1,
        people=asked.people,
        times=repeated(raw)[1],
        language=asked.language,
        narrowed=any(raw.get(name) for name in ("part", "who", "at", "from", *WEEKDAYS)),
        today=seat.today,
        weekdays=_weekdays(),
        may_overbook=seat.may("visit.overbook"),
        parked=tuple(laid(seat, one) for one in await parked(seat.staff) if one.public_id != raw.get("parked")),
        why=_why(asked, outcome.lost),
        several_places=len(clinic.locations) > 1,
    )


def laid(seat: Seat, one: Parked) -> Laid:
    name = one.fields.get("shown") or one.fields.get("name") or one.fields.get("q") or one.fields.get("phone", "")
    return Laid(one.public_id, name, seat.local(one.made_at))


def _days(asked: Asked) -> tuple[Day, ...]:
    """The proposals under their dates; a time that was brought along stands in its place among them."""
    seat = asked.seat
    brought = [one for one in (asked.fixed, asked.time) if one]
    times = {one.code: one for one in [*brought, *asked.fits]}
    choices = [_choice(seat, one, asked.time) for one in sorted(times.values(), key=lambda one: one.start)]
    return tuple(
        Day(day, near(day, seat.today), tuple(of_day))
        for day, of_day in groupby(choices, key=lambda one: one.at.date())
    )


def _choice(seat: Seat, time: Time, chosen: Time | None) -> Choice:
    at = seat.local(instant(time.start))
    return Choice(time.code, at, time.practitioner, time.location, time.room, chosen is not None and time == chosen)


def _rooms(asked: Asked, lost: Time | None) -> tuple[Room, ...]:
    if lost is None or lost.room is not None or not asked.services:
        return ()
    able = asked.services[0].rules.rooms
    return tuple(
        room for room in asked.seat.clinic.rooms.values() if room.id in able and room.location == lost.location.id
    )


def _weekdays() -> tuple[Weekday, ...]:
    """In the order in which the page's language begins its week."""
    first = current().first_weekday
    return tuple(Weekday(day % 7, weekday_short(day % 7)) for day in range(first, first + 7))


def _why(asked: Asked, lost: Time | None) -> str:
    if lost is None or not asked.services:
        return ""
    return f"/desk/why?service={asked.services[0].slug}&start={spelled(lost.start)}&who={lost.practitioner.slug}"
