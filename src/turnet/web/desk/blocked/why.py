"""Why not? For any service and start: what each practitioner's rules, hours, blocks and visits say about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from turnet.booking.queries import busy
from turnet.clinic.blocks import blocks
from turnet.clinic.model import Practitioner, Service
from turnet.clock import minute
from turnet.errors import NotFound
from turnet.i18n import _
from turnet.scheduling.explain import Reason, explain
from turnet.scheduling.hours import local_day
from turnet.scheduling.slots import window
from turnet.web.desk.asking import moment, one_of
from turnet.web.desk.blocked.reasons import Saying
from turnet.web.desk.picked import way_back
from turnet.web.desk.seat import DeskFrame, Seat, seated
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page
from turnet.web.public import asked, times

BY_HAND = ("lead", "horizon", "reserved", "off_grid")
BESIDE = ("busy", "buffer", "no_free_room")
"""Reasons that staff get round: by choosing the minute themselves, or on purpose beside what is there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One practitioner's."""

    who: Practitioner
    free: bool
    text: Markup
    book: str
    """Where the time is booked; empty: not by this person, or not at all."""
    offer: str
    """What that link says."""


@dataclass(frozen=True, slots=True)
class WhyPage:
    frame: DeskFrame
    service: Service
    services: Sequence[Service]
    who: str
    """Slug of the only one asked about."""
    at: datetime
    answers: Sequence[Answer]
    back: str


@get("/desk/why", act="diary.see", include_in_schema=False)
async def why(request: AnyRequest) -> Response[Any]:
    """`?service=&start=&who=`, or `day` and `time` instead of `start`; each has a default."""
    seat, query = await seated(request), asked.once(request)
    clinic = seat.clinic
    service = one_of(clinic.services, query.get("service", "")) or next(iter(clinic.services.values()), None)
    if service is None:
        raise NotFound(what="service")
    start, who = moment(seat, query), one_of(clinic.practitioners, query.get("who", ""))
    page = WhyPage(
        frame=seat.frame(),
        service=service,
        services=tuple(clinic.services.values()),
        who=who.slug if who else "",
        at=times.local(clinic.zone, start),
        answers=await answers(seat, service, start, who),
        back=way_back(query),
    )
    return Page("desk/move/why.html", page, block="why")


async def answers(seat: Seat, service: Service, start: int, who: Practitioner | None = None) -> list[Answer]:
    """Of everybody whose diary this person sees, or of one of them; whoever could take it comes first."""
    clinic = seat.clinic
    day = local_day(clinic.setup.zone, start)
    span = window(clinic.setup, service.id, day, day)
    taken = await busy(clinic, span, now=seat.now)
    saying = Saying(seat, service, start, await blocks(span))
    active = {one.id: one for one in clinic.practitioners.values()}
    told = [
        _answer(saying, active[reason.resource], reason)
        for reason in explain(clinic.setup, service.id, start, taken, now=minute(seat.now))
        if reason.resource in active
        and who in (None, active[reason.resource])
        and seat.may("diary.see", reason.resource)
    ]
    return sorted(told, key=lambda answer: not answer.free)


def _answer(saying: Saying, who: Practitioner, reason: Reason) -> Answer:
    offer = _offer(saying.seat, who, reason.code)
    query = {"start": asked.spelled(saying.start), "who": who.slug, "service": saying.service.slug}
    book = f"/desk/new?{urlencode(query)}" if offer else ""
    return Answer(who, reason.code == "offered", saying.sentence(reason), book, offer)


def _offer(seat: Seat, who: Practitioner, code: str) -> str:
    if code in BESIDE:
        return _("Book beside it") if seat.may("visit.overbook", who.id) else ""
    if not seat.may("visit.book", who.id):
        return ""
    return _("Book") if code == "offered" else _("Book by hand") if code in BY_HAND else ""


routes: list[ControllerRouterHandler] = [why]
