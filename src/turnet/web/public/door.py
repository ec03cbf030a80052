"""`/here/{token}`: the poster at a location's door and the tablet at its desk, where patients say that they are here.

One address for all languages, as of a poster there is one: `?lang=` chooses, else the browser's wish, on a tablet the
clinic's own. `?tablet=1` is the same page, larger, without ways out of it, and forgets by itself. What it says afterwards
is the same for everybody.
"""

import logging
import re
from dataclasses import dataclass
from datetime import time
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from turnet import i18n
from turnet.booking.links import missed
from turnet.booking.service.arrive import By
from turnet.checkin.door import at_the_door, location_behind
from turnet.clinic.model import Clinic, Location
from turnet.errors import Invalid, NotFound, TooMany, Unavailable
from turnet.i18n import _, speaking
from turnet.web.kit import acting, forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import VARY, AnyRequest, done
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked
from turnet.web.public.here import Here, any_clinic

log = logging.getLogger("turnet.web")

FIELDS = ("digits", "time")
THANKS_FOR, TYPING_FOR = 15, 90
"""Seconds until a tablet shows an empty form again, after the thanks and after something to put right."""
_DIGITS = re.compile(r"\d{4}")
_TIME = re.compile(r"(\d{1,2})[ :.]?(\d{2})")


@dataclass(frozen=True, slots=True)
class DoorPage:
    frame: Frame
    location: Location
    url: str
    form: Form
    tablet: bool
    several: bool
    thanks: bool
    trouble: str
    """A sentence about something that is wrong with no field."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody stands."""

    at: Here
    location: Location
    token: str
    tablet: bool
    asked_for: bool
    """The language was chosen on the page."""

    def url(self, language: str = "", *, thanks: bool = False) -> str:
        pairs = {"lang": language, "tablet": "1" if self.tablet else "", "thanks": "1" if thanks else ""}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"/here/{self.token}" + (f"?{query}" if query else "")

    @property
    def chosen(self) -> str:
        """The language to carry along."""
        return self.at.language if self.asked_for else ""


@get("/here/{token:str}", include_in_schema=False)
async def look(request: AnyRequest, token: FromPath[str]) -> Page:
    door = await _door(request, token)
    with speaking(door.at.language):
        return _page(door, Form(), thanks="thanks" in request.query_params)


@post("/here/{token:str}", include_in_schema=False, status_code=200)
async def come(request: AnyRequest, token: FromPath[str]) -> Response[bytes] | Page:
    door = await _door(request, token)
    with speaking(door.at.language):
        form = await forms.read(request, FIELDS)
        by: By = "tablet" if door.tablet else "door"
        act = acting.act(request, actor=f"patient:{by}")
        try:
            digits, said = _read(form)
            await at_the_door(act, door.at.clinic, door.location, digits, said, by)
        except Invalid as error:
            return _page(door, form.with_errors(error.fields, FIELDS), status=422)
        except (TooMany, Unavailable) as error:
            return _page(door, form, status=error.status, trouble=_trouble(error))
        return done(request, door.url(door.chosen, thanks=True))


def _read(form: Form) -> tuple[str, time]:
    """Four figures and a time of the clock. Raises Invalid with sentences."""
    wrong = {}
    digits = form.raw.get("digits", "").replace(" ", "")
    clock = _TIME.fullmatch(form.raw.get("time", "").strip())
    hour, minute = (int(clock[1]), int(clock[2])) if clock else (24, 60)
    if not _DIGITS.fullmatch(digits):
        wrong["digits"] = _("Write the last four figures of the telephone number that you gave us.")
    if hour > 23 or minute > 59:
        wrong["time"] = _("Write the time as on a clock, such as 9:30.")
    if wrong:
        raise Invalid(wrong)
    return f"{int(digits):04d}", time(hour, minute)


def _trouble(error: TooMany | Unavailable) -> str:
    if isinstance(error, Unavailable):
        log.error("nothing can be saved", exc_info=error)
    return _("That does not go just now. Tell the desk that you are here.")


async def _door(request: AnyRequest, token: str) -> Door:
    """Raises NotFound for an address that leads nowhere, and TooMany for many of them."""
    clinic = await any_clinic(request)
    location = location_behind(token, clinic, request.app.state.key)
    if location is None:
        await missed(acting.act(request))
        raise NotFound(what="door")
    query = asked.once(request)
    tablet = query.get("tablet") == "1"
    wished = query.get("lang", "")
    asked_for = wished in clinic.languages
    language = wished if asked_for else _own(request, clinic, tablet=tablet)
    at = Here(clinic, language, request.app.state.clock.now(), request.app.state.settings.origin)
    return Door(at, location, token, tablet, asked_for)


def _own(request: AnyRequest, clinic: Clinic, *, tablet: bool) -> str:
    return (
        clinic.default_language if tablet else i18n.best(request.headers.get("accept-language", ""), clinic.languages)
    )


def _page(door: Door, form: Form, *, status: int = 200, thanks: bool = False, trouble: str = "") -> Page:
    at = door.at
    pairs = tuple((code, door.url(code)) for code in at.clinic.languages)
    page = DoorPage(
        frame=Frame(at.clinic, at.language, at.origin, "", pairs, index=False),
        location=door.location,
        url=door.url(door.chosen),
        form=form,
        tablet=door.tablet,
        several=len(at.clinic.locations) > 1,
        thanks=thanks,
        trouble=trouble,
    )
    headers = {"Cache-Control": "no-store", "Vary": f"{VARY}, Accept-Language"}
    headers |= {"Retry-After": "60"} if status in (429, 503) else {}
    if door.tablet and (thanks or status != 200):
        headers["Refresh"] = f"{THANKS_FOR if thanks else TYPING_FOR}; url={door.url()}"
    return Page("public/door.html", page, block="door", status=status, headers=headers)
