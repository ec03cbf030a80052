"""One service, one person, one location: the pages that search engines and links lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from litestar import get
from litestar.params import FromPath
from markupsafe import Markup

from turnet.clinic.model import Location, Practitioner, Service
from turnet.scheduling.rules import Slot
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked, free, opening, times, words
from turnet.web.public.here import Here, here, keep_times
from turnet.web.public.home import (
    Member,
    Next,
    ServiceLine,
    SoonDay,
    next_of,
    service_line,
    several_places,
    spread,
    team,
)
from turnet.web.public.times import Wording

DAYS, TIMES = 3, 8


@dataclass(frozen=True, slots=True)
class ServicePage:
    frame: Frame
    service: Service
    facts: str
    next: Next | None
    soon: tuple[SoonDay, ...]
    team: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class PersonPage:
    frame: Frame
    member: Member
    services: tuple[ServiceLine, ...]
    next: Next | None


@dataclass(frozen=True, slots=True)
class PlacePage:
    frame: Frame
    location: Location
    hours: tuple[opening.Line, ...]
    map: str
    services: tuple[ServiceLine, ...]
    team: tuple[Member, ...]


@get("/{lang:str}/services/{slug:str}", include_in_schema=False)
async def service(request: AnyRequest, lang: FromPath[str], slug: FromPath[str]) -> Page:
    at = await here(request, lang)
    found = asked.bookable(at.clinic, slug, f"/{lang}/services/{{}}")
    frame = at.frame(f"/{lang}/services/{found.slug}")
    slots = (await free.of_all(at.clinic, [found], at.now))[found.id]
    await keep_times(request, at, {found.id: slots})
    able = tuple(one for one in team(at.clinic) if one.practitioner.id in found.rules.practitioners)
    wording = Wording(frame, f"/{lang}/book/{found.slug}/at/", show_place=several_places(slots))
    page = ServicePage(
        frame, found, words.facts(found, at.clinic), next_of(found, slots, at, frame), soon(slots, wording, at), able
    )
    return Page("public/service.html", page)


def soon(slots: Sequence[Slot], wording: Wording, at: Here) -> tuple[SoonDay, ...]:
    """The first days that have any, some times of each."""
    days: list[tuple[date, list[Slot]]] = []
    for day, found in groupby(slots, lambda slot: times.local(at.clinic.zone, slot.start).date()):
        if len(days) == DAYS:
            break
        days.append((day, list(found)))
    return tuple(
        SoonDay(day, words.near(day, at.today), times.items(spread(found, TIMES), wording, first=not place))
        for place, (day, found) in enumerate(days)
    )


@get("/{lang:str}/team/{slug:str}", include_in_schema=False)
async def person(request: AnyRequest, lang: FromPath[str], slug: FromPath[str]) -> Page:
    at = await here(request, lang)
    found: Practitioner = asked.known(at.clinic.practitioners, at.clinic, "practitioner", slug, f"/{lang}/team/{{}}")
    frame = at.frame(f"/{lang}/team/{found.slug}")
    able = [s for s in at.clinic.services.values() if s.online and found.id in s.rules.practitioners]
    slots = await free.of_all(at.clinic, able, at.now)
    await keep_times(request, at, {one.id: slots[one.id] for one in able})
    own = {id: free.narrowed(some, at.clinic, practitioner=found.id) for id, some in slots.items()}
    offers = [next_of(one, own[one.id], at, frame, found.slug) for one in able]
    page = PersonPage(
        frame,
        next(one for one in team(at.clinic) if one.practitioner is found),
        tuple(service_line(one, own[one.id], at, frame, found.slug) for one in able),
        min((one for one in offers if one), key=lambda one: one.at, default=None),
    )
    return Page("public/person.html", page)


@get("/{lang:str}/at/{slug:str}", include_in_schema=False)
async def place(request: AnyRequest, lang: FromPath[str], slug: FromPath[str]) -> Page:
    at = await here(request, lang)
    found: Location = asked.known(at.clinic.locations, at.clinic, "location", slug, f"/{lang}/at/{{}}")
    frame = at.frame(f"/{lang}/at/{found.slug}")
    online = [s for s in at.clinic.services.values() if s.online]
    slots = await free.of_all(at.clinic, online, at.now)
    await keep_times(request, at, {one.id: slots[one.id] for one in online})
    own = {id: free.narrowed(some, at.clinic, location=found.id) for id, some in slots.items()}
    page = PlacePage(
        frame,
        found,
        opening.lines(at.clinic, found, at.today),
        _map(found),
        tuple(service_line(one, own[one.id], at, frame) for one in online if own[one.id]),
        tuple(one for one in team(at.clinic) if any(where is found for where, _days in one.presence)),
    )
    return Page("public/place.html", page)


def _map(location: Location) -> Markup:
    if location.latitude is None or location.longitude is None:
        return Markup()
    lat, lon = location.latitude, location.longitude
    return Markup(f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}#map=17/{lat:.5f}/{lon:.5f}")
