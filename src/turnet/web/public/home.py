"""`/` and `/{lang}/`: the next free time, what can be booked, who one meets and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from litestar import Response, get
from litestar.params import FromPath
from markupsafe import Markup

from turnet import i18n
from turnet.clinic.model import Clinic, Location, Practitioner, Service
from turnet.format import day_short
from turnet.scheduling.rules import Slot
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public import free, opening, times, words
from turnet.web.public.here import Here, any_clinic, here, keep_times
from turnet.web.public.times import Wording

SOON_DAYS = 3
SOON_TIMES = 4


@dataclass(frozen=True, slots=True)
class Next:
    """The first free time of a service, as a sentence."""

    service: Service
    at: datetime
    when: Markup
    who: Markup
    where: Markup
    href: Markup


@dataclass(frozen=True, slots=True)
class SoonDay:
    day: date
    near: str
    slots: Markup


@dataclass(frozen=True, slots=True)
class ServiceLine:
    service: Service
    facts: tuple[str, str]
    first: Markup
    """Its first free time, or nothing."""


@dataclass(frozen=True, slots=True)
class Member:
    practitioner: Practitioner
    languages: str
    presence: tuple[tuple[Location, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    location: Location
    hours: tuple[opening.Line, ...]


@dataclass(frozen=True, slots=True)
class Pain:
    services: tuple[Service, ...]
    first: Next | None


@dataclass(frozen=True, slots=True)
class HomePage:
    frame: Frame
    today: date
    next: Next | None
    soon: tuple[SoonDay, ...]
    more: int
    """Free times within the same two weeks that are not shown."""
    services: tuple[ServiceLine, ...]
    pain: Pain | None
    team: tuple[Member, ...]
    places: tuple[Place, ...]


@get("/", include_in_schema=False)
async def root(request: AnyRequest) -> Response[bytes]:
    """To the language that the visitor's browser prefers of those the clinic speaks."""
    clinic = await any_clinic(request)
    language = i18n.best(request.headers.get("accept-language", ""), clinic.languages)
    headers = {"Location": f"/{language}/", "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return Response(b"", media_type="text/plain", status_code=302, headers=headers)


@get("/{lang:str}/", include_in_schema=False)
async def home(request: AnyRequest, lang: FromPath[str]) -> Page:
    at = await here(request, lang)
    frame = at.frame(f"/{lang}/")
    online = [service for service in at.clinic.services.values() if service.online]
    slots = await free.of_all(at.clinic, online, at.now)
    await keep_times(request, at, {service.id: slots[service.id] for service in online})
    calm = next((s for s in online if not s.urgent and slots[s.id]), next((s for s in online if slots[s.id]), None))
    wording = (
        Wording(frame, f"/{lang}/book/{calm.slug}/at/", show_place=several_places(slots[calm.id])) if calm else None
    )
    soon, shown = _soon(slots[calm.id], wording, at) if calm and wording else ((), 0)
    page = HomePage(
        frame=frame,
        today=at.today,
        next=next_of(calm, slots[calm.id], at, frame) if calm else None,
        soon=soon,
        more=len(slots[calm.id]) - shown if calm else 0,
        services=tuple(service_line(service, slots[service.id], at, frame) for service in online),
        pain=_pain(online, slots, at, frame),
        team=team(at.clinic),
        places=tuple(Place(one, opening.lines(at.clinic, one, at.today)) for one in at.clinic.locations.values()),
    )
    return Page("public/home.html", page)


def next_of(service: Service, slots: Sequence[Slot], at: Here, frame: Frame, practitioner: str = "") -> Next | None:
    if not slots:
        return None
    slot, wording = slots[0], Wording(frame, f"{frame.home}book/{service.slug}/at/", practitioner)
    start = times.local(at.clinic.zone, slot.start)
    place = frame.say(at.clinic.location(slot.location).name)
    when = words.when_tag(start, at.today)
    return Next(service, start, when, wording.who(slot.practitioners), place, wording.link(slot))


def several_places(slots: Sequence[Slot]) -> bool:
    return len({slot.location for slot in slots}) > 1


def _soon(slots: Sequence[Slot], wording: Wording, at: Here) -> tuple[tuple[SoonDay, ...], int]:
    """The first times of the first few days that have any, and how many times that is."""
    days: list[SoonDay] = []
    shown = 0
    for day, found in groupby(slots, lambda slot: times.local(at.clinic.zone, slot.start).date()):
        if len(days) == SOON_DAYS:
            break
        few = spread(list(found), SOON_TIMES)
        shown += len(few)
        days.append(SoonDay(day, words.near(day, at.today), times.items(few, wording, first=not days)))
    return tuple(days), shown


def spread(slots: Sequence[Slot], count: int) -> list[Slot]:
    """A few times from over the whole day, the first one always, rather than its first minutes only."""
    if len(slots) <= count:
        return list(slots)
    step = (len(slots) - 1) / (count - 1)
    return [slots[round(place * step)] for place in range(count)]


def service_line(
    service: Service, slots: Sequence[Slot], at: Here, frame: Frame, practitioner: str = ""
) -> ServiceLine:
    first = Markup()
    if slots:
        wording = Wording(frame, f"{frame.home}book/{service.slug}/at/", practitioner)
        day = times.local(at.clinic.zone, slots[0].start).date()
        beside = words.near(day, at.today) or day_short(day)
        first = times.one(slots[0], wording, beside, str(frame.text(service.name)))
    return ServiceLine(service, (words.minutes(service.rules.minutes), words.price(service, at.clinic)), first)


def _pain(online: Sequence[Service], slots: Mapping[int, Sequence[Slot]], at: Here, frame: Frame) -> Pain | None:
    """The earliest urgent time over everybody and every place."""
    urgent = tuple(service for service in online if service.urgent)
    if not urgent:
        return None
    offered = [next_of(service, slots[service.id], at, frame) for service in urgent]
    first = min((one for one in offered if one), key=lambda one: one.at, default=None)
    return Pain(urgent, first)


def team(clinic: Clinic) -> tuple[Member, ...]:
    return tuple(
        Member(one, ", ".join(map(words.language_name, one.languages)), tuple(opening.presence(clinic, one)))
        for one in clinic.practitioners.values()
    )
