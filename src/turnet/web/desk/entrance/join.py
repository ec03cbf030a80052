"""`/join/{token}`: whoever was given a one-time link chooses a password: the first owner, somebody invited, somebody locked out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid, TooMany
from turnet.i18n import _, speaking
from turnet.staff.service import links
from turnet.staff.service.links import Link
from turnet.web.desk.accounts.wrong import sentences
from turnet.web.desk.entrance import door
from turnet.web.desk.entrance.login import inside
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public.here import any_clinic

_FIELDS = ("name", "email", "password", "again")


@dataclass(frozen=True, slots=True)
class JoinPage:
    frame: Frame
    url: str
    link: Link
    form: Form = field(default_factory=Form)
    trouble: str = ""


@get("/join/{token:str}", include_in_schema=False)
async def look(request: AnyRequest, token: FromPath[str]) -> Page:
    await any_clinic(request)
    link = await links.behind(door.knock(request), token)
    return _page(request, token, link, Form())


@post("/join/{token:str}", include_in_schema=False, status_code=200)
async def join(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    await any_clinic(request)
    form = await forms.read(request, _FIELDS)
    knock, language = door.knock(request), door.language_of(request, None)
    link = await links.behind(knock, token)
    typed = {name: form.raw.get(name, "") for name in _FIELDS}
    with speaking(language):
        try:
            if typed["again"] != typed["password"]:
                raise Invalid({"again": "different"})
            entered = await links.join(
                knock, token, typed["password"], name=typed["name"], email=typed["email"], language=language
            )
        except Invalid as error:
            return _page(request, token, link, form.with_errors(sentences(error), _FIELDS), status=422)
        except TooMany:
            return _page(request, token, link, form, status=429, trouble=_("Wait a little and try once more."))
    return inside(request, entered, door.HOME, None)


def _page(request: AnyRequest, token: str, link: Link, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    language = door.language_of(request, None)
    with speaking(language):
        shown = JoinPage(door.frame(request, language), f"/join/{token}", link, form, trouble)
        return door.page("join", shown, status=status)


routes: Sequence[ControllerRouterHandler] = [look, join]
