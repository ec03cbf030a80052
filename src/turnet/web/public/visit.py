"""A patient's own page, `/a/{token}`: see the visit, cancel it, take that back. Moving is in `moving`.

Whoever holds the link sees it, so it shows the first word of a name and nothing that reaches anybody. Looking changes
nothing: link scanners look too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from turnet.booking import queries
from turnet.booking import service as acts
from turnet.booking.cancellations import CODES
from turnet.booking.links import visit_behind
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.checkin.model import Outcome, opens, outcome_of
from turnet.clinic.model import Location, Practitioner, Service, Texts
from turnet.clock import instant, minute
from turnet.errors import NotAllowed, SlotTaken, Stale, TooLate, TurnetError
from turnet.format import clock_time, day_short, money
from turnet.i18n import _, speaking
from turnet.messaging import calendar
from turnet.scheduling import policy
from turnet.scheduling.rules import Slot
from turnet.web.kit import acting, forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.jinja import day_at
from turnet.web.kit.page import Frame, Page
from turnet.web.public import asked, free, times, words
from turnet.web.public.here import Here, any_clinic
from turnet.web.public.home import SoonDay, spread
from turnet.web.public.times import Wording

FRESH = timedelta(minutes=30)
"""How long the page speaks of what was just done."""


@dataclass(frozen=True, slots=True)
class Mine:
    """A visit as its link shows it."""

    at: Here
    visit: Visit
    token: str
    service: Service
    practitioner: Practitioner
    location: Location

    @property
    def start(self) -> datetime:
        return self.visit.starts_at.astimezone(self.at.clinic.zone)

    @property
    def end(self) -> datetime:
        return self.visit.ends_at.astimezone(self.at.clinic.zone)

    @property
    def minutes(self) -> int:
        return sum(self.at.clinic.service(one).rules.minutes for one in self.visit.services)

    @property
    def service_names(self) -> Markup:
        frame = self.frame()
        return Markup(", ").join(frame.say(self.at.clinic.service(one).name) for one in self.visit.services)

    @property
    def lang(self) -> str:
        """The language to carry along, where it is not the visit's own."""
        return "" if self.at.language == self.visit.language else self.at.language

    def path(self, act: str = "") -> str:
        base = f"/a/{self.token}{act}"
        return f"{base}?lang={self.lang}" if self.lang else base

    def frame(self, act: str = "") -> Frame:
        pairs = tuple(
            (code, f"/a/{self.token}{act}" + ("" if code == self.visit.language else f"?lang={code}"))
            for code in self.at.clinic.languages
        )
        return Frame(self.at.clinic, self.at.language, self.at.origin, "", pairs, index=False)

    def may(self, what: str) -> bool:
        decide = policy.may_move if what == "move" else policy.may_cancel
        rules = self.service.rules
        return self.visit.coming and decide(rules, minute(self.visit.starts_at), minute(self.at.now)).allowed


@dataclass(frozen=True, slots=True)
class VisitPage:
    frame: Frame
    mine: Mine
    heading: str
    text: str
    tick: str
    """Icon beside the heading: `tick`, `cross` or nothing."""
    start: datetime
    end: datetime
    near: str
    was: str
    several: bool
    cancelled: bool
    over: bool
    may_move: bool
    may_cancel: bool
    change_until: datetime | None
    fee: str
    reasons: tuple[tuple[str, str], ...]
    """What may be tapped to say why: (code, words)."""
    may_say_why: bool
    undo_until: datetime | None
    soon: tuple[SoonDay, ...]
    """Times to move to, or instead of a cancelled visit."""
    fresh: bool
    late: int
    """Minutes that the practitioner runs late, on the day itself."""
    may_check_in: bool
    check_in_from: datetime | None
    """When it is today and still ahead."""
    where_to_sit: Texts
    """For whoever has checked in."""
    trouble: str
    version: int
    ics: str
    google: str
    outlook: str


@contextmanager
def in_language_of(mine: Mine) -> Iterator[None]:
    with speaking(mine.at.language):
        yield


async def my_visit(request: AnyRequest, token: str) -> Mine:
    """Raises NotFound for a link that leads nowhere, and TooMany for many of them from one address."""
    clinic = await any_clinic(request)
    act = acting.act(request, actor="patient", door="web")
    visit, now = await visit_behind(token, act), act.now
    wished = asked.once(request).get("lang", "")
    language = wished if wished in clinic.languages else visit.language
    at = Here(clinic, language, now, request.app.state.settings.origin)
    return Mine(
        at,
        visit,
        token,
        clinic.service(visit.service),
        clinic.practitioner(visit.practitioner),
        clinic.location(visit.location),
    )


