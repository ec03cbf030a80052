"""Finding patients: the list, and the suggestions for a form that asks who it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from turnet.patients import queries
from turnet.patients.model import Found
from turnet.staff.permissions import Reach, reach
from turnet.web.desk.seat import Seat, seated
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

SUGGESTED = 8


@dataclass(frozen=True, slots=True)
class Suggestions:
    seat: Seat
    found: Sequence[Found]

    @property
    def region(self) -> str:
        return self.seat.clinic.region

    def local(self, at: datetime) -> datetime:
        return self.seat.local(at)


@get("/desk/patients/suggest", act="patient.see", include_in_schema=False)
async def suggest(request: AnyRequest) -> Response[Any]:
    """`?q=`: options for a combobox, without a page around them."""
    seat = await seated(request)
    found = await find(seat, asked.once(request).get("q", ""), SUGGESTED)
    return Page("desk/patients/_suggest.html", Suggestions(seat, found), headers={"Cache-Control": "no-store"})


async def find(seat: Seat, text: str, limit: int) -> list[Found]:
    """Of the patients that this person may see."""
    return await queries.search(
        text, region=seat.clinic.region, now=seat.now, limit=limit, practitioner=whose(seat, "patient.see")
    )


def whose(seat: Seat, act: str) -> int | None:
    """The practitioner whose patients and visits the act is limited to; None: it reaches everybody's."""
    return None if reach(seat.staff, act) is Reach.ALL else seat.staff.practitioner or 0


routes: list[ControllerRouterHandler] = [suggest]
