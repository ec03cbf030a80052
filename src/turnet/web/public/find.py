"""`/find`: whoever lost the links to their visits gets them sent again, to the number or address they booked with.

One address for all languages: `?lang=` chooses one, else the browser's wish. The answer to a well-formed contact is
always the same.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from litestar import get, post

from turnet import i18n
from turnet.booking import service as acts
from turnet.errors import Invalid, TooMany, Unavailable
from turnet.i18n import _, speaking
from turnet.patients.model import clean_email, clean_phone
from turnet.web.kit import acting, forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import VARY, AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked
from turnet.web.public.here import Here, any_clinic

log = logging.getLogger("turnet.web")


@dataclass(frozen=True, slots=True)
class FindPage:
    frame: Frame
    url: str
    form: Form
    sent: bool
    by_mail: bool
    trouble: str
    """A sentence about something that is wrong with no field."""


@get("/find", include_in_schema=False)
async def look(request: AnyRequest) -> Page:
    at = await _here(request)
    with _in(at):
        return _page(at, Form())


@post("/find", include_in_schema=False, status_code=200)
async def send(request: AnyRequest) -> Page:
    at = await _here(request)
    form = await forms.read(request, ("contact",))
    act = acting.act(request, actor="patient", door="web")
    with _in(at):
        try:
            channel, contact = _reached(form.raw.get("contact", ""), at.clinic.region)
            await acts.send_links(act, channel, contact, at.language)
        except Invalid as error:
            said = _sentence(*next(iter(error.fields.items())))
            return _page(at, form.with_errors({"contact": said}), status=422)
        except (TooMany, Unavailable) as error:
            return _page(at, form, status=error.status, trouble=_trouble(error))
        return _page(at, form, sent=True, by_mail=channel == "email")


def _reached(typed: str, region: str) -> tuple[str, str]:
    """(channel, E.164 number or lower-case address) of what somebody typed. Raises Invalid."""
    if "@" in typed:
        return "email", clean_email(typed)
    return "sms", clean_phone(typed, region)


def _sentence(field: str, code: str) -> str:
    if code == "required":
        return _("Write the number or the address you gave us.")
    if code == "not_a_number":
        return _("Write a number as you would dial it, or an address such as name@example.com.")
    return forms.sentence(field, "")


def _trouble(error: TooMany | Unavailable) -> str:
    if isinstance(error, Unavailable):
        log.error("nothing can be saved", exc_info=error)
        return _("Try again in a few minutes, or call us.")
    return _("Wait a little and try once more, or call us.")


async def _here(request: AnyRequest) -> Here:
    clinic = await any_clinic(request)
    wished = asked.once(request).get("lang", "")
    accepted = request.headers.get("accept-language", "")
    language = wished if wished in clinic.languages else i18n.best(accepted, clinic.languages)
    return Here(clinic, language, request.app.state.clock.now(), request.app.state.settings.origin)


@contextmanager
def _in(at: Here) -> Iterator[None]:
    with speaking(at.language):
        yield


def _page(
    at: Here, form: Form, *, status: int = 200, sent: bool = False, by_mail: bool = False, trouble: str = ""
) -> Page:
    pairs = tuple((code, f"/find?lang={code}") for code in at.clinic.languages)
    frame = Frame(at.clinic, at.language, at.origin, "", pairs, index=False)
    page = FindPage(frame, f"/find?lang={at.language}", form, sent, by_mail, trouble)
    headers = {"Cache-Control": "no-store", "Vary": f"{VARY}, Accept-Language"}
    headers |= {"Retry-After": "60"} if status in (429, 503) else {}
    return Page("public/find.html", page, block="find", status=status, headers=headers)
