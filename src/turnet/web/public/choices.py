"""`/u/{token}`: what a number or an address is sent. Looking changes nothing; the page shows nobody's number or name.

Mail programs unsubscribe by one POST without the page (RFC 8058): that ends what the mail was about and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from turnet.booking.links import missed
from turnet.clinic.model import Clinic
from turnet.errors import NotFound
from turnet.feedback.queries import survey
from turnet.i18n import _, ngettext, speaking
from turnet.messaging import choices
from turnet.messaging.choices import Chooser
from turnet.messaging.refusals import PURPOSES
from turnet.web.kit import acting, forms
from turnet.web.kit.htmx import VARY, AnyRequest, done
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked
from turnet.web.public.here import any_clinic

ONE_CLICK = "List-Unsubscribe"


@dataclass(frozen=True, slots=True)
class ChoicesPage:
    frame: Frame
    url: str
    offered: tuple[tuple[str, str, str], ...]
    """(purpose, name, what it is)"""
    wanted: Mapping[str, bool]
    saved: bool


@get("/u/{token:str}", include_in_schema=False)
async def look(request: AnyRequest, token: FromPath[str]) -> Page:
    """Raises NotFound, and TooMany after many of those."""
    chooser = await _behind(request, token)
    query = asked.once(request)
    clinic = await any_clinic(request)
    language = _language(request, chooser, clinic)
    with speaking(language):
        pairs = tuple((code, f"/u/{token}?lang={code}") for code in clinic.languages)
        frame = Frame(clinic, language, request.app.state.settings.origin, "", pairs, index=False)
        offered = _offered((await survey()).rest_days)
        page = ChoicesPage(
            frame, f"/u/{token}?lang={language}", offered, await choices.wanted(chooser), "saved" in query
        )
        return Page("public/choices.html", page, block="choices", headers={"Vary": VARY})


@post("/u/{token:str}", include_in_schema=False, status_code=200)
async def save(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Raises NotFound, and TooMany after many of those."""
    chooser, now = await _behind(request, token), request.app.state.clock.now()
    form = await forms.read(request, (*PURPOSES, ONE_CLICK))
    if form.raw.get(ONE_CLICK) == "One-Click":
        await choices.unsubscribe(chooser, now=now)
        return Response(b"", media_type="text/plain", status_code=200)
    await choices.choose(chooser, [purpose for purpose in PURPOSES if form.raw.get(purpose) == "1"], now=now)
    language = _language(request, chooser, await any_clinic(request))
    return done(request, f"/u/{token}?lang={language}&saved=1")


async def _behind(request: AnyRequest, token: str) -> Chooser:
    try:
        return await choices.behind(request.app.state.key, token)
    except NotFound:
        await missed(acting.act(request, actor="patient", door="web"))
        raise


def _language(request: AnyRequest, chooser: Chooser, clinic: Clinic) -> str:
    wished = asked.once(request).get("lang", "")
    return wished if wished in clinic.languages else chooser.language


def _offered(days: int) -> tuple[tuple[str, str, str], ...]:
    return (
        ("reminders", _("Reminders"), _("Before a visit. Without them nobody reminds you.")),
        ("feedback", _("Questions about the visit"), _how_often(days)),
        ("offers", _("Offers"), _("Only if you have agreed to them.")),
    )


def _how_often(days: int) -> str:
    """`days` in which nobody is asked twice."""
    often = ngettext(
        "One question after a visit, at most once a day.",
        "One question after a visit, at most once in %(num)d days.",
        days,
    )
    return often % {"num": days}
