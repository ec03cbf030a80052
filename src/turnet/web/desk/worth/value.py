"""Costs and savings: one month against what the clinic was like before, with everything that the estimates were reckoned from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.clock import instant
from turnet.errors import NotFound
from turnet.format import money, number
from turnet.i18n import LANGUAGES, _
from turnet.messaging.texting import THOUSANDTHS, policy
from turnet.reports import words
from turnet.reports.model import Baseline, Gain, RoomUse, Use, gain, total
from turnet.reports.queries import baseline, months, prices
from turnet.reports.service import say
from turnet.reports.service import wrong as wrong_in
from turnet.scheduling.hours import day_span
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, Seat, desk_act, seated
from turnet.web.desk.worth.amounts import amount, sign, typed_amount, typed_count
from turnet.web.desk.worth.drawing import Bar, Month, bar, year
from turnet.web.kit import forms
from turnet.web.kit.forms import Form
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page
from turnet.web.public import asked

FIELDS = ("visits", "no_shows", "visit_value", "desk_hour", "checkin_seconds")
"""In the order of a `Baseline`."""
_MONEY = ("visit_value", "desk_hour")
SHOWN = 13
"""Months of the picture: the same month of the year before is the first."""
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four answers; `bar` shows a range."""

    icon: str
    name: str
    said: str
    under: str
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class RoomLine:
    name: str
    use: Use
    cost: str


@dataclass(frozen=True, slots=True)
class ValuePage:
    frame: DeskFrame
    month: date
    earlier: str
    later: str
    """`YYYY-MM`; empty: there is none to show."""
    running: bool
    """The month is not over."""
    figures: tuple[Figure, ...]
    rooms: tuple[RoomLine, ...]
    total: RoomLine
    year: tuple[Month, ...]
    compared: bool
    """The clinic said how many were missed before."""
    inputs: tuple[tuple[str, str], ...]
    form: Form
    labels: dict[str, str]
    """Of its fields."""
    sign: str
    """Of the currency."""
    said: Said | None = None


@get("/admin/value", act="value.see", include_in_schema=False)
async def see(request: AnyRequest) -> Response[Any]:
    """`?month=YYYY-MM`; without it the last whole month. Raises NotFound for what is no month, or is still to come."""
    seat, query = await seated(request), asked.once(request)
    before = await baseline()
    return await _page(
        seat, query.get("month", ""), before, Form(_typed(seat, before)), saved=query.get("saved") == "1"
    )


@post("/admin/value", act="value.see", include_in_schema=False)
async def say_before(request: AnyRequest) -> Response[Any]:
    seat = await seated(request)
    form = await forms.read(request, (*FIELDS, "month"))
    month = form.raw.get("month", "")
    wrong: dict[str, str] = {}
    visits, no_shows, visit_value, desk_hour, checkin_seconds = (_value(seat, form, name, wrong) for name in FIELDS)
    before = Baseline(visits, no_shows, visit_value, desk_hour, checkin_seconds)
    if wrong := wrong_in(before) | wrong:
        form = form.with_errors({name: _sentence(name, code) for name, code in wrong.items()}, FIELDS)
        return await _page(seat, month, await baseline(), form, status=422)
    await say(desk_act(request, seat), before)
    _first(seat, month)
    return done(request, f"/admin/value?{f'month={month}&' if month else ''}saved=1")


def _value(seat: Seat, form: Form, name: str, wrong: dict[str, str]) -> int | None:
    try:
        text = form.raw.get(name, "")
        return typed_amount(text, seat.clinic.currency) if name in _MONEY else typed_count(text)
    except ValueError:
        wrong[name] = "no_number"
        return None


def _sentence(name: str, code: str) -> str:
    """Of each field its own: two wrong ones are two things to put right."""
    return {
        "no_number": _("%(field)s: write a number, or leave it empty."),
        "out_of_range": _("%(field)s: that is more than can be. Look at it once more."),
        "more_than_visits": _("More were missed than there were visits. Look at both numbers."),
    }[code] % {"field": _labels()[name]}


def _labels() -> dict[str, str]:
    return {
        "visits": _("Visits a month"),
        "no_shows": _("Missed a month"),
        "visit_value": _("What a visit brings in"),
        "desk_hour": _("What an hour of an assistant costs"),
        "checkin_seconds": _("Seconds to check somebody in"),
    }


def _typed(seat: Seat, before: Baseline) -> dict[str, str]:
    found = {}
    for name in FIELDS:
        value = getattr(before, name)
        found[name] = "" if value is None else amount(value, seat.clinic.currency) if name in _MONEY else str(value)
    return found


def _first(seat: Seat, month: str) -> date:
    """The first day of the month that was asked for. Raises NotFound."""
    this = seat.today.replace(day=1)
    if not month:
        return (this - timedelta(days=1)).replace(day=1)
    if not _MONTH.fullmatch(month) or (found := date.fromisoformat(f"{month}-01")) > this:
        raise NotFound
    return found


