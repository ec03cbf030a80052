"""What happened, told: to one visit, to one patient, and everywhere (`/admin/audit`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from turnet.audit import queries
from turnet.audit.queries import HIGHEST, NEWEST, Below, Line, Named, Narrow
from turnet.errors import NotFound, NotYours
from turnet.patients import card
from turnet.patients.service.seen import saw
from turnet.staff.permissions import Reach, reach
from turnet.web.desk.asking import day_of
from turnet.web.desk.picked import Picked, picked, way_back
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.told.history_words import Telling
from turnet.web.kit import htmx
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked

TEMPLATE = "desk/history/history.html"


@dataclass(frozen=True, slots=True)
class Told:
    """One line as a page shows it; a link is empty where this person may not go."""

    at: datetime
    sentence: Markup
    visit: str = ""
    visit_at: datetime | None = None
    patient: str = ""
    patient_name: str = ""


Days = Sequence[tuple[date, Sequence[Told]]]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    frame: DeskFrame
    days: Days
    back: str
    older: str
    """Address of what was before; empty: nothing was."""
    mine: Picked | None = None
    """The visit that it is about."""
    patient: card.Patient | None = None
    """The patient that it is about."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    frame: DeskFrame
    days: Days
    older: str
    accounts: Sequence[Named]
    who: str
    """Public id of the account asked about; empty: everybody."""
    day: date | None
    patient: card.Patient | None


@get("/desk/visits/{public_id:str}/history", act="diary.see", include_in_schema=False)
async def of_visit(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat, query = await seated(request), asked.once(request)
    mine = await picked(seat, public_id, "diary.see")
    lines, older = await queries.lines(Narrow(visit=mine.visit.id), _below(query))
    page = HistoryPage(
        frame=seat.frame(),
        days=_by_day(seat, lines),
        back=way_back(query, mine.path),
        older=_older(request, query, older),
        mine=mine,
    )
    return Page(TEMPLATE, page, block="history")


@get("/desk/patients/{public_id:str}/history", act="patient.see", include_in_schema=False)
async def of_patient(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """Of visits, only those whose diary this person sees."""
    seat, query = await seated(request), asked.once(request)
    one = await _theirs(seat, public_id)
    if one.merged_into:
        return htmx.done(request, f"/desk/patients/{one.merged_into}/history")
    await saw(desk_act(request, seat), one.id)
    own = None if reach(seat.staff, "diary.see") is Reach.ALL else seat.staff.practitioner
    narrow = Narrow(patients=await queries.same_as(one.id), practitioner=own)
    lines, older = await queries.lines(narrow, _below(query))
    page = HistoryPage(
        frame=seat.frame(here="find"),
        days=_by_day(seat, lines),
        back=way_back(query, f"/desk/patients/{one.public_id}"),
        older=_older(request, query, older),
        patient=one,
    )
    return Page(TEMPLATE, page, block="history")


async def _theirs(seat: Seat, public_id: str) -> card.Patient:
    """Raises NotFound, and NotYours for somebody who never came to this person."""
    one = await card.patient(public_id)
    everybodys = reach(seat.staff, "patient.see") is Reach.ALL
    if not everybodys and not await card.is_seen_by(one.id, seat.staff.practitioner or 0):
        raise NotYours(act="patient.see")
    return one


@get("/admin/audit", act="audit.see", include_in_schema=False)
async def audit(request: AnyRequest) -> Response[Any]:
    """`?who=` an account, `?patient=` a patient (public ids), `?day=`; `?below=` what was before a page.

    Reading a patient's story here counts as having looked at the card.
    """
    seat, query = await seated(request), asked.once(request)
    accounts, day = await queries.everybody(), day_of(query.get("day", ""))
    account = next((one for one in accounts if one.public_id == query.get("who")), None)
    patient = await card.patient(query["patient"]) if query.get("patient") else None
    if query.get("who") and account is None:
        raise NotFound(what="account")
    if patient:
        await saw(desk_act(request, seat), patient.id)
    narrow = Narrow(
        account=account.id if account else None,
        patients=await queries.same_as(patient.id) if patient else (),
    )
    lines, older = await queries.lines(_on(seat, narrow, day), _below(query))
    page = AuditPage(
        frame=seat.frame(here="more"),
        days=_by_day(seat, lines),
        older=_older(request, query, older),
        accounts=accounts,
        who=account.public_id if account else "",
        day=day,
        patient=patient,
    )
    return Page("desk/history/audit.html", page, block="history")


def _on(seat: Seat, narrow: Narrow, day: date | None) -> Narrow:
    if day is None:
        return narrow
    first, until = (datetime.combine(one, time(), seat.clinic.zone) for one in (day, day + timedelta(days=1)))
    return replace(narrow, first=first.astimezone(UTC), until=until.astimezone(UTC))


def _by_day(seat: Seat, lines: Iterable[Line]) -> Days:
    telling = Telling(seat)
    told = [_told(seat, telling, line) for line in lines]
    return [(day, list(those)) for day, those in groupby(told, key=lambda one: one.at.date())]


def _told(seat: Seat, telling: Telling, line: Line) -> Told:
    visit = line.visit if line.visit and seat.may("diary.see", line.visit.practitioner) else None
    return Told(
        at=seat.local(line.at),
        sentence=telling.sentence(line),
        visit=f"/desk/visits/{visit.public_id}" if visit else "",
        visit_at=seat.local(visit.starts_at) if visit else None,
        patient=f"/desk/patients/{line.patient}" if line.patient else "",
        patient_name=line.patient_name,
    )


# --- pages of it


def _below(query: Mapping[str, str]) -> Below:
    """`below=120-45`: older than visits' line 120 and the audit's 45. Raises NotFound for anything else."""
    spelled = query.get("below", "")
    if not spelled:
        return NEWEST
    ids = spelled.split("-")
    if len(ids) != 2 or not all(id.isascii() and id.isdecimal() and len(id) <= 10 for id in ids):
        raise NotFound(below=spelled)
    return Below(*(min(int(id), HIGHEST) for id in ids))


def _older(request: AnyRequest, query: Mapping[str, str], below: Below | None) -> str:
    if below is None:
        return ""
    kept = {name: query[name] for name in ("who", "patient", "day", "back") if query.get(name)}
    return f"{request.scope['path']}?{urlencode({**kept, 'below': f'{below.events}-{below.entries}'})}"


routes: list[ControllerRouterHandler] = [of_visit, of_patient, audit]
