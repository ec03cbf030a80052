"""One visit: its sheet beside the day or as a page of its own, and the acts of the day, each with its way back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking import sheet as reads
from turnet.booking.model import Visit
from turnet.booking.sheet import About
from turnet.booking.states import ALLOWED, State
from turnet.errors import Invalid, NotAllowed, SlotTaken, Stale, TooLate
from turnet.i18n import _
from turnet.reminders.model import Told
from turnet.reminders.service import foretold
from turnet.web.desk import did
from turnet.web.desk.both import Difference, differences, seen
from turnet.web.desk.diary.drawn import NEXT, Drawn, Pen, pen, words
from turnet.web.desk.picked import Picked, after, picked, way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.told.sent_words import Line, lines
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done, partial
from turnet.web.kit.page import Page
from turnet.web.public.words import language_name

CARRIED = ("version", "seen", "back", "from")


@dataclass(frozen=True, slots=True)
class Mark:
    """One button: what the visit becomes."""

    to: str
    word: str
    icon: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The sheet of one visit."""

    mine: Picked
    drawn: Drawn
    about: About
    messages: Sequence[Line]
    marks: Sequence[Mark]
    back_to: Mark | None
    """The state before, for a mistake that is found too late to undo."""
    waiting: int
    """Minutes since somebody arrived."""
    called: datetime | None
    """When whoever waits was last asked to come in, in clinic time."""
    spoken: str
    """The patient's language."""
    seen: str
    form: Form
    trouble: str = ""
    """`stale` or another code of an act that was refused."""
    changed: Sequence[Difference] = ()

    @property
    def start(self) -> datetime:
        return self.mine.start

    @property
    def may(self) -> Callable[[str], bool]:
        return lambda act: self.mine.seat.may(act, self.mine.visit.practitioner)


