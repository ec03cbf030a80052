"""Putting an unfinished booking aside, taking it up again, forgetting it. Only its writer sees it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.staff.service import parking
from turnet.web.desk.booking.asked_for import asked_for
from turnet.web.desk.booking.booking_in import owner, shown
from turnet.web.desk.booking.wanted import FIELDS, LASTING
from turnet.web.desk.seat import seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page


@post("/desk/parked", act="visit.book", include_in_schema=False)
async def park(request: AnyRequest) -> Response[Any]:
    """The next call gets an empty form, on which this one waits by name."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    asked = await asked_for(seat, form, owner=owner(seat))
    kept = {name: text for name in LASTING if (text := asked.form.raw.get(name, ""))}
    kept |= {"shown": asked.name or form.raw.get("q", ""), "back": form.raw.get("back", "")}
    await parking.park(seat.staff, kept, now=seat.now, instead=form.raw.get("parked", ""))
    return done(request, "/desk/new")


@get("/desk/parked/{public_id:str}", act="visit.book", include_in_schema=False)
async def take_up(request: AnyRequest, public_id: FromPath[str]) -> Page:
    """The form as it was left; the time is looked at anew."""
    seat = await seated(request)
    laid = await parking.take_up(seat.staff, public_id)
    form = Form({**laid.fields, "parked": public_id})
    return await shown(request, await asked_for(seat, form, owner=owner(seat)))


@post("/desk/parked/{public_id:str}/drop", act="visit.book", include_in_schema=False)
async def drop(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    await parking.take_up(seat.staff, public_id)
    await parking.drop(seat.staff, public_id)
    return done(request, "/desk/new")


routes: list[ControllerRouterHandler] = [park, take_up, drop]
