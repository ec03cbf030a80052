"""`/admin/survey`: whom the clinic asks how it went, how often, and from which score on somebody is told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid
from turnet.feedback.model import Survey
from turnet.feedback.queries import survey
from turnet.feedback.service import decide
from turnet.i18n import _
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

FIELDS = ("sample", "rest_days", "alarm_at")


@dataclass(frozen=True, slots=True)
class SurveyPage:
    frame: DeskFrame
    form: Form
    said: Said | None = None


@get("/admin/survey", act="rounds.manage", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    decided = {name: str(value) for name, value in asdict(await survey()).items()}
    said = Said(_("It counts from the next question on.")) if query.get("saved") == "1" else None
    return _page(seat, Form(decided), said=said)


@post("/admin/survey", act="rounds.manage", include_in_schema=False)
async def save(request: AnyRequest) -> Response[Any]:
    """Three whole numbers. Raises NotYours."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    try:
        await decide(desk_act(request, seat), Survey(*(_number(form.raw.get(name, "")) for name in FIELDS)))
    except Invalid as error:
        return _page(seat, form.with_errors({name: _sentences()[name] for name in error.fields}, FIELDS), status=422)
    return done(request, "/admin/survey?saved=1")


def _number(text: str) -> int:
    """-1, which no field allows, for what is no number."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1


def _sentences() -> dict[str, str]:
    return {
        "sample": _("Write a number from 1 to 100."),
        "rest_days": _("Write a number of days from 1 to 365."),
        "alarm_at": _("Write a number from 0 to 9."),
    }


def _page(seat: Seat, form: Form, *, status: int = 200, said: Said | None = None) -> Response[Any]:
    page = SurveyPage(seat.frame("more"), form, said)
    return Page("admin/opinions/survey.html", page, block="body", status=status, headers={"Cache-Control": "no-store"})


routes: Sequence[ControllerRouterHandler] = [see, save]