@get("/a/{token:str}", include_in_schema=False)
async def see(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    if token.endswith(".ics"):
        return await _calendar_file(request, token.removesuffix(".ics"))
    mine = await my_visit(request, token)
    with in_language_of(mine):
        return await page(mine)


async def _calendar_file(request: AnyRequest, token: str) -> Response[bytes]:
    mine = await my_visit(request, token)
    body = calendar.published(mine.visit, mine.at.clinic, request.app.state.settings)
    headers = {"Content-Disposition": 'attachment; filename="visit.ics"'}
    return Response(body, media_type="text/calendar; method=PUBLISH", headers=headers)


@post("/a/{token:str}/cancel", include_in_schema=False)
async def cancel(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    mine = await my_visit(request, token)
    with in_language_of(mine):
        form = await forms.read(request, ("why", "version"))
        why = form.raw.get("why", "")
        act = acting.act(request, actor="patient", door="web")
        try:
            await acts.cancel(
                act,
                mine.at.clinic,
                mine.visit.id,
                code=why if why in CODES else "",
                version=form.version,
            )
        except (Stale, NotAllowed, TooLate) as error:
            return await page(mine, status=error.status, trouble=trouble(error))
        return done(request, mine.path())


@post("/a/{token:str}/undo", include_in_schema=False)
async def undo(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    mine = await my_visit(request, token)
    with in_language_of(mine):
        await forms.read(request, ())
        try:
            await acts.undo_cancel(acting.act(request, actor="patient", door="web"), mine.at.clinic, mine.visit.id)
        except (NotAllowed, TooLate, SlotTaken) as error:
            return await page(mine, status=error.status, trouble=trouble(error))
        return done(request, mine.path())


def trouble(error: TurnetError) -> str:
    if isinstance(error, Stale):
        return _("The visit has changed since you opened this page. This is how it is now.")
    if isinstance(error, TooLate):
        return _("It is too late to do that on the web. Call us and we look at it together.")
    if isinstance(error, SlotTaken):
        return _("The time was given to somebody else. Choose another one.")
    return _("That cannot be done any more. This is how the visit is now.")


# --- the page


async def page(mine: Mine, *, status: int = 200, trouble: str = "") -> Page:
    at, visit = mine.at, mine.visit
    cancelled = visit.state is State.CANCELLED
    heading, text, tick = _words(mine, just_moved=await _just_moved(mine))
    may_move = mine.may("move")
    shown = VisitPage(
        frame=mine.frame(),
        mine=mine,
        heading=heading,
        text=text,
        tick=tick,
        start=mine.start,
        end=mine.end,
        near=words.near(mine.start.date(), at.today),
        was=_was(mine),
        several=len(at.clinic.locations) > 1,
        cancelled=cancelled,
        over=not cancelled and (visit.ends_at <= at.now or not visit.coming),
        may_move=may_move,
        may_cancel=mine.may("cancel"),
        fee=money(mine.service.late_fee, at.clinic.currency) if mine.service.late_fee else "",
        change_until=_change_until(mine),
        reasons=tuple(words.why_cancelled().items()),
        may_say_why=cancelled and visit.cancelled_by == "patient" and visit.ends_at > at.now,
        undo_until=_undo_until(mine),
        soon=await _soon(mine) if may_move or (cancelled and mine.service.online) else (),
        fresh=_fresh(mine),
        late=await _late(mine),
        may_check_in=outcome_of(visit, at.now) is Outcome.ARRIVED,
        check_in_from=_check_in_from(mine),
        where_to_sit=mine.location.waiting if visit.state is State.ARRIVED else {},
        trouble=trouble,
        version=visit.version,
        ics=f"/a/{mine.token}.ics",
        google=calendar.google_link(visit, at.clinic),
        outlook=calendar.outlook_link(visit, at.clinic),
    )
    return Page("public/visit.html", shown, block="visit", status=status)


def _fresh(mine: Mine) -> bool:
    return mine.visit.visit_no == 1 and mine.visit.coming and mine.at.now - mine.visit.created_at < FRESH


async def _late(mine: Mine) -> int:
    waiting = mine.visit.coming or mine.visit.state is State.ARRIVED
    if not waiting or mine.start.date() != mine.at.today:
        return 0
    return (await queries.lateness(mine.at.today)).get(mine.visit.practitioner, 0)


def _check_in_from(mine: Mine) -> datetime | None:
    ahead = outcome_of(mine.visit, mine.at.now) is Outcome.EARLY and mine.start.date() == mine.at.today
    return opens(mine.visit).astimezone(mine.at.clinic.zone) if ahead else None


async def _just_moved(mine: Mine) -> bool:
    """Was moving it the last thing that happened, a moment ago?"""
    visit = mine.visit
    if visit.moved_from is None or mine.at.now - visit.updated_at >= FRESH:
        return False
    return (await queries.history(visit.id))[-1].act == "moved"


def _words(mine: Mine, *, just_moved: bool) -> tuple[str, str, str]:
    """Heading, what comes next, icon."""
    visit, name = mine.visit, {"name": mine.visit.first_name}
    if visit.state is State.CANCELLED:
        return _words_cancelled(mine)
    if visit.state in (State.ARRIVED, State.IN_ROOM):
        return _("Welcome, %(name)s") % name, _("You are checked in."), ""
    if visit.state is State.DONE:
        return _("Thank you for coming, %(name)s") % name, _("This visit is over."), ""
    if visit.state is State.NO_SHOW or visit.ends_at <= mine.at.now:
        return _("This visit is over"), _("Call us, or choose a new time."), ""
    return _words_coming(mine, just_moved=just_moved)


def _words_cancelled(mine: Mine) -> tuple[str, str, str]:
    until = _undo_until(mine)
    if until is None:
        return _("Your visit is cancelled"), _("Free times are below, if you would like another one."), "cross"
    said = _("If that was a mistake, undo it before %(time)s. After that we confirm it in writing.")
    return _("Your visit is cancelled"), said % {"time": clock_time(until)}, "cross"


def _words_coming(mine: Mine, *, just_moved: bool) -> tuple[str, str, str]:
    visit = mine.visit
    if _fresh(mine):
        sent = _("A written confirmation is on its way to your e-mail.")
        said = sent if visit.email else _("A written confirmation is on its way to your phone.")
        return _("Your time is booked"), said, "tick"
    if just_moved:
        return _see_you(mine), _("Your time has moved. We confirm it in writing in a few minutes."), "tick"
    if visit.state is State.CONFIRMED:
        return _see_you(mine), _("We know that you are coming. Everything about your visit is on this page."), "tick"
    return _see_you(mine), _("Everything about your visit is on this page."), ""


def _see_you(mine: Mine) -> str:
    day, today, name = mine.start.date(), mine.at.today, {"name": mine.visit.first_name}
    if day == today:
        return _("See you today, %(name)s") % name
    if day == today + timedelta(days=1):
        return _("See you tomorrow, %(name)s") % name
    return _("See you on %(day)s, %(name)s") % (name | {"day": day_short(day)})


def _was(mine: Mine) -> str:
    moved = mine.visit.moved_from
    if moved is None or not mine.visit.coming:
        return ""
    return _("Before: %(when)s") % {"when": day_at(moved.astimezone(mine.at.clinic.zone))}


def _change_until(mine: Mine) -> datetime | None:
    """The last moment at which both moving and cancelling are open; None once one of them is not."""
    rules, start, now = mine.service.rules, minute(mine.visit.starts_at), minute(mine.at.now)
    verdicts = (policy.may_move(rules, start, now), policy.may_cancel(rules, start, now))
    if not all(verdict.allowed for verdict in verdicts):
        return None
    return instant(min(verdict.until for verdict in verdicts)).astimezone(mine.at.clinic.zone)


def _undo_until(mine: Mine) -> datetime | None:
    until = mine.visit.undo_until
    if mine.visit.state is not State.CANCELLED or until is None or until <= mine.at.now:
        return None
    if mine.visit.cancelled_by == "clinic":
        return None
    return until.astimezone(mine.at.clinic.zone)


async def _soon(mine: Mine) -> tuple[SoonDay, ...]:
    """A few times of the two days with free times that lie nearest to the visit."""
    at, clinic, day = mine.at, mine.at.clinic, mine.start.date()
    moving = mine.visit if mine.visit.coming else None
    around = timedelta(days=7)
    found = await free.between(
        clinic, mine.service, max(at.today, day - around), max(at.today, day) + around, at.now, moving=moving
    )
    offered = [slot for slot in found if not _is_now(slot, mine)]
    days = {then: list(some) for then, some in groupby(offered, lambda s: times.local(clinic.zone, s.start).date())}
    near = sorted(sorted(days, key=lambda then: abs(then - day))[:2])
    wording = wording_to_move(mine) if moving else Wording(mine.frame(), f"/{at.language}/book/{mine.service.slug}/at/")
    return tuple(
        SoonDay(then, words.near(then, at.today), times.items(_few(days[then], mine), wording)) for then in near
    )


def _is_now(slot: Slot, mine: Mine) -> bool:
    return mine.visit.coming and slot.start == minute(mine.visit.starts_at) and slot.location == mine.visit.location


def _few(slots: Sequence[Slot], mine: Mine) -> list[Slot]:
    """Those with the same person first of all, spread over the day."""
    same = [slot for slot in slots if mine.visit.practitioner in slot.practitioners]
    return spread(same or slots, 4)


def wording_to_move(mine: Mine, practitioner: str = "") -> Wording:
    more = f"lang={mine.lang}" if mine.lang else ""
    return Wording(mine.frame(), f"/a/{mine.token}/move?to=", practitioner, more, "&")
