"""A step beside its visit as that is now, and what is to become of it: pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnet.booking.states import COMING, State
from turnet.clock import instant, minute
from turnet.reminders.model import Round, RoundKind
from turnet.reminders.rules import FOLLOWED, Rest, last_call, promised, useful_until

SOON = timedelta(hours=1)
"""A late reminder gives way to one that is due within this time anyway."""
GRACE = timedelta(minutes=15)
"""How far delivering may reach into quiet hours."""

MOVED = "the visit was moved"
CANCELLED = "the visit was cancelled"
BEGUN = "the visit has begun"
NOT_COME = "nobody came to the visit"
NOT_MARKED = "nobody noted that the visit took place"
NOBODY_THERE = "the visit was not reached this way"
"""A step without a contact waits: one may be written down as long as the message is of use."""
NOTHING_ARRIVES = "nothing arrives at this contact"
TOO_LATE = "there was no time left in which it would have been of use"
OFF = "the round was switched off"
CONFIRMED = "the visit is confirmed"
IN_DOUBT = "they said that they cannot come"
UNWRITTEN = "the clinic has written no text for it"
ONE_A_DAY = "somebody else of the same telephone or address is asked that day"
REFUSED = "the patient wants no reminders"
NO_FEEDBACK = "the patient wants no questions about visits"
NO_OFFERS = "the patient has not agreed to offers"
"""Refusals are asked about when a step is due and again when it leaves; until then they may change their mind."""

_REFUSALS = {
    RoundKind.REMINDER: REFUSED, RoundKind.CHECKIN: REFUSED, RoundKind.FEEDBACK: NO_FEEDBACK, RoundKind.OFFER: NO_OFFERS,
}  # fmt: skip
_MISSED = frozenset({RoundKind.REMINDER, RoundKind.INSTRUCTIONS})
"""Somebody is told that these did not leave in time; the others are only let go."""
_ALWAYS = frozenset({RoundKind.REMINDER})
"""What goes before a visit even to whoever said that they cannot come: the visit stands until somebody settles it, and
this alone tells them so and asks once more. Nobody is told how to prepare for it, or asked whether they are there.
"""
_THERE = frozenset({State.ARRIVED, State.IN_ROOM})


class VisitStep(NamedTuple):
    step: int
    rule: str
    """The name of its round."""
    channel: str
    due_at: datetime
    visit_no: int
    """The visit's when the step was made."""
    booking: int
    current_no: int
    state: str
    starts_at: datetime
    ends_at: datetime
    undo_until: datetime | None
    phone: str
    email: str
    language: str
    service: int
    recipient: str | None
    """Of the message that carries it."""
    agreed: bool | None = None
    """What the patient last said about what the round is for; None: nothing."""
    opted_out: bool = False
    """So did whoever has that telephone or address."""
    suspended: bool = False
    """Nothing arrives there."""
    message: str | None = None
    """State of the message that carries it."""
    in_doubt: bool = False
    """They said that they cannot come, and nobody has settled it."""

    @property
    def contact(self) -> str:
        return self.phone if self.channel == "sms" else self.email

    @property
    def elsewhere(self) -> bool:
        """The message that carries it goes to a contact that is not the visit's any more."""
        return self.recipient not in (None, self.contact)

    def may_return(self, now: datetime) -> bool:
        """Its visit is cancelled, and somebody may still undo that."""
        still = self.visit_no == self.current_no and self.state == State.CANCELLED
        return still and self.undo_until is not None and self.undo_until > now

    def took_place(self, now: datetime) -> bool:
        return self.state == State.DONE or (self.state in _THERE and self.ends_at <= now)


