"""A month at a glance: how many visits each day has, and how much of its working time they fill."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from turnet.booking import sheet
from turnet.booking.sheet import Load
from turnet.i18n import current
from turnet.scheduling.gaps import worked
from turnet.scheduling.hours import local_day, sessions
from turnet.web.desk.diary.asked_day import Asked

FILLS = 10
"""How finely fill is drawn."""


@dataclass(frozen=True, slots=True)
class MonthDay:
    day: date
    inside: bool
    """Of this month; the days around only fill the weeks."""
    visits: int
    percent: int
    fill: int
    """0 to FILLS."""
    open: bool
    """Does anybody work?"""


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    before: date
    after: date
    weekdays: Sequence[int]
    """Monday is 0."""
    weeks: Sequence[Sequence[MonthDay]]


async def month(asked: Asked) -> Month:
    """The month around the asked day; one query."""
    first = asked.day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    starts_on = current().first_weekday
    lead = (first.weekday() - starts_on) % 7
    shown = -(-(lead + (after - first).days) // 7) * 7
    days = [first - timedelta(days=lead) + timedelta(days=n) for n in range(shown)]
    found = await sheet.load(asked.seat.clinic, first, after - timedelta(days=1), diaries=asked.diaries)
    by_day = _by_day(asked, found)
    cells = [_day(asked, day, by_day.get(day, []), inside=first <= day < after) for day in days]
    return Month(
        first=first,
        before=(first - timedelta(days=1)).replace(day=1),
        after=after,
        weekdays=[(starts_on + n) % 7 for n in range(7)],
        weeks=[cells[n : n + 7] for n in range(0, shown, 7)],
    )


def _by_day(asked: Asked, found: Sequence[Load]) -> dict[date, list[Load]]:
    zone = asked.seat.clinic.setup.zone
    by_day: dict[date, list[Load]] = defaultdict(list)
    for one in found:
        if asked.location is None or one.location == asked.location.id:
            by_day[local_day(zone, one.start)].append(one)
    return by_day


def _day(asked: Asked, day: date, visits: Sequence[Load], *, inside: bool) -> MonthDay:
    hours = _working_minutes(asked, day) if inside else 0
    taken = sum(one.end - one.start for one in visits)
    percent = min(round(100 * taken / hours), 100) if hours else 0
    fill = min(-(-percent * FILLS // 100), FILLS)
    return MonthDay(day, inside, len(visits), percent, fill, open=hours > 0)


def _working_minutes(asked: Asked, day: date) -> int:
    setup = asked.seat.clinic.setup
    people = [asked.practitioner] if asked.practitioner else asked.seat.clinic.practitioners.values()
    minutes = 0
    for who in people:
        if not asked.seat.may("diary.see", who.id):
            continue
        if asked.location is not None and not any(
            session.location == asked.location.id for session, _span in sessions(setup, who.id, day)
        ):
            continue
        minutes += sum(span.end - span.start for span in worked(setup, who.id, day))
    return minutes
