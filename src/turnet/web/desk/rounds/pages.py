"""`/admin/rounds`: by which rounds visits are written about; each with its price before it is switched on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, NotAllowed, NotFound, Stale
from turnet.i18n import _
from turnet.messaging.matter import hears
from turnet.messaging.texting import policy
from turnet.reminders import keeping
from turnet.reminders.model import ASKING, Round, RoundKind
from turnet.reminders.queries import round_named, rounds
from turnet.reminders.would import Past, last_month, would
from turnet.settings import Settings
from turnet.web.desk.entrance import door
from turnet.web.desk.rounds import words
from turnet.web.desk.rounds.sample import Sample, parts, samples
from turnet.web.desk.rounds.typed import FIELDS, filled, sentences, wanted
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

HOME = "/admin/rounds"
_ACT = "rounds.manage"
_KEPT = {"Cache-Control": "no-store"}
_HERE = _KEPT | {"HX-Retarget": "#rounds", "HX-Reswap": "innerHTML"}
"""Also for whoever pressed Undo, which stands outside."""
_FIRST = {
    RoundKind.REMINDER: Round("", RoundKind.REMINDER, ("sms",), days=-1),
    RoundKind.CHECKIN: Round("", RoundKind.CHECKIN, ("sms",), minutes=-120),
    RoundKind.INSTRUCTIONS: Round("", RoundKind.INSTRUCTIONS, ("email", "sms"), days=-3, at_minute=17 * 60),
    RoundKind.AFTERCARE: Round("", RoundKind.AFTERCARE, ("email", "sms"), minutes=60),
    RoundKind.FEEDBACK: Round("", RoundKind.FEEDBACK, ("sms",), days=1, at_minute=12 * 60),
    RoundKind.OFFER: Round("", RoundKind.OFFER, ("email",), days=-7, at_minute=17 * 60),
}
"""What the form of a new one begins with."""


@dataclass(frozen=True, slots=True)
class Listed:
    round: Round
    name: str
    said: str
    cost: str
    """Of one that is off."""


@dataclass(frozen=True, slots=True)
class RoundsPage:
    frame: DeskFrame
    listed: tuple[Listed, ...]
    kinds: tuple[tuple[str, str, str], ...]
    """Value, name, and what it is for."""
    trouble: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class RoundPage:
    frame: DeskFrame
    form: Form
    round: Round
    """As it would be; without a name: a new one."""
    name: str
    now: str
    """What it says as a sentence."""
    cost: str
    samples: tuple[Sample, ...]
    languages: tuple[tuple[str, str], ...]
    locations: tuple[tuple[str, str], ...]
    services: tuple[tuple[str, str], ...]
    asks: bool
    """Is it of a kind that can ask for an answer?"""
    hears: bool
    trouble: str = ""
    said: Said | None = None


@get(HOME, act=_ACT, include_in_schema=False)
async def look(request: AnyRequest) -> Response[Any]:
    """`done=` is what was just done, and `round=` to which one, so that a switch can be taken back."""
    seat, query = await seated(request), asked.once(request)
    return await _list(request, seat, said=await _said(query.get("done", ""), query.get("round", "")))


async def _said(what: str, name: str) -> Said | None:
    said = {
        "on": _("It is on. Visits whose time for it is past are not written to."),
        "off": _("It is off. What waited of it is not sent."),
        "saved": _("Saved. What waits goes as it now says."),
        "removed": _("Removed."),
    }
    if what not in said:
        return None
    now = next((one for one in await rounds() if one.name == name), None)
    if now is None or what not in {"on", "off"} or now.active != (what == "on"):
        return Said(said[what], back=HOME)
    return Said(said[what], f"{HOME}/{name}/switch?on={0 if now.active else 1}", now.version, HOME)


async def _list(
    request: AnyRequest, seat: Seat, *, status: int = 200, trouble: str = "", said: Said | None = None
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    past, found = await last_month(seat.now, seat.clinic.zone), []
    for round in await rounds():
        price = "" if round.active else await _cost(seat, settings, round, past)
        found.append(Listed(round, words.kind_names()[round.kind][0], words.sentence(round, seat), price))
    kinds = tuple((kind.value, *text) for kind, text in words.kind_names().items())
    page = RoundsPage(seat.frame("more"), tuple(found), kinds, trouble, said)
    return Page("admin/rounds/list.html", page, block="body", status=status, headers=_HERE)


async def _cost(seat: Seat, settings: Settings, round: Round, past: Sequence[Past]) -> str:
    ways = would(round, past, seat.clinic.zone)
    languages = sorted({way.language for way in ways})
    sizes = parts(samples(replace(round, channels=("sms",)), seat.clinic, settings, languages, seat.now))
    return words.cost(ways, sizes, await policy(), seat.clinic.currency)


# --- one of them


@get(f"{HOME}/new", act=_ACT, include_in_schema=False)
async def see_new(request: AnyRequest) -> Response[Any]:
    """`?kind=`: a reminder without it."""
    seat, query = await seated(request), asked.once(request)
    first = replace(_FIRST[_kind(query.get("kind", "reminder"))], active=False)
    return await _one(request, seat, first, filled(first, seat.clinic))


@post(f"{HOME}/new", act=_ACT, include_in_schema=False, status_code=200)
async def add(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    return await _kept(request, seat, form, _FIRST[_kind(form.raw.get("kind", ""))])


def _kind(text: str) -> RoundKind:
    """Raises `NotFound`."""
    if text not in set(RoundKind):
        raise NotFound(kind=text)
    return RoundKind(text)


@get(f"{HOME}/{{name:str}}", act=_ACT, include_in_schema=False)
async def see(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    seat, was = await seated(request), await round_named(name)
    return await _one(request, seat, was, filled(was, seat.clinic))


@post(f"{HOME}/{{name:str}}", act=_ACT, include_in_schema=False, status_code=200)
async def change(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    seat, was = await seated(request), await round_named(name)
    form = await forms.read(request, FIELDS)
    return await _kept(request, seat, form, replace(was, version=form.version or 0))


async def _kept(request: AnyRequest, seat: Seat, form: Form, was: Round) -> Response[Any]:
    """Saves what the form says, or shows with `show` how it would read; what is wrong stands beside its field."""
    act, ours, asked_for = desk_act(request, seat), hears(request.app.state.settings), was
    try:
        asked_for = wanted(form, was, seat.clinic)
        if form.raw.get("show") == "1":
            return await _one(request, seat, asked_for, form)
        keep = keeping.change if was.name else keeping.add
        await keep(act, seat.clinic, asked_for, hears=ours)
    except Invalid as error:
        form = form.with_errors(sentences(error, seat.clinic), FIELDS)
        return await _one(request, seat, asked_for if asked_for.channels else was, form, status=422)
    except Stale as error:
        now = await round_named(was.name)
        fresh = Form({**form.raw, "version": str(now.version)})
        return await _one(request, seat, asked_for, fresh, status=error.status, trouble=_stale(now, seat))
    return done(request, f"{HOME}?done=saved")


def _stale(now: Round, seat: Seat) -> str:
    return _("Somebody changed it meanwhile. It says now: %(now)s Save again to have yours.") % {
        "now": words.sentence(now, seat)
    }


async def _one(
    request: AnyRequest, seat: Seat, round: Round, form: Form, *, status: int = 200, trouble: str = ""
) -> Response[Any]:
    settings: Settings = request.app.state.settings
    clinic = seat.clinic
    past = await last_month(seat.now, clinic.zone)
    page = RoundPage(
        frame=seat.frame("more"),
        form=form,
        round=round,
        name=words.kind_names()[round.kind][0],
        now=words.sentence(round, seat),
        cost=await _cost(seat, settings, round, past),
        samples=tuple(samples(round, clinic, settings, clinic.languages, seat.now)),
        languages=door.language_names(clinic.languages),
        locations=tuple((slug, str(seat.text(one.name))) for slug, one in clinic.locations.items()),
        services=tuple((slug, str(seat.text(one.name))) for slug, one in clinic.services.items()),
        asks=round.kind in ASKING,
        hears=hears(settings),
        trouble=trouble,
    )
    return Page("admin/rounds/round.html", page, block="body", status=status, headers=_KEPT)


# --- on, off and away


@post(f"{HOME}/{{name:str}}/switch", act=_ACT, include_in_schema=False, status_code=200)
async def switch(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """`on`, in the form or, to take it back, in the address: `1` or `0`."""
    seat, was = await seated(request), await round_named(name)
    form = await forms.read(request, ("on", "version"))
    on = (form.raw.get("on") or asked.once(request).get("on")) == "1"
    ours = hears(request.app.state.settings)
    try:
        await keeping.switch(desk_act(request, seat), seat.clinic, name, on=on, version=form.version or 0, hears=ours)
    except Invalid as error:
        errors = sentences(error, seat.clinic)
        shown = filled(replace(was, active=on), seat.clinic).with_errors(errors, FIELDS)
        return await _one(request, seat, was, shown, status=422)
    except Stale as error:
        return await _list(request, seat, status=error.status, trouble=_stale_list())
    return done(request, f"{HOME}?{urlencode({'done': 'on' if on else 'off', 'round': name})}")


@post(f"{HOME}/{{name:str}}/remove", act=_ACT, include_in_schema=False, status_code=200)
async def remove(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    await round_named(name)
    form = await forms.read(request, ("version",))
    try:
        await keeping.remove(desk_act(request, seat), name, version=form.version or 0)
    except Stale as error:
        return await _list(request, seat, status=error.status, trouble=_stale_list())
    except NotAllowed as error:
        trouble = _("This one stays: it can only be switched off.")
        return await _list(request, seat, status=error.status, trouble=trouble)
    return done(request, f"{HOME}?done=removed")


def _stale_list() -> str:
    return _("Somebody changed it meanwhile. This is how it is now.")


routes: Sequence[ControllerRouterHandler] = [look, see_new, add, see, change, switch, remove]