class Fate(NamedTuple):
    """What becomes of a step, as its row says it. Due and waiting: to be sent now."""

    state: str = "waiting"
    reason: str = ""
    due_at: datetime | None = None
    """None: as it was."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What steps are judged by."""

    rounds: Mapping[str, Round]
    """The active ones, by name."""
    rest: Rest
    now: datetime
    unwritten: Callable[[RoundKind, int], bool]
    """Has the clinic no text of this kind for this service?"""

    def untrue(self, step: VisitStep) -> str:
        """Why there is no such duty any more; empty: there is."""
        if step.visit_no != step.current_no:
            return MOVED
        if step.state == State.CANCELLED:
            return CANCELLED
        if (round := self.rounds.get(step.rule)) is None:
            return OFF
        if not round.after and step.state not in COMING:
            return BEGUN
        gone = self.now > self.useful_until(step) if round.after else step.starts_at <= self.now
        return NOBODY_THERE if gone and not step.contact else ""

    def useful_until(self, step: VisitStep) -> datetime:
        times = (minute(step.starts_at), minute(step.ends_at))
        return instant(useful_until(*times, self.rounds[step.rule], self.rest.zone))

    def last_call(self, step: VisitStep) -> datetime:
        times = (minute(step.starts_at), minute(step.ends_at))
        return instant(last_call(*times, self.rounds[step.rule], self.rest.zone))

    def promised(self, step: VisitStep) -> int:
        times = (minute(step.starts_at), minute(step.ends_at))
        return promised(*times, self.rounds[step.rule], self.rest.zone)

    def unwanted(self, step: VisitStep) -> str:
        """Why nobody is to be written to, although the duty is true; empty: they are."""
        round = self.rounds[step.rule]
        if refusal := _REFUSALS.get(round.kind):
            silent = round.kind is RoundKind.OFFER and step.agreed is None
            if step.opted_out or silent or (step.agreed is not None and not step.agreed):
                return refusal
        if round.only_unconfirmed and step.state == State.CONFIRMED:
            return CONFIRMED
        if self.unwritten(round.kind, step.service):
            return UNWRITTEN
        return ""

    def unseen(self, step: VisitStep) -> Fate | None:
        """Of a step that speaks of a visit that took place: what it does while nobody noted that. None: it did."""
        if not self.rounds[step.rule].after or step.took_place(self.now):
            return None
        if step.state == State.NO_SHOW:
            return Fate("dropped", NOT_COME)
        return Fate("dropped", NOT_MARKED) if self.now > self.useful_until(step) else Fate(due_at=self.now)

    def unreached(self, step: VisitStep) -> Fate | None:
        """Of a step to whose contact nothing arrives: it waits for another contact, or another channel does it."""
        if not step.suspended:
            return None
        over = self.now > self.useful_until(step) or instead(step, self)
        return Fate("dropped", NOTHING_ARRIVES) if over else Fate(due_at=self.now)

    def doubtful(self, step: VisitStep) -> Fate | None:
        """Of a step about a visit in doubt: it waits for somebody to settle that. None: it is not, or is told all the same."""
        round = self.rounds[step.rule]
        if not step.in_doubt or round.after or round.kind in _ALWAYS:
            return None
        return Fate("dropped", IN_DOUBT) if self.now > self.useful_until(step) else Fate(due_at=self.now)

    def falls_back(self, step: VisitStep) -> bool:
        """Of a step whose message did not arrive: does another channel try? One that never left costs nothing twice."""
        return step.rule in self.rounds and (self.rounds[step.rule].fallback or step.message == "skipped")

    def late(self, step: VisitStep) -> Fate:
        """Of a step that is due: sent now, when people may be disturbed again, or missed if that is of no use."""
        at = self.rest.after(minute(self.now))
        goes_at = None if at is None else max(instant(at), self.now)
        if goes_at is None or goes_at > self.useful_until(step):
            return self.too_late(step)
        return Fate() if goes_at == self.now else Fate(due_at=goes_at)

    def too_late(self, step: VisitStep) -> Fate:
        if self.rounds[step.rule].kind in _MISSED:
            return Fate("missed", TOO_LATE, self.now)
        return Fate("dropped", TOO_LATE)


