"""A location's opening hours as a small table, from the weekly rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from babel.dates import get_day_names

from turnet.clinic.model import Clinic, Location, Practitioner
from turnet.format import clock_time
from turnet.i18n import _, current
from turnet.scheduling.spans import Span, merged


@dataclass(frozen=True, slots=True)
class Line:
    days: str
    hours: str
    today: bool


def lines(clinic: Clinic, location: Location, today: date) -> tuple[Line, ...]:
    """Days with the same hours together, in the order of the language's week; hours are when anybody is there."""
    first = current().first_weekday
    week = [(first + place) % 7 for place in range(7)]
    hours = {day: _hours(clinic, location, day, today) for day in week}
    runs: list[list[int]] = []
    for day in week:
        if runs and hours[runs[-1][-1]] == hours[day]:
            runs[-1].append(day)
        else:
            runs.append([day])
    return tuple(Line(days_named(run), hours[run[0]] or _("closed"), today.weekday() in run) for run in runs)


def _hours(clinic: Clinic, location: Location, weekday: int, today: date) -> str:
    spans = merged(
        Span(rule.session.opens, rule.session.closes)
        for rule in clinic.setup.weekly
        if rule.weekday == weekday
        and rule.session.location == location.id
        and (rule.valid_until is None or rule.valid_until >= today)
        and (rule.valid_from is None or rule.valid_from <= today)
    )
    return ", ".join(_("%(opens)s–%(closes)s") % {"opens": _wall(s.start), "closes": _wall(s.end)} for s in spans)


def _wall(minute: int) -> str:
    return clock_time(time(minute // 60 % 24, minute % 60))


def days_named(days: Sequence[int]) -> str:
    """`Mon–Thu`, `Sat`, in the page's language."""
    names = get_day_names("short" if current().code == "he" else "abbreviated", "stand-alone", locale=current().locale)
    if len(days) < 2:
        return str(names[days[0]]) if days else ""
    return _("%(first)s–%(last)s") % {"first": names[days[0]], "last": names[days[-1]]}


def presence(clinic: Clinic, practitioner: Practitioner) -> list[tuple[Location, str]]:
    """Where somebody works, and on which days: (location, `Mon–Thu`)."""
    first = current().first_weekday
    found = []
    for location in clinic.locations.values():
        days = {
            (rule.weekday - first) % 7
            for rule in clinic.setup.weekly
            if rule.practitioner == practitioner.id and rule.session.location == location.id
        }
        runs: list[list[int]] = []
        for place in sorted(days):
            if runs and runs[-1][-1] == place - 1:
                runs[-1].append(place)
            else:
                runs.append([place])
        if runs:
            said = ", ".join(days_named([(place + first) % 7 for place in run]) for run in runs)
            found.append((location, said))
    return found
