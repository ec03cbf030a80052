"""What the pages before the desk have in common: who knocks, in which language, and the cookies that let them in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from litestar import Response

from turnet import i18n
from turnet.errors import NotSignedIn
from turnet.settings import Settings
from turnet.staff.model import Knock, Session
from turnet.staff.service import sessions
from turnet.staff.service.entering import Entered
from turnet.web.desk.entrance.carried import Carried, own_path, path_of
from turnet.web.desk.seat import cookie_name
from turnet.web.kit import acting, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page

HOME = "/desk"
WAYS = {"login": "/login", "code": "/login/code", "totp": "/login/totp", "locked": "/login/locked"}
"""What is still missing → the page that asks for it."""
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DoorPage:
    frame: Frame
    form: Form = field(default_factory=Form)
    next: str = HOME
    carried: Carried | None = None
    name: str = ""
    """Whose session it is, where there is one."""
    trouble: str = ""
    """A sentence about something that is wrong with no field."""


def knock(request: AnyRequest) -> Knock:
    state = request.app.state
    settings: Settings = state.settings
    return Knock(
        real=state.clock.real(),
        key=state.key,
        address=acting.address(request, state.key),
        agent=request.headers.get("user-agent", ""),
        device=request.cookies.get(_device_cookie(settings), ""),
        limited=settings.limited,
    )


def language_of(request: AnyRequest, session: Session | None) -> str:
    """The person's own, else what the browser prefers of all we speak."""
    if session:
        return session.staff.language
    return i18n.best(request.headers.get("accept-language", ""), tuple(i18n.LANGUAGES))


def frame(request: AnyRequest, language: str) -> Frame:
    return Frame(request.app.state.get("clinic"), language, request.app.state.settings.origin, index=False)


def page(template: str, shown: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    """Always whole: a fragment's place is taken by all of it."""
    told = {"HX-Retarget": "body", "HX-Reswap": "innerHTML", "Cache-Control": "no-store", **(headers or {})}
    return Page(f"desk/door/{template}.html", shown, status=status, headers=told)


def next_of(text: str | None) -> str:
    return text if text and own_path(text) else HOME


def way_to(stage: str, then: str) -> str:
    """The page that asks for what is missing, and where to go from there."""
    if stage == "full":
        return then
    return WAYS[stage] + ("" if then == HOME else f"?{urlencode({'next': then})}")


def turned_away(request: AnyRequest, error: NotSignedIn) -> Response[bytes]:
    """A look at the desk without a session: to the door, and back afterwards. A stream ends for good, and asks no more.

    What renews itself leads nowhere: on its page something may be half written, which `live.js` looks after.
    """
    if "text/event-stream" in request.headers.get("accept", "") or error.facts.get("renews_itself"):
        return Response(b"", media_type="text/plain", status_code=204, headers={"Cache-Control": "no-store"})
    then = _page_of(request.headers.get("hx-current-url", "")) if htmx.partial(request) else path_of(request)
    return htmx.done(request, way_to(error.facts["stage"], next_of(then)))


def _page_of(url: str) -> str:
    """Path and query of an address; empty for what is none."""
    try:
        asked = urlsplit(url)
    except ValueError:
        return ""
    return asked.path + (f"?{asked.query}" if asked.query else "")


def language_names(codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((code, i18n.LANGUAGES[code].own_name) for code in codes if code in i18n.LANGUAGES)


def asked_next(request: AnyRequest) -> str:
    return next_of(parse_qs(request.scope["query_string"].decode("latin-1")).get("next", [""])[0])


# --- cookies


def give(request: AnyRequest, response: Response[Any], entered: Entered) -> None:
    settings: Settings = request.app.state.settings
    lasting = int(sessions.LIFE.total_seconds())
    _set(response, settings, cookie_name(settings), entered.token, lasting)
    if entered.device:
        _set(response, settings, _device_cookie(settings), entered.device, _A_YEAR, path="/login")


def take(request: AnyRequest, response: Response[Any]) -> None:
    """The session's cookie; the browser stays known."""
    settings: Settings = request.app.state.settings
    _set(response, settings, cookie_name(settings), "", 0)


def token(request: AnyRequest) -> str:
    return request.cookies.get(cookie_name(request.app.state.settings), "")


def _set(response: Response[Any], settings: Settings, name: str, text: str, seconds: int, path: str = "/") -> None:
    response.set_cookie(name, text, max_age=seconds, httponly=True, samesite="lax", secure=settings.https, path=path)


def _device_cookie(settings: Settings) -> str:
    return "__Secure-turnet_device" if settings.https else "turnet_device"
