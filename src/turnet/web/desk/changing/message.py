"""Writing to the contact of a visit, in one's own words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.booking import service as acts
from turnet.conversation.queries import talk_with
from turnet.errors import Invalid
from turnet.i18n import LANGUAGES, _
from turnet.ids import random_id
from turnet.messaging.failures import dead
from turnet.patients.model import clean_note
from turnet.web.desk.picked import Picked, after, picked, way_back
from turnet.web.desk.seat import DeskFrame, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked
from turnet.web.public.words import language_name

_ONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")
FIELDS = ("channel", "text", "once", "back")


@dataclass(frozen=True, slots=True)
class MessagePage:
    frame: DeskFrame
    mine: Picked
    form: Form
    ways: tuple[tuple[str, str], ...]
    """(channel, address) of those that work, the likelier first."""
    lost: tuple[str, ...]
    """Numbers and addresses of the visit at which nothing arrives."""
    language: str
    """Of the patient, in the language of the page."""
    once: str
    back: str
    trouble: str = ""
    talk: str = ""
    """Public id of the conversation by SMS; empty: there is none, or it is not theirs to read."""


@get("/desk/visits/{public_id:str}/message", act="message.send", include_in_schema=False)
async def write(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    mine = await picked(await seated(request), public_id, "message.send")
    return await _page(mine, Form(asked.once(request)))


@post("/desk/visits/{public_id:str}/message", act="message.send", include_in_schema=False)
async def send(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    mine = await picked(seat, public_id, "message.send")
    form = await forms.read(request, FIELDS, anchors={"channel": f"by-{mine.channel}"})
    gone = await _gone(mine)
    errors, text = _read(form.raw, mine, gone)
    if errors:
        return await _page(mine, form.with_errors(errors, ("channel", "text")), status=422)
    channel = form.raw["channel"]
    once = form.raw.get("once", "") if _ONCE.fullmatch(form.raw.get("once", "")) else random_id()
    try:
        await acts.write_to(desk_act(request, seat), seat.clinic, mine.visit.id, channel, text, once=once)
    except Invalid as error:
        if "channel" in error.fields:
            return await _page(await picked(seat, public_id, "message.send"), form, status=422, trouble="contact")
        said = _("Too long for a text message. Write less, or send it by e-mail.")
        return await _page(mine, form.with_errors({"text": said}), status=422)
    return done(request, after(way_back(form.raw), mine.visit))


def _read(raw: Mapping[str, str], mine: Picked, gone: set[str]) -> tuple[dict[str, str], str]:
    """(sentences by field, the text)."""
    errors: dict[str, str] = {}
    if raw.get("channel") not in dict(_ways(mine, gone)):
        errors["channel"] = _("Choose how to send it.")
    try:
        text = clean_note(raw.get("text", ""), field="text")
    except Invalid as error:
        return errors | {"text": forms.sentence("note", error.fields["text"])}, ""
    if not text:
        errors["text"] = _("Write what they should read.")
    return errors, text


def _ways(mine: Picked, gone: set[str]) -> tuple[tuple[str, str], ...]:
    """A telephone first: who is written to by hand should read it soon."""
    ways = (("sms", mine.visit.phone), ("email", mine.visit.email))
    return tuple(way for way in ways if way[1] and way[1] not in gone)


async def _gone(mine: Picked) -> set[str]:
    return await dead({mine.visit.phone, mine.visit.email} - {""}, now=mine.seat.now)


async def _page(mine: Picked, form: Form, *, status: int = 200, trouble: str = "") -> Page:
    visit, gone = mine.visit, await _gone(mine)
    page = MessagePage(
        frame=mine.seat.frame(),
        mine=mine,
        form=form,
        ways=_ways(mine, gone),
        lost=tuple(one for one in (visit.phone, visit.email) if one in gone),
        language=language_name(visit.language) if visit.language in LANGUAGES else "",
        once=form.raw.get("once", "") or random_id(),
        back=way_back(form.raw),
        trouble=trouble,
        talk=await talk_with([visit.phone]) if visit.phone and mine.seat.may("inbox.work") else "",
    )
    return Page("desk/move/message.html", page, block="message", status=status)


routes: list[ControllerRouterHandler] = [write, send]
