"""`/desk/feedback`: how likely patients are to recommend the clinic, how sure that is, and what they wrote.

Practitioners see what was said about visits with them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from turnet.clinic.model import Texts
from turnet.clock import instant
from turnet.conversation.service.desk import dealt_with_score
from turnet.errors import NotFound, Stale
from turnet.feedback.model import wants
from turnet.feedback.queries import ALL, MOST, Below, Cell, Comment, Filter, cells, comment_by_id, comments, survey
from turnet.feedback.service import STATES
from turnet.feedback.stats import Tally, added
from turnet.i18n import LANGUAGES, _
from turnet.reminders.model import RoundKind
from turnet.reminders.queries import active_rounds
from turnet.scheduling.hours import day_span
from turnet.staff.permissions import Reach, reach
from turnet.web.desk.opinions.cancelled import Cancelled, cancelled_in
from turnet.web.desk.opinions.drawing import Bar, Gauge, Month, bars, gauge, months
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done, partial
from turnet.web.kit.page import Page
from turnet.web.public import asked

NO_STORE = {"Cache-Control": "no-store"}
SHOWN = 13
"""Months of the trend: the same month of the year before is the first."""
PERIODS = (3, 12)
"""Months that the figures, the spread and the words are about, the running one included."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of it is looked at."""

    only: Filter
    period: int
    slugs: tuple[tuple[str, str], ...]
    """What the address says, by its names."""
    below: str = ""
    """Where the page of comments begins, as the address spells it; empty: with the first."""

    def path(self, **more: str) -> str:
        pairs = {name: value for name, value in (dict(self.slugs) | more).items() if value}
        return "/desk/feedback" + (f"?{urlencode(pairs)}" if pairs else "")

    @property
    def here(self) -> str:
        """This page of the comments."""
        return self.path(below=self.below)


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a breakdown."""

    name: str
    tally: Tally
    gauge: Gauge | None


@dataclass(frozen=True, slots=True)
class Words:
    comment: Comment
    at: datetime
    start: datetime
    practitioner: str
    service: str
    may_work: bool
    """There is something to say of it, and one may."""
    may_open: bool
    low: bool
    corrected: bool
    """It was low, and somebody had been told by mail."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What changed on the page by an act: one comment, and the sentence that says so."""

    frame: DeskFrame
    one: Words
    here: str
    said: Said | None


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    frame: DeskFrame
    asked: Asked
    choices: tuple[tuple[str, tuple[Choice, ...]], ...]
    """(name of the menu, what to choose from)"""
    tally: Tally
    gauge: Gauge | None
    bars: tuple[Bar, ...]
    months: tuple[Month, ...]
    groups: tuple[tuple[str, tuple[Group, ...]], ...]
    waits: bool
    """Low scores that nobody has called back about stand first among the words."""
    words: tuple[Words, ...]
    later: str
    """Address of the comments after these; empty: there are none."""
    cancelled: Cancelled | None
    """None: the page is narrowed to some visits, or nobody cancelled."""
    on: bool
    """Patients are asked."""
    may_manage: bool
    said: Said | None


