"""The first page of the desk: the running day as a list or as columns, by person or by room, a week or a month."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from turnet.booking.sheet import Sheet, sheet
from turnet.booking.states import State
from turnet.clinic.model import Practitioner
from turnet.clock import minute
from turnet.format import day_short
from turnet.i18n import _, current
from turnet.scheduling.hours import local_day, sessions
from turnet.staff.service.view import remember_view
from turnet.web.desk import did
from turnet.web.desk.diary import columns, visit
from turnet.web.desk.diary.asked_day import WIDTH_COOKIE, Asked, asked, whose
from turnet.web.desk.diary.columns import Board
from turnet.web.desk.diary.day_list import DayList, day_list
from turnet.web.desk.diary.month import Month, month
from turnet.web.desk.diary.visit import Card
from turnet.web.desk.picked import way_back
from turnet.web.desk.said import Said
from turnet.web.desk.seat import DeskFrame, seated
from turnet.web.kit import forms
from turnet.web.kit.htmx import AnyRequest, done
from turnet.web.kit.page import Page


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the filter."""

    value: str
    """`at:keskusta`, `with:sanna`, or nothing for everybody everywhere."""
    name: str
    visits: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Late:
    """Somebody who can be said to run late today."""

    who: Practitioner
    minutes: int


@dataclass(frozen=True, slots=True)
class DayPage:
    frame: DeskFrame
    said: Said | None
    asked: Asked
    own: str
    """This page's address."""
    back: str
    """The same without an opened visit."""
    before: date
    after: date
    choices: Sequence[Choice]
    late: Sequence[Late]
    """Of those on the page, today only; first whoever is."""
    list: DayList | None
    board: Board | None
    month: Month | None
    card: Card | None
    """The visit that is opened beside the day."""
    print_heading: str

    @property
    def shown(self) -> str:
        """What the filter is set to."""
        return next((choice.name for choice in self.choices if choice.chosen), _("All"))

    @property
    def filter_back(self) -> str:
        """Where choosing somebody leads: here, without whoever the address names."""
        kept = {name: text for name, text in self.asked.explicit.items() if name == "as"}
        return replace(self.asked, explicit=kept).path()

    @property
    def today_column(self) -> int:
        """Which column of a week the now-line crosses; 0: all of them, or none."""
        if self.board is None or self.asked.view != "week":
            return 0
        days = [column.day for column in self.board.columns]
        return days.index(self.asked.seat.today) + 1 if self.asked.seat.today in days else 0

    @property
    def week_said(self) -> str:
        return _("From %(day)s") % {"day": day_short(_days(self.asked)[0])}

    def week_of(self, who: Practitioner) -> str:
        return replace(self.asked, explicit={"as": "week", "with": who.slug}).path()

    def day_of(self, day: date) -> str:
        """A day of the month, drawn as this window draws days."""
        kept = {name: text for name, text in self.asked.explicit.items() if name != "as"}
        return replace(self.asked, explicit=kept).path(day=day)


@get("/desk", act="diary.see", include_in_schema=False)
async def today(request: AnyRequest) -> Response[Any]:
    """`?day=2026-12-01&as=list|people|rooms|week|month&with=&at=&visit=`; `did` names what was just done."""
    seat, query = await seated(request), request.query_params
    opened = await visit.card(seat, query["visit"]) if query.get("visit") else None
    wanted = dict(query)
    if opened is not None and not query.get("day"):
        wanted["day"] = f"{opened.start.date()}"
    page = asked(seat, wanted, agent=request.headers.get("user-agent", ""), wide=request.cookies.get(WIDTH_COOKIE, ""))
    shown = await _page(page, opened, query.get("did", ""))
    template = "desk/month.html" if shown.month else "desk/columns.html" if shown.board else "desk/list.html"
    block = "visit" if opened is not None else "sheet"
    return Page(template, shown, block=block, headers={"Cache-Control": "no-store"})


@post("/desk/view", act="diary.see", include_in_schema=False)
async def remember(request: AnyRequest) -> Response[Any]:
    """Keeps the filter with the account."""
    seat = await seated(request)
    form = await forms.read(request, ("show", "back"))
    kind, _sep, slug = form.raw.get("show", "").partition(":")
    things = {"at": seat.clinic.locations, "with": seat.clinic.practitioners}.get(kind, {})
    await remember_view(seat.staff, {kind: slug} if slug in things else {})
    return done(request, way_back(form.raw))