def _back(month: date, count: int) -> date:
    months = month.year * 12 + month.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


async def _page(
    seat: Seat, asked_for: str, before: Baseline, form: Form, *, status: int = 200, saved: bool = False
) -> Response[Any]:
    month, this = _first(seat, asked_for), seat.today.replace(day=1)
    firsts = [_back(month, back) for back in range(SHOWN - 1, -2, -1)]
    bounds = [instant(day_span(seat.clinic.setup.zone, first).start) for first in firsts]
    found = await months(seat.clinic, bounds, now=seat.now)
    mirrored = LANGUAGES[seat.language].direction == "rtl"
    rooms, whole = found[-1], total(found[-1])
    shown = _since_first([(first, total(each)) for first, each in zip(firsts, found, strict=False)])
    page = ValuePage(
        frame=seat.frame("more"),
        month=month,
        earlier=f"{_back(month, 1):%Y-%m}",
        later="" if month >= this else f"{_back(month, -1):%Y-%m}",
        running=month == this,
        figures=_figures(seat, whole, gain(whole, before), mirrored=mirrored),
        rooms=tuple(_line(seat, room) for room in rooms),
        total=RoomLine(_("All"), whole, _cost(seat, whole)),
        year=year(shown, before, mirrored=mirrored),
        compared=before.rate_known,
        inputs=_inputs(seat, before, whole, await _price(seat, bounds[-2], bounds[-1])),
        form=form,
        labels=_labels(),
        sign=sign(seat.clinic.currency),
        said=Said(_("Written down: the page reckons with it from now on.")) if saved else None,
    )
    return Page("admin/worth/value.html", page, block="body", status=status, headers={"Cache-Control": "no-store"})


def _since_first(found: list[tuple[date, Use]]) -> list[tuple[date, Use]]:
    """Without the months before the first visit."""
    began = next((number for number, (_month, use) in enumerate(found) if use.visits), len(found) - 1)
    return found[began:]


def _figures(seat: Seat, use: Use, found: Gain, *, mirrored: bool) -> tuple[Figure, ...]:
    clinic = seat.clinic
    checkins = _("%(n)s of %(all)s checked in without the desk") % {
        "n": number(use.checkins),
        "all": number(use.visits - use.no_shows),
    }
    missed = _("%(n)s of %(all)s were missed") % {"n": number(use.no_shows), "all": number(use.visits)}
    if found.chairs:
        before = number(round(found.chairs.likely) + use.no_shows)
        missed = _("%(missed)s; as before it would have been about %(before)s") % {
            "missed": missed,
            "before": before,
        }
    return (
        Figure("msg", _("Spent on SMS"), words.spent(use, clinic), ""),
        Figure(
            "chair", _("More visits kept than before"), words.chairs(found, clinic), missed,
            bar(found.chairs, mirrored=mirrored) if found.chairs else None,
        ),
        Figure("tick", _("Saved at the desk"), words.desk(found, clinic), checkins),
        Figure("cal", _("Booked outside opening hours"), words.outside(use), ""),
    )  # fmt: skip


def _line(seat: Seat, room: RoomUse) -> RoomLine:
    name = _("Without a room") if room.room is None else str(seat.text(seat.clinic.room(room.room).name))
    return RoomLine(name, room.use, _cost(seat, room.use))


def _cost(seat: Seat, use: Use) -> str:
    return "–" if use.unpriced else money(round(use.cost / THOUSANDTHS), seat.clinic.currency)


async def _price(seat: Seat, first: datetime, last: datetime) -> tuple[str, str]:
    """The price of then where anything was sent, else today's: its name, and what it was."""
    currency = seat.clinic.currency
    if found := await prices(first, last):
        return _("Price of one part of an SMS when it was sent"), words.prices(found, currency)
    now = (await policy()).price
    return _("Price of one part of an SMS"), _("not said") if now is None else words.price(now, currency)


def _inputs(seat: Seat, before: Baseline, use: Use, price: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Everything that the estimates rest on."""
    unsaid, currency = _("not said"), seat.clinic.currency
    value = unsaid if before.visit_value is None else money(before.visit_value, currency)
    hour = unsaid if before.desk_hour is None else money(before.desk_hour, currency)
    return (
        (_("Visits marked this month"), number(use.visits)),
        (_("Past visits that nobody marked, left out"), number(use.unmarked)),
        (_("Visits a month, before"), unsaid if before.visits is None else number(before.visits)),
        (_("Missed a month, before"), unsaid if before.no_shows is None else number(before.no_shows)),
        (_("What a visit brings in"), value),
        (_("What an hour of an assistant costs"), hour),
        (_("Checking somebody in at the desk"), words.checkin_time(before)),
        price,
    )


routes: Sequence[ControllerRouterHandler] = [see, say_before]
