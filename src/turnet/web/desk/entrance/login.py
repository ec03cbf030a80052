"""`/login`: the way in by password, and `/logout`. What a form held when its session ended is carried through to the end."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, NotSignedIn, TooMany
from turnet.i18n import _, speaking
from turnet.staff.service import entering, sessions
from turnet.staff.service.entering import Entered
from turnet.web.desk.entrance import carried, door
from turnet.web.desk.entrance.carried import Carried
from turnet.web.desk.entrance.door import DoorPage
from turnet.web.desk.seat import found_session, stage_of
from turnet.web.kit import forms, htmx
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public.here import any_clinic

_CLEAR = '"cache", "storage"'


@get("/login", include_in_schema=False)
async def look(request: AnyRequest) -> Response[Any]:
    session = await found_session(request)
    then = door.asked_next(request)
    if session:
        return htmx.done(request, door.way_to(stage_of(session), then))
    await any_clinic(request)
    return _page(request, Form(), then, None)


@post("/login", include_in_schema=False, status_code=200)
async def enter(request: AnyRequest) -> Response[Any]:
    await any_clinic(request)
    sent = await forms.pairs(request)
    form = forms.of(sent, ("email", "password", "next"))
    kept, then = carried.again(sent), door.next_of(form.raw.get("next"))
    with speaking(door.language_of(request, None)):
        try:
            entered = await entering.log_in(
                door.knock(request), form.raw.get("email", ""), form.raw.get("password", ""), old=door.token(request)
            )
        except Invalid:
            said = _("That address and that password do not belong together.")
            return _page(request, form.with_errors({"password": said}), then, kept, status=422)
        except TooMany:
            said = _("Too many tries from here. Wait a quarter of an hour, or use the browser that you usually use.")
            return _page(request, form, then, kept, status=429, trouble=said)
    return inside(request, entered, then, kept)


@post("/logout", include_in_schema=False)
async def leave(request: AnyRequest) -> Response[bytes]:
    session = await found_session(request)
    if session:
        await sessions.log_out(session, request.app.state.clock.real())
    response = htmx.done(request, "/login")
    response.headers["Clear-Site-Data"] = _CLEAR
    door.take(request, response)
    return response


def inside(request: AnyRequest, entered: Entered | None, then: str, kept: Carried | None) -> Response[Any]:
    """The next page of the way in; whatever was typed before goes along. Without `entered` the session stays as it is."""
    stage = entered.stage if entered else "full"
    response: Response[Any]
    if kept is None or stage == "totp":
        response = htmx.done(request, door.way_to(stage, then))
    else:
        response = carrying_on(request, stage, kept)
    if entered:
        door.give(request, response, entered)
    return response


def carrying_on(request: AnyRequest, stage: str, kept: Carried, *, status: int = 200) -> Page:
    """The page for this stage with what was typed; once nothing is missing, the button that sends it."""
    template = {"full": "resume", "locked": "locked", "code": "code"}.get(stage, "login")
    language = door.language_of(request, None)
    with speaking(language):
        return door.page(template, DoorPage(door.frame(request, language), carried=kept), status=status)


def not_signed_in(request: AnyRequest, error: NotSignedIn) -> Response[Any]:
    """For `app.py`: a look is sent to the door, a form is kept there."""
    kept: Carried | None = request.scope["state"].get("carried")
    stage = error.facts.get("stage", "login")
    if kept is None or stage == "totp":
        return door.turned_away(request, error)
    return carrying_on(request, stage, kept, status=401)


def _page(
    request: AnyRequest, form: Form, then: str, kept: Carried | None, *, status: int = 200, trouble: str = ""
) -> Page:
    language = door.language_of(request, None)
    headers = {"Retry-After": "900"} if status == 429 else {}
    with speaking(language):
        shown = DoorPage(door.frame(request, language), form, then, kept, trouble=trouble)
        return door.page("login", shown, status=status, headers=headers)


routes: Sequence[ControllerRouterHandler] = [look, enter, leave]
