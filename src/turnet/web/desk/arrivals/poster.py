"""`/desk/door`: the poster for a location's door, to print; the tablet's address; a new poster when the old one went astray."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.checkin.door import door_token
from turnet.checkin.words import renew_poster
from turnet.clinic.model import Clinic, Location
from turnet.errors import NotFound
from turnet.i18n import LANGUAGES, _, speaking
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked


@dataclass(frozen=True, slots=True)
class Line:
    """What the poster says in one language."""

    language: str
    direction: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class PosterPage:
    frame: DeskFrame
    said: Said | None
    locations: Sequence[Location]
    location: Location
    lines: Sequence[Line]
    picture: str
    """The code to scan, as a `data:` address."""
    address: str
    tablet: str
    tablet_picture: str
    may_manage: bool


@get("/desk/door", act="diary.see", include_in_schema=False)
async def poster(request: AnyRequest) -> Response[Any]:
    """`at`: a location's slug, else the first."""
    seat, query = await seated(request), asked.once(request)
    location = _location(seat.clinic, query)
    token = door_token(request.app.state.key, location)
    address = f"{seat.origin}/here/{token}"
    tablet = f"{address}?tablet=1"
    page = PosterPage(
        frame=seat.frame("more"),
        said=Said(_("The old poster leads nowhere now. Print this one, and open the tablet anew."))
        if query.get("new")
        else None,
        locations=list(seat.clinic.locations.values()),
        location=location,
        lines=[_line(code) for code in seat.clinic.languages],
        picture=_picture(address),
        address=address,
        tablet=tablet,
        tablet_picture=_picture(tablet),
        may_manage=seat.may("rounds.manage"),
    )
    return Page("desk/arrivals/poster.html", page, headers={"Cache-Control": "no-store"})


@post("/desk/door/renew", act="rounds.manage", include_in_schema=False)
async def renew(request: AnyRequest) -> Response[Any]:
    """`at`: whose poster is a new one from now on."""
    seat = await seated(request)
    form = await forms.read(request, ("at",))
    if "at" not in form.raw:
        raise NotFound(what="location")
    location = _location(seat.clinic, form.raw)
    await renew_poster(desk_act(request, seat), location)
    return done(request, f"/desk/door?at={location.slug}&new=1")


def _location(clinic: Clinic, raw: Mapping[str, str]) -> Location:
    """Raises NotFound for a slug that no location has."""
    found = clinic.locations.get(raw["at"]) if "at" in raw else next(iter(clinic.locations.values()), None)
    if found is None:
        raise NotFound(what="location")
    return found


def _line(language: str) -> Line:
    with speaking(language):
        heading = _("Are you here?")
        text = _("Scan this and say so, or tell the desk.")
    return Line(language, LANGUAGES[language].direction, heading, text)


def _picture(address: str) -> str:
    """Black on white whatever the page's colours."""
    import segno  # noqa: PLC0415  (for one page in a clinic's month)

    return segno.make(address, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff")


routes: list[ControllerRouterHandler] = [poster, renew]
