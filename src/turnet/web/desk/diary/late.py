"""Somebody runs late today: the desk and the patients' own pages say so."""

from typing import Any

from litestar import Response, post
from litestar.types import ControllerRouterHandler

from turnet.booking import service as acts
from turnet.errors import Invalid, NotFound
from turnet.web.desk.picked import way_back
from turnet.web.desk.seat import desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done


@post("/desk/late", act="time.late", include_in_schema=False)
async def late(request: AnyRequest) -> Response[Any]:
    """`who` (a practitioner's slug) is so many `minutes` late in all; 0: on time."""
    seat = await seated(request)
    form = await forms.read(request, ("who", "minutes", "back"))
    who = seat.clinic.practitioners.get(form.raw.get("who", ""))
    if who is None:
        raise NotFound(what="practitioner")
    minutes = form.raw.get("minutes", "")
    if not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 4):
        raise Invalid({"minutes": "out_of_range"})
    await acts.run_late(desk_act(request, seat), seat.clinic, who.id, int(minutes))
    return done(request, way_back(form.raw))


routes: list[ControllerRouterHandler] = [late]
