"""Who sits at the desk: every staff page begins with a session, and every route with an act of the permission table.

A handler names its act: `@get("/desk/visits/{id:str}", act="diary.see")`. One without an act, or with one that the table
does not know, stops the program from starting. Whose diary is acted in is asked again by the service.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from turnet.booking.model import Act
from turnet.clinic.model import Clinic, Text, Texts
from turnet.clock import minute
from turnet.db.versions import current
from turnet.errors import NotSignedIn, NotYours
from turnet.i18n import speaking
from turnet.scheduling.hours import local_day
from turnet.settings import Settings
from turnet.staff import permissions
from turnet.staff.model import Session, Staff
from turnet.staff.queries import session_of
from turnet.staff.service import sessions
from turnet.web.desk.entrance.carried import carried_by
from turnet.web.kit import acting
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame
from turnet.web.public.here import any_clinic

_LIVE = "/desk/live"
_BY_THEMSELVES = frozenset({"section", "div", "span"})
"""What asks again whenever the diary changed, as htmx names it; a person presses `a`, `button`, `form` or `input`."""


def cookie_name(settings: Settings) -> str:
    """`__Host-` where the browser can keep its promise; both contain what the page cache looks for."""
    return "__Host-turnet_staff" if settings.https else "turnet_staff"


class AtTheDesk(ASGIMiddleware):
    """Finds the session and speaks its owner's language. Raises NotSignedIn, which the login page answers."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection: ASGIConnection[object, object, object, State] = ASGIConnection(scope)
        session = await found_session(connection)
        if session is None or session.stage != "full" or session.locked:
            scope["state"]["carried"] = await carried_by(scope, receive)
            raise NotSignedIn(stage=stage_of(session), renews_itself=renews_itself(connection))
        scope["state"]["session"] = session
        if by_a_person(connection):
            await sessions.touch(session, connection.app.state.clock.real())
        with speaking(session.staff.language):
            await next_app(scope, receive, send)


def stage_of(session: Session | None) -> str:
    """What somebody must do first: `login`, `code`, `totp` or `locked`; `full`: nothing."""
    if session is None:
        return "login"
    return "locked" if session.locked and session.stage == "full" else session.stage


def by_a_person(connection: ASGIConnection[object, object, object, State]) -> bool:
    """A list that renews itself and a stream that opens again are nobody: they must not keep a session alive."""
    return connection.scope["path"] != _LIVE and not renews_itself(connection)


def renews_itself(connection: ASGIConnection[object, object, object, State]) -> bool:
    return connection.headers.get("hx-source", "").partition("#")[0] in _BY_THEMSELVES


async def found_session(connection: ASGIConnection[Any, Any, Any, State]) -> Session | None:
    state = connection.app.state
    token = connection.cookies.get(cookie_name(state.settings), "")
    return await session_of(token, state.clock.real()) if token else None


def allowed(connection: ASGIConnection[object, object, object, State], handler: BaseRouteHandler) -> None:
    """Litestar's guard: the role must reach somebody by the route's act. Raises NotYours."""
    session: Session = connection.scope["state"]["session"]
    act = handler.opt.get("act", "")  # none: what answers OPTIONS
    if act not in permissions.TABLE or not permissions.may(session.staff, act):
        raise NotYours(act=act)


def checked(handlers: Sequence[ControllerRouterHandler]) -> Sequence[ControllerRouterHandler]:
    """Raises LookupError at start for a route that stands in no row of the permission table."""
    for handler in handlers:
        if not isinstance(handler, HTTPRouteHandler) or handler.opt.get("act") not in permissions.TABLE:
            raise LookupError(f"{handler} names no act of turnet.staff.permissions")
    return handlers


@dataclass(frozen=True, slots=True)
class Seat:
    """One person at the desk, for one request."""

    clinic: Clinic
    session: Session
    now: datetime
    """Business time, UTC."""
    origin: str
    stamp: str = ""
    """The moment of the clinic that the page shows, as its stream calls it."""

    @property
    def staff(self) -> Staff:
        return self.session.staff

    @property
    def language(self) -> str:
        return self.staff.language

    @property
    def today(self) -> date:
        return local_day(self.clinic.setup.zone, minute(self.now))

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.clinic.zone)

    def may(self, act: str, practitioner: int | None = None) -> bool:
        return permissions.may(self.staff, act, practitioner=practitioner)

    def text(self, texts: Texts) -> Text:
        return self.clinic.text(texts, self.language)

    def frame(self, here: str = "") -> "DeskFrame":
        """`here`: which part of the bar is current: `today`, `find`, `new`, `inbox` or `more`."""
        return DeskFrame(self.clinic, self.language, self.origin, index=False, seat=self, here=here)


@dataclass(frozen=True, slots=True)
class DeskFrame(Frame):
    """What surrounds every staff page."""

    seat: Seat | None = None
    here: str = ""


async def seated(request: AnyRequest) -> Seat:
    """Raises Unavailable before there is a clinic."""
    stamp = (await current()).stamp  # before the page's own reads: what changes meanwhile is told
    clinic = await any_clinic(request)
    state = request.app.state
    return Seat(clinic, request.scope["state"]["session"], state.clock.now(), state.settings.origin, stamp)


def desk_act(request: AnyRequest, seat: Seat, door: str = "phone") -> Act:
    """The circumstances of an act at the desk; caps are for visitors."""
    made = acting.act(request, actor=seat.staff.actor, door=door)
    return replace(made, staff=seat.staff, limited=False, referrer="")
