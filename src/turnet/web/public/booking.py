"""One time with its form: look, keep it for a while, book it. A lost time loses nothing of what was typed."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from turnet import ids
from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking.model import Hold, Wish
from turnet.clinic.model import Location, Service
from turnet.clock import instant
from turnet.errors import Invalid, KeyReused, NotFound, NotOffered, SlotTaken, TooMany, TurnetError, Unavailable
from turnet.format import day_short, money
from turnet.i18n import _
from turnet.patients.model import person_from
from turnet.scheduling import policy, slots
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Slot
from turnet.web.kit import acting, forms, visitor
from turnet.web.kit.errors import MovedTo
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.jinja import day_at
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked, free, times, words
from turnet.web.public.here import Here, here
from turnet.web.public.times import Wording

log = logging.getLogger("turnet.web")

FIELDS = ("name", "phone", "email", "for", "birth_year", "note")
_SENT = (*FIELDS, "once", "from")
_ANCHORS = {"for": "for-me"}
_ONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_HOST = re.compile(r"(?=.{1,120}$)[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The time that the address names."""

    at: Here
    service: Service
    start: int
    location: Location
    practitioner: str
    """Slug, or nothing for anybody."""
    slot: Slot | None
    """None: somebody has it, though the rules offer it."""

    @property
    def url(self) -> str:
        return self.path("")

    def path(self, act: str) -> str:
        """The address of this time, or of an act on it such as `/hold`."""
        base = f"/{self.at.language}/book/{self.service.slug}/at/{asked.spelled(self.start)}{act}"
        query = [f"at={self.location.slug}"] if len(self.at.clinic.locations) > 1 else []
        query += [f"with={self.practitioner}"] if self.practitioner else []
        return f"{base}?{'&'.join(query)}" if query else base

    @property
    def wish(self) -> Wish:
        person = self.at.clinic.practitioners[self.practitioner].id if self.practitioner else None
        return Wish(self.service.id, self.start, self.location.id, person)


@dataclass(frozen=True, slots=True)
class Offer:
    """Another time near a lost one; its button sends the same form there."""

    action: str
    at: datetime
    day: str
    place: Markup
    who: Markup


@dataclass(frozen=True, slots=True)
class TimePage:
    frame: Frame
    service: Service
    facts: str
    price: str
    start: datetime
    end: datetime
    near: str
    who: Markup
    title: Markup
    place: Location
    several: bool
    kept_until: datetime | None
    """Clinic time until which the time is this visitor's."""
    extendable: bool
    url: str
    hold_url: str
    back: str
    form: Form
    once: str
    came_from: str
    """The host that led here, carried through the form: the form's own address is what its sending would name."""
    change_until: datetime | None
    """Last moment to move and cancel, in clinic time; None when it is past already."""
    fee: str
    lost: bool
    trouble: str
    """A sentence about something that is wrong with no field."""
    foot: str
    """The same, where only the slip's foot is written again."""
    offers: tuple[Offer, ...]
    button: str


@get("/{lang:str}/book/{service:str}/at/{start:str}", include_in_schema=False)
async def time(request: AnyRequest, lang: FromPath[str], service: FromPath[str], start: FromPath[str]) -> Page:
    wanted = await _wanted(request, lang, service, start)
    if wanted.slot is None:
        return await _lost(
            request, wanted, Form(), await queries.alternatives(wanted.at.clinic, wanted.wish, now=wanted.at.now)
        )
    return await _page(request, wanted, Form())


@post("/{lang:str}/book/{service:str}/at/{start:str}", include_in_schema=False)
async def book(request: AnyRequest, lang: FromPath[str], service: FromPath[str], start: FromPath[str]) -> Response[Any]:
    """Books, and shows the visit. End, price and state are never read from what was sent."""
    wanted = await _wanted(request, lang, service, start, act="book")
    form = await forms.read(request, _SENT, _ANCHORS)
    clinic, act = wanted.at.clinic, acting.act(request, actor="patient", door="web")
    act = replace(act, referrer=_came_from(form, act.referrer))
    try:
        person = person_from(form.raw, region=clinic.region, language=lang, today=wanted.at.today)
        once = form.raw.get("once", "")
        once = once if _ONCE.fullmatch(once) else ids.random_id()
        booked = await acts.book(act, clinic, wanted.wish, person, once=once, owner=visitor.owner(request))
    except Invalid as error:
        wrong = {name: forms.sentence(name, code) for name, code in error.fields.items()}
        return await _page(request, wanted, form.with_errors(wrong, FIELDS), status=422)
    except (SlotTaken, NotOffered) as error:
        near = error.facts.get("alternatives") or await queries.alternatives(clinic, wanted.wish, now=act.now)
        return await _lost(request, wanted, form, near, status=error.status)
    except (TooMany, KeyReused, Unavailable) as error:
        return await _page(request, wanted, form, status=error.status, trouble=_trouble(error))
    answer = done(request, f"/a/{booked.token}")
    visitor.forget(answer)
    return answer


