"""What the rounds would have sent of made-up visits until now: pure, in UTC minutes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.demo.visits import Planned
from turnet.feedback.model import ASKED_LATELY
from turnet.feedback.model import DEFAULTS as SURVEY
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.rules import Duty, duties
from turnet.reminders.rules import Planned as OfRounds
from turnet.reminders.service import rest_of
from turnet.reminders.steps import NO_OFFERS, ONE_A_DAY, UNWRITTEN, Together
from turnet.scheduling.hours import local_day
from turnet.scheduling.rules import DAY

REST = SURVEY.rest_days * DAY
"""Minutes for which nobody is asked again how it was."""


class Contacts(NamedTuple):
    phone: str
    email: str
    language: str
    offers: bool
    """They agreed to hear of offers."""


class OfVisit(NamedTuple):
    due: int
    place: int
    """In the list of planned visits."""
    start: int
    made: int


class Sent(NamedTuple):
    """One message of the past."""

    at: int
    to: Together
    visits: Sequence[OfVisit]
    """The one that was due first comes first."""


class Dropped(NamedTuple):
    """A duty of the past that came to nothing."""

    rule: str
    channel: str
    visit: OfVisit
    reason: str


@dataclass(frozen=True)
class Past:
    sent: list[Sent]
    """In the order in which they left."""
    dropped: list[Dropped]


def past(
    clinic: Clinic, rounds: Sequence[Round], visits: Sequence[Planned], contacts: Sequence[Contacts], now: int
) -> Past:
    """`contacts`: whom each visit reaches."""
    groups, dropped = defaultdict[Together, list[OfVisit]](list), list[Dropped]()
    for place, (visit, reached) in enumerate(zip(visits, contacts, strict=True)):
        day = local_day(clinic.setup.zone, visit.start)
        for duty in _true_duties(clinic, rounds, visit, reached, now):
            of_visit = OfVisit(duty.due, place, visit.start, visit.made)
            if why := _unwanted(duty.round, visit, reached, clinic):
                if duty.due <= now:
                    dropped.append(Dropped(duty.round.name, duty.channel, of_visit, why))
                continue
            contact = reached.phone if duty.channel == "sms" else reached.email
            groups[Together(duty.channel, contact, duty.round.name, reached.language, day)].append(of_visit)
    after = {round.name for round in rounds if round.after}
    sent = sorted(one for to, due in groups.items() for one in _sent(to, sorted(due), now, apart=to.rule in after))
    asking = {round.name for round in rounds if round.kind is RoundKind.FEEDBACK}
    return _left_alone(sent, dropped, asking)


def _true_duties(
    clinic: Clinic, rounds: Sequence[Round], visit: Planned, reached: Contacts, now: int
) -> Iterator[Duty]:
    """Those that are due later too: somebody else's message may take them along."""
    channels = tuple(channel for channel, to in (("sms", reached.phone), ("email", reached.email)) if to)
    end = visit.start + visit.minutes
    of_visit = OfRounds(visit.start, end, visit.made, channels, visit.location, visit.service)
    for duty in duties(of_visit, rest_of(clinic), rounds):
        stands = visit.cancelled is None or duty.due < visit.cancelled
        if duty.round.after:
            stands = visit.state is State.DONE and duty.due <= now
        if stands and not duty.reason:
            yield duty


def _unwanted(round: Round, visit: Planned, reached: Contacts, clinic: Clinic) -> str:
    service = clinic.service(visit.service)
    texts = {RoundKind.INSTRUCTIONS: service.instructions, RoundKind.AFTERCARE: service.aftercare}.get(round.kind)
    if texts is not None and not any(texts.values()):
        return UNWRITTEN
    return NO_OFFERS if round.kind is RoundKind.OFFER and not reached.offers else ""


def _sent(to: Together, waiting: list[OfVisit], now: int, *, apart: bool) -> list[Sent]:
    """Whoever is due first takes along all that are booked by then; `apart`: only those that are due too."""
    found = []
    while waiting and waiting[0].due <= now:
        at = waiting[0].due
        taken = [one for one in waiting if one.made <= at and (one.due <= at or not apart)]
        found.append(Sent(at, to, taken))
        waiting = [one for one in waiting if one not in taken]
    return found


def _left_alone(sent: Sequence[Sent], dropped: list[Dropped], asking: set[str]) -> Past:
    """Nobody is asked how it was about two visits of a day, or twice in a month."""
    asked: dict[str, int] = {}
    left = []
    for one in sent:
        if one.to.rule not in asking:
            left.append(one)
            continue
        first, *others = one.visits
        if one.at < asked.get(one.to.contact, -REST) + REST:
            dropped += [Dropped(one.to.rule, one.to.channel, visit, ASKED_LATELY) for visit in one.visits]
            continue
        asked[one.to.contact] = one.at
        left.append(one._replace(visits=[first]))
        dropped += [Dropped(one.to.rule, one.to.channel, visit, ONE_A_DAY) for visit in others]
    return Past(left, dropped)
