"""Two people changed one visit: what the second saw, beside what it is now."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from turnet.booking.states import State
from turnet.clock import instant, minute
from turnet.errors import NotFound
from turnet.i18n import _
from turnet.web.desk.picked import Picked
from turnet.web.desk.wording import named
from turnet.web.kit.jinja import day_at
from turnet.web.public import asked


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    saw: Markup
    now: Markup


def seen(mine: Picked) -> str:
    """What a form carries of the visit as its page showed it."""
    room = mine.room.slug if mine.room else ""
    return "/".join((asked.spelled(minute(mine.visit.starts_at)), mine.practitioner.slug, room, mine.visit.state))


def differences(raw: Mapping[str, str], mine: Picked) -> list[Difference]:
    """What of it is otherwise now; empty when nothing that the page showed has changed."""
    then = raw.get("seen", "").split("/")
    if len(then) != 4:
        return []
    names = (_("Time"), _("With"), _("Room"), _("State"))
    pairs = zip(names, then, seen(mine).split("/"), range(4), strict=True)
    return [Difference(name, _shown(mine, n, saw), _shown(mine, n, now)) for name, saw, now, n in pairs if saw != now]


def _shown(mine: Picked, which: int, text: str) -> Markup:
    clinic = mine.seat.clinic
    if which == 0:
        try:
            return Markup("{}").format(day_at(mine.seat.local(instant(asked.start(text)))))
        except NotFound:
            return Markup("–")
    if which == 3:
        return Markup("{}").format(state_word(text))
    things = clinic.practitioners if which == 1 else clinic.rooms
    return named(mine.seat.text(things[text].name).text) if text in things else Markup("–")


def state_word(state: str) -> str:
    """Of a visit, such as `Arrived`; nothing for what is no state."""
    words: dict[str, str] = {
        State.BOOKED: _("Booked"),
        State.CONFIRMED: _("Confirmed"),
        State.ARRIVED: _("Arrived"),
        State.IN_ROOM: _("In room"),
        State.DONE: _("Done"),
        State.CANCELLED: _("Cancelled"),
        State.NO_SHOW: _("No-show"),
    }
    return words.get(state, "–")
