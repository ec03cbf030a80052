"""What this person did to a visit a moment ago, as one sentence with the way back; every page of the desk shows it."""

from collections.abc import Callable, Mapping

from turnet.booking import queries
from turnet.booking.model import Event, Visit
from turnet.booking.service.cancel import UNDO
from turnet.booking.states import COMING, State
from turnet.i18n import _
from turnet.web.desk.said import Said
from turnet.web.desk.seat import Seat
from turnet.web.kit.jinja import day_at


async def said(seat: Seat, public_id: str, back: str) -> Said | None:
    """The visit's newest event, if it was this person's and less than ten minutes ago; `back` is where undo leads."""
    visit = await queries.visit(public_id)
    if visit is None or not seat.may("diary.see", visit.practitioner):
        return None
    newest = next(iter(reversed(await queries.history(visit.id))), None)
    if newest is None or newest.actor != seat.staff.actor or newest.at + UNDO <= seat.now:
        return None
    return of(seat, visit, newest, back)


def of(seat: Seat, visit: Visit, event: Event, back: str) -> Said | None:
    sentence = _SENTENCES.get(event.act)
    if sentence is None:
        return None
    words = {"name": visit.patient_name, "when": day_at(seat.local(visit.starts_at))}
    return Said(
        text=sentence(event) % words,
        undo=f"/desk/visits/{visit.public_id}/undo" if event.act in _UNDOABLE else "",
        version=visit.version,
        back=back,
    )


def _marked(event: Event) -> str:
    if event.before.get("state") == State.ARRIVED and event.after["state"] in COMING:
        return _("%(name)s is not here after all.")
    by_state: Mapping[str, str] = {
        State.BOOKED: _("%(name)s is booked, nothing more."),
        State.CONFIRMED: _("%(name)s has confirmed."),
        State.ARRIVED: _("%(name)s has arrived."),
        State.IN_ROOM: _("%(name)s is in the room."),
        State.DONE: _("%(name)s is done."),
        State.NO_SHOW: _("%(name)s did not come."),
    }
    return by_state[event.after["state"]]


_SENTENCES: Mapping[str, Callable[[Event], str]] = {
    "marked": _marked,
    "booked": lambda _event: _("%(name)s is booked, %(when)s."),
    "moved": lambda _event: _("%(name)s is moved to %(when)s."),
    "cancelled": lambda _event: _("The visit of %(name)s is cancelled."),
    "noted": lambda _event: _("The note on %(name)s is saved."),
    "contact": lambda _event: _("Messages about %(name)s go there from now on."),
    "called_in": lambda _event: _("%(name)s is asked to come in."),
    "wrote": lambda _event: _("The message to %(name)s is on its way."),
    "told_by_phone": lambda _event: _("Written down: %(name)s knows."),
    "undone": lambda _event: _("Taken back: %(name)s, %(when)s."),
}
_UNDOABLE = frozenset({"marked", "booked", "moved", "cancelled", "noted"})
