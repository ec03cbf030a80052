"""A visit as the desk draws it, in lists and columns alike: state by colour, icon and word, and the act that comes next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from markupsafe import Markup, escape

from turnet.booking.sheet import Entry
from turnet.booking.states import State
from turnet.clock import instant
from turnet.format import clock_time
from turnet.i18n import _
from turnet.web.desk.seat import Seat
from turnet.web.kit.jinja import icon, stamp

ADULT = 18
NEXT = {
    State.BOOKED: State.ARRIVED,
    State.CONFIRMED: State.ARRIVED,
    State.ARRIVED: State.IN_ROOM,
    State.IN_ROOM: State.DONE,
}
"""The one act beside each state."""
WAITING = frozenset({State.BOOKED, State.CONFIRMED, State.ARRIVED})
OVER = frozenset({State.DONE, State.CANCELLED, State.NO_SHOW})
ICONS = {
    State.BOOKED: "ring",
    State.CONFIRMED: "tick",
    State.ARRIVED: "door",
    State.IN_ROOM: "chair",
    State.DONE: "done",
    State.CANCELLED: "cross",
    State.NO_SHOW: "no",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    entry: Entry
    name: str
    """With the age of a child."""
    start: datetime
    end: datetime
    """Clinic time."""
    minutes: int
    state: str
    """As the style sheet names it: `in-room`."""
    word: str
    icon: Markup
    what: Markup
    """Service, who and where: `Check-up, SK, Room 2`."""
    service: Markup
    to: str
    """The state that one tap leads to; empty: none is offered."""
    act: str
    """What that button says."""
    may_take_back: bool = False
    """It checked itself in, and this person may say that this is wrong."""
    may_call: bool = False
    """They wait, can be reached, and this person may ask them in."""

    @property
    def key(self) -> str:
        """Its element's id."""
        return f"v-{self.entry.public_id}"

    @property
    def time(self) -> Markup:
        return Markup(f'<time datetime="{stamp(self.start)}">{clock_time(self.start)}</time>')  # noqa: S704

    @property
    def flagged(self) -> bool:
        entry = self.entry
        marks = (entry.overbooked, entry.provisional, entry.noted, entry.called, entry.failed, entry.doubt)
        return any(marks)


def words() -> dict[State, str]:
    return {
        State.BOOKED: _("Booked"),
        State.CONFIRMED: _("Confirmed"),
        State.ARRIVED: _("Arrived"),
        State.IN_ROOM: _("In room"),
        State.DONE: _("Done"),
        State.CANCELLED: _("Cancelled"),
        State.NO_SHOW: _("No-show"),
    }


