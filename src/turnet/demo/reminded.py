"""What the reminders' job would have sent of made-up visits until now: pure, in UTC minutes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from turnet.clinic.model import Clinic
from turnet.demo.visits import Planned
from turnet.reminders.model import Round
from turnet.reminders.rules import Planned as OfRounds
from turnet.reminders.rules import duties
from turnet.reminders.service import rest_of
from turnet.reminders.steps import Together
from turnet.scheduling.hours import local_day


class Contacts(NamedTuple):
    phone: str
    email: str
    language: str


class OfVisit(NamedTuple):
    due: int
    booking: int
    start: int
    made: int


class Reminded(NamedTuple):
    """One message of the past."""

    at: int
    to: Together
    visits: Sequence[OfVisit]
    """The one that was due first comes first."""


def reminded(
    clinic: Clinic, rounds: Sequence[Round], visits: Sequence[tuple[int, Planned, Contacts]], now: int
) -> list[Reminded]:
    """`visits`: each booking's id, what was planned and whom it reaches. In the order in which they were sent."""
    rest, groups = rest_of(clinic), defaultdict[Together, list[OfVisit]](list)
    for booking, visit, contacts in visits:
        day = local_day(clinic.setup.zone, visit.start)
        reach = {channel: to for channel, to in (("sms", contacts.phone), ("email", contacts.email)) if to}
        of_visit = OfRounds(
            visit.start, visit.start + visit.minutes, visit.made, tuple(reach), visit.location, visit.service
        )
        for duty in duties(of_visit, rest, rounds):
            channel = duty.channel
            if not duty.reason and (visit.cancelled is None or duty.due < visit.cancelled):
                group = Together(channel, reach[channel], duty.round.name, contacts.language, day)
                groups[group].append(OfVisit(duty.due, booking, visit.start, visit.made))
    return sorted(sent for group, of_group in groups.items() for sent in _sent(group, sorted(of_group), now))


def _sent(group: Together, waiting: list[OfVisit], now: int) -> list[Reminded]:
    """Whoever is due first takes along all that are booked by then."""
    found = []
    while waiting and waiting[0].due <= now:
        at = waiting[0].due
        found.append(Reminded(at, group, [one for one in waiting if one.made <= at]))
        waiting = [one for one in waiting if one.made > at]
    return found
