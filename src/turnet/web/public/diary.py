"""The diary of open times: a month with its counts, a day or a week as lists; for booking and for moving."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta

from litestar import get
from litestar.params import FromPath
from markupsafe import Markup, escape

from turnet.booking.model import Visit
from turnet.clinic.model import Service, Texts
from turnet.errors import NotFound
from turnet.format import day_short, month_name, weekday_short
from turnet.i18n import _, current, ngettext
from turnet.scheduling.hours import day_span
from turnet.scheduling.rules import Slot
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked, free, narrowing, times, words
from turnet.web.public.asked import Asked
from turnet.web.public.here import Here, here, keep_times
from turnet.web.public.narrowing import Filter, Link, narrowed
from turnet.web.public.times import Bit, Wording

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    weekdays: tuple[str, ...]
    rows: Markup
    before: Link | None
    after: Link | None


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    near: str
    count: str
    bits: tuple[Bit, ...]
    why: str
    """Why there is none."""
    next: Link | None


@dataclass(frozen=True, slots=True)
class DiaryPage:
    frame: Frame
    asked: Asked
    service: Service
    facts: str
    place: Texts | None
    """Where all the times are, if it is one of several places."""
    filters: tuple[Filter, ...]
    month: Month
    days: tuple[Day, ...]
    said: str
    """What is shown, in one sentence: read out when it changes."""
    before: Link | None
    after: Link | None
    moving: Visit | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What was asked for, and the free times that it takes to show it."""

    at: Here
    service: Service
    asked: Asked
    frame: Frame
    wording: Wording
    everybody: list[Slot]
    """Of every practitioner."""
    slots: list[Slot]
    month: date
    first: date
    last: date
    """The days that are listed."""
    until: date
    moving: Visit | None = None

    def on(self, day: date) -> list[Slot]:
        span = day_span(self.at.clinic.setup.zone, day)
        start = bisect_left(self.slots, (span.start,))
        return self.slots[start : bisect_left(self.slots, (span.end,), start)]


@get("/{lang:str}/book/{service:str}", include_in_schema=False)
async def diary(request: AnyRequest, lang: FromPath[str], service: FromPath[str]) -> Page:
    return await _page(request, lang, service)


@get("/{lang:str}/book/{service:str}/{day:str}", include_in_schema=False)
async def diary_day(request: AnyRequest, lang: FromPath[str], service: FromPath[str], day: FromPath[str]) -> Page:
    return await _page(request, lang, service, day)


async def _page(request: AnyRequest, lang: str, slug: str, day: str = "") -> Page:
    at = await here(request, lang)
    service = asked.bookable(at.clinic, slug, f"/{lang}/book/{{}}{day and '/' + day}")
    wanted = asked.diary(request, at.clinic, service, f"/{lang}/book/{service.slug}", day)
    view = await viewed(at, service, wanted)
    await keep_times(request, at, {service.id: view.everybody})
    return Page("public/diary.html", await page_of(view), block="diary")


async def viewed(
    at: Here,
    service: Service,
    wanted: Asked,
    *,
    moving: Visit | None = None,
    frame: Frame | None = None,
) -> View:
    """Reads what the view needs. Raises NotFound for days nobody can book."""
    until, today = free.open_until(at.clinic, service, at.now), at.today
    _within(wanted, today, until)
    target = wanted.day or wanted.week or wanted.month
    everybody = await _load(at, service, wanted, target, until, moving)
    slots = narrowed(at, wanted, everybody)
    begin = target
    if begin is None or wanted.month:
        first_free = next((_date(at, s) for s in slots if begin is None or _date(at, s) >= begin), None)
        begin = first_free or max(today, begin or today)
    first, last = (begin, begin) if wanted.day else _week(begin)
    first = max(first if wanted.week else begin, today)
    frame = frame or _frame(at, wanted, any(wanted.day in (None, _date(at, slot)) for slot in slots))
    month = (target or begin).replace(day=1)
    several = len({slot.location for slot in slots}) > 1
    wording = Wording(frame, *_links(wanted), show_place=several)
    return View(at, service, wanted, frame, wording, everybody, slots, month, first, min(last, until), until, moving)


def _within(wanted: Asked, today: date, until: date) -> None:
    spans = []
    if wanted.day:
        spans.append((wanted.day, wanted.day))
    if wanted.week:
        spans.append(_week(wanted.week))
    if wanted.month:
        spans.append((wanted.month, _month_end(wanted.month)))
    if any(last < today or first > until for first, last in spans):
        raise NotFound(date="outside")


async def _load(
    at: Here, service: Service, wanted: Asked, target: date | None, until: date, moving: Visit | None
) -> list[Slot]:
    """The target's month and weeks; without one from today, and up to the horizon if this month has nothing left."""
    first = (target or at.today).replace(day=1)
    last = min(_week(_month_end(first))[1], until)
    if target is not None:
        return await free.between(at.clinic, service, min(first, _week(target)[0]), last, at.now, moving=moving)
    soon = await free.between(at.clinic, service, at.today, last, at.now, moving=moving)
    found = narrowed(at, wanted, soon)
    if last == until or (found and _date(at, found[0]).month == first.month):
        return soon
    return await free.between(at.clinic, service, at.today, until, at.now, moving=moving)


def _frame(at: Here, wanted: Asked, some: bool) -> Frame:
    plain = not (wanted.narrowing() or wanted.week or wanted.month)
    return at.frame(wanted.url(), index=plain and (some or wanted.day is None))


def _links(wanted: Asked) -> tuple[str, str, str, str]:
    """`Wording`'s link before the time, its only practitioner, the rest of the query and how it is joined."""
    more = f"lang={wanted.language}" if wanted.language else ""
    if wanted.moving:
        return f"{wanted.base}?to=", wanted.practitioner, more, "&"
    return f"{wanted.base}/at/", wanted.practitioner, more, "?"


