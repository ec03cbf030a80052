"""Putting a card right: the person, how they are reached, who answers for them, what they agreed to; and new people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking.model import Person
from turnet.errors import Invalid, Stale
from turnet.i18n import LANGUAGES, _
from turnet.patients import card, model, service
from turnet.patients.card import Patient
from turnet.patients.model import Found
from turnet.patients.service import Draft
from turnet.web.desk.cards.patient import after, errors, page, path_of, reached
from turnet.web.desk.cards.patients import NO_STORE, find
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

FIELDS = ("name", "birth_year", "language", "desk_note", "protected")
CONTACTS = ("phone", "email")
_OFFERED = 12


@dataclass(frozen=True, slots=True)
class EditPage:
    frame: DeskFrame
    who: Patient | None
    """None: somebody new."""
    form: Form
    back: str
    languages: Sequence[tuple[str, str]]
    """(code, own name)."""
    changed: Sequence[tuple[str, str]] = ()
    """Somebody else saved meanwhile: what the card says now, by field."""
    said: Said | None = None

    @property
    def path(self) -> str:
        return path_of(self.who) if self.who else "/desk/patients"


@get("/desk/patients/{public_id:str}/edit", act="patient.edit", include_in_schema=False)
async def edit_form(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    who = await reached(seat, public_id, "patient.edit")
    if who.merged_into is not None:
        return htmx.done(request, f"/desk/patients/{who.merged_into}/edit")
    await service.saw(desk_act(request, seat), who.id)
    return _edit_page(seat, who, Form(_as_typed(who)), query)


def _as_typed(who: Patient) -> dict[str, str]:
    year = str(who.birth_year or "")
    protected = "1" if who.protected else ""
    return {
        "name": who.name, "birth_year": year, "language": who.language, "desk_note": who.desk_note, "protected": protected
    }  # fmt: skip


def _edit_page(
    seat: Seat,
    who: Patient | None,
    form: Form,
    raw: Mapping[str, str],
    changed: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Page:
    languages = dict.fromkeys((*seat.clinic.languages, *([who.language] if who else []), *LANGUAGES))
    named = [(code, LANGUAGES[code].own_name) for code in languages if code in LANGUAGES]
    back = way_back(raw, path_of(who) if who else "/desk/patients")
    edit = EditPage(seat.frame("find"), who, form, back, named, changed)
    return Page("desk/patients/edit.html", edit, block="edit", status=status, headers=NO_STORE)


@post("/desk/patients/{public_id:str}/edit", act="patient.edit", include_in_schema=False)
async def edit(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """A card that somebody else saved meanwhile is shown beside what was typed; saving again then overwrites it."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, (*FIELDS, "version", "back"))
    draft, wrong = draft_of(seat, form.raw)
    if wrong:
        return _edit_page(seat, who, form.with_errors(wrong, FIELDS), form.raw, status=422)
    try:
        saved = await service.edit(desk_act(request, seat), who.id, draft, version=form.version or 0)
    except Stale as stale:
        now: Patient = stale.facts["patient"]
        return _edit_page(seat, now, form, form.raw, differences(now, form.raw), status=409)
    return htmx.done(request, after(saved, "saved", form.raw))


def differences(now: Patient, raw: Mapping[str, str]) -> list[tuple[str, str]]:
    """(field, what the card says now) where that is not what was typed."""
    names = {
        "name": _("Name"), "birth_year": _("Year of birth"), "language": _("Language"), "desk_note": _("Note for the desk"),
        "protected": _("Protected person"),
    }  # fmt: skip
    return [
        (names[name], _("Yes") if (name, said) == ("protected", "1") else said)
        for name, said in _as_typed(now).items()
        if said != raw.get(name, "").strip()
    ]


def draft_of(seat: Seat, raw: Mapping[str, str]) -> tuple[Draft, dict[str, str]]:
    """What was typed, cleaned, and sentences for what is wrong with it."""
    wrong: dict[str, str] = {}

    def read(name: str, clean: Callable[[str], Any], otherwise: Any) -> Any:
        try:
            return clean(raw.get(name, ""))
        except Invalid as invalid:
            wrong.update(errors({name: next(iter(invalid.fields.values()))}, desk_note="note"))
            return otherwise

    language = raw.get("language", "")
    draft = Draft(
        name=read("name", model.clean_name, ""),
        birth_year=read("birth_year", lambda text: model.clean_year(text, seat.today), None),
        language=language if language in LANGUAGES else seat.clinic.languages[0],
        desk_note=read("desk_note", model.clean_note, ""),
        protected=raw.get("protected") == "1",
    )
    return draft, wrong


# --- somebody new


@get("/desk/patients/new", act="patient.edit", include_in_schema=False)
async def new_form(request: AnyRequest) -> Response[Any]:
    """`name` is what was looked for in vain."""
    seat, query = await seated(request), asked.once(request)
    form = Form({"name": query.get("name", ""), "language": seat.clinic.languages[0]})
    return _edit_page(seat, None, form, query)


