"""Moving a visit: its free times in a list, any other minute by hand, and one page that shows what the patient will read.

The desk's columns lead here too: a visit that is dropped somewhere opens the same page as a dialog.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from turnet.booking import service as acts
from turnet.clinic.blocks import blocks
from turnet.clinic.model import Practitioner, Room
from turnet.clock import instant
from turnet.errors import Invalid, NotAllowed, NotOffered, SlotTaken, Stale, TurnetError
from turnet.i18n import _
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import Slot
from turnet.scheduling.spans import Span
from turnet.web.desk.asking import day_of, one_of
from turnet.web.desk.blocked.reasons import Saying
from turnet.web.desk.both import Difference, differences, seen
from turnet.web.desk.changing.target import (
    Target,
    free_times,
    person_for,
    room_after,
    rules_of,
    target_in,
    verdict,
    week_of,
)
from turnet.web.desk.changing.telling import Telling, telling
from turnet.web.desk.picked import Picked, after, picked, way_back
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked
from turnet.web.public.words import near

FIELDS = ("to", "who", "room", "tell", "over", "reason", "version", "seen", "back")
IN_SOMEBODYS_WAY = ("busy", "buffer", "no_free_room")
"""What an overbooking gets round; hours and blocks it does not."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A free time to move to."""

    href: str
    at: Any
    who: Practitioner
    own: bool
    """With the practitioner it is with now."""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    near: str
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class ChoosePage:
    frame: DeskFrame
    mine: Picked
    who: Practitioner | None
    people: Sequence[Practitioner]
    days: Sequence[Day]
    first: date
    last: date
    before: str
    """The week before; empty when that is over."""
    later: str
    back: str
    minutes: int


@dataclass(frozen=True, slots=True)
class MovePage:
    frame: DeskFrame
    mine: Picked
    target: Target
    room: Room | None
    fits: bool
    why: Markup
    """What stands in the way; empty when it fits."""
    telling: Telling
    back: str
    version: int
    seen: str
    near: Sequence[Offer]
    """Free times around one that does not fit."""
    beside: Sequence[Room] | None
    """Rooms for it beside what is there already; None: that is not possible, or not for this person."""
    form: Form = field(default_factory=Form)
    trouble: str = ""
    """Code of what went wrong when it was tried."""
    changed: Sequence[Difference] = ()


