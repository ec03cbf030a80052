"""The wall clock: local dates and minutes of the day turned into UTC minutes, and back. DST lives here and only here.

A session is a wall-clock rule. It lasts from the first to the last instant of its day that a clock on the wall shows
between `opens` and `closes`, so Helsinki's 02:30–03:30 is 30 minutes long on the day the clock jumps from 03:00 to
04:00 and two hours long on the day 03:00–04:00 happens twice. Its starts are the instants at which that clock shows
`opens + n * step`, each real instant once: none in the gap, both in the hour that is repeated.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnet.scheduling.rules import DAY, Session, Setup
from turnet.scheduling.spans import Span, overlapping

EPOCH = date(1970, 1, 1).toordinal()
_START = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = (date.min.toordinal() - EPOCH + 2) * DAY, (date.max.toordinal() - EPOCH - 2) * DAY
"""What a `datetime` can say in every zone."""


class Piece(NamedTuple):
    """Part of a local day without a clock change: its minute is the UTC minute + `shift`, for `start <= UTC < end`."""

    start: int
    end: int
    shift: int


def offset(zone: str, minute: int) -> int:
    """Minutes the wall clock is ahead of UTC at a UTC minute."""
    changes = _changes(zone, date.fromordinal(EPOCH + minute // DAY).year)
    return changes[bisect_right(changes, (minute, DAY)) - 1][1]


def local_day(zone: str, minute: int) -> date:
    """The local date of a UTC minute."""
    return local(zone, minute)[0]


def local(zone: str, minute: int) -> tuple[date, int]:
    """What calendar and clock on the wall show at a UTC minute: the date and the minute of that day."""
    days, wall = divmod(minute + offset(zone, minute), DAY)
    return date.fromordinal(EPOCH + days), wall


def instants(zone: str, day: date, wall: int) -> tuple[int, ...]:
    """UTC minutes at which the wall clock shows minute `wall` of `day`: none in a gap, two in a repeated hour."""
    return tuple(wall - shift for start, end, shift in pieces(zone, day) if start <= wall - shift < end)


def day_span(zone: str, day: date) -> Span:
    """A local day in UTC minutes: 23 to 25 hours, and empty where a zone skipped the whole date."""
    parts = pieces(zone, day)
    if not parts:
        earlier = day_span(zone, day - timedelta(days=1))
        return Span(earlier.end, earlier.end)
    return Span(parts[0].start, parts[-1].end)


@lru_cache(maxsize=4096)
def pieces(zone: str, day: date) -> tuple[Piece, ...]:
    """The local day cut at its clock changes."""
    midnight = (day.toordinal() - EPOCH) * DAY
    changes = _changes(zone, day.year)
    ends = [start for start, _ in changes[1:]] + [midnight + 3 * DAY]
    parts = [
        Piece(max(start, midnight - ahead), min(end, midnight + DAY - ahead), ahead - midnight)
        for (start, ahead), end in zip(changes, ends, strict=True)
    ]
    return tuple(part for part in parts if part.start < part.end)


@lru_cache(maxsize=256)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """(from UTC minute, offset) over a year and three days at either side; no zone changes twice within a day."""
    clock = ZoneInfo(zone)
    begin = (date(year, 1, 1).toordinal() - EPOCH - 3) * DAY
    found = [(begin, _ask(clock, begin))]
    for tomorrow in range(begin + DAY, begin + 373 * DAY, DAY):
        if (ahead := _ask(clock, tomorrow)) != found[-1][1]:
            before, after = tomorrow - DAY, tomorrow
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (before, middle) if _ask(clock, middle) == ahead else (middle, after)
            found.append((after, ahead))
    return tuple(found)


def _ask(clock: ZoneInfo, minute: int) -> int:
    moment = _START + timedelta(minutes=min(max(minute, _FIRST), _LAST))
    return (moment.astimezone(clock).replace(tzinfo=UTC) - moment) // timedelta(minutes=1)


# --- sessions


def session_span(zone: str, day: date, session: Session) -> Span | None:
    """From the first to the last instant the wall clock shows within the session; None if it falls into a gap."""
    parts = [
        (max(start, session.opens - shift), min(end, session.closes - shift)) for start, end, shift in pieces(zone, day)
    ]
    real = [part for part in parts if part[0] < part[1]]
    return Span(real[0][0], real[-1][1]) if real else None


def grid(zone: str, day: date, session: Session, step: int) -> Iterator[int]:
    """UTC minutes, ascending, at which the wall clock shows `opens + n * step` before `closes`."""
    for start, end, shift in pieces(zone, day):
        skipped = max(0, -((session.opens - shift - start) // step))
        yield from range(session.opens - shift + skipped * step, min(end, session.closes - shift), step)


def sessions(setup: Setup, practitioner: int, day: date) -> list[tuple[Session, Span]]:
    """Who works when: dated hours if there are any, otherwise the weekly ones, which a public holiday closes."""
    found = [(session, session_span(setup.zone, day, session)) for session in planned(setup, practitioner, day)]
    return sorted(((session, span) for session, span in found if span), key=lambda pair: (pair[1], pair[0].location))


def planned(setup: Setup, practitioner: int, day: date, *, heed_holidays: bool = True) -> tuple[Session, ...]:
    """The day's sessions on the wall clock, existing or not."""
    dated = setup.dated.get((practitioner, day))
    if dated is not None:
        return dated
    if heed_holidays and day in setup.holidays:
        return ()
    weekday = day.weekday()
    return tuple(
        rule.session
        for rule in setup.weekly
        if rule.practitioner == practitioner
        and rule.weekday == weekday
        and (rule.valid_from is None or rule.valid_from <= day)
        and (rule.valid_until is None or day <= rule.valid_until)
    )


def practitioners(setup: Setup) -> tuple[int, ...]:
    """Everybody the setup knows, once: in the order of the services' own lists, then whoever only has hours."""
    named = [practitioner for rules in setup.services.values() for practitioner in rules.practitioners]
    named += [rule.practitioner for rule in setup.weekly] + [practitioner for practitioner, _ in setup.dated]
    return tuple(dict.fromkeys(named))


def closed_for(setup: Setup, resource: int, location: int) -> list[Span]:
    """Closures that keep a resource away while it is at a location, in the order given: clinic, location or its own."""
    return [
        closed.span
        for closed in setup.closures
        if (closed.resource is None or closed.resource == resource)
        and (closed.location is None or closed.location == location)
    ]


def is_open(setup: Setup, minute: int) -> bool:
    """Is anybody in session, and not closed, at this UTC minute?"""
    day = local_day(setup.zone, minute)
    now = Span(minute, minute + 1)
    return any(
        span.covers(now) and not overlapping(closed_for(setup, practitioner, session.location), now)
        for practitioner in practitioners(setup)
        for session, span in sessions(setup, practitioner, day)
    )
