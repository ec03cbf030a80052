"""Blocked time: lunch, a meeting, an illness of somebody, a room that is being repaired. What lies in it is a worklist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from turnet.booking import service as acts
from turnet.booking.queries import struck
from turnet.clinic.blocks import Block, block, blocks
from turnet.clinic.model import Practitioner, Room
from turnet.clock import minute
from turnet.errors import Invalid, NotFound
from turnet.i18n import _, ngettext
from turnet.scheduling.hours import day_span
from turnet.scheduling.rules import DAY
from turnet.scheduling.spans import Span
from turnet.web.desk.asking import at_clock, clock_of, day_of
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.wording import named
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked, times

FIELDS = ("whom", "day", "time", "until_day", "until_time", "reason", "back")
AHEAD = 400 * DAY
"""How far the list of blocks looks."""
FRESH = timedelta(minutes=10)
"""How long a block that was just made is offered to be lifted with one tap."""


@dataclass(frozen=True, slots=True)
class Line:
    """One block of the list."""

    block: Block
    whose: Markup
    start: datetime
    end: datetime
    last: date | None
    """The last day of a block of whole days; None for one that begins or ends within a day."""
    reason: str
    visits: int
    """How many lie in it."""
    may_lift: bool


@dataclass(frozen=True, slots=True)
class BlocksPage:
    frame: DeskFrame
    said: Said | None
    form: Form
    people: Sequence[Practitioner]
    rooms: Sequence[Room]
    reasons: Sequence[str]
    lines: Sequence[Line]
    back: str


@get("/desk/blocks", act="time.block", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    """`?who=` or `room=`, `start=` and `end=` (as addresses spell times) fill the form; `made=` was just blocked."""
    seat, query = await seated(request), asked.once(request)
    return await _page(seat, Form(_filled(seat, query)), said=await said(seat, query.get("made", ""), "/desk/blocks"))


def _filled(seat: Seat, query: Mapping[str, str]) -> dict[str, str]:
    start = seat.local(seat.now).replace(minute=0) + timedelta(hours=1)
    end = start + timedelta(hours=1)
    if query.get("start"):
        start = times.local(seat.clinic.zone, asked.start(query["start"]))
        end = (
            times.local(seat.clinic.zone, asked.start(query["end"])) if query.get("end") else start + timedelta(hours=1)
        )
    whom = f"who/{query['who']}" if query.get("who") else f"room/{query['room']}" if query.get("room") else ""
    return {
        "whom": whom,
        "day": start.date().isoformat(),
        "time": start.strftime("%H:%M") if query.get("start") else "",
        "until_day": end.date().isoformat() if query.get("start") else start.date().isoformat(),
        "until_time": end.strftime("%H:%M") if query.get("start") else "",
        "back": query.get("back", ""),
    }


@post("/desk/blocks", act="time.block", include_in_schema=False)
async def make(request: AnyRequest) -> Response[Any]:
    """Goes to what needs somebody when visits lie in the block, else back to where the form came from."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    try:
        resource, span = _resource(seat, form.raw.get("whom", "")), _span(seat, form.raw)
        made = await acts.block(desk_act(request, seat), seat.clinic, resource, span, form.raw.get("reason", ""))
    except Invalid as error:
        wrong = {name: _sentence(name, code) for name, code in error.fields.items()}
        return await _page(seat, form.with_errors(wrong, FIELDS), status=422)
    now = await seated(request)
    hit = await struck(now.clinic, now.now)
    return done(request, f"/desk/needs?made={made}" if hit[made] else f"/desk/blocks?made={made}")


def _sentence(name: str, code: str) -> str:
    said = {
        ("whom", ""): _("Choose who or what is not there."),
        ("day", ""): _("Choose the first day."),
        ("until", ""): _("It has to end after it begins, and within ten years."),
        ("reason", "too_long"): _("Keep the reason to one line."),
    }
    return said.get((name, code)) or said.get((name, "")) or _("Look at this once more.")


def _resource(seat: Seat, whom: str) -> int:
    """Raises Invalid. Whether this person may block it is the service's question."""
    kind, _slash, slug = whom.partition("/")
    things: Mapping[str, Practitioner | Room] = seat.clinic.practitioners if kind == "who" else seat.clinic.rooms
    if slug not in things:
        raise Invalid({"whom": "unknown"})
    return things[slug].id