@get("/desk/visits/{public_id:str}/move", act="visit.move", include_in_schema=False)
async def choose(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    """`?day=&who=`: free times of a week; with `to` (or `time`) the question whether that it shall be."""
    seat, query = await seated(request), asked.once(request)
    mine = await picked(seat, public_id, "visit.move")
    if query.get("to") or query.get("time"):
        target = target_in(mine, query)
        return await _page(request, target, Asking(way_back(query), mine.visit.version, seen(mine)))
    return Page("desk/move/choose.html", await _choose(mine, query), block="choose")


async def _choose(mine: Picked, query: Mapping[str, str]) -> ChoosePage:
    seat, back = mine.seat, way_back(query)
    who = mine.practitioner if "who" not in query else one_of(seat.clinic.practitioners, query["who"])
    first, last = week_of(mine, day_of(query.get("day", "")))
    found = await free_times(mine, first, last, who)
    before = max(first - timedelta(days=7), seat.today)
    return ChoosePage(
        frame=seat.frame(),
        mine=mine,
        who=who,
        people=_people(mine),
        days=[
            Day(day, near(day, seat.today), [offer(mine, slot, back) for slot in slots])
            for day, slots in groupby(found, key=lambda slot: local_day(seat.clinic.setup.zone, slot.start))
        ],
        first=first,
        last=last,
        before=_week(mine, before, who, back) if first > seat.today else "",
        later=_week(mine, first + timedelta(days=7), who, back),
        back=back,
        minutes=rules_of(mine).minutes,
    )


def _people(mine: Picked) -> list[Practitioner]:
    can, clinic = rules_of(mine).practitioners, mine.seat.clinic
    return [one for one in clinic.practitioners.values() if one.id in can and mine.seat.may("visit.move", one.id)]


def _week(mine: Picked, day: date, who: Practitioner | None, back: str) -> str:
    return f"{mine.path}/move?{urlencode({'day': day, 'who': who.slug if who else '', 'back': back})}"


def offer(mine: Picked, slot: Slot, back: str) -> Offer:
    who = person_for(mine, slot)
    query = urlencode({"to": asked.spelled(slot.start), "who": who.slug, "back": back})
    at = mine.seat.local(instant(slot.start))
    return Offer(f"{mine.path}/move?{query}", at, who, who.id == mine.visit.practitioner)


# --- one time


@dataclass(frozen=True, slots=True)
class Asking:
    """What the page carries along."""

    back: str
    version: int
    seen: str
    tell: bool = True


async def _page(
    request: AnyRequest,
    target: Target,
    asking: Asking,
    *,
    status: int = 200,
    error: TurnetError | None = None,
    **more: Any,
) -> Page:
    mine = target.mine
    reason = await verdict(target)
    fits = reason.code == "offered"
    around = await blocks(Span(target.start - 1440, target.start + 1440))
    saying = Saying(mine.seat, mine.service, target.start, around)
    page = MovePage(
        frame=mine.seat.frame(),
        mine=mine,
        target=target,
        room=room_after(target, reason),
        fits=fits,
        why=Markup() if fits else saying.sentence(reason),
        telling=await telling(request, mine, "booking_moved", target.moved(), on=asking.tell, was=mine.visit.starts_at),
        back=asking.back,
        version=asking.version,
        seen=asking.seen,
        trouble=error.code if error else "",
        near=[] if fits else await _near(target, asking.back),
        beside=_beside(target) if reason.code in IN_SOMEBODYS_WAY else None,
        **more,
    )
    return Page("desk/move/confirm.html", page, block="move", status=status)


def _beside(target: Target) -> list[Room] | None:
    """Its own room first."""
    mine = target.mine
    if not mine.seat.may("visit.overbook", target.practitioner.id):
        return None
    can = rules_of(mine).rooms
    rooms = [mine.seat.clinic.room(one) for one in can]
    return sorted(
        (room for room in rooms if room.location == target.location.id), key=lambda room: room.id != mine.visit.room
    )


async def _near(target: Target, back: str) -> list[Offer]:
    """The free times nearest to one that is not."""
    mine = target.mine
    first, last = week_of(mine, max(target.begins.date() - timedelta(days=3), mine.seat.today))
    found = await free_times(mine, first, last, target.practitioner) or await free_times(mine, first, last, None)
    nearest = sorted(found, key=lambda slot: abs(slot.start - target.start))[:6]
    return [offer(mine, slot, back) for slot in sorted(nearest)]


@post("/desk/visits/{public_id:str}/move", act="visit.move", include_in_schema=False)
async def move(request: AnyRequest, public_id: FromPath[str]) -> Response[Any]:
    seat = await seated(request)
    mine = await picked(seat, public_id, "visit.move")
    form = await forms.read(request, FIELDS)
    raw = form.raw
    target, asking = target_in(mine, raw), _asking(raw, mine)
    wish = replace(target.wish, over=raw.get("over") == "1")
    try:
        moved = await acts.move(
            desk_act(request, seat), seat.clinic, mine.visit.id, wish, version=form.version, tell=asking.tell,
            reason=raw.get("reason", ""),
        )  # fmt: skip
    except Invalid:
        form = form.with_errors({"reason": _("Say why it goes beside another visit.")})
        return await _page(request, target, asking, status=422, form=form)
    except (Stale, NotAllowed, SlotTaken, NotOffered) as error:
        return await _refused(request, seat, target, asking, error, form)
    return done(request, after(asking.back, moved))


def _asking(raw: Mapping[str, str], mine: Picked) -> Asking:
    return Asking(way_back(raw), mine.visit.version, seen(mine), tell=raw.get("tell") == "1")


async def _refused(
    request: AnyRequest, seat: Seat, target: Target, asking: Asking, error: TurnetError, form: Form
) -> Page:
    """The same question once more, with what is there now: whoever still wants it says so again."""
    mine = await picked(seat, target.mine.visit.public_id, "visit.move")
    now = Target(mine, target.start, target.practitioner, target.location, target.room)
    again = Asking(asking.back, mine.visit.version, seen(mine), asking.tell)
    return await _page(
        request, now, again, status=error.status, error=error, form=form, changed=differences(form.raw, mine)
    )


routes: list[ControllerRouterHandler] = [choose, move]
