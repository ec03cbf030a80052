"""The pretend phone, the pretend mailbox and the clock; `app.py` serves them in the demo only."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from markupsafe import Markup, escape

from turnet import i18n
from turnet.booking.service import sweep
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as the_clinic
from turnet.clock import SystemClock
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import Open
from turnet.conversation.queries import around
from turnet.conversation.service import answer, receive
from turnet.demo import living, mailbox
from turnet.demo.clock import advance, handed_over, load_shift, step
from turnet.demo.mailbox import Item, Owner, Written
from turnet.errors import Invalid, NotFound, Unavailable
from turnet.messaging.answers import shown
from turnet.messaging.channels import Incoming
from turnet.messaging.compose import Composer
from turnet.messaging.deliver import Deliverer, deliverer, drain
from turnet.paths import TEMPLATES
from turnet.patients.model import clean_phone
from turnet.reminders.service import plan, take_due
from turnet.reports import monthly
from turnet.web.desk.inbox.words import trouble
from turnet.web.desk.told.sent_words import known
from turnet.web.kit.forms import read
from turnet.web.kit.htmx import AnyRequest, done, partial
from turnet.web.kit.page import Frame, Page

PATH = "/-/demo"
_UNSEEN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")
_moving = asyncio.Lock()
"""Two people who press at once put the clock forward one after the other."""


_SHOWN = 60
"""SMS on a phone."""
LONGEST = 1600
"""Characters of an SMS that is typed here."""


@dataclass(frozen=True, slots=True)
class DemoPage:
    frame: Frame
    now: datetime
    """In the clinic's zone."""
    ahead: timedelta
    owners: Sequence[Owner]
    chosen: Owner
    number: str
    """From which the chosen one writes; empty: they have no telephone."""
    phone: Sequence[Item | Written]
    """The newest last."""
    asked: Open | None
    """What they are asked just now."""
    mail: Sequence[Item]
    writing: bool
    """They have just written, and may go on."""

    @property
    def quick(self) -> Sequence[str]:
        """Answers that take one tap, as they stand in the question."""
        if self.asked is None or self.asked.kind in {Asked.SCORE, Asked.WHY}:
            return ()
        if self.asked.kind not in {Asked.WHICH, Asked.TIMES}:
            return ("1", "2")
        with i18n.speaking(self.asked.language):
            return [shown(letter) for letter in self.asked.letters]

    def why(self, item: Item) -> str:
        """It was not sent, or did not arrive, in the words that the desk reads."""
        return known(item.note) or ("" if item.state in {"skipped", "cancelled"} else trouble(item.state, item.note))

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
        return _address(who.key)


def _address(who: str) -> str:
    return f"{PATH}?{urlencode({'who': who})}" if who else PATH


@get(PATH, include_in_schema=False)
async def show(request: AnyRequest, who: FromQuery[str] = "") -> Page:
    return await _page(request, who)


async def _page(request: AnyRequest, who: str) -> Page:
    clinic, clock = await _clinic(), _clock(request)
    await load_shift(clock)
    owners = await mailbox.owners()
    chosen = next((owner for owner in owners if owner.key == who), None)
    if who and chosen is None:
        chosen = await mailbox.owner(who)
        if chosen is None:
            raise NotFound(who=who)
        owners = [chosen, *owners]
    chosen = chosen or owners[0]
    items = await mailbox.items(chosen.key, clinic, _composer(request))
    wrote = await mailbox.written(chosen.key)
    number = next(iter((await mailbox.contacts(chosen.key)).phones), "")
    said: list[Item | Written] = [*wrote, *(item for item in items if item.channel == "sms")]
    language = i18n.best(request.headers.get("accept-language", ""), clinic.languages)
    with i18n.speaking(language):
        page = DemoPage(
            frame=Frame(clinic, language, request.app.state.settings.origin, index=False),
            now=clock.now().astimezone(clinic.zone),
            ahead=clock.shift,
            owners=owners,
            chosen=chosen,
            number=number,
            phone=sorted(said, key=lambda one: one.order)[-_SHOWN:],
            asked=(await around(number, now=clock.now())).asked if number else None,
            mail=[item for item in items if item.channel == "email"],
            writing=partial(request),
        )
        return Page("demo/demo.html", page, block="phone", headers=_UNSEEN)


@post(f"{PATH}/clock", include_in_schema=False)
async def forward(request: AnyRequest) -> Response[bytes]:
    """`advance=1d`, `3h` or `10m`. Everything that falls due on the way happens at its own time. Raises `Invalid`."""
    form = await read(request, ("advance", "who"))
    by = step(form.raw.get("advance", ""))
    clock, messages = _clock(request), _messages(request)

    async def run_due() -> None:
        await living.live(await _clinic(), clock, request.app.state.key)
        await answer.work(request.app.state.settings, clock)
        await plan(clock.now())
        await take_due(clock.now())
        await monthly.tell(request.app.state.settings, clock.now())
        await drain(messages)
        await handed_over()
        await mailbox.report(now=clock.now(), real=clock.real())
        await sweep(clock.now(), clock.real())

    async with _moving:
        await advance(clock, by, run_due)
    return done(request, _address(form.raw.get("who", "")))


@post(f"{PATH}/sms", include_in_schema=False)
async def write(request: AnyRequest) -> Response[Any]:
    """`from` (a number) writes `text` to the clinic, and is answered at once. Raises `Invalid`."""
    form = await read(request, ("from", "text", "who"))
    clinic, clock, text = await _clinic(), _clock(request), form.raw.get("text", "").strip()
    sender = clean_phone(form.raw.get("from", ""), clinic.region)
    if not 0 < len(text) <= LONGEST:
        raise Invalid({"text": "too_long" if text else "required"})
    await load_shift(clock)
    came = Incoming(id=f"{living.TYPED}{uuid4()}", sender=sender, to="", text=text)
    raw = json.dumps({"from": sender, "text": text}, ensure_ascii=False).encode()
    async with _moving:
        await receive.store("file", came, raw, our_number="", real=clock.real(), now=clock.now())
        await answer.work(request.app.state.settings, clock)
        await drain(_messages(request))
        await handed_over()
        await mailbox.report(now=clock.now(), real=clock.real())
    who = form.raw.get("who", "") or (await mailbox.owner_of(sender)).key
    return await _page(request, who) if partial(request) else done(request, f"{_address(who)}#phone")


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


def _messages(request: AnyRequest) -> Deliverer:
    return deliverer(request.app.state.settings, _clock(request))


def _composer(request: AnyRequest) -> Composer:
    return Composer(request.app.state.settings, request.app.state.key)


routes: list[ControllerRouterHandler] = [show, forward, write, file, style]
