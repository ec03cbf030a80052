"""Finding patients: the list, those whom nobody has looked at yet, and the suggestions for a form that asks who it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.types import ControllerRouterHandler

from turnet.patients import card, queries
from turnet.patients.card import Maybe, Patient
from turnet.patients.model import Found
from turnet.staff.permissions import Reach, reach
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

SUGGESTED, LISTED, UNMATCHED = 8, 30, 10
NO_STORE = {"Cache-Control": "no-store"}


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
    return Page("desk/patients/_suggest.html", Suggestions(seat, found), headers=NO_STORE)


async def find(seat: Seat, text: str, limit: int) -> list[Found]:
    """Of the patients that this person may see."""
    return await queries.search(
        text, region=seat.clinic.region, now=seat.now, limit=limit, practitioner=whose(seat, "patient.see")
    )


def whose(seat: Seat, act: str) -> int | None:
    """The practitioner whose patients and visits the act is limited to; None: it reaches everybody's."""
    return None if reach(seat.staff, act) is Reach.ALL else seat.staff.practitioner or 0


# --- the list


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A provisional patient, and the likeliest of those they may be."""

    who: Patient
    visit: datetime | None
    maybe: Maybe | None


@dataclass(frozen=True, slots=True)
class PatientsPage:
    frame: DeskFrame
    asked: str
    found: Sequence[Found]
    more: bool
    """There were too many to list."""
    waiting: int
    """How many provisional patients nobody has looked at."""
    unmatched: Sequence[Unmatched]
    after: int
    """Where the next page of those begins; 0: there is none."""
    may_add: bool
    said: Said | None = None

    def local(self, at: datetime) -> datetime:
        assert self.frame.seat is not None
        return self.frame.seat.local(at)


@get("/desk/patients", act="patient.see", include_in_schema=False)
async def patients(request: AnyRequest) -> Response[Any]:
    """`?q=` finds; `?show=new` lists those who booked by themselves and whom nobody has looked at, `after` a row id."""
    seat, query = await seated(request), asked.once(request)
    text = query.get("q", "")
    matching = seat.may("patient.merge") and not text
    rows = await _unmatched(seat, query.get("after", "")) if matching and query.get("show") == "new" else []
    found = await find(seat, text, LISTED + 1)
    page = PatientsPage(
        frame=seat.frame("find"),
        asked=text,
        found=found[:LISTED],
        more=len(found) > LISTED,
        waiting=await card.count_unmatched() if matching else 0,
        unmatched=rows,
        after=rows[-1].who.id if len(rows) == UNMATCHED else 0,
        may_add=seat.may("patient.edit"),
    )
    return Page("desk/patients/list.html", page, block="found", headers=NO_STORE)


async def _unmatched(seat: Seat, after: str) -> list[Unmatched]:
    ids = await card.unmatched(
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0, limit=UNMATCHED
    )
    near = {found.id: found.next_visit or found.last_visit for found in await queries.found_by_id(ids, now=seat.now)}
    rows = []
    for id in ids:
        who = await card.patient_by_id(id)
        maybe = await card.maybe_same(who, now=seat.now)
        rows.append(Unmatched(who, near.get(id), maybe[0] if maybe else None))
    return rows


routes: list[ControllerRouterHandler] = [suggest, patients]