@dataclass(frozen=True, slots=True)
class VisitPage:
    frame: DeskFrame
    said: Said | None
    card: Card
    back: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What htmx gets after an act: the row or sheet as it is now, and what was done."""

    frame: DeskFrame
    said: Said | None
    drawn: Drawn | None
    card: Card | None
    back: str
    next: bool = False


async def card(
    seat: Seat, public_id: str, *, form: Form | None = None, trouble: str = "", raw: Mapping[str, str] | None = None
) -> Card:
    """Raises NotFound, and NotYours for another's diary."""
    mine = await picked(seat, public_id, "diary.see")
    visit, drawing = mine.visit, pen(seat)
    entry = await reads.entry(public_id)
    told = await foretold(visit, seat.now)
    came = visit.state_at if visit.state is State.ARRIVED else None
    return Card(
        mine=mine,
        drawn=drawing.drawn(entry),
        about=await reads.about(visit.patient),
        messages=lines(seat, told),
        marks=_marks(mine, drawing),
        back_to=_back_to(mine),
        waiting=max(int((seat.now - came).total_seconds() // 60), 0) if came else 0,
        called=_called(mine, told),
        spoken=language_name(visit.language),
        seen=seen(mine),
        form=form or Form({"desk_note": visit.desk_note, "phone": visit.phone, "email": visit.email}),
        trouble=trouble,
        changed=differences(raw, mine) if raw else (),
    )


def _marks(mine: Picked, drawing: Pen) -> list[Mark]:
    """What the visit may become from here, what comes next first; before its day it can only be confirmed."""
    visit, seat = mine.visit, mine.seat
    if not seat.may("visit.mark", visit.practitioner):
        return []
    here = mine.start.date() <= seat.today
    forward = {
        State.BOOKED: (State.ARRIVED, State.CONFIRMED, State.NO_SHOW),
        State.CONFIRMED: (State.ARRIVED, State.NO_SHOW),
        State.ARRIVED: (State.IN_ROOM, State.DONE, State.NO_SHOW),
        State.IN_ROOM: (State.DONE,),
    }.get(visit.state, ())
    icons = {State.ARRIVED: "door", State.CONFIRMED: "tick", State.NO_SHOW: "no", State.IN_ROOM: "chair"}
    return [
        Mark(to.value, drawing.words[to], icons.get(to, "done"), main=here and to is NEXT[visit.state])
        for to in forward
        if to in ALLOWED[visit.state] and (here or to is State.CONFIRMED)
    ]


def _back_to(mine: Picked) -> Mark | None:
    visit = mine.visit
    if not mine.seat.may("visit.mark", visit.practitioner) or mine.start.date() > mine.seat.today:
        return None
    back = {
        State.IN_ROOM: (State.ARRIVED, _("Waiting again")),
        State.DONE: (State.IN_ROOM, _("In the room again")),
        State.NO_SHOW: (State.ARRIVED, _("Arrived after all")),
    }.get(visit.state)
    return Mark(back[0].value, back[1], "undo") if back else None


def _called(mine: Picked, told: Sequence[Told]) -> datetime | None:
    since = mine.visit.state_at if mine.visit.state is State.ARRIVED else None
    calls = [one.at for one in told if one.kind == "come_in" and since and one.at >= since]
    return mine.seat.local(calls[0]) if calls else None


# --- the page


@get("/desk/visits/{public_id:str}", act="diary.see", include_in_schema=False)
async def show(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """The sheet as a page; htmx gets the sheet alone. `back`: where it was opened."""
    seat = await seated(request)
    found = await card(seat, public_id)
    return await _page(found, way_back(request.query_params, _its_day(found)), request.query_params.get("did", ""))


def _its_day(found: Card) -> str:
    day = found.start.date()
    return "/desk" if day == found.mine.seat.today else f"/desk?day={day}"


async def _page(found: Card, back: str, just_did: str = "", *, status: int = 200) -> Page:
    seat = found.mine.seat
    said = await did.said(seat, just_did, found.mine.path) if just_did else None
    page = VisitPage(seat.frame("today"), said, found, back)
    return Page("desk/visit.html", page, block="visit", status=status, headers={"Cache-Control": "no-store"})


# --- the acts


@post("/desk/visits/{public_id:str}/mark", act="visit.mark", include_in_schema=False)
async def mark(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`to`: the state it is in from now on."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.mark")
    form = await forms.read(request, (*CARRIED, "to", "next"))
    to = form.raw.get("to", "")
    if to not in set(State):
        raise Invalid({"to": "unknown"})

    async def act() -> Visit:
        version = form.version
        return await acts.mark(desk_act(request, seat), seat.clinic, mine.visit.id, State(to), version=version)

    return await _done(request, mine, form, act)


@post("/desk/visits/{public_id:str}/not-here", act="visit.mark", include_in_schema=False)
async def not_here(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Whoever has arrived is not here after all: as it was before."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.mark")
    form = await forms.read(request, CARRIED)

    async def act() -> Visit:
        version = form.version
        return await acts.not_here(desk_act(request, seat), seat.clinic, mine.visit.id, version=version)

    return await _done(request, mine, form, act)


@post("/desk/visits/{public_id:str}/come-in", act="message.send", include_in_schema=False)
async def come_in(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Asks whoever waits to come in; the visit stays as it is."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "message.send")
    form = await forms.read(request, CARRIED)

    async def act() -> Visit:
        version = form.version
        await acts.call_in(desk_act(request, seat), seat.clinic, mine.visit.id, version=version)
        return mine.visit

    return await _done(request, mine, form, act)


@post("/desk/visits/{public_id:str}/undo", act="diary.see", include_in_schema=False)
async def undo(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Takes back what this person did last; the service asks whether they may."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "diary.see")
    form = await forms.read(request, CARRIED)
    try:
        visit = await acts.undo_last(desk_act(request, seat), seat.clinic, mine.visit.id, version=form.version)
    except (Stale, NotAllowed, TooLate, SlotTaken) as error:
        return await _refused(request, mine, form, error)
    return done(request, after(way_back(form.raw), visit))


@post("/desk/visits/{public_id:str}/note", act="visit.note", include_in_schema=False)
async def note(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`desk_note`: from staff for staff."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.note")
    form = await forms.read(request, (*CARRIED, "desk_note"))

    async def act() -> Visit:
        text, version = form.raw.get("desk_note", ""), form.version
        return await acts.write_desk_note(desk_act(request, seat), seat.clinic, mine.visit.id, text, version=version)

    return await _done(request, mine, form, act)


@post("/desk/visits/{public_id:str}/contact", act="visit.note", include_in_schema=False)
async def contact(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`phone`, `email`: where the messages about this visit go."""
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.note")
    form = await forms.read(request, (*CARRIED, "phone", "email"))

    async def act() -> Visit:
        phone, email = form.raw.get("phone", ""), form.raw.get("email", "")
        return await acts.recontact(
            desk_act(request, seat), seat.clinic, mine.visit.id, phone=phone, email=email, version=form.version
        )

    return await _done(request, mine, form, act)


async def _done(request: AnyRequest, mine: Picked, form: Form, act: Callable[[], Awaitable[Visit]]) -> Response[Any]:
    try:
        visit = await act()
    except Invalid as error:
        errors = {name: _sentence(name, code) for name, code in error.fields.items()}
        return await _refused(request, mine, form.with_errors(errors), error)
    except (Stale, NotAllowed) as error:
        return await _refused(request, mine, form, error)
    back = way_back(form.raw)
    if not partial(request):
        return done(request, after(back, visit))
    return await _answer(mine, form, await did.said(mine.seat, visit.public_id, back))


def _sentence(name: str, code: str) -> str:
    return forms.sentence("note" if name == "desk_note" else name, code)


async def _answer(mine: Picked, form: Form, said: Said | None, *, status: int = 200) -> Response[Any]:
    """The piece of the page that the form stood in, as it is now, and what was done."""
    seat, public_id = mine.seat, mine.visit.public_id
    row = form.raw.get("from") == "row"
    answer = Answer(
        frame=seat.frame("today"),
        said=said,
        drawn=pen(seat).drawn(await reads.entry(public_id)) if row else None,
        card=None if row else await card(seat, public_id),
        back=way_back(form.raw),
    )
    return Page("desk/answer.html", answer, status=status, headers={"Cache-Control": "no-store"})


async def _refused(
    request: AnyRequest, mine: Picked, form: Form, error: Invalid | Stale | NotAllowed | TooLate | SlotTaken
) -> Response[Any]:
    """The visit as it is now beside what was wanted; what was typed stays."""
    seat, public_id = mine.seat, mine.visit.public_id
    if partial(request) and form.raw.get("from") == "row":
        now = await queries.visit(public_id)
        state = words()[now.state] if now else ""
        text = _("%(name)s was changed meanwhile: %(state)s.") % {"name": mine.visit.patient_name, "state": state}
        return await _answer(mine, form, Said(text), status=error.status)
    if partial(request) and form.raw.get("from") != "sheet":
        answer = Answer(seat.frame("today"), Said(_undone_not(error)), None, None, way_back(form.raw))
        return Page("desk/answer.html", answer, status=error.status, headers={"Cache-Control": "no-store"})
    kept = Form(
        {"desk_note": mine.visit.desk_note, "phone": mine.visit.phone, "email": mine.visit.email} | {**form.raw}
    )
    kept = Form(kept.raw, form.errors)
    trouble = "" if isinstance(error, Invalid) else error.code
    found = await card(seat, public_id, form=kept, trouble=trouble, raw=form.raw)
    return await _page(found, way_back(form.raw, _its_day(found)), status=error.status)


def _undone_not(error: Exception) -> str:
    if isinstance(error, TooLate):
        return _("Ten minutes are over: it can no longer be taken back like this.")
    if isinstance(error, SlotTaken):
        return _("Somebody has that time now, so it stays as it is.")
    return _("Something came after it, so it cannot be taken back like this.")


routes: list[ControllerRouterHandler] = [show, mark, not_here, come_in, undo, note, contact]