async def _page(page: Asked, opened: Card | None, just_did: str) -> DayPage:
    seat = page.seat
    if page.view == "week":
        page = _for_somebody(page)
    found = None if page.view == "month" else await sheet(
        seat.clinic, *_days(page), now=seat.now, diaries=whose(seat)
    )  # fmt: skip
    before, after = _neighbours(page)
    back = page.path()
    return DayPage(
        frame=seat.frame("today"),
        said=await did.said(seat, just_did, back) if just_did else None,
        asked=page,
        own=back,
        back=back,
        before=before,
        after=after,
        choices=_choices(page, found),
        late=_late(page, found) if found and page.day == seat.today else (),
        list=day_list(page, found) if found and page.view == "list" else None,
        board=_board(page, found) if found and page.view != "list" else None,
        month=await month(page) if page.view == "month" else None,
        card=opened,
        print_heading=_heading(page),
    )


def _for_somebody(page: Asked) -> Asked:
    """A week is one person's: the asked one, one's own, or the first."""
    if page.practitioner is not None:
        return page
    people = [one for one in page.seat.clinic.practitioners.values() if page.seat.may("diary.see", one.id)]
    own = next((one for one in people if one.id == page.seat.staff.practitioner), None)
    return Asked(page.seat, page.day, page.view, None, own or next(iter(people), None), page.explicit)


def _days(page: Asked) -> tuple[date, date]:
    if page.view != "week":
        return page.day, page.day
    first = page.day - timedelta(days=(page.day.weekday() - current().first_weekday) % 7)
    return first, first + timedelta(days=6)


def _neighbours(page: Asked) -> tuple[date, date]:
    if page.view == "month":
        first = page.day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)
    step = timedelta(days=7 if page.view == "week" else 1)
    return page.day - step, page.day + step


def _board(page: Asked, found: Sheet) -> Board:
    if page.view == "rooms":
        return columns.by_room(page, found)
    if page.view == "week" and page.practitioner is not None:
        return columns.week(page, found, page.practitioner, _working_days(page, found))
    return columns.by_person(page, found)


def _working_days(page: Asked, found: Sheet) -> list[date]:
    """The days of the week with hours or visits; all of them when there is neither."""
    assert page.practitioner is not None
    setup = page.seat.clinic.setup
    days = [found.first + timedelta(days=n) for n in range(7)]
    busy = {local_day(setup.zone, entry.start) for entry in found.visits if entry.practitioner == page.practitioner.id}
    return [day for day in days if day in busy or sessions(setup, page.practitioner.id, day)] or days


# --- what to show


def _choices(page: Asked, found: Sheet | None) -> list[Choice]:
    seat = page.seat
    visits = [one for one in found.visits if one.state is not State.CANCELLED] if found else []
    choices = [Choice("", _("All"), len(visits), page.location is None and page.practitioner is None)]
    if len(seat.clinic.locations) > 1:
        for place in seat.clinic.locations.values():
            name = _("All, %(place)s") % {"place": seat.text(place.name).text}
            count = sum(one.location == place.id for one in visits)
            choices.append(Choice(f"at:{place.slug}", name, count, page.location is place))
    for who in seat.clinic.practitioners.values():
        if seat.may("diary.see", who.id):
            count = sum(one.practitioner == who.id for one in visits)
            choices.append(Choice(f"with:{who.slug}", seat.text(who.name).text, count, page.practitioner is who))
    return choices


def _late(page: Asked, found: Sheet) -> list[Late]:
    """Whoever is working today and may be said to be late by this person; those who are come first."""
    seat, now = page.seat, minute(page.seat.now)
    people = [page.practitioner] if page.practitioner else list(seat.clinic.practitioners.values())
    lates = [
        Late(who, found.late.get((who.id, page.day), 0))
        for who in people
        if seat.may("time.late", who.id)
        and any(
            span.end > now and (page.location is None or page.location.id == session.location)
            for session, span in sessions(seat.clinic.setup, who.id, page.day)
        )
    ]
    return sorted(lates, key=lambda one: not one.minutes)


def _heading(page: Asked) -> str:
    seat = page.seat
    names = [seat.text(seat.clinic.name).text]
    if page.location is not None:
        names.append(seat.text(page.location.name).text)
    if page.practitioner is not None:
        names.append(seat.text(page.practitioner.name).text)
    return ", ".join(names)


routes: list[ControllerRouterHandler] = [today, remember]
