"""One received SMS while it is worked on, and what it is answered with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from turnet.booking.model import Act, Visit
from turnet.booking.queries import visits_by_id
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.conversation.machines import is_person
from turnet.conversation.prompts import Open, Subject
from turnet.conversation.service.thread import to_desk
from turnet.db.transactions import fetch, marks, on_sqlite
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft

USEFUL = timedelta(minutes=30)
"""An answer that comes later than this says nothing to anybody."""
DAY = timedelta(days=1)
MOST_A_DAY = 20
"""Answers to one telephone: anybody may forge its number, and each is paid for."""
UNDER_WAY = timedelta(hours=2)
"""A gateway that says an SMS took longer has a wrong clock, or nobody waits for what it says any more."""


@dataclass(frozen=True, slots=True)
class Received:
    id: int
    sender: str
    our_number: str
    text: str
    received_at: datetime
    """Real time."""
    at: datetime
    """Business time of the same moment."""
    said_at: datetime | None = None
    """Real time when it was written, as the telephone or the gateway says."""

    @property
    def said(self) -> datetime:
        """Business time when it was written, as far as that can be believed; else when it came."""
        under_way = self.received_at - (self.said_at or self.received_at)
        return self.at - under_way if timedelta() < under_way <= UNDER_WAY else self.at


@dataclass(frozen=True, slots=True)
class Case:
    act: Act
    clinic: Clinic
    inbound: Received
    language: str

    @property
    def phone(self) -> str:
        return self.inbound.sender

    @property
    def now(self) -> datetime:
        return self.act.now


def was_open(case: Case, asked: Open) -> bool:
    """As of when they wrote: neither the gateway's delay nor our own is theirs."""
    ended_since = asked.state == "expired" and asked.expires_at <= case.now
    return (asked.state == "open" or ended_since) and asked.expires_at > case.inbound.said


async def reply(case: Case, name: str, visits: Sequence[Visit] = (), **facts: Any) -> None:
    """One answer to this SMS, at once; a second call says nothing. `facts` as in `turnet.messaging.answers`."""
    if not is_person(case.phone):
        return
    if await answered_enough(case):
        await to_desk(case.phone, "often", now=case.now)
        return
    first = visits[0] if visits else None
    draft = Draft(
        kind=f"answer_{name}",
        channel="sms",
        recipient=case.phone,
        language=case.language,
        dedupe=f"answer:{case.inbound.id}",
        due_at=case.now,
        not_after=case.now + USEFUL,
        booking=first.id if first else None,
        sequence=first.sequence if first else 0,
        facts={"visits": [visit.id for visit in visits], **facts},
        inbound=case.inbound.id,
    )
    await outbox.add_all([draft], now=case.now)


async def answered_enough(case: Case) -> bool:
    """A person reads what comes after that, and nothing is done of which nobody would be told."""
    [(count,)] = await fetch(
        "SELECT count(*) FROM message WHERE recipient = {} AND inbound IS NOT NULL AND created_at > {}",
        *(case.phone, case.now - DAY),
    )
    return int(count) >= MOST_A_DAY


async def lately(case: Case, name: str, within: timedelta) -> bool:
    """Has this telephone been answered that already?"""
    rows = await fetch(
        "SELECT 1 FROM message WHERE recipient = {} AND kind = {} AND created_at > {} LIMIT 1",
        *(case.phone, f"answer_{name}", case.now - within),
    )
    return bool(rows)


async def hand_over(case: Case, why: str, name: str = "call", visits: Sequence[Visit] = (), **facts: Any) -> str:
    """A person looks at it; says so, or why. Returns the outcome."""
    await to_desk(case.phone, why, now=case.now)
    if name and not (name == "call" and await lately(case, "call", USEFUL)):
        await reply(case, name, visits, **facts)
    return "desk"


async def too_late(case: Case, visits: Sequence[Visit] = (), *, here: bool = False) -> str:
    """Said once an hour; to whoever is at the door (`here`) each time, and where to go. Returns the outcome."""
    said = not here and await lately(case, "too_late", timedelta(hours=1))
    await hand_over(case, "late", "" if said else "too_late", visits, here=here)
    return "late"


async def for_a_person(case: Case) -> str:
    """A person reads it; that is said once a day, known or not. Returns the outcome."""
    said = await lately(case, "read_later", DAY)
    return await hand_over(case, "unclear", "" if said else "read_later")


@dataclass(frozen=True, slots=True)
class Standing:
    """The visits of a question as they are now, each by start."""

    coming: tuple[Visit, ...]
    """As they were when it was asked, and not begun."""
    here: tuple[Visit, ...]
    """Whoever comes to them is here, or has been."""
    begun: tuple[Visit, ...]
    """Nobody came yet, and their time is there."""
    changed: tuple[Visit, ...]
    """Moved, cancelled, or another telephone's by now."""

    def without(self, visits: Collection[int]) -> "Standing":
        """Those that are left."""
        each = (self.coming, self.here, self.begun, self.changed)
        return Standing(*(tuple(visit for visit in some if visit.id not in visits) for some in each))


NOBODY = Standing((), (), (), ())


async def stand(case: Case, subjects: Collection[Subject]) -> Standing:
    """The visits asked about, which nobody else changes until the transaction ends."""
    asked = {subject.booking: subject.visit_no for subject in subjects}
    if asked and not on_sqlite():
        ids = sorted(asked)
        await fetch(f"SELECT id FROM booking WHERE id IN ({marks(ids)}) ORDER BY id FOR UPDATE", *ids)  # noqa: S608
    found: dict[str, list[Visit]] = {"coming": [], "here": [], "begun": [], "changed": []}
    for visit in await visits_by_id(asked):
        found[_where(case, visit, asked[visit.id])].append(visit)
    return Standing(**{name: tuple(visits) for name, visits in found.items()})


def _where(case: Case, visit: Visit, visit_no: int) -> str:
    if visit.visit_no != visit_no or visit.phone != case.phone:
        return "changed"
    if visit.coming:
        return "coming" if visit.starts_at > case.now else "begun"
    return "here" if visit.state in {State.ARRIVED, State.IN_ROOM, State.DONE} else "changed"


async def untrue(case: Case, visits: Sequence[Visit]) -> str:
    """What they answered about is not so any more: says what is true now, to whom that is theirs to know."""
    await to_desk(case.phone, "changed", now=case.now)
    theirs = [visit for visit in visits if visit.phone == case.phone]
    await (reply(case, "changed", theirs[:1]) if theirs else reply(case, "call"))
    return "changed"


async def several_people(visits: Collection[int]) -> bool:
    """Do they share a telephone? Then an answer says whom it is about, and else nobody's name."""
    return len(visits) > 1 and len({visit.first_name for visit in await visits_by_id(visits)}) > 1