@post("/{lang:str}/book/{service:str}/at/{start:str}/hold", include_in_schema=False)
async def hold(request: AnyRequest, lang: FromPath[str], service: FromPath[str], start: FromPath[str]) -> Page:
    """Keeps the time for this visitor, or keeps it longer, and shows the form again as it was typed."""
    wanted = await _wanted(request, lang, service, start, act="hold")
    form = await forms.read(request, _SENT, _ANCHORS)
    act = acting.act(request, actor="patient", door="web")
    owner, cookie = visitor.with_owner(request)
    block = "keep" if request.headers.get("hx-target", "").endswith("#keep") else "booking"
    try:
        held = await acts.hold(act, wanted.at.clinic, wanted.wish, owner)
    except (SlotTaken, NotOffered) as error:
        near = error.facts.get("alternatives") or await queries.alternatives(wanted.at.clinic, wanted.wish, now=act.now)
        return await _lost(request, wanted, form, near, status=error.status, block=block)
    except (TooMany, Unavailable) as error:
        return await _page(request, wanted, form, status=error.status, trouble=_trouble(error), block=block)
    page = await _page(request, wanted, form, held=held, block=block)
    visitor.give(request, page, cookie)
    return page


def _trouble(error: TurnetError) -> str:
    if isinstance(error, Unavailable) and error.__cause__ is not None:
        log.error("nothing can be saved", exc_info=error)
    if isinstance(error, TooMany):
        return _("That is as many times as we give out on the web at once. Call us, and we find one together.")
    if isinstance(error, KeyReused):
        return _("This form was used for another visit. Open the time again to book it for somebody else.")
    return _("We cannot save anything just now. Nothing you wrote is lost: try again in a minute.")


# --- what the address names


async def _wanted(request: AnyRequest, lang: str, slug: str, text: str, *, act: str = "") -> Wanted:
    """Raises NotFound for a time the rules never offer, and `MovedTo` for another spelling of one they do."""
    at = await here(request, lang)
    service = asked.bookable(at.clinic, slug, f"/{lang}/book/{{}}/at/{text}")
    start = asked.start(text)
    query = asked.once(request)
    person, place = query.get("with", ""), query.get("at", "")
    known_person = asked.known(at.clinic.practitioners, at.clinic, "practitioner", person, "") if person else None
    if known_person and known_person.id not in service.rules.practitioners:
        raise NotFound(practitioner=person)
    if place:
        asked.known(at.clinic.locations, at.clinic, "location", place, "")
    found = await _slot(request, at, service, start, person, place)
    if found is None and not act:
        raise NotFound(start=text)
    location, slot = found or (at.clinic.locations[place] if place else next(iter(at.clinic.locations.values())), None)
    wanted = Wanted(at, service, start, location, person, slot)
    if text != asked.spelled(start) and not act:
        raise MovedTo(wanted.url)
    return wanted