@dataclass(frozen=True, slots=True)
class Pen:
    """What is the same for every visit of a page, worked out once."""

    seat: Seat
    words: dict[State, str]
    places: dict[int, str]
    """Room → its name."""
    icons: dict[State, Markup]
    today: date
    services: dict[int, Markup] = field(default_factory=dict)
    who: dict[int, str] = field(default_factory=dict)
    """Practitioner → initials."""
    lines: dict[tuple[Markup, int, int | None], Markup] = field(default_factory=dict)
    """What, who and where → that line; all three fill as they are asked for."""
    may: dict[tuple[str, int], bool] = field(default_factory=dict)

    def drawn(self, entry: Entry) -> Drawn:
        seat, start = self.seat, self.seat.local(instant(entry.start))
        to = (
            NEXT.get(entry.state)
            if start.date() <= self.today and self._may("visit.mark", entry.practitioner)
            else None
        )
        service = self._services(entry)
        return Drawn(
            entry=entry,
            name=named(entry.name, entry.birth_year, self.today),
            start=start,
            end=seat.local(instant(entry.end)),
            minutes=entry.end - entry.start,
            state=entry.state.value.replace("_", "-"),
            word=self._word(entry),
            icon=self.icons[entry.state],
            what=self._line(service, entry.practitioner, entry.room),
            service=service,
            to=to.value if to else "",
            act=self.words[to] if to else "",
            may_take_back=bool(entry.checked_in_by) and self._waits(entry, "visit.mark"),
            may_call=entry.reached and self._waits(entry, "message.send"),
        )

    def _waits(self, entry: Entry, act: str) -> bool:
        """Do they wait, for somebody in whose diary this person may do that?"""
        return entry.state is State.ARRIVED and self._may(act, entry.practitioner)

    def _line(self, service: Markup, practitioner: int, room: int | None) -> Markup:
        found = self.lines.get((service, practitioner, room))
        if found is None:
            parts = (self.initials(practitioner), self.places.get(room, "") if room is not None else "")
            found = Markup(", ").join([service, *(Markup("<bdi>{}</bdi>").format(part) for part in parts if part)])
            self.lines[service, practitioner, room] = found
        return found

    def _may(self, act: str, practitioner: int) -> bool:
        if (act, practitioner) not in self.may:
            self.may[act, practitioner] = self.seat.may(act, practitioner)
        return self.may[act, practitioner]

    def _word(self, entry: Entry) -> str:
        word = self.words[entry.state]
        if entry.state is State.ARRIVED and entry.state_at is not None:
            at = clock_time(self.seat.local(entry.state_at))
            return by_themselves(entry.checked_in_by) % {"time": at} if entry.checked_in_by else f"{word} {at}"
        return word

    def _services(self, entry: Entry) -> Markup:
        if not entry.extras:
            return self.service(entry.service)
        return Markup(" + ").join(self.service(one) for one in (entry.service, *entry.extras))

    def service(self, id: int) -> Markup:
        if id not in self.services:
            found = self.seat.text(self.seat.clinic.service(id).name)
            foreign = found.language != self.seat.language
            self.services[id] = Markup("<bdi>{}</bdi>").format(found.text) if foreign else escape(found.text)
        return self.services[id]

    def initials(self, practitioner: int) -> str:
        """`SK` for Sanna Koivisto; titles count for nothing."""
        if practitioner not in self.who:
            name = self.seat.text(self.seat.clinic.practitioner(practitioner).name).text
            parts = [part for part in name.replace("-", " ").split() if not part.endswith((".", "״", "׳"))]
            self.who[practitioner] = "".join(part[0] for part in parts)[:3]
        return self.who[practitioner]


def pen(seat: Seat) -> Pen:
    return Pen(seat, words(), rooms(seat), {state: icon(name) for state, name in ICONS.items()}, seat.today)


def by_themselves(way: str) -> str:
    """How they checked in without the desk, with a place for the time."""
    said = {
        "sms": _("Here, by SMS %(time)s"),
        "link": _("Here, by link %(time)s"),
        "door": _("Here, at the door %(time)s"),
        "tablet": _("Here, on the tablet %(time)s"),
    }
    return said[way]


def rooms(seat: Seat) -> dict[int, str]:
    """The clinic names its rooms; a bare number is said as `Room 2`."""
    names = {room.id: seat.text(room.name).text for room in seat.clinic.rooms.values()}
    return {id: _("Room %(name)s") % {"name": name} if name.isdecimal() else name for id, name in names.items()}


def named(name: str, birth_year: int | None, today: date) -> str:
    age = today.year - birth_year if birth_year else ADULT
    return f"{name}, {age}" if age < ADULT else name


def counted(drawn: Iterable[Drawn]) -> dict[State, int]:
    found = dict.fromkeys(State, 0)
    for one in drawn:
        found[one.entry.state] += 1
    return found


def lasting(minutes: int) -> str:
    """Free time as the desk says it: `25 min free`, `2 h 15 min free`."""
    hours, rest = divmod(minutes, 60)
    if hours < 2:
        return _("%(minutes)s min free") % {"minutes": minutes}
    if not rest:
        return _("%(hours)s h free") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min free") % {"hours": hours, "minutes": rest}
