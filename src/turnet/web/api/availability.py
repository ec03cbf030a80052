"""What anybody may read, from any page on the web: the clinic and its free times."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ControllerRouterHandler

from turnet.booking import queries as diary
from turnet.clinic.model import Clinic
from turnet.clinic.queries import versions
from turnet.clock import instant, minute
from turnet.errors import NotFound
from turnet.scheduling.hours import day_span, local_day
from turnet.scheduling.rules import Slot
from turnet.scheduling.slots import next_change, window
from turnet.web.api.answers import SlotsAnswer, clinic_answer, practitioner_answer, service_answer, slot_answer
from turnet.web.api.asked import json, language_of, the_clinic
from turnet.web.api.bodies import Fields, query
from turnet.web.kit.cache import keep
from turnet.web.kit.htmx import AnyRequest

MOST_DAYS = 62
A_DAY = timedelta(days=1)


def _shared(request: AnyRequest, content: Any, *, until: datetime, language: str = "") -> Response[bytes]:
    """An answer that is everybody's until `until` (business time) or a change; the cache gives it its ETag."""
    keep(request, until)
    headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
    if language:
        headers |= {"Content-Language": language, "Vary": "Accept-Language"}
    return json(msgspec.json.encode(content), headers=headers)


@get("/clinic", shared=True)
async def clinic(request: AnyRequest) -> Response[bytes]:
    found, now = await the_clinic(), request.app.state.clock.now()
    language = language_of(request, found)
    next_second = now.replace(microsecond=0) + timedelta(seconds=1)
    return _shared(request, clinic_answer(found, language, now), until=next_second, language=language)


@get("/services", shared=True)
async def services(request: AnyRequest) -> Response[bytes]:
    found = await the_clinic()
    language = language_of(request, found)
    every = [service_answer(found, service, language) for service in found.services.values()]
    return _shared(request, every, until=request.app.state.clock.now() + A_DAY, language=language)


@get("/practitioners", shared=True)
async def practitioners(request: AnyRequest) -> Response[bytes]:
    found = await the_clinic()
    language = language_of(request, found)
    every = [practitioner_answer(found, person, language) for person in found.practitioners.values()]
    return _shared(request, every, until=request.app.state.clock.now() + A_DAY, language=language)


@get("/slots", shared=True)
async def slots(request: AnyRequest) -> Response[bytes]:
    setup_version, version = await versions()  # before the times: an answer may be called older than it is, never newer
    found = await the_clinic()
    asked = _Asked.read(query(request), found)
    free, until = await _free(found, asked, request.app.state.clock.now())
    answer = SlotsAnswer(found.zone.key, f"{setup_version}.{version}", [slot_answer(found, slot) for slot in free])
    return _shared(request, answer, until=until)


@dataclass(frozen=True, slots=True)
class _Asked:
    service: int
    practitioner: int | None
    location: int | None
    first: date
    last: date
    """Inclusive."""

    @classmethod
    def read(cls, fields: Fields, clinic: Clinic) -> "_Asked":
        """Raises NotFound for a slug nobody has, Invalid for everything else."""
        service = _named(clinic, "service", fields.text("service", required=True))
        practitioner = _named(clinic, "practitioner", fields.text("practitioner"))
        location = _named(clinic, "location", fields.text("location"))
        first, last = fields.day("from"), fields.day("to")
        if first and last and last < first:
            fields.refuse("to", "before_from")
        if first and last and (last - first).days >= MOST_DAYS:
            fields.refuse("to", "too_far")
        if fields.wrong or service is None or first is None or last is None:
            raise fields.refusal()
        return cls(service, practitioner, location, first, last)


def _named(clinic: Clinic, kind: str, slug: str) -> int | None:
    """The id behind a slug of today or of the past; none given is none. Raises NotFound."""
    if not slug:
        return None
    things: dict[str, Any] = {
        "service": clinic.services,
        "practitioner": clinic.practitioners,
        "location": clinic.locations,
    }
    found = things[kind].get(clinic.moved_slugs.get((kind, slug), slug))
    if found is None:
        raise NotFound(kind=kind)
    return int(found.id)


async def _free(clinic: Clinic, asked: _Asked, now: datetime) -> tuple[list[Slot], datetime]:
    """The free times, and until when the answer stays as it is if nobody writes."""
    service, setup, at = clinic.service(asked.service), clinic.setup, minute(now)
    today = local_day(setup.zone, at)
    first, last = max(asked.first, today), min(asked.last, today + timedelta(days=service.rules.horizon))
    if last < first or not service.online:
        return [], instant(day_span(setup.zone, today).end)
    free = await diary.free_times(
        clinic, asked.service, first, last, now=now, practitioner=asked.practitioner, location=asked.location
    )
    until = instant(next_change(setup, asked.service, first, last, now=at, slots=free))
    expiry = await diary.next_claim_expiry(window(setup, asked.service, first, last), now)
    return free, until if expiry is None else min(until, expiry)


routes: list[ControllerRouterHandler] = [clinic, services, practitioners, slots]