async def _slot(
    request: AnyRequest, at: Here, service: Service, start: int, person: str, place: str
) -> tuple[Location, Slot | None] | None:
    """Where the time is, and the slot if it is free to this visitor; None if no rule offers it."""
    clinic, day = at.clinic, local_day(at.clinic.setup.zone, start)
    who = clinic.practitioners[person].id if person else None
    where = clinic.locations[place].id if place else None
    found = await free.between(clinic, service, day, day, at.now, owner=visitor.owner(request))
    fitting = [s for s in free.narrowed(found, clinic, practitioner=who, location=where) if s.start == start]
    order = [location.id for location in clinic.locations.values()]
    if fitting:
        slot = min(fitting, key=lambda one: order.index(one.location))
        return clinic.location(slot.location), slot
    now = int(at.now.timestamp() // 60)
    by_rule = slots.offered(clinic.setup, service.id, day, day, {}, now=now, practitioner=who, location=where)
    taken = [one for one in by_rule if one.start == start]
    return (clinic.location(min(taken, key=lambda one: order.index(one.location)).location), None) if taken else None


# --- the page


async def _lost(
    request: AnyRequest, wanted: Wanted, form: Form, near: Sequence[Slot], *, status: int = 409, block: str = "booking"
) -> Page:
    """The time has gone: what was typed stays, and every time near it is one press away."""
    wording = Wording(wanted.at.frame(wanted.url, index=False), "", wanted.practitioner)
    offers = () if block == "keep" else tuple(_offer(wanted, slot, wording) for slot in near)
    return await _page(request, wanted, form, status=status, lost=True, offers=offers, block=block)


def _offer(wanted: Wanted, slot: Slot, wording: Wording) -> Offer:
    clinic = wanted.at.clinic
    at = times.local(clinic.zone, slot.start)
    asked_for = clinic.practitioners.get(wanted.practitioner)
    person = wanted.practitioner if asked_for and asked_for.id in slot.practitioners else ""
    there = replace(wanted, start=slot.start, location=clinic.location(slot.location), practitioner=person)
    day = words.near(at.date(), wanted.at.today) or day_short(at.date())
    who = Wording(wording.frame, "", person).who(slot.practitioners)
    return Offer(there.url, at, day, wording.where(slot.location)[1], who)


async def _page(
    request: AnyRequest,
    wanted: Wanted,
    form: Form,
    *,
    status: int = 200,
    held: Hold | None = None,
    lost: bool = False,
    trouble: str = "",
    offers: tuple[Offer, ...] = (),
    block: str = "booking",
) -> Page:
    at, service, clinic = wanted.at, wanted.service, wanted.at.clinic
    held = None if lost else held or await _held(request, wanted)
    frame = at.frame(wanted.url, index=False)
    start = times.local(clinic.zone, wanted.start)
    who, title = _who(wanted, held, frame)
    page = TimePage(
        frame=frame,
        service=service,
        facts=words.minutes(service.rules.minutes),
        price=words.price(service, clinic),
        start=start,
        end=times.local(clinic.zone, wanted.start + service.rules.minutes),
        near=words.near(start.date(), at.today),
        who=who,
        title=title,
        place=wanted.location,
        several=len(clinic.locations) > 1,
        kept_until=held.expires_at.astimezone(clinic.zone) if held else None,
        extendable=held is None or held.extendable,
        url=wanted.url,
        hold_url=wanted.path("/hold"),
        back=_back(wanted, start),
        form=form,
        once=form.raw.get("once", "") or ids.random_id(),
        came_from=_came_from(form, acting.act(request).referrer),
        **_terms(wanted),
        lost=lost,
        trouble=trouble if block == "booking" else "",
        foot=trouble if block == "keep" else "",
        offers=offers,
        button=_("Book %(when)s") % {"when": day_at(start)},
    )
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "60"} if status in (429, 503) else {})
    return Page("public/time.html", page, block=block, status=status, headers=headers)


def _came_from(form: Form, referrer: str) -> str:
    """What the form carries once it was sent, before that what the browser says; nothing that is no host name."""
    host = form.raw.get("from", "") if form.raw else referrer
    return host if _HOST.fullmatch(host) else ""


async def _held(request: AnyRequest, wanted: Wanted) -> Hold | None:
    """The visitor's hold, if it is of this time."""
    owner = visitor.owner(request)
    held = await queries.current_hold(owner, wanted.at.now) if owner else None
    return held if held and held.wish == wanted.wish else None


def _who(wanted: Wanted, held: Hold | None, frame: Frame) -> tuple[Markup, Markup]:
    """Names and title of who will see the visitor: the one who is kept, the one asked for, or those who could."""
    clinic = wanted.at.clinic
    able = wanted.slot.practitioners if wanted.slot else wanted.service.rules.practitioners
    if held:
        able = (held.practitioner,)
    elif wanted.practitioner:
        able = (clinic.practitioners[wanted.practitioner].id,)
    people = [clinic.practitioner(one) for one in able]
    titles = {str(frame.text(person.title)): frame.say(person.title) for person in people}
    title = next(iter(titles.values())) if len(titles) == 1 else Markup()
    if len(people) < 3:
        return Markup(_("%(name)s or %(other)s")) % {
            "name": frame.name(people[0].name), "other": frame.name(people[1].name)
        } if len(people) == 2 else frame.name(people[0].name), title  # fmt: skip
    return Markup(_("Whoever is free")), title


def _terms(wanted: Wanted) -> Mapping[str, Any]:
    """The last moment for changes and what a late cancellation costs."""
    rules, zone = wanted.service.rules, wanted.at.clinic.zone
    now = int(wanted.at.now.timestamp() // 60)
    until = min(policy.may_move(rules, wanted.start, now).until, policy.may_cancel(rules, wanted.start, now).until)
    fee = money(wanted.service.late_fee, wanted.at.clinic.currency) if wanted.service.late_fee else ""
    return {"change_until": instant(until).astimezone(zone) if until > now else None, "fee": fee}


def _back(wanted: Wanted, start: datetime) -> str:
    base = f"/{wanted.at.language}/book/{wanted.service.slug}/{start.date()}"
    return f"{base}?with={wanted.practitioner}" if wanted.practitioner else base