@get("/desk/feedback", act="feedback.see", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    """`?with=`, `at=`, `for=` (slugs) and `months=` narrow it; `below=` is where the comments begin.

    `did=` is the comment that was just worked on, and `was=` its state before. Raises NotFound for what is no name of ours.
    """
    seat, query = await seated(request), asked.once(request)
    wanted = _asked(seat, query)
    did, was = query.get("did", ""), query.get("was", "")
    said = await _said(seat, did, was, wanted.here) if did else None
    return await _page(seat, wanted, said, kept=did if was == "new" else "")


@post("/desk/feedback/{question:str}/state", act="feedback.work", include_in_schema=False)
async def work(request: AnyRequest, question: FromPath[str]) -> Response[Any]:
    """`to`, in the form or, to take it back, in the address. Leads back to the comment, or to htmx gives it alone.

    Whoever comes second changes nothing and sees how it is now. Raises NotFound, NotYours, Invalid.
    """
    seat = await seated(request)
    form = await forms.read(request, ("to", "version", "back"))
    before = await comment_by_id(question)
    to = form.raw.get("to", "") or asked.once(request).get("to", "")
    back, did = way_back(form.raw, "/desk/feedback"), question
    try:
        await dealt_with_score(desk_act(request, seat), question, to, version=form.version)
    except Stale:
        did = ""
    if partial(request):
        said = await _said(seat, did, before.state, back) if did else None
        one = _words(seat, await comment_by_id(question), (await survey()).alarm_at)
        return Page("desk/opinions/worked.html", Worked(seat.frame("more"), one, back, said), headers=NO_STORE)
    now = f"{'&' if '?' in back else '?'}{urlencode({'did': did, 'was': before.state})}" if did else ""
    return done(request, f"{back}{now}#q-{question}")


async def _said(seat: Seat, question: str, was: str, back: str) -> Said | None:
    try:
        found = await comment_by_id(question)
    except NotFound:
        return None
    if not seat.may("feedback.work", found.practitioner):
        return None
    text = {
        "new": _("It waits for a call again."),
        "called_back": _("Written down: somebody has called back."),
        "done": _("Written down: there is nothing to do."),
    }[found.state]
    undo = f"/desk/feedback/{question}/state?to={was}" if was in STATES and was != found.state else ""
    return Said(text, undo, found.version, back)


def _asked(seat: Seat, query: Mapping[str, str]) -> Asked:
    clinic, own = seat.clinic, reach(seat.staff, "feedback.see") is Reach.OWN
    chosen = {name: query.get(name, "") for name in ("with", "at", "for")}
    try:
        practitioner = clinic.practitioners[chosen["with"]].id if chosen["with"] else None
        location = clinic.locations[chosen["at"]].id if chosen["at"] else None
        service = clinic.services[chosen["for"]].id if chosen["for"] else None
    except KeyError as error:
        raise NotFound(what="feedback") from error
    if own:
        practitioner, chosen["with"] = seat.staff.practitioner or 0, ""
    period = int(query["months"]) if query.get("months", "") in map(str, PERIODS) else PERIODS[0]
    slugs = (*chosen.items(), ("months", str(period) if period != PERIODS[0] else ""))
    return Asked(Filter(practitioner, service, location), period, slugs, query.get("below", ""))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BELOW = re.compile(r"([01])-([0-9]{1,17})-([0-9]{1,9})")


def _below(spelled: str) -> Below | None:
    """`0-1764374400000000-45`: whether it waits, when it was said in microseconds, its id. Raises NotFound for else."""
    if not spelled:
        return None
    parts = _BELOW.fullmatch(spelled)
    if parts is None:
        raise NotFound(below=spelled)
    waits, at, id = (int(part) for part in parts.groups())
    return Below(waits, _EPOCH + at * _MICROSECOND, id)


def _spelled(last: Comment) -> str:
    return f"{last.waits}-{(last.at - _EPOCH) // _MICROSECOND}-{last.id}"


def _firsts(today: date) -> list[date]:
    """The first days of the months shown, and of the one after."""
    this = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(this - SHOWN + 1, this + 2)]


