"""`/desk/me`: one's own account: name, language, password, and where one is logged in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, TooMany
from turnet.i18n import LANGUAGES, _
from turnet.staff import queries
from turnet.staff.model import Session
from turnet.staff.queries import Account
from turnet.staff.service import own, sessions
from turnet.staff.service.entering import Entered
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import door
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page

HOME = "/desk/me"


@dataclass(frozen=True, slots=True)
class Line:
    """One login of one's own."""

    public_id: str
    here: bool
    agent: str
    since: Any
    seen: Any
    """Local times."""


@dataclass(frozen=True, slots=True)
class MePage:
    frame: DeskFrame
    account: Account
    session: Session
    lines: tuple[Line, ...]
    codes_left: int
    said: Said | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SettingPage:
    """One of the pages behind the list."""

    frame: DeskFrame
    form: Form = field(default_factory=Form)
    ask: bool = False
    """Must the password be given first?"""
    trouble: str = ""
    said: Said | None = None
    languages: tuple[tuple[str, str], ...] = ()


def done(request: AnyRequest, what: str) -> Response[bytes]:
    """Back to the list, which says what was done."""
    return htmx.done(request, f"{HOME}?done={what}")


def ask(request: AnyRequest, seat: Seat) -> bool:
    return not own.proven(seat.session, request.app.state.clock.real())


def trouble_of(error: TooMany) -> tuple[str, int]:
    return _("Too many tries. Wait a quarter of an hour."), error.status


@get(HOME, act="own.account", include_in_schema=False)
async def look(request: AnyRequest) -> Page:
    seat = await seated(request)
    account = await queries.account(seat.staff.public_id)
    assert account is not None
    real = request.app.state.clock.real()
    lines = tuple(
        Line(
            one.public_id,
            one.id == seat.session.id,
            agent_name(one.agent),
            seat.local(one.created_at),
            seat.local(one.seen_at),
        )
        for one in await queries.sessions_of(seat.staff.id, real)
    )
    said = _said(request.query_params.get("done", ""))
    left = await queries.recovery_left(seat.staff.id) if account.has_codes else 0
    return Page("desk/me/me.html", MePage(seat.frame("more"), account, seat.session, lines, left, said), block="body")


def _said(what: str) -> Said | None:
    sentences_: Mapping[str, str] = {
        "name": _("Your name is saved."),
        "password": _("Your new password counts. You are logged out everywhere else."),
        "pin": _("Your PIN is saved."),
        "front-desk": _("This browser now locks after 15 minutes."),
        "no-front-desk": _("This browser no longer locks by itself."),
        "codes": _("Your login now asks for a code."),
        "no-codes": _("Your login asks for no code any more."),
        "session": _("Logged out there."),
    }
    return Said(sentences_[what], back=HOME) if what in sentences_ else None


_BROWSERS = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_MACHINES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def agent_name(agent: str) -> str:
    """`Firefox, Windows`, as far as a browser says so; else the beginning of what it says."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _MACHINES)]
    return ", ".join(name for name in found if name) or agent[:40]


# --- name and language


@get(f"{HOME}/name", act="own.account", include_in_schema=False)
async def see_name(request: AnyRequest) -> Page:
    seat = await seated(request)
    staff = seat.staff
    return _named(seat, Form({"name": staff.name, "initials": staff.initials, "language": staff.language}))


@post(f"{HOME}/name", act="own.account", include_in_schema=False, status_code=200)
async def set_name(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, ("name", "initials", "language"))
    typed = {name: form.raw.get(name, "") for name in ("name", "initials", "language")}
    try:
        await own.set_name(door.knock(request), seat.session, typed["name"], typed["initials"], typed["language"])
    except Invalid as error:
        return _named(seat, form.with_errors(sentences(error), typed), status=422)
    return done(request, "name")


def _named(seat: Seat, form: Form, *, status: int = 200) -> Page:
    languages = tuple((code, language.own_name) for code, language in LANGUAGES.items())
    return Page(
        "desk/me/name.html", SettingPage(seat.frame("more"), form, languages=languages), block="body", status=status
    )


# --- password


@get(f"{HOME}/password", act="own.account", include_in_schema=False)
async def see_password(request: AnyRequest) -> Page:
    seat = await seated(request)
    return _passworded(seat, Form())


@post(f"{HOME}/password", act="own.account", include_in_schema=False, status_code=200)
async def set_password(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, ("current", "new", "again"))
    new = form.raw.get("new", "")
    try:
        if form.raw.get("again", "") != new:
            raise Invalid({"again": "different"})
        token = await own.change_password(door.knock(request), seat.session, form.raw.get("current", ""), new)
    except Invalid as error:
        return _passworded(seat, form.with_errors(sentences(error), ("current", "new", "again")), status=422)
    except TooMany as error:
        trouble, status = trouble_of(error)
        return _passworded(seat, form, status=status, trouble=trouble)
    response = done(request, "password")
    door.give(request, response, Entered(token, "full"))
    return response


def _passworded(seat: Seat, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    shown = SettingPage(seat.frame("more"), form, trouble=trouble)
    return Page("desk/me/password.html", shown, block="body", status=status)


# --- where one is logged in


@post(f"{HOME}/sessions/{{session:str}}/end", act="own.account", include_in_schema=False, status_code=200)
async def end_session(request: AnyRequest, session: FromPath[str]) -> Response[bytes]:
    seat = await seated(request)
    await sessions.end_own(seat.session, session, request.app.state.clock.real())
    return done(request, "session")


routes: Sequence[ControllerRouterHandler] = [look, see_name, set_name, see_password, set_password, end_session]