def _span(seat: Seat, raw: Mapping[str, str]) -> Span:
    """From a time, or the beginning of its day, to a time, or the end of its day. Raises Invalid (`day`, `until`)."""
    zone = seat.clinic.setup.zone
    try:
        first, clock = day_of(raw.get("day", "")), clock_of(raw.get("time", ""))
    except NotFound:
        raise Invalid({"day": "unreadable"}) from None
    if first is None:
        raise Invalid({"day": "required"})
    try:
        last, until = day_of(raw.get("until_day", "")) or first, clock_of(raw.get("until_time", ""))
    except NotFound:
        raise Invalid({"until": "unreadable"}) from None
    start = day_span(zone, first).start if clock is None else at_clock(zone, first, clock)
    end = day_span(zone, last).end if until is None else at_clock(zone, last, until)
    return Span(start, end)


@post("/desk/blocks/lift", act="time.block", include_in_schema=False)
async def lift(request: AnyRequest) -> Response[Any]:
    """`block` names it, in the form or, where a toast takes it back, in the address."""
    seat = await seated(request)
    raw = (await forms.read(request, ("block", "back", "version"))).raw
    number = raw.get("block") or asked.once(request).get("block", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound(what="block")
    await acts.unblock(desk_act(request, seat), seat.clinic, int(number))
    return done(request, way_back(raw, "/desk/blocks"))


# --- the page


async def _page(seat: Seat, form: Form, *, status: int = 200, said: Said | None = None) -> Page:
    people = [one for one in seat.clinic.practitioners.values() if seat.may("time.block", one.id)]
    page = BlocksPage(
        frame=seat.frame("more"),
        said=said,
        form=form,
        people=people,
        rooms=[one for one in seat.clinic.rooms.values() if seat.may("time.block", one.id)],
        reasons=(_("Lunch"), _("Meeting"), _("Illness"), _("Holiday"), _("Repair")),
        lines=await _lines(seat),
        back=way_back(form.raw),
    )
    return Page("desk/move/blocks.html", page, block="blocks", status=status)


async def _lines(seat: Seat) -> list[Line]:
    now = minute(seat.now)
    found = await blocks(Span(now, now + AHEAD))
    inside = await struck(seat.clinic, seat.now)
    return [
        line(seat, one, inside[one.id])
        for one in found
        if one.resource is not None and seat.may("diary.see", one.resource)
    ]


def line(seat: Seat, one: Block, visits: int) -> Line:
    start, end = (times.local(seat.clinic.zone, at) for at in one.span)
    whole = all((at.hour, at.minute) == (0, 0) for at in (start, end))
    return Line(
        block=one,
        whose=whose(seat, one),
        start=start,
        end=end,
        last=(end - timedelta(minutes=1)).date() if whole else None,
        reason=seat.text(one.reason).text,
        visits=visits,
        may_lift=one.resource is not None and seat.may("time.block", one.resource),
    )


def whose(seat: Seat, one: Block) -> Markup:
    """The name of who or what is not there."""
    clinic = seat.clinic
    if one.resource is None:
        return named(seat.text(clinic.location(one.location).name if one.location else clinic.name).text)
    if one.resource in clinic.setup.room_locations:
        return named(seat.text(clinic.room(one.resource).name).text)
    return named(seat.text(clinic.practitioner(one.resource).name).text)


async def said(seat: Seat, number: str, back: str) -> Said | None:
    """What the toast says of a block that this person has just made, and of how many visits lie in it."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    one = await block(int(number))
    fresh = one is not None and one.made_at is not None and one.by == seat.staff.name and one.made_at > seat.now - FRESH
    if one is None or not fresh or one.resource is None:
        return None
    text = _("%(who)s is blocked.") % {"who": whose(seat, one).striptags()}
    if num := (await struck(seat.clinic, seat.now))[one.id]:
        lie = ngettext("%(num)d visit lies in that time.", "%(num)d visits lie in that time.", num) % {"num": num}
        text = f"{text} {lie}"
    return Said(text, undo=f"/desk/blocks/lift?block={one.id}", back=back)


routes: list[ControllerRouterHandler] = [see, make, lift]
