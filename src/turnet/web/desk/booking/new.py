"""Booking while the phone is at the ear: one page, one form, the time kept for the caller meanwhile.

A press either looks (keep the time, propose others, show what will be written) or books what its button names.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.clock import instant
from turnet.errors import NotFound, NotOffered, SlotTaken, TurnetError
from turnet.web.desk.booking.asked_for import Asked, asked_for, with_time
from turnet.web.desk.booking.booking_in import book, book_beside, finished, keep, owner, refused, shown, shown_held
from turnet.web.desk.booking.fits import first_possible
from turnet.web.desk.booking.series import one_by_one
from turnet.web.desk.booking.wanted import FIELDS, Time, place_of, repeated, services_here, time_of
from turnet.web.desk.seat import Seat, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public.asked import once, spelled, start

log = logging.getLogger("turnet.web")
_CARRIED = ("service", "patient", "phone", "q", "at", "who", "part", "back")


@get("/desk/new", act="visit.book", include_in_schema=False)
async def new(request: AnyRequest) -> Page:
    """`?start=&who=&room=` a gap, `?service=&at=&part=` what to look for, `?patient=&phone=&q=` who calls."""
    seat = await seated(request)
    form = Form(await _from_address(seat, once(request)))
    return await shown(request, await asked_for(seat, form, owner=owner(seat)))


@post("/desk/new/look", act="visit.book", include_in_schema=False)
async def look(request: AnyRequest) -> Page:
    """Keeps the chosen time for the caller and shows the form as it was typed, with what fits now."""
    seat = await seated(request)
    asked = await asked_for(seat, await forms.read(request, FIELDS), owner=owner(seat))
    return await shown_held(request, asked)


@post("/desk/new/hold", act="visit.book", include_in_schema=False)
async def hold(request: AnyRequest) -> Response[Any]:
    """From a gap (`start`, `who`): keeps it and opens the form. From the form: keeps its time and says until when."""
    seat = await seated(request)
    form = await forms.read(request, [*FIELDS, "start", "room"])
    if not form.raw.get("start"):
        asked = await asked_for(seat, form, owner=owner(seat))
        return await shown_held(request, asked, block="keep")
    asked = await asked_for(seat, Form(await _from_address(seat, form.raw)), owner=owner(seat))
    try:
        await keep(request, asked)
    except (SlotTaken, NotOffered):
        log.info("a gap was gone when it was opened; the form says what is near")
    return done(request, _address(form.raw, asked))


@post("/desk/new", act="visit.book", include_in_schema=False)
async def book_it(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    asked = with_time(await asked_for(seat, form, owner=owner(seat)), form.raw.get("time", ""))
    if repeated(asked.form.raw)[1] > 1:  # typed while the button still named one visit
        return await one_by_one(request, asked)
    try:
        visits = await book(request, asked)
    except TurnetError as error:
        return await refused(request, asked, error)
    return await finished(request, asked, visits)


@post("/desk/new/over", act="visit.overbook", include_in_schema=False)
async def overbook(request: AnyRequest) -> Response[Any]:
    """Beside what is there, on purpose: who, where and why are named."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    asked = with_time(await asked_for(seat, form, owner=owner(seat)), form.raw.get("over_time", ""))
    if asked.time and (room := seat.clinic.rooms.get(form.raw.get("over_room", ""))):
        asked = replace(asked, time=replace(asked.time, room=room))
    try:
        visit = await book_beside(request, asked)
    except TurnetError as error:
        return await refused(request, asked, error)
    return await finished(request, asked, [visit])


routes: list[ControllerRouterHandler] = [new, look, hold, book_it, overbook]


# --- what an address or a gap says


async def _from_address(seat: Seat, query: Mapping[str, str]) -> dict[str, str]:
    """The form that an address opens. Raises NotFound for what the clinic does not have."""
    clinic, raw = seat.clinic, {name: query[name] for name in _CARRIED if query.get(name)}
    who, room = query.get("who", ""), query.get("room", "")
    for things, slug in ((clinic.practitioners, who), (clinic.rooms, room), (clinic.locations, query.get("at", ""))):
        if slug and slug not in things:
            raise NotFound(slug=slug)
    if not query.get("start"):
        return raw
    at = start(query["start"])
    if not who:
        return raw | {"from": str(seat.local(instant(at)).date())}
    person, chair = clinic.practitioners[who], clinic.rooms.get(room)
    place = clinic.location(chair.location) if chair else place_of(clinic, person, at)
    time = Time(at, place, person, chair)
    if time_of(seat, time.code) is None:
        raise NotFound(practitioner=who)
    del raw["who"]
    return {"service": await _likeliest(seat, time)} | raw | {"fixed": time.code, "time": time.code}


async def _likeliest(seat: Seat, time: Time) -> str:
    """Slug of the first service that there is room for then, what is urgent last; else of any that they do."""
    doing = [one for one in services_here(seat) if time.practitioner.id in one.rules.practitioners]
    ordered = sorted(doing, key=lambda service: service.urgent)
    found = await first_possible(seat, ordered, time, owner=owner(seat)) or next(iter(ordered), None)
    return found.slug if found else ""


def _address(raw: Mapping[str, str], asked: Asked) -> str:
    """The page that a gap opens, so that a reload finds the same time."""
    pairs = {name: raw[name] for name in ("who", "room", "at", "patient", "back") if raw.get(name)}
    service = asked.services[0].slug if asked.services else ""
    return f"/desk/new?{urlencode({'start': spelled(start(raw['start'])), 'service': service} | pairs)}"
