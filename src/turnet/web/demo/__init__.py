"""The pretend phone, the pretend mailbox and the clock; `app.py` serves them in the demo only."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from markupsafe import Markup, escape

from turnet import i18n
from turnet.booking.service import sweep
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as the_clinic
from turnet.clock import SystemClock
from turnet.demo import mailbox
from turnet.demo.clock import advance, load_shift, step
from turnet.demo.mailbox import Item, Owner
from turnet.errors import Unavailable
from turnet.messaging.compose import Composer
from turnet.messaging.deliver import deliverer, drain
from turnet.paths import TEMPLATES
from turnet.reminders.service import plan, take_due
from turnet.web.kit.forms import read
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Frame, Page

PATH = "/-/demo"
_UNSEEN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")
_moving = asyncio.Lock()
"""Two people who press at once put the clock forward one after the other."""


@dataclass(frozen=True, slots=True)
class DemoPage:
    frame: Frame
    now: datetime
    """In the clinic's zone."""
    ahead: timedelta
    owners: Sequence[Owner]
    chosen: Owner | None
    phone: Sequence[Item]
    mail: Sequence[Item]

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.now.tzinfo)

    def linked(self, text: str) -> Markup:
        """The text with its addresses as links."""
        parts, after = [], 0
        for match in _LINK.finditer(text):
            parts += [escape(text[after : match.start()]), Markup('<a href="{0}">{0}</a>').format(match[0])]
            after = match.end()
        return Markup("").join([*parts, escape(text[after:])])

    def address(self, who: Owner) -> str:
        return f"{PATH}?{urlencode({'who': who.key})}"


@get(PATH, include_in_schema=False)
async def show(request: AnyRequest, who: FromQuery[str] = "") -> Page:
    clinic = await _clinic()
    clock = _clock(request)
    await load_shift(clock)
    owners = await mailbox.owners()
    chosen = next((owner for owner in owners if owner.key == who), owners[0] if owners else None)
    items = await mailbox.items(chosen.key, clinic, _composer(request)) if chosen else []
    language = i18n.best(request.headers.get("accept-language", ""), clinic.languages)
    with i18n.speaking(language):
        page = DemoPage(
            frame=Frame(clinic, language, request.app.state.settings.origin, index=False),
            now=clock.now().astimezone(clinic.zone),
            ahead=clock.shift,
            owners=owners,
            chosen=chosen,
            phone=[item for item in items if item.channel == "sms"],
            mail=[item for item in items if item.channel == "email"],
        )
        return Page("demo/demo.html", page, headers=_UNSEEN)


@post(f"{PATH}/clock", include_in_schema=False)
async def forward(request: AnyRequest) -> Response[bytes]:
    """`advance=1d`, `3h` or `10m`. Everything that falls due on the way happens at its own time. Raises `Invalid`."""
    form = await read(request, ("advance", "who"))
    by = step(form.raw.get("advance", ""))
    clock = _clock(request)
    messages = deliverer(request.app.state.settings, clock)

    async def run_due() -> None:
        await plan(clock.now())
        await take_due(clock.now())
        await drain(messages)
        await sweep(clock.now(), clock.real())

    async with _moving:
        await advance(clock, by, run_due)
    who = form.raw.get("who", "")
    return done(request, f"{PATH}?{urlencode({'who': who})}" if who else PATH)


@get(f"{PATH}/mail/{{name:str}}", include_in_schema=False)
async def file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """`<id>.eml` or `<id>.ics`. Raises `NotFound`."""
    message, _dot, suffix = name.partition(".")
    clinic, composer = await _clinic(), _composer(request)
    if suffix == "ics":
        body, media_type = await mailbox.calendar_of(message, clinic, composer), "text/calendar"
    else:
        body, media_type = await mailbox.mail(message, clinic, composer), "message/rfc822"
    headers = {**_UNSEEN, "Content-Disposition": f'attachment; filename="demo.{"ics" if suffix == "ics" else "eml"}"'}
    return Response(body, media_type=media_type, headers=headers)


@get(f"{PATH}/demo.css", include_in_schema=False)
async def style() -> Response[bytes]:
    return Response((TEMPLATES / "demo" / "demo.css").read_bytes(), media_type="text/css", headers=_UNSEEN)


async def _clinic() -> Clinic:
    found = await the_clinic()
    if found is None:
        raise Unavailable(what="there is no clinic yet")
    return found


def _clock(request: AnyRequest) -> SystemClock:
    clock = request.app.state.clock
    assert isinstance(clock, SystemClock)
    return clock


def _composer(request: AnyRequest) -> Composer:
    return Composer(request.app.state.settings, request.app.state.key)


routes: list[ControllerRouterHandler] = [show, forward, file, style]
