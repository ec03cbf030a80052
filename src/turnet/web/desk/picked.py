"""The one visit that an act at the desk is about, and the page to be on afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from turnet.booking import queries
from turnet.booking.model import Visit
from turnet.clinic.model import Location, Practitioner, Room, Service
from turnet.errors import NotFound, NotYours
from turnet.web.desk.seat import Seat

_LONGEST_WAY = 300


@dataclass(frozen=True, slots=True)
class Picked:
    """A visit with its names, in clinic time."""

    seat: Seat
    visit: Visit

    @property
    def path(self) -> str:
        return f"/desk/visits/{self.visit.public_id}"

    @property
    def start(self) -> datetime:
        return self.seat.local(self.visit.starts_at)

    @property
    def end(self) -> datetime:
        return self.seat.local(self.visit.ends_at)

    @property
    def service(self) -> Service:
        return self.seat.clinic.service(self.visit.service)

    @property
    def practitioner(self) -> Practitioner:
        return self.seat.clinic.practitioner(self.visit.practitioner)

    @property
    def room(self) -> Room | None:
        return None if self.visit.room is None else self.seat.clinic.room(self.visit.room)

    @property
    def location(self) -> Location:
        return self.seat.clinic.location(self.visit.location)

    @property
    def channel(self) -> str:
        """Where its messages go: `email`, `sms`, or empty when nobody can be reached."""
        return "email" if self.visit.email else "sms" if self.visit.phone else ""

    @property
    def address(self) -> str:
        return self.visit.email or self.visit.phone

    @property
    def name(self) -> Markup:
        return Markup("<bdi>{}</bdi>").format(self.visit.patient_name)


async def picked(seat: Seat, public_id: str, act: str) -> Picked:
    """Raises NotFound, and NotYours where the act does not reach the visit's diary."""
    visit = await queries.visit(public_id)
    if visit is None:
        raise NotFound(what="visit")
    if not seat.may(act, visit.practitioner):
        raise NotYours(act=act)
    return Picked(seat, visit)


def way_back(raw: Mapping[str, str], otherwise: str = "/desk") -> str:
    """The page of ours that a form or link came from; anything else is not gone to."""
    path = raw.get("back", "")
    ours = path == "/desk" or path.startswith(("/desk/", "/desk?"))
    plain = path.isascii() and path.isprintable() and " " not in path and "//" not in path and "\\" not in path
    return path if ours and plain and len(path) <= _LONGEST_WAY else otherwise


def after(back: str, visit: Visit) -> str:
    """`back`, which then says what was just done to this visit and offers to take it back."""
    parts = urlsplit(back)
    kept = [pair for pair in parts.query.split("&") if pair and not pair.startswith("did=")]
    return parts._replace(query="&".join([*kept, urlencode({"did": visit.public_id})])).geturl()
