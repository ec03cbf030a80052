"""Moving a visit: the diary in which its own time is free, one page to say yes, and the act."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking.model import Wish
from turnet.clinic.model import Location
from turnet.clock import minute
from turnet.errors import NotAllowed, NotFound, NotOffered, SlotTaken, Stale, TooLate
from turnet.i18n import _
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Slot
from turnet.web.kit import acting, forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.jinja import day_at
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked, diary, free, times, visit, words
from turnet.web.public.visit import Mine, in_language_of, my_visit


@dataclass(frozen=True, slots=True)
class MovePage:
    frame: Frame
    mine: Mine
    start: datetime
    end: datetime
    near: str
    was: str
    who: Markup
    place: Location
    several: bool
    lost: bool
    offers: Markup
    url: str
    back: str
    fields: tuple[tuple[str, str], ...]
    button: str


@get("/a/{token:str}/move", include_in_schema=False)
async def choose(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """The diary, or with `?to=` the question whether that time it shall be."""
    mine = await my_visit(request, token)
    with in_language_of(mine):
        if not mine.may("move"):
            return await visit.page(mine, trouble=visit.trouble(TooLate()))
        if to := asked.once(request).get("to"):
            return await _confirm(request, mine, asked.start(to))
        wanted = asked.diary(request, mine.at.clinic, mine.service, f"/a/{token}/move", language=mine.lang)
        if not (wanted.day or wanted.week or wanted.month):
            wanted = replace(wanted, week=mine.start.date())
        view = await diary.viewed(mine.at, mine.service, wanted, moving=mine.visit, frame=_frame(mine, wanted))
        return Page("public/move.html", await diary.page_of(view), block="diary")


def _frame(mine: Mine, wanted: asked.Asked) -> Frame:
    codes = mine.at.clinic.languages
    pairs = tuple((c, wanted.url(language="" if c == mine.visit.language else c)) for c in codes)
    return Frame(mine.at.clinic, mine.at.language, mine.at.origin, "", pairs, index=False)


async def _confirm(request: AnyRequest, mine: Mine, start: int) -> Page:
    query = asked.once(request)
    wish = _wish(mine, start, query.get("at", ""), query.get("with", ""))
    slot = await _slot(mine, wish)
    if slot is None:
        return await _lost(mine, wish)
    return _page(mine, slot, wish)


def _wish(mine: Mine, start: int, place: str, person: str) -> Wish:
    """Raises NotFound for a place or person the clinic does not have."""
    clinic = mine.at.clinic
    for slug, things in ((place, clinic.locations), (person, clinic.practitioners)):
        if slug and slug not in things:
            raise NotFound(slug=slug)
    location = clinic.locations[place].id if place else mine.visit.location
    return Wish(mine.service.id, start, location, clinic.practitioners[person].id if person else None)


async def _slot(mine: Mine, wish: Wish) -> Slot | None:
    day = local_day(mine.at.clinic.setup.zone, wish.start)
    found = await free.between(mine.at.clinic, mine.service, day, day, mine.at.now, moving=mine.visit)
    fitting = free.narrowed(found, mine.at.clinic, practitioner=wish.practitioner, location=wish.location)
    return next((slot for slot in fitting if slot.start == wish.start), None)


@post("/a/{token:str}/move", include_in_schema=False)
async def move(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    mine = await my_visit(request, token)
    with in_language_of(mine):
        form = await forms.read(request, ("to", "at", "with", "version"))
        raw = form.raw
        wish = _wish(mine, asked.start(raw.get("to", "")), raw.get("at", ""), raw.get("with", ""))
        act = acting.act(request, actor="patient", door="web")
        try:
            await acts.move(act, mine.at.clinic, mine.visit.id, wish, version=form.version)
        except (Stale, NotAllowed, TooLate) as error:
            return await visit.page(mine, status=error.status, trouble=visit.trouble(error))
        except (SlotTaken, NotOffered) as error:
            return await _lost(mine, wish, status=error.status)
        return done(request, mine.path())


# --- the page


def _page(mine: Mine, slot: Slot | None, wish: Wish, *, status: int = 200, offers: Markup | None = None) -> Page:
    clinic = mine.at.clinic
    start = times.local(clinic.zone, wish.start)
    place = clinic.location(wish.location or mine.visit.location)
    person = clinic.practitioner(wish.practitioner).slug if wish.practitioner else ""
    shown = MovePage(
        frame=mine.frame("/move"),
        mine=mine,
        start=start,
        end=times.local(clinic.zone, wish.start + mine.minutes),
        near=words.near(start.date(), mine.at.today),
        was=_("Now: %(when)s") % {"when": day_at(mine.start)},
        who=_who(mine, slot, wish),
        place=place,
        several=len(clinic.locations) > 1,
        lost=slot is None,
        offers=offers or Markup(),
        url=mine.path("/move"),
        back=mine.path("/move"),
        fields=(
            ("to", asked.spelled(wish.start)),
            ("at", place.slug),
            ("with", person),
            ("version", str(mine.visit.version)),
        ),
        button=_("Move to %(when)s") % {"when": day_at(start)},
    )
    return Page("public/move_to.html", shown, block="move", status=status)


def _who(mine: Mine, slot: Slot | None, wish: Wish) -> Markup:
    """It stays with the same person where they can."""
    frame, clinic = mine.frame(), mine.at.clinic
    if wish.practitioner is not None:
        return frame.name(clinic.practitioner(wish.practitioner).name)
    if slot is None or mine.visit.practitioner in slot.practitioners:
        return frame.name(mine.practitioner.name)
    names = [frame.name(clinic.practitioner(one).name) for one in slot.practitioners]
    return Markup(", ").join(names)


async def _lost(mine: Mine, wish: Wish, *, status: int = 409) -> Page:
    """Times near the one that has gone; the visit itself keeps its own."""
    day = local_day(mine.at.clinic.setup.zone, wish.start)
    around = queries.NEARBY
    found = await free.between(mine.at.clinic, mine.service, day - around, day + around, mine.at.now, moving=mine.visit)
    own = minute(mine.visit.starts_at)
    near = sorted(
        (s for s in found if s.start not in (own, wish.start)), key=lambda slot: abs(slot.start - wish.start)
    )[:6]
    offers = times.items(sorted(near), visit.wording_to_move(mine))
    return _page(mine, None, wish, status=status, offers=offers)
