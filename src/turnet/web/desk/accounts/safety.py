"""What keeps one's own account safe: codes, recovery codes, the front desk's PIN and its lock."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, TooMany
from turnet.staff import queries
from turnet.staff.service import codes, front_desk, own
from turnet.staff.service.codes import Seed
from turnet.web.desk.accounts.account import HOME, SettingPage, ask, done, trouble_of
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import door
from turnet.web.desk.entrance.half_in import clinic_name, grouped, picture, reshown
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page

_FIELDS = ("current", "code", "seed", "pin")


@dataclass(frozen=True, slots=True)
class CodesPage:
    frame: DeskFrame
    on: bool
    required: bool
    form: Form
    ask: bool
    secret: str = field(default="", repr=False)
    sealed: str = field(default="", repr=False)
    picture: str = field(default="", repr=False)
    trouble: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class NewCodesPage:
    frame: DeskFrame
    codes: tuple[str, ...] = field(repr=False)
    said: Said | None = None


# --- codes


@get(f"{HOME}/codes", act="own.account", include_in_schema=False)
async def see_codes(request: AnyRequest) -> Page:
    return await _codes_page(request, await seated(request), Form())


@post(f"{HOME}/codes", act="own.account", include_in_schema=False, status_code=200)
async def codes_on(request: AnyRequest) -> Response[Any]:
    async def act(seat: Seat, form: Form) -> Response[Any]:
        knock = door.knock(request)
        made, entered = await codes.turn_on(knock, seat.session, form.raw.get("seed", ""), form.raw.get("code", ""))
        response = _shown(seat, made)
        door.give(request, response, entered)
        return response

    return await _proven(request, act)


@post(f"{HOME}/codes/off", act="own.account", include_in_schema=False, status_code=200)
async def codes_off(request: AnyRequest) -> Response[Any]:
    async def act(seat: Seat, _form: Form) -> Response[Any]:
        await codes.turn_off(door.knock(request), seat.session)
        return done(request, "no-codes")

    return await _proven(request, act)


@post(f"{HOME}/codes/recovery", act="own.account", include_in_schema=False, status_code=200)
async def new_recovery(request: AnyRequest) -> Response[Any]:
    async def act(seat: Seat, _form: Form) -> Response[Any]:
        return _shown(seat, await codes.recovery(door.knock(request), seat.session))

    return await _proven(request, act)


async def _proven(request: AnyRequest, act: Callable[[Seat, Form], Awaitable[Response[Any]]]) -> Response[Any]:
    """The act, once the password was given; what is wrong stands beside its field."""
    seat = await seated(request)
    form = await forms.read(request, _FIELDS)
    try:
        await own.prove(door.knock(request), seat.session, form.raw.get("current", ""))
        return await act(seat, form)
    except Invalid as error:
        return await _codes_page(request, seat, form.with_errors(sentences(error), _FIELDS), status=422)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return await _codes_page(request, seat, form, status=status, trouble=trouble)


def _shown(seat: Seat, made: Sequence[str]) -> Page:
    return Page("desk/me/recovery.html", NewCodesPage(seat.frame("more"), tuple(made)), block="body")


async def _codes_page(request: AnyRequest, seat: Seat, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    account = await queries.account(seat.staff.public_id)
    on, required = bool(account and account.has_codes), await queries.codes_required(seat.staff.role)
    shown = CodesPage(seat.frame("more"), on, required, form, ask(request, seat), trouble=trouble)
    if not on:
        seed = await _seed(request, seat, form)
        shown = CodesPage(
            seat.frame("more"), on, required, form, ask(request, seat),
            grouped(seed.secret), seed.sealed, picture(seed), trouble,
        )  # fmt: skip
    return Page("desk/me/codes.html", shown, block="body", status=status)


async def _seed(request: AnyRequest, seat: Seat, form: Form) -> Seed:
    knock, clinic = door.knock(request), await clinic_name(request)
    sealed = form.raw.get("seed", "")
    return reshown(knock, seat.session, clinic, sealed) if sealed else codes.new_seed(knock, seat.staff, clinic)


# --- the front desk


@get(f"{HOME}/pin", act="own.account", include_in_schema=False)
async def see_pin(request: AnyRequest) -> Page:
    seat = await seated(request)
    return _pin_page(request, seat, Form())


@post(f"{HOME}/pin", act="own.account", include_in_schema=False, status_code=200)
async def set_pin(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form, knock = await forms.read(request, _FIELDS), door.knock(request)
    try:
        await own.prove(knock, seat.session, form.raw.get("current", ""))
        await front_desk.set_pin(knock, seat.session, form.raw.get("pin", ""))
    except Invalid as error:
        return _pin_page(request, seat, form.with_errors(sentences(error), _FIELDS), status=422)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return _pin_page(request, seat, form, status=status, trouble=trouble)
    return done(request, "pin")


def _pin_page(request: AnyRequest, seat: Seat, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    shown = SettingPage(seat.frame("more"), form, ask(request, seat), trouble)
    return Page("desk/me/pin.html", shown, block="body", status=status)


@post(f"{HOME}/front-desk", act="own.account", include_in_schema=False, status_code=200)
async def stand_here(request: AnyRequest) -> Response[bytes]:
    seat = await seated(request)
    form = await forms.read(request, ("on",))
    on = form.raw.get("on") == "1"
    await front_desk.stand_here(door.knock(request), seat.session, on=on)
    return done(request, "front-desk" if on else "no-front-desk")


@post(f"{HOME}/lock", act="own.account", include_in_schema=False, status_code=200)
async def lock(request: AnyRequest) -> Response[bytes]:
    seat = await seated(request)
    await front_desk.lock(door.knock(request), seat.session)
    return htmx.done(request, "/login/locked")


routes: Sequence[ControllerRouterHandler] = [
    see_codes, codes_on, codes_off, new_recovery, see_pin, set_pin, stand_here, lock,
]  # fmt: skip
