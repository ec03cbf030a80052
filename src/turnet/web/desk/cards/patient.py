"""A patient's card. Whoever opens it is written down; practitioners with their own diary see their own patients only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from markupsafe import Markup, escape

from turnet.booking.states import State
from turnet.clinic.model import Location, Practitioner, Service
from turnet.conversation.queries import talk_with
from turnet.errors import NotYours
from turnet.format import day_short
from turnet.i18n import LANGUAGES, _
from turnet.patients import card, service
from turnet.patients.card import Agreed, Contact, Joined, Maybe, Patient, Relative, Told, Visited
from turnet.staff.queries import staff_by_id
from turnet.web.desk.cards.patients import NO_STORE, whose
from turnet.web.desk.diary.drawn import ICONS, words
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.wording import message_names, named, worded
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

JUST_NOW = timedelta(minutes=10)
MANY_NO_SHOWS = 2
SHOWN = 5
"""Past visits before the rest folds."""


@dataclass(frozen=True, slots=True)
class Line:
    """A visit with its names, in clinic time."""

    visit: Visited
    start: datetime
    service: Service
    who: Practitioner
    where: Location
    word: str
    icon: str

    @property
    def state(self) -> str:
        return self.visit.state.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Answer:
    """A purpose, and what was last said about it."""

    purpose: str
    name: str
    agreed: Agreed | None
    told: str
    """How and when, with the name of whoever wrote it down."""


@dataclass(frozen=True, slots=True)
class Join:
    joined: Joined
    by: str


@dataclass(frozen=True, slots=True)
class CardPage:
    frame: DeskFrame
    said: Said | None
    who: Patient
    back: str
    name: Markup
    contacts: Sequence[Contact]
    children: Sequence[Relative]
    coming: Sequence[Line]
    past: Sequence[Line]
    no_shows: int
    late: int
    told: Sequence[tuple[str, Told, datetime]]
    answers: Sequence[Answer]
    maybe: Sequence[Maybe]
    joined: Sequence[Join]
    talk: str
    """Public id of the conversation by SMS; empty: there is none, or it is not theirs to read."""
    form: Form
    """The contact that is being added, with what is wrong about it."""

    @property
    def path(self) -> str:
        return path_of(self.who)

    @property
    def phone(self) -> str:
        return next((one.value for one in self.contacts if one.kind == "phone"), "")

    @property
    def spoken(self) -> str:
        found = LANGUAGES.get(self.who.language)
        return found.own_name if found else self.who.language

    def may(self, act: str) -> bool:
        assert self.frame.seat is not None
        return self.frame.seat.may(act)

    def local(self, at: datetime) -> datetime:
        assert self.frame.seat is not None
        return self.frame.seat.local(at)


def path_of(who: Patient) -> str:
    return f"/desk/patients/{who.public_id}"


def after(who: Patient, did: str, raw: Mapping[str, str]) -> str:
    """The card, which then says what was just done; the way back from it stays."""
    back = {"back": raw["back"]} if raw.get("back") and raw["back"] == way_back(raw) else {}
    return f"{path_of(who)}?{urlencode({'did': did} | back)}"


async def reached(seat: Seat, public_id: str, act: str) -> Patient:
    """Raises NotFound, and NotYours for somebody who never came to a practitioner with their own diary."""
    found = await card.patient(public_id)
    if not await card.is_seen_by(found.id, whose(seat, act)):
        raise NotYours(act=act)
    return found


@get("/desk/patients/{public_id:str}", act="patient.see", include_in_schema=False)
async def show(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """One who turned out to be somebody else leads there."""
    seat, query = await seated(request), asked.once(request)
    who = await card.patient(public_id)
    if who.merged_into is not None:
        return htmx.done(request, f"/desk/patients/{who.merged_into}")
    who = await reached(seat, public_id, "patient.see")
    if request.method == "GET":
        await service.saw(desk_act(request, seat), who.id)
    return Page("desk/patients/card.html", await page(seat, who, query), block="card", headers=NO_STORE)


async def page(seat: Seat, who: Patient, query: Mapping[str, str], form: Form | None = None) -> CardPage:
    own = whose(seat, "diary.see")
    visits = [_line(seat, one) for one in await card.visits(who.id, practitioner=own)]
    coming = [one for one in visits if one.visit.starts_at >= seat.now and one.visit.state is not State.CANCELLED]
    joined = [Join(one, await _staff_name(one.staff)) for one in await card.joined(who.id)]
    theirs = whose(seat, "patient.see")
    contacts = [await _within_reach(seat, one) for one in await card.contacts(who)]
    phones = [one.value for one in contacts if one.kind == "phone"]
    children = [one for one in await card.children(who.id) if await card.is_seen_by(one.id, theirs)]
    return CardPage(
        frame=seat.frame("find"),
        said=_said(seat, who, query.get("did", ""), joined),
        who=who,
        back=way_back(query, "/desk/patients"),
        name=name_of(who, children),
        contacts=contacts,
        children=children,
        coming=coming[::-1],
        past=[one for one in visits if one not in coming],
        no_shows=sum(one.visit.state is State.NO_SHOW for one in visits),
        late=sum(one.visit.late for one in visits),
        told=[(message_names().get(one.kind, _("Message")), one, seat.local(one.at)) for one in await card.messages(who.id, practitioner=own)],
        answers=await _answers(seat, who),
        maybe=await card.maybe_same(who, now=seat.now) if seat.may("patient.merge") else (),
        joined=joined,
        talk=await talk_with(phones) if seat.may("inbox.work") else "",
        form=form or Form(),
    )  # fmt: skip


def name_of(who: Patient | Relative, children: Sequence[Relative] = ()) -> Markup:
    """A guardian whose name nobody wrote down is named after the child."""
    if who.name:
        return named(who.name)
    if children:
        return worded(_("Whoever answers for %(name)s"), name=named(children[0].name))
    return escape(_("No name yet"))


async def _within_reach(seat: Seat, contact: Contact) -> Contact:
    """Without those who share it and are not this person's patients."""
    own = whose(seat, "patient.see")
    if own is None:
        return contact
    seen = tuple([other for other in contact.shared if await card.is_seen_by(other.id, own)])
    return Contact(contact.kind, contact.value, contact.own, seen)


