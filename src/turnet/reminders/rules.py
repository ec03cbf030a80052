"""When a visit's reminders go. Pure, in UTC minutes; what the wall clock shows comes from `turnet.scheduling.hours`.

A reminder is due at the visit's own wall time some local days earlier. Out of quiet hours and rest days it moves to the
nearest earlier minute: nobody is disturbed, and nobody hears later than promised.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from turnet.scheduling.hours import day_span, instants, local, local_day, pieces
from turnet.scheduling.spans import Span

OPENS, CLOSES = 8 * 60, 20 * 60
"""Minutes of the day between which people are reminded."""
EVES = {"IL": 15 * 60}
"""Region → minute of the day at which the rest of the day after begins, where it begins on its eve."""
APART = 120
"""Minutes between two messages about one visit, the confirmation included."""
USELESS = 120
"""Minutes before a visit from which a reminder is of no use."""
GIVE_UP = 7
"""Days of rest in a row after which a visit has no reminder."""


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    channel: str
    days_before: int


RULES = (Rule("two_days", "email", 2), Rule("one_day", "sms", 1))
"""The later one last."""

EARLIEST = timedelta(days=max(rule.days_before for rule in RULES) + GIVE_UP + 1)
"""No reminder is due longer before its visit."""

TOLD_JUST_NOW = "the visit was booked or moved just before it"
TOO_NEAR = "less than two hours before the visit"
FOLLOWED = "another reminder of the visit goes at about the same time"
ALL_REST = "every day before the visit is a day of rest"


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


def due(start: int, rule: Rule, rest: Rest) -> int | None:
    """When the rule's reminder of a visit goes; None if all days before it are rest."""
    day, wall = local(rest.zone, start)
    return rest.before(_on_the_wall(rest.zone, day - timedelta(days=rule.days_before), wall))


def _on_the_wall(zone: str, day: date, wall: int) -> int:
    """The first time the clock shows this minute of the day, or the last minute before the gap it falls into."""
    if found := instants(zone, day, wall):
        return found[0]
    over = [end for _start, end, shift in pieces(zone, day) if end + shift <= wall]
    return (over[-1] if over else day_span(zone, day).start) - 1


@dataclass(frozen=True, slots=True)
class Duty:
    """One rule applied to one visit."""

    rule: Rule
    due: int
    reason: str = ""
    """Why there is no reminder; empty: there is one."""


def duties(
    start: int, made: int, channels: Collection[str], rest: Rest, rules: Sequence[Rule] = RULES
) -> tuple[Duty, ...]:
    """What each rule says of a visit that came to be at `made`, of those whose channel leads to somebody."""
    found = [_duty(start, made, rule, rest) for rule in rules if rule.channel in channels]
    return tuple(
        Duty(duty.rule, duty.due, duty.reason or _followed(duty, found[place + 1 :]))
        for place, duty in enumerate(found)
    )


def _duty(start: int, made: int, rule: Rule, rest: Rest) -> Duty:
    at = due(start, rule, rest)
    if at is None:
        return Duty(rule, start, ALL_REST)
    if at > start - USELESS:
        return Duty(rule, at, TOO_NEAR)
    return Duty(rule, at, TOLD_JUST_NOW if at <= made + APART else "")


def _followed(duty: Duty, later: Sequence[Duty]) -> str:
    return FOLLOWED if any(not other.reason and other.due < duty.due + APART for other in later) else ""
