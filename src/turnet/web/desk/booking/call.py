"""What a softphone opens when somebody calls: the caller's card, those who share the number, or a new visit."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from turnet.errors import Invalid
from turnet.patients.callers import Caller
from turnet.patients.model import clean_phone
from turnet.web.desk.cards.callers import calling_from
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public.asked import once

_SCHEMES = ("tel:", "sip:", "sips:", "callto:")


@dataclass(frozen=True, slots=True)
class CallPage:
    frame: DeskFrame
    said: Said | None
    number: str
    """E.164, or as the telephone gave it."""
    callers: tuple[Caller, ...]
    books: bool


@get("/desk/call", act="patient.see", include_in_schema=False)
async def call(request: AnyRequest) -> Response[Any]:
    """`?from=` in any spelling. One person has that number: their card. None: a new visit with the number filled in."""
    seat = await seated(request)
    said = spoken(once(request).get("from", ""))
    number = _number(seat, said)
    callers = await calling_from(seat, number) if number else []
    if len(callers) == 1:
        return done(request, f"/desk/patients/{callers[0].public_id}")
    books = seat.may("visit.book")
    if not callers and books:
        return done(request, f"/desk/new?{urlencode({'phone': number or said[:32]})}" if said else "/desk/new")
    page = CallPage(seat.frame("find"), None, number or said, tuple(callers), books)
    return Page("desk/new/call.html", page, headers={"Cache-Control": "no-store"})


routes: list[ControllerRouterHandler] = [call]


def spoken(text: str) -> str:
    """The number in what a telephone sends: `tel:+358…`, `sip:+358…@host;user=phone`, ` 358…` with its plus lost on the way."""
    lost_plus = text.startswith(" ")
    number = unquote(text).strip()
    for scheme in _SCHEMES:
        if number.lower().startswith(scheme):
            number = number[len(scheme) :]
    number = number.partition("@")[0].partition(";")[0].strip().strip('"<>')
    return f"+{number}" if lost_plus and number[:1].isdecimal() else number


def _number(seat: Seat, text: str) -> str:
    try:
        return clean_phone(text, seat.clinic.region)
    except Invalid:
        return ""