def _date(at: Here, slot: Slot) -> date:
    return times.local(at.clinic.zone, slot.start).date()


def _week(day: date) -> tuple[date, date]:
    """First and last day of the language's week around a day."""
    first = day - timedelta(days=(day.weekday() - current().first_weekday) % 7)
    return first, first + WEEK - DAY


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY


# --- the page


async def page_of(view: View) -> DiaryPage:
    days = [view.first + timedelta(days=n) for n in range((view.last - view.first).days + 1)]
    beyond = await _beyond(view)
    shown = sum(len(view.on(day)) for day in days)
    return DiaryPage(
        frame=view.frame,
        asked=view.asked,
        service=view.service,
        facts=words.facts(view.service, view.at.clinic),
        place=_only_place(view),
        filters=narrowing.filters(
            at=view.at, service=view.service, wanted=view.asked, frame=view.frame, slots=view.everybody
        ),
        month=_month(view),
        days=tuple(_day(view, day, beyond) for day in days),
        said=_said(view, shown),
        before=_turn_back(view),
        after=_turn_on(view, beyond),
        moving=view.moving,
    )


def _only_place(view: View) -> Texts | None:
    if view.wording.show_place or not view.slots or len(view.at.clinic.locations) < 2:
        return None
    return view.at.clinic.location(view.slots[0].location).name


async def _beyond(view: View) -> Slot | None:
    """The first free time after the listed days: among what is loaded, else looked for up to the horizon."""
    span = day_span(view.at.clinic.setup.zone, view.last)
    place = bisect_left(view.slots, (span.end,))
    if place < len(view.slots):
        return view.slots[place]
    if view.last >= view.until:
        return None
    later = await free.between(
        view.at.clinic, view.service, view.last + DAY, view.until, view.at.now, moving=view.moving
    )
    return next(iter(narrowed(view.at, view.asked, later)), None)


def _day(view: View, day: date, beyond: Slot | None) -> Day:
    found = view.on(day)
    own = None
    if view.moving:
        own = int(view.moving.starts_at.timestamp() // 60)
    near = words.near(day, view.at.today)
    if found:
        return Day(day, near, words.free(len(found)), times.bits(found, view.wording, own=own), "", None)
    return Day(day, near, "", (), _why(view, day), _next_day(view, day, beyond))


def _why(view: View, day: date) -> str:
    clinic, wanted = view.at.clinic, view.asked
    person = clinic.practitioners[wanted.practitioner].id if wanted.practitioner else None
    place = clinic.locations[wanted.location].id if wanted.location else None
    if day in clinic.setup.holidays and not free.works(clinic, view.service, day):
        return _("Closed for a public holiday.")
    if not free.works(clinic, view.service, day):
        return _("Closed.")
    if not free.works(clinic, view.service, day, practitioner=person, location=place):
        return _("Nobody you chose works on this day.")
    if wanted.part:
        return _("Nothing is free at this time of day.")
    return _("All times are taken or past.") if day == view.at.today else _("All times are taken.")


def _next_day(view: View, day: date, beyond: Slot | None) -> Link | None:
    span = day_span(view.at.clinic.setup.zone, day)
    place = bisect_left(view.slots, (span.end,))
    slot = view.slots[place] if place < len(view.slots) else beyond
    if slot is None:
        return None
    then = _date(view.at, slot)
    return Link(f"{view.asked.url(day=then)}#times", _("Next free: %(day)s") % {"day": day_short(then)})


def _month(view: View) -> Month:
    first, today = view.month, view.at.today
    counts: dict[date, int] = {}
    day, end = max(first, today), min(_month_end(first), view.until)
    while day <= end:
        if found := len(view.on(day)):
            counts[day] = found
        day += DAY
    sentinel = date(2000, 2, 29)
    link = str(escape(f"{view.asked.url(day=sentinel)}#times")).replace(str(sentinel), "{}")
    rows = times.month_rows(first, counts, link, today=today, chosen=view.first, open_until=view.until)
    earlier, later = (first - DAY).replace(day=1), _month_end(first) + DAY
    return Month(
        first,
        tuple(weekday_short((current().first_weekday + place) % 7) for place in range(7)),
        rows,
        Link(view.asked.url(month=earlier), _month_name(earlier)) if first > today else None,
        Link(view.asked.url(month=later), _month_name(later)) if later <= view.until else None,
    )


def _month_name(first: date) -> str:
    return f"{month_name(first)} {first.year}"


def _said(view: View, shown: int) -> str:
    days = day_short(view.first)
    if view.last != view.first:
        days = _("%(first)s to %(last)s") % {"first": days, "last": day_short(view.last)}
    return ngettext("%(days)s: %(num)d free time", "%(days)s: %(num)d free times", shown) % {"days": days, "num": shown}


def _turn_back(view: View) -> Link | None:
    if view.first <= view.at.today:
        return None
    if view.asked.day:
        earlier = view.asked.day - DAY
        return Link(f"{view.asked.url(day=earlier)}#times", words.near(earlier, view.at.today) or day_short(earlier))
    return Link(f"{view.asked.url(week=max(_week(view.first - DAY)[0], view.at.today))}#times", _("Earlier"))


def _turn_on(view: View, beyond: Slot | None) -> Link | None:
    """To where the next free time is, past whatever is empty."""
    if beyond is None:
        return None
    then = _date(view.at, beyond)
    if view.asked.day:
        return Link(f"{view.asked.url(day=then)}#times", words.near(then, view.at.today) or day_short(then))
    week = max(_week(then)[0], view.last + DAY)
    return Link(f"{view.asked.url(week=week)}#times", _("From %(day)s on") % {"day": day_short(week)})
