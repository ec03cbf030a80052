"""When a visit's messages go. Pure, in UTC minutes; what the wall clock shows comes from `turnet.scheduling.hours`.

A round says when its message is promised: so many days before at the visit's own wall time or at a time of its own, or
so long before the start or after the end. Out of quiet hours and rest days it moves to the nearest earlier minute, so
that nobody is disturbed and nobody hears later than promised; what goes after a visit moves to the nearest later one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from turnet.reminders.model import Round, RoundKind
from turnet.scheduling.hours import day_span, instants, local, local_day, pieces
from turnet.scheduling.rules import DAY
from turnet.scheduling.spans import Span

OPENS, CLOSES = 8 * 60, 20 * 60
"""Minutes of the day between which people are written to."""
EVES = {"IL": 15 * 60}
"""Region → minute of the day at which the rest of the day after begins, where it begins on its eve."""
APART = 120
"""Minutes between two reminders of one visit, the confirmation included."""
USELESS = 120
"""Minutes before a visit from which a message is of no use, or half of what was promised if that is less …"""
USELESS_CHECKIN = 15
"""… and a question whether somebody is there."""
CHECKIN_FROM = 180
"""Minutes before a visit from which a check-in is understood as one."""
GIVE_UP = 7
"""Days of rest in a row after which a visit has no reminder."""
STALE = 3 * DAY
"""Minutes after which what goes after a visit is of no use any more."""

TOLD_JUST_NOW = "the visit was booked or moved just before it"
TOO_NEAR = "less than two hours before the visit"
FOLLOWED = "another reminder of the visit goes at about the same time"
ALL_REST = "every day before the visit is a day of rest"
ALL_REST_AFTER = "the days after the visit are days of rest"
FOLDED = "the reminder says it, because it would come too early or disturb"
STARTED_LATER = "the round was switched on after it would have gone"


@dataclass(frozen=True, slots=True)
class Rest:
    """The days on which a clinic reminds nobody."""

    zone: str
    weekday: int
    """Monday is 0."""
    holidays: frozenset[date] = frozenset()
    eve: int = CLOSES
    """Minute of the day before at which rest begins."""

    def calm(self, day: date) -> list[Span]:
        """UTC minutes of a local day at which people may be reminded."""
        if self._rests(day):
            return []
        closes = self.eve if self._rests(day + timedelta(days=1)) else CLOSES
        found = [
            Span(max(start, OPENS - shift), min(end, closes - shift)) for start, end, shift in pieces(self.zone, day)
        ]
        return [span for span in found if span.start < span.end]

    def _rests(self, day: date) -> bool:
        return day.weekday() == self.weekday or day in self.holidays

    def allows(self, at: int) -> bool:
        return self.after(at) == at

    def before(self, at: int) -> int | None:
        """The last minute, not after `at`, at which people may be reminded; None if all is rest."""
        day = local_day(self.zone, at)
        for back in range(GIVE_UP + 1):
            for span in reversed(self.calm(day - timedelta(days=back))):
                if span.start <= at:
                    return min(at, span.end - 1)
        return None

    def after(self, at: int) -> int | None:
        """The first minute, not before `at`, at which people may be reminded; None if all is rest."""
        day = local_day(self.zone, at)
        for on in range(GIVE_UP + 1):
            for span in self.calm(day + timedelta(days=on)):
                if at < span.end:
                    return max(at, span.start)
        return None


def promised(start: int, end: int, round: Round, zone: str) -> int:
    """When the round writes about a visit if nobody has to be left in peace."""
    base = end if round.minutes > 0 else start
    if round.at_minute is not None:
        at = _on_the_wall(zone, local_day(zone, start) + timedelta(days=round.days), round.at_minute)
    elif round.days:
        day, wall = local(zone, base)
        at = _on_the_wall(zone, day + timedelta(days=round.days), wall) + round.minutes
    else:
        at = base + round.minutes
    return max(at, end) if round.after else at


def due(start: int, end: int, round: Round, rest: Rest) -> int | None:
    """When the round's message of a visit goes; None if all days on which it could are rest."""
    at = promised(start, end, round, rest.zone)
    if not round.after:
        return rest.before(at)
    goes = rest.after(at)
    return goes if goes is not None and goes <= at + STALE else None


