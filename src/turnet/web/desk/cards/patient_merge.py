"""One person on two cards: seen side by side, joined by hand, taken apart again; and those who booked by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, NotAllowed, Stale
from turnet.i18n import _
from turnet.patients import card, service
from turnet.patients.card import Contact, Patient
from turnet.patients.model import Found
from turnet.patients.queries import found_by_id
from turnet.web.desk.cards.patient import after, path_of, reached
from turnet.web.desk.cards.patients import NO_STORE, find
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms, htmx
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

_OFFERED = 12


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two cards."""

    who: Patient
    found: Found
    contacts: Sequence[Contact]
    visits: int


@dataclass(frozen=True, slots=True)
class MergePage:
    frame: DeskFrame
    who: Patient
    back: str
    asked: str
    found: Sequence[Found]
    sides: Sequence[Side]
    """The card that stays, and the one that becomes part of it; empty until both are chosen."""
    trouble: str = ""
    said: Said | None = None

    @property
    def path(self) -> str:
        return path_of(self.who)


@get("/desk/patients/{public_id:str}/merge", act="patient.merge", include_in_schema=False)
async def merge_form(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`?q=` finds the other one, `?with=` shows both side by side."""
    seat, query = await seated(request), asked.once(request)
    who = await reached(seat, public_id, "patient.merge")
    if who.merged_into is not None:
        return htmx.done(request, f"/desk/patients/{who.merged_into}")
    other = await reached(seat, query["with"], "patient.merge") if query.get("with") else None
    if other:
        await service.saw(desk_act(request, seat), who.id)
        await service.saw(desk_act(request, seat), other.id)
    return await _merge_page(seat, who, other, text=query.get("q", ""))


async def _merge_page(
    seat: Seat, who: Patient, other: Patient | None, *, text: str = "", trouble: str = "", status: int = 200
) -> Page:
    page = MergePage(
        frame=seat.frame("find"),
        who=who,
        back=path_of(who),
        asked=text,
        found=[one for one in await find(seat, text, _OFFERED) if one.id != who.id],
        sides=[await _side(seat, one) for one in (who, other)] if other and other.merged_into is None else [],
        trouble=trouble,
    )
    block = "sides" if page.sides else "found"
    return Page("desk/patients/merge.html", page, block=block, status=status, headers=NO_STORE)


async def _side(seat: Seat, who: Patient | None) -> Side:
    assert who is not None
    [found] = await found_by_id([who.id], now=seat.now)
    return Side(who, found, await card.contacts(who), len(await card.visits(who.id)))


@post("/desk/patients/{public_id:str}/merge", act="patient.merge", include_in_schema=False)
async def merge(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`other` becomes part of this card."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.merge")
    form = await forms.read(request, ("other", "version", "back"))
    other = await reached(seat, form.raw.get("other", ""), "patient.merge")
    try:
        kept = await service.merge(desk_act(request, seat), who.id, other.id, version=form.version or 0)
    except Stale as stale:
        trouble = _("Somebody changed this card meanwhile. It is shown as it is now; look once more.")
        return await _merge_page(seat, stale.facts["patient"], other, trouble=trouble, status=409)
    except Invalid:
        trouble = _("A child and whoever answers for it are two people.")
        return await _merge_page(seat, who, other, trouble=trouble, status=422)
    return htmx.done(request, after(kept, "joined", form.raw))


@post("/desk/patients/{public_id:str}/match", act="patient.merge", include_in_schema=False)
async def match(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """One tap: this provisional patient is `into`, whom we know."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.merge")
    form = await forms.read(request, ("into", "back"))
    known = await reached(seat, form.raw.get("into", ""), "patient.merge")
    if who.merged_into == known.public_id:  # the second of two taps
        return htmx.done(request, after(known, "joined", form.raw))
    try:
        kept = await service.match(desk_act(request, seat), who.id, known.id)
    except Invalid:
        trouble = _("A child and whoever answers for it are two people.")
        return await _merge_page(seat, who, known, trouble=trouble, status=422)
    return htmx.done(request, after(kept, "joined", form.raw))


@post("/desk/patients/{public_id:str}/keep", act="patient.edit", include_in_schema=False)
async def keep(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Nobody whom we know: they stay as they are."""
    return await _kept(request, public_id, provisional=False)


@post("/desk/patients/{public_id:str}/unkeep", act="patient.edit", include_in_schema=False)
async def unkeep(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    return await _kept(request, public_id, provisional=True)


async def _kept(request: AnyRequest, public_id: str, *, provisional: bool) -> Response[Any]:
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.edit")
    form = await forms.read(request, ("back",))
    await service.keep(desk_act(request, seat), who.id, provisional=provisional)
    return htmx.done(request, after(who, "unkept" if provisional else "kept", form.raw))


@post("/desk/patients/{public_id:str}/apart", act="patient.merge", include_in_schema=False)
async def apart(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Takes this one, who was made part of another card, out of it again."""
    seat = await seated(request)
    who = await reached(seat, public_id, "patient.merge")
    if who.merged_into is None:  # the second of two taps
        return htmx.done(request, after(who, "apart", {}))
    try:
        back = await service.take_apart(desk_act(request, seat), who.id)
    except NotAllowed:
        return htmx.done(request, f"/desk/patients/{who.merged_into}?did=tangled")
    return htmx.done(request, after(back, "apart", {}))


routes: list[ControllerRouterHandler] = [merge_form, merge, match, keep, unkeep, apart]