async def _page(seat: Seat, wanted: Asked, said: Said | None, *, kept: str) -> Response[Any]:
    firsts = _firsts(seat.today)
    bounds = [instant(day_span(seat.clinic.setup.zone, first).start) for first in firsts]
    found = await cells(bounds, wanted.only)
    lately = [cell for cell in found if cell.month >= SHOWN - wanted.period]
    tally, mirrored = added(cell.tally for cell in lately), LANGUAGES[seat.language].direction == "rtl"
    year = [(first, added(cell.tally for cell in found if cell.month == n)) for n, first in enumerate(firsts[:-1])]
    since, alarm_at = bounds[SHOWN - wanted.period], (await survey()).alarm_at
    written = await comments(
        since, bounds[-1], wanted.only, alarm_at=alarm_at, below=_below(wanted.below), kept=kept, most=MOST + 1
    )
    page = FeedbackPage(
        frame=seat.frame("more"),
        asked=wanted,
        choices=_choices(seat, wanted),
        tally=tally,
        gauge=gauge(tally.nps, mirrored=mirrored) if tally.nps else None,
        bars=bars(tally),
        months=months(year, mirrored=mirrored),
        groups=_groups(seat, lately, mirrored=mirrored),
        waits=not wanted.below and any(one.waits and one.state == "new" for one in written),
        words=tuple(_words(seat, one, alarm_at) for one in written[:MOST]),
        later=f"{wanted.path(below=_spelled(written[MOST - 1]))}#h-words" if len(written) > MOST else "",
        cancelled=await cancelled_in(firsts, bounds, SHOWN - wanted.period) if wanted.only == ALL else None,
        on=any(one.kind is RoundKind.FEEDBACK for one in await active_rounds()),
        may_manage=seat.may("rounds.manage"),
        said=said,
    )
    return Page("desk/opinions/feedback.html", page, block="body", headers=NO_STORE)


def _choices(seat: Seat, wanted: Asked) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    clinic, slugs = seat.clinic, dict(wanted.slugs)

    def menu(name: str, everything: str, options: Iterable[tuple[str, Texts]]) -> tuple[Choice, ...]:
        named = [("", everything), *((slug, str(seat.text(texts))) for slug, texts in options)]
        return tuple(Choice(name, slug, label, slugs[name] == slug) for slug, label in named)

    people = [(slug, one.name) for slug, one in clinic.practitioners.items()]
    places = [(slug, one.name) for slug, one in clinic.locations.items()]
    services = [(slug, one.name) for slug, one in clinic.services.items()]
    everybody = reach(seat.staff, "feedback.see") is Reach.ALL
    periods = tuple(
        Choice(
            "months",
            "" if months == PERIODS[0] else str(months),
            _("%(n)s months") % {"n": months},
            wanted.period == months,
        )
        for months in PERIODS
    )
    return (
        (_("Time"), periods),
        *([(_("With"), menu("with", _("Everybody"), people))] if everybody and len(people) > 1 else []),
        *([(_("Where"), menu("at", _("Everywhere"), places))] if len(places) > 1 else []),
        (_("Visit"), menu("for", _("All visits"), services)),
    )


def _groups(seat: Seat, found: Sequence[Cell], *, mirrored: bool) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    """By practitioner, location and service, where there are several."""
    clinic = seat.clinic
    sorts: tuple[tuple[str, Callable[[Cell], int], Callable[[int], Texts]], ...] = (
        (_("By practitioner"), lambda cell: cell.practitioner, lambda one: clinic.practitioner(one).name),
        (_("By place"), lambda cell: cell.location, lambda one: clinic.location(one).name),
        (_("By visit"), lambda cell: cell.service, lambda one: clinic.service(one).name),
    )
    shown = []
    for title, key, name in sorts:
        ids = sorted({key(cell) for cell in found})
        if len(ids) > 1:
            tallies = [(id, added(cell.tally for cell in found if key(cell) == id)) for id in ids]
            shown.append(
                (title, tuple(_group(str(seat.text(name(id))), tally, mirrored=mirrored) for id, tally in tallies))
            )
    return tuple(shown)


def _group(name: str, tally: Tally, *, mirrored: bool) -> Group:
    return Group(name, tally, gauge(tally.nps, mirrored=mirrored) if tally.nps else None)


def _words(seat: Seat, one: Comment, alarm_at: int) -> Words:
    clinic, low = seat.clinic, one.score is not None and one.score <= alarm_at
    worth = low or one.told or one.state != "new" or wants(one.score, one.text)
    return Words(
        one,
        seat.local(one.at),
        seat.local(one.starts_at),
        str(seat.text(clinic.practitioner(one.practitioner).name)),
        str(seat.text(clinic.service(one.service).name)),
        worth and seat.may("feedback.work", one.practitioner),
        seat.may("patient.see", one.practitioner),
        low,
        one.told and not low,
    )


routes: Sequence[ControllerRouterHandler] = [see, work]