@post("/desk/patients/new", act="patient.edit", include_in_schema=False)
async def new(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, (*FIELDS, *CONTACTS, "back"))
    draft, wrong = draft_of(seat, form.raw)
    phone, email, no_contact = contacts_of(seat, form.raw)
    if wrong | no_contact:
        shown = form.with_errors(wrong | no_contact, ("name", "birth_year", *CONTACTS, "language", "desk_note"))
        return _edit_page(seat, None, shown, form.raw, status=422)
    person = Person(
        draft.name, phone=phone, phone_raw=form.raw.get("phone", "").strip(), email=email,
        email_raw=form.raw.get("email", "").strip(), language=draft.language, birth_year=draft.birth_year,
    )  # fmt: skip
    made = await service.create(desk_act(request, seat), person, desk_note=draft.desk_note)
    if not await card.is_seen_by(made.id, None if seat.may("patient.merge") else seat.staff.practitioner or 0):
        return htmx.done(request, "/desk/patients")
    return htmx.done(request, after(await card.patient_by_id(made.id), "added", form.raw))


def contacts_of(seat: Seat, raw: Mapping[str, str]) -> tuple[str, str, dict[str, str]]:
    """(number, address, sentences for what is wrong); what is left out is empty."""
    wrong: dict[str, str] = {}
    found = {"phone": "", "email": ""}
    cleaners = {"phone": lambda text: model.clean_phone(text, seat.clinic.region), "email": model.clean_email}
    for name, clean in cleaners.items():
        if raw.get(name, "").strip():
            try:
                found[name] = clean(raw[name])
            except Invalid as invalid:
                wrong |= errors(invalid.fields)
    return found["phone"], found["email"], wrong


# --- how they are reached


@post("/desk/patients/{public_id:str}/contacts", act="patient.edit", include_in_schema=False)
async def add_contact(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`contact` is a number or an address, whichever it looks like."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, ("contact", "back"))
    typed = form.raw.get("contact", "").strip()
    try:
        if "@" in typed:
            await service.add_contact(desk_act(request, seat), who.id, email=model.clean_email(typed), raw=typed)
        else:
            phone = model.clean_phone(typed, seat.clinic.region)
            await service.add_contact(desk_act(request, seat), who.id, phone=phone, raw=typed)
    except Invalid as invalid:
        said = next(iter(errors(invalid.fields).values()))
        shown = form.with_errors({"contact": said if typed else _("Write a number or an e-mail address.")})
        wrong = await page(seat, who, form.raw, shown)
        return Page("desk/patients/card.html", wrong, block="card", status=422, headers=NO_STORE)
    return htmx.done(request, after(who, "contact", form.raw))


@post("/desk/patients/{public_id:str}/contacts/remove", act="patient.edit", include_in_schema=False)
async def remove_contact(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, ("contact", "back"))
    await service.remove_contact(desk_act(request, seat), who.id, form.raw.get("contact", ""))
    return htmx.done(request, after(who, "removed", form.raw))


@post("/desk/patients/{public_id:str}/consents", act="patient.edit", include_in_schema=False)
async def agree(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`purpose`, and `given` is `yes` or `no`."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, ("purpose", "given", "back"))
    given = form.raw.get("given") == "yes"
    await service.agree(desk_act(request, seat), who.id, form.raw.get("purpose", ""), given=given)
    return htmx.done(request, after(who, "agreed", form.raw))


# --- who answers for them


@dataclass(frozen=True, slots=True)
class ChoicePage:
    """Choosing another patient for a card: who answers for them, or who they are as well."""

    frame: DeskFrame
    who: Patient
    asked: str
    found: Sequence[Found]
    back: str
    trouble: str = ""
    said: Said | None = None

    @property
    def path(self) -> str:
        return path_of(self.who)


@get("/desk/patients/{public_id:str}/guardian", act="patient.edit", include_in_schema=False)
async def guardian_form(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    who = await reached(seat, public_id, "patient.edit")
    return await _guardian_page(seat, who, query.get("q", ""))


async def _guardian_page(seat: Seat, who: Patient, text: str, trouble: str = "") -> Page:
    found = [one for one in await find(seat, text, _OFFERED) if one.id != who.id]
    choice = ChoicePage(seat.frame("find"), who, text, found, path_of(who), trouble)
    status = 422 if trouble else 200
    return Page("desk/patients/guardian.html", choice, block="found", status=status, headers=NO_STORE)


@post("/desk/patients/{public_id:str}/guardian", act="patient.edit", include_in_schema=False)
async def guardian(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`guardian` is somebody's public id; empty: they answer for themselves."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, ("guardian", "q", "back"))
    chosen = form.raw.get("guardian", "")
    other = await reached(seat, chosen, "patient.edit") if chosen else None
    try:
        await service.set_guardian(desk_act(request, seat), who.id, other.id if other else None)
    except Invalid:
        trouble = _("That would go in a circle. Choose somebody who answers for themselves.")
        return await _guardian_page(seat, who, form.raw.get("q", ""), trouble)
    return htmx.done(request, after(who, "guardian", form.raw))


routes: list[ControllerRouterHandler] = [
    edit_form, edit, new_form, new, add_contact, remove_contact, agree, guardian_form, guardian,
]  # fmt: skip