def _line(seat: Seat, visit: Visited) -> Line:
    clinic = seat.clinic
    return Line(
        visit=visit,
        start=seat.local(visit.starts_at),
        service=clinic.service(visit.service),
        who=clinic.practitioner(visit.practitioner),
        where=clinic.location(visit.location),
        word=words()[visit.state],
        icon=ICONS[visit.state],
    )


async def _staff_name(id: int | None) -> str:
    found = None if id is None else await staff_by_id(id)
    return found.name if found else ""


async def _answers(seat: Seat, who: Patient) -> list[Answer]:
    names = {
        "reminders": _("Reminders"),
        "feedback": _("Being asked how it went"),
        "offers": _("Offers and invitations"),
    }
    agreed = await card.consents(who.id)
    return [Answer(one, names[one], agreed.get(one), await _told(seat, agreed.get(one))) for one in service.PURPOSES]


async def _told(seat: Seat, agreed: Agreed | None) -> str:
    if agreed is None:
        return ""
    kind, _colon, id = agreed.actor.partition(":")
    by = await _staff_name(int(id)) if kind == "staff" and id.isdecimal() else ""
    through = {"web": _("on the web"), "sms": _("by text message"), "desk": _("at the desk")}.get(agreed.source, "")
    day = day_short(seat.local(agreed.at).date())
    return ", ".join(part for part in (day, through, by) if part)


def _said(seat: Seat, who: Patient, did: str, joined: Sequence[Join]) -> Said | None:
    """What was just done to this card; only what the sentence can prove is offered to be taken back."""
    name = {"name": who.name or _("The card")}
    back = path_of(who)
    if did == "joined":
        mine = [one for one in joined if one.joined.staff == seat.staff.id and one.joined.at > seat.now - JUST_NOW]
        if not mine:
            return None
        text = _("%(gone)s is part of this card now.") % {"gone": mine[0].joined.name}
        return Said(text, undo=f"/desk/patients/{mine[0].joined.gone}/apart", version=who.version, back=back)
    if did == "kept" and not who.provisional:
        return Said(_("%(name)s stays, as somebody new.") % name, undo=f"{back}/unkeep", version=who.version, back=back)
    sentences = {
        "saved": _("%(name)s is saved."), "added": _("%(name)s is on the list."), "apart": _("They are two people again."),
        "contact": _("%(name)s is reached that way too."), "removed": _("%(name)s is not reached that way any more."),
        "agreed": _("What %(name)s said is written down."), "guardian": _("It is written down who answers for %(name)s."),
        "unkept": _("%(name)s waits to be looked at again."),
        "tangled": _("That card was joined into another one since. Take those apart first."),
    }  # fmt: skip
    return Said(sentences[did] % name, back=back) if did in sentences else None


def errors(fields: Mapping[str, str], **as_field: str) -> dict[str, str]:
    """Sentences for what a service or `turnet.patients.model` refused; `as_field` says whose sentence another field has."""
    return {name: forms.sentence(as_field.get(name, name), code) for name, code in fields.items()}


routes: list[ControllerRouterHandler] = [show]
