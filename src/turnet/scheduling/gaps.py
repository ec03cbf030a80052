"""What a day looks like between its visits: free while, time nobody is there, and which visits stand side by side."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from turnet.scheduling.hours import closed_for, sessions
from turnet.scheduling.rules import Setup
from turnet.scheduling.spans import Span, merged, subtract


class Gap(NamedTuple):
    """Free time of one practitioner, in UTC minutes, and where they are then."""

    start: int
    end: int
    location: int


class Beside(NamedTuple):
    """Which of how many strips something takes, 0 being the first."""

    lane: int
    lanes: int


def gaps(
    setup: Setup, practitioner: int, day: date, taken: Iterable[Span], *, since: int = 0, shortest: int = 1
) -> list[Gap]:
    """What is left of the day's sessions from UTC minute `since` on; nothing shorter than `shortest` minutes."""
    busy = list(taken)
    found = []
    for session, span in sessions(setup, practitioner, day):
        away = merged([*busy, *closed_for(setup, practitioner, session.location)])
        rest = subtract([Span(max(span.start, since), span.end)], away) if since < span.end else []
        found += [Gap(*left, session.location) for left in rest if left.end - left.start >= shortest]
    return found


def shortest_visit(setup: Setup, practitioner: int) -> int:
    """Minutes of the shortest service that somebody does; five for whoever does none."""
    return min((rules.minutes for rules in setup.services.values() if practitioner in rules.practitioners), default=5)


def worked(setup: Setup, practitioner: int, day: date) -> list[Span]:
    """Sessions of the day without what is closed."""
    found: list[Span] = []
    for session, span in sessions(setup, practitioner, day):
        found += subtract([span], merged(closed_for(setup, practitioner, session.location)))
    return merged(found)


def away(setup: Setup, practitioner: int, day: date, window: Span) -> list[Span]:
    """The parts of `window` that lie outside every session; what is closed within one is not among them."""
    return subtract([window], merged(span for _session, span in sessions(setup, practitioner, day)))


def side_by_side(spans: Sequence[Span]) -> list[Beside]:
    """A strip for each span, in their order, so that none hides another: those that meet share the width evenly.

    Spans come by start. What meets only through others still gets the same number of strips, so edges line up.
    """
    placed: list[Beside] = []
    group: list[int] = []
    ends: list[int] = []
    until = None
    for span in spans:
        if until is None or span.start >= until:
            placed += [Beside(lane, len(ends)) for lane in group]
            group, ends, until = [], [], span.end
        lane = next((lane for lane, end in enumerate(ends) if end <= span.start), len(ends))
        ends[lane : lane + 1] = [span.end]
        group.append(lane)
        until = max(until, span.end)
    return placed + [Beside(lane, len(ends)) for lane in group]