def useful_until(start: int, end: int, round: Round, zone: str) -> int:
    """The last minute at which the message is still put on its way."""
    at = promised(start, end, round, zone)
    return at + STALE if round.after else start - _useless(start, at, round)


def last_call(start: int, end: int, round: Round, zone: str) -> int:
    """From when on it is not delivered any more."""
    at = promised(start, end, round, zone)
    return at + STALE if round.after else start - _useless(start, at, round) // 2


def _useless(start: int, at: int, round: Round) -> int:
    most = USELESS_CHECKIN if round.kind is RoundKind.CHECKIN else USELESS
    return min(most, max(0, start - at) // 2)


def ahead(rounds: Iterable[Round]) -> timedelta:
    """No message is due longer before its visit."""
    days = [-round.days + -(round.minutes // DAY) for round in rounds if not round.after]
    return timedelta(days=max(days, default=0) + GIVE_UP + 1)


def back(rounds: Iterable[Round]) -> timedelta:
    """No message is due longer after the start of its visit."""
    days = [round.days + -(-round.minutes // DAY) + 1 for round in rounds if round.after]
    return timedelta(days=max(days) + 1, minutes=STALE) if days else timedelta()


def _on_the_wall(zone: str, day: date, wall: int) -> int:
    """The first time the clock shows this minute of the day, or the last minute before the gap it falls into."""
    if found := instants(zone, day, wall):
        return found[0]
    over = [end for _start, end, shift in pieces(zone, day) if end + shift <= wall]
    return (over[-1] if over else day_span(zone, day).start) - 1


@dataclass(frozen=True, slots=True)
class Duty:
    """One round applied to one visit."""

    round: Round
    channel: str
    due: int
    reason: str = ""
    """Why there is no message; empty: there is one."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What the duties of a visit follow from, in UTC minutes and ids."""

    start: int
    end: int
    made: int
    """When it was booked or last moved."""
    channels: tuple[str, ...]
    """Those that lead to somebody."""
    location: int = 0
    service: int = 0


def duties(visit: Planned, rest: Rest, rounds: Sequence[Round]) -> tuple[Duty, ...]:
    """What each round says of a visit, of those that are for it and whose channels lead to somebody; reminders by promise."""
    found = [
        _duty(visit, round, channel, rest)
        for round in rounds
        if round.is_for(visit.location, visit.service) and (channel := round.channel(visit.channels))
    ]
    found.sort(key=lambda duty: (promised(visit.start, visit.end, duty.round, rest.zone), duty.round.position))
    return tuple(
        Duty(duty.round, duty.channel, duty.due, duty.reason or _followed(duty, found[place + 1 :]))
        for place, duty in enumerate(found)
    )


def _duty(visit: Planned, round: Round, channel: str, rest: Rest) -> Duty:
    at, goes = promised(visit.start, visit.end, round, rest.zone), due(visit.start, visit.end, round, rest)
    if round.after:
        return Duty(round, channel, at, ALL_REST_AFTER) if goes is None else Duty(round, channel, goes)
    if round.kind is RoundKind.CHECKIN:
        return Duty(round, channel, at if goes is None else goes, _no_checkin(visit, at, goes))
    if goes is None:
        return Duty(round, channel, visit.start, ALL_REST)
    if goes >= visit.start or goes > visit.start - _useless(visit.start, at, round):
        return Duty(round, channel, goes, TOO_NEAR)
    return Duty(round, channel, goes, TOLD_JUST_NOW if goes <= visit.made + APART else "")


def _no_checkin(visit: Planned, at: int, goes: int | None) -> str:
    """A check-in is not moved into the night before: then the reminder says it."""
    if goes is None or goes < visit.start - CHECKIN_FROM:
        return FOLDED
    return TOLD_JUST_NOW if at <= visit.made else ""


def _followed(duty: Duty, later: Sequence[Duty]) -> str:
    if duty.round.kind is not RoundKind.REMINDER:
        return ""
    others = [other for other in later if other.round.kind is RoundKind.REMINDER and not other.reason]
    return FOLLOWED if any(other.due < duty.due + APART for other in others) else ""
