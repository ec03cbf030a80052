"""A series of visits: every date is looked at, and every conflict answered, before anything is booked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.types import ControllerRouterHandler

from turnet.booking import service as acts
from turnet.booking.model import Visit
from turnet.clock import instant
from turnet.errors import Invalid, NotOffered, SlotTaken, TurnetError
from turnet.messaging.preview import Preview
from turnet.scheduling.rules import Slot
from turnet.web.desk.booking.asked_for import Asked, asked_for, time_of_slot, with_time
from turnet.web.desk.booking.booking_in import finished, key_of, owner, refused
from turnet.web.desk.booking.comers import person_of
from turnet.web.desk.booking.planned import confirmation
from turnet.web.desk.booking.wanted import FIELDS, LASTING, PICKS, Time, repeated, same_clock, time_of, wish_of
from turnet.web.desk.cards.callers import recognised
from turnet.web.desk.picked import way_back
from turnet.web.desk.seat import DeskFrame, desk_act, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest
from turnet.web.kit.page import Page

SKIPPED = "-"
_HIDDEN = tuple(name for name in (*LASTING, "back", "parked") if name not in PICKS)


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    at: datetime
    time: Time
    chosen: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One date of the series, and what can be had then."""

    name: str
    """Of its field."""
    at: datetime
    free: bool
    options: tuple[Option, ...]
    skipped: bool


@dataclass(frozen=True, slots=True)
class SeriesPage:
    frame: DeskFrame
    said: None
    asked: Asked
    once: str
    back: str
    hidden: tuple[tuple[str, str], ...]
    turns: tuple[Turn, ...]
    kept: int
    """Visits that would be booked."""
    conflicts: int
    confirmation: Preview | None
    lost: bool
    """One of them went while it was being looked at."""


@post("/desk/new/series", act="visit.book", include_in_schema=False)
async def series(request: AnyRequest) -> Response[Any]:
    """First the dates, then, from the page that showed them, all that were kept or none."""
    seat = await seated(request)
    form = await forms.read(request, FIELDS)
    return await one_by_one(
        request, with_time(await asked_for(seat, form, owner=owner(seat)), form.raw.get("time", ""))
    )


async def one_by_one(request: AnyRequest, asked: Asked) -> Response[Any]:
    """The dates of a series, or what came of booking them."""
    if asked.time is None or not asked.services:
        return await refused(request, asked, NotOffered())
    try:
        person_of(asked)
        if asked.form.raw.get("checked"):
            return await finished(request, asked, await _booked(request, asked))
        return await _page(request, asked)
    except (SlotTaken, NotOffered) as error:
        return await _page(request, asked, lost=True, status=error.status)
    except TurnetError as error:
        return await refused(request, asked, error)


routes: list[ControllerRouterHandler] = [series]


async def _booked(request: AnyRequest, asked: Asked) -> Sequence[Visit]:
    """Raises Invalid where no date was kept."""
    seat, times = asked.seat, _kept(asked)
    if not times:
        raise Invalid({"times": "required"})
    wishes = [wish_of(asked.services, time) for time in times]
    person = await recognised(seat, person_of(asked))
    made = await acts.book_series(
        desk_act(request, seat), seat.clinic, wishes, person, once=key_of(asked), owner=owner(seat),
        tell=asked.tell, desk_note=asked.form.raw.get("desk_note", ""),
    )  # fmt: skip
    return [one.visit for one in made]


def _kept(asked: Asked) -> list[Time]:
    """The times that were picked, each once, in order."""
    codes = dict.fromkeys(asked.form.raw.get(name, "") for name in PICKS)
    times = [time for code in codes if (time := time_of(asked.seat, code))]
    return sorted(times, key=lambda time: time.start)


# --- the page


async def _page(request: AnyRequest, asked: Asked, *, lost: bool = False, status: int = 200) -> Page:
    turns = await _turns(request, asked)
    chosen = [one.time for turn in turns for one in turn.options if one.chosen]
    first = replace(asked, time=chosen[0]) if chosen else asked
    page = SeriesPage(
        frame=asked.seat.frame("new"),
        said=None,
        asked=asked,
        once=key_of(asked),
        back=way_back(asked.form.raw),
        hidden=tuple((name, asked.form.typed(name)) for name in _HIDDEN if asked.form.typed(name)),
        turns=turns,
        kept=len(chosen),
        conflicts=sum(not turn.free for turn in turns),
        confirmation=await confirmation(first, request.app.state.settings, chosen),
        lost=lost,
    )
    return Page("desk/new/series.html", page, block="new", status=status, headers={"Cache-Control": "no-store"})


async def _turns(request: AnyRequest, asked: Asked) -> tuple[Turn, ...]:
    assert asked.time is not None
    seat, weeks_times = asked.seat, repeated(asked.form.raw)
    times = [replace(asked.time, start=start) for start in same_clock(seat, asked.time, *weeks_times)]
    wishes = [wish_of(asked.services, time) for time in times]
    looked_at = await acts.check_series(desk_act(request, seat), seat.clinic, wishes, owner=owner(seat))
    found = zip(times, looked_at, strict=True)
    return tuple(_turn(asked, n, time, free, near) for n, (time, (_, free, near)) in enumerate(found))


def _turn(asked: Asked, n: int, time: Time, free: bool, near: Sequence[Slot]) -> Turn:
    seat, name = asked.seat, PICKS[n]
    picked = asked.form.raw.get(name, "")
    times = [time] if free else [time_of_slot(asked, slot) for slot in near]
    codes = [one.code for one in times]
    chosen = picked if picked in (*codes, SKIPPED) else codes[0] if free else ""
    options = tuple(Option(one.code, seat.local(instant(one.start)), one, one.code == chosen) for one in times)
    return Turn(name, seat.local(instant(time.start)), free, options, chosen == SKIPPED)