def judged(steps: Iterable[VisitStep], standing: Standing) -> Iterator[tuple[VisitStep, Fate]]:
    """Each step that is untrue or due, with its fate; the others are left out.

    `steps` holds all of a visit that are due within `SOON`, so that the later one can take the place of the earlier.
    """
    of_visit: dict[int, list[VisitStep]] = defaultdict(list)
    for step in steps:
        of_visit[step.booking].append(step)
    for together in of_visit.values():
        for step in together:
            if fate := _judge(step, together, standing):
                yield step, fate


def _judge(step: VisitStep, together: Sequence[VisitStep], standing: Standing) -> Fate | None:
    now = standing.now
    if why := standing.untrue(step):
        return None if step.may_return(now) else Fate("dropped", why)
    if step.due_at > now or not step.contact:
        return None
    if why := standing.unwanted(step):
        return Fate("dropped", why)
    if stuck := standing.unseen(step) or standing.doubtful(step) or standing.unreached(step):
        return None if stuck.state == "waiting" else stuck
    return Fate("dropped", FOLLOWED) if _followed(step, together, standing) else standing.late(step)


def _followed(step: VisitStep, together: Sequence[VisitStep], standing: Standing) -> bool:
    if standing.rounds[step.rule].kind is not RoundKind.REMINDER:
        return False
    return any(
        not standing.untrue(other)
        and other.contact
        and standing.rounds[other.rule].kind is RoundKind.REMINDER
        and _order(other, standing) > _order(step, standing)
        and other.due_at <= standing.now + SOON
        for other in together
    )


def _order(step: VisitStep, standing: Standing) -> tuple[int, int]:
    return standing.promised(step), standing.rounds[step.rule].position


def anew(step: VisitStep, standing: Standing) -> Fate | None:
    """Of a step whose message failed: due again, now that its visit is reached another way. None: it stays as it is."""
    if standing.untrue(step) or not step.elsewhere or not step.contact:
        return None
    fate = standing.late(step)
    return Fate(due_at=fate.due_at or standing.now) if fate.state == "waiting" else None


class Instead(NamedTuple):
    """Another step for the same duty, through the round's next channel."""

    step: VisitStep
    """That could not be done …"""
    channel: str
    due_at: datetime


def instead(step: VisitStep, standing: Standing) -> Instead | None:
    """None: the round has no other channel that leads to somebody, or it would be too late."""
    if standing.untrue(step) not in ("", NOBODY_THERE):
        return None
    channel = standing.rounds[step.rule].next_channel(step.channel)
    if channel is None or not (step.phone if channel == "sms" else step.email):
        return None
    fate = standing.late(step)
    return Instead(step, channel, fate.due_at or standing.now) if fate.state == "waiting" else None


def on_leaving(step: VisitStep, standing: Standing) -> Fate:
    """Of a step whose message is about to leave: nothing new if it may."""
    now = standing.now
    if why := standing.untrue(step):
        back = step.may_return(now)
        return Fate(due_at=step.undo_until) if back else Fate("dropped", why)
    if step.starts_at <= now and not standing.rounds[step.rule].after:
        return Fate("dropped", BEGUN)
    if standing.last_call(step) <= now:
        return standing.too_late(step)
    if why := standing.unwanted(step):
        return Fate("dropped", why)
    return standing.unseen(step) or standing.doubtful(step) or standing.unreached(step) or _on_its_way(step, standing)


def _on_its_way(step: VisitStep, standing: Standing) -> Fate:
    if step.elsewhere:
        return Fate(due_at=standing.now)
    overdue = step.due_at < standing.now - GRACE and not standing.rest.allows(minute(standing.now))
    return standing.late(step) if overdue else Fate()


class Together(NamedTuple):
    """What the steps of one message have in common."""

    channel: str
    contact: str
    rule: str
    language: str
    day: date
    """The clinic's."""


def together(step: VisitStep, zone: ZoneInfo) -> Together:
    return Together(step.channel, step.contact, step.rule, step.language, step.starts_at.astimezone(zone).date())
