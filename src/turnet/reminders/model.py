"""A step beside its visit as that is now, and what is to become of it: pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnet.booking.states import COMING, State
from turnet.clock import instant, minute
from turnet.reminders.rules import FOLLOWED, RULES, USELESS, Rest

SOON = timedelta(hours=1)
"""A late reminder gives way to one that is due within this time anyway."""
GRACE = timedelta(minutes=15)
"""How far delivering may reach into quiet hours."""
LAST_CALL = timedelta(hours=1)
"""Before a visit, from which its reminder is not delivered any more."""
NOBODY_THERE = "the visit was not reached this way"
"""A step without a contact waits: one may be written down until the visit begins."""
TOO_LATE = "there was no time left in which it would have been of use"

REFUSED = "the patient wants no reminders"
"""Asked when a step is due and again when it leaves; until then they may change their mind."""

_ORDER = {rule.name: place for place, rule in enumerate(RULES)}


class VisitStep(NamedTuple):
    step: int
    rule: str
    channel: str
    due_at: datetime
    visit_no: int
    """The visit's when the step was made."""
    booking: int
    current_no: int
    state: str
    starts_at: datetime
    undo_until: datetime | None
    phone: str
    email: str
    language: str
    recipient: str | None
    """Of the message that carries it."""
    agreed: bool | None = None
    """What the patient last said about reminders; None: nothing."""

    @property
    def refused(self) -> bool:
        return self.agreed is not None and not self.agreed

    @property
    def contact(self) -> str:
        return self.phone if self.channel == "sms" else self.email

    @property
    def useful_until(self) -> datetime:
        return self.starts_at - timedelta(minutes=USELESS)

    def untrue(self, now: datetime) -> str:
        """Why there is no such visit any more; empty: there is."""
        if self.visit_no != self.current_no:
            return "the visit was moved"
        if self.state == State.CANCELLED:
            return "the visit was cancelled"
        if self.state not in COMING:
            return "the visit has begun"
        return "" if self.contact or self.starts_at > now else NOBODY_THERE

    @property
    def elsewhere(self) -> bool:
        """The message that carries it goes to a contact that is not the visit's any more."""
        return self.recipient not in (None, self.contact)

    def may_return(self, now: datetime) -> bool:
        """Its visit is cancelled, and somebody may still undo that."""
        still = self.visit_no == self.current_no and self.state == State.CANCELLED
        return still and self.undo_until is not None and self.undo_until > now


class Fate(NamedTuple):
    """What becomes of a step, as its row says it. Due and waiting: to be sent now."""

    state: str = "waiting"
    reason: str = ""
    due_at: datetime | None = None
    """None: as it was."""


def judged(steps: Iterable[VisitStep], rest: Rest, now: datetime) -> Iterator[tuple[VisitStep, Fate]]:
    """Each step that is untrue or due, with its fate; the others are left out.

    `steps` holds all of a visit that are due within `SOON`, so that the later one can take the place of the earlier.
    """
    of_visit: dict[int, list[VisitStep]] = defaultdict(list)
    for step in steps:
        of_visit[step.booking].append(step)
    for together in of_visit.values():
        for step in together:
            if step.untrue(now):
                if not step.may_return(now):
                    yield step, Fate("dropped", step.untrue(now))
            elif step.due_at <= now and step.refused:
                yield step, Fate("dropped", REFUSED)
            elif step.due_at <= now and step.contact:
                yield step, Fate("dropped", FOLLOWED) if _followed(step, together, now) else late(step, rest, now)


def _followed(step: VisitStep, together: Sequence[VisitStep], now: datetime) -> bool:
    return any(
        not other.untrue(now)
        and other.contact
        and _ORDER.get(other.rule, -1) > _ORDER.get(step.rule, -1)
        and other.due_at <= now + SOON
        for other in together
    )


def late(step: VisitStep, rest: Rest, now: datetime) -> Fate:
    """Of a step that is due: sent now, when people may be disturbed again, or missed if that is of no use."""
    at = rest.after(minute(now))
    goes_at = None if at is None else max(instant(at), now)
    if goes_at is None or goes_at > step.useful_until:
        return Fate("missed", TOO_LATE, now)
    return Fate() if goes_at == now else Fate(due_at=goes_at)


def anew(step: VisitStep, rest: Rest, now: datetime) -> Fate | None:
    """Of a step whose message failed: due again, now that its visit is reached another way. None: it stays as it is."""
    if step.untrue(now) or not step.elsewhere or not step.contact:
        return None
    fate = late(step, rest, now)
    return None if fate.state == "missed" else Fate(due_at=fate.due_at or now)


def on_leaving(step: VisitStep, rest: Rest, now: datetime) -> Fate:
    """Of a step whose message is about to leave: nothing new if it may."""
    if step.untrue(now):
        back = step.may_return(now)
        return Fate(due_at=step.undo_until) if back else Fate("dropped", step.untrue(now))
    if step.starts_at <= now:
        return Fate("dropped", "the visit has begun")
    if step.starts_at <= now + LAST_CALL:
        return Fate("missed", TOO_LATE, now)
    if step.refused:
        return Fate("dropped", REFUSED)
    if step.elsewhere:
        return Fate(due_at=now)
    overdue = step.due_at < now - GRACE and not rest.allows(minute(now))
    return late(step, rest, now) if overdue else Fate()


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
