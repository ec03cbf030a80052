"""Rows of what the clinic has told made-up people so far: messages, what each SMS cost, and the steps of rounds."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from turnet import clock as minutes
from turnet.demo.rounds import Past, Sent
from turnet.demo.rows import insert
from turnet.demo.visits import Planned
from turnet.messaging.channels import NOT_IN_USE
from turnet.messaging.texting import Policy
from turnet.reminders.model import MESSAGE, Round

_COLUMNS = (
    "id dedupe kind channel recipient language booking sequence facts state due_at not_after attempts created_at "
    "finished_at parts cost error reported_at inbound"
)
_LONGER = {
    ("he", kind): 2 for kind in ("booking_confirmed", "booking_cancelled", "aftercare", "visit_instructions")
}  # fmt: skip
"""Language and kind → parts of those that take more than one: links are long, Hebrew letters few."""


@dataclass
class Letters:
    """Collects messages, and writes them at the end."""

    rng: Random
    policy: Policy
    dead: Mapping[str, int]
    """Numbers at which nothing arrives any more, and since when."""
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def add(
        self,
        kind: str,
        to: str,
        language: str,
        booking: int | None,
        *,
        at: int,
        until: int,
        dedupe: str,
        id: uuid.UUID | None = None,
        sequence: int = 0,
        facts: dict[str, Any] | None = None,
        inbound: int | None = None,
    ) -> None:
        """`at` and `until` in UTC minutes; `to` is a number or an address."""
        due, channel = minutes.instant(at), "email" if "@" in to else "sms"
        done, state, parts, error = due + timedelta(seconds=4), "sent", None, None
        if self.dead.get(to, at + 1) <= at:
            state, error = "failed", NOT_IN_USE
        elif channel == "sms":
            parts = _LONGER.get((language, kind), 1)
            state = "delivered"
        reported = done + timedelta(seconds=5) if channel == "sms" else None
        cost = self.policy.cost(parts) if parts else None
        self.rows.append((
            id or self.new_id(), dedupe, kind, channel, to, language, booking, sequence, json.dumps(facts or {}), state,
            due, minutes.instant(until), 1, due, done, parts, cost, error, reported, inbound,
        ))  # fmt: skip

    async def write(self) -> None:
        await insert("message", _COLUMNS, self.rows)


def of_visits(
    letters: Letters, planned: Sequence[Planned], bookings: Sequence[int], whom: Sequence[tuple[str, str]]
) -> None:
    """Every visit in writing, every cancelled one taken back. `whom`: contact and language of each."""
    for visit, booking, (to, language) in zip(planned, bookings, whom, strict=True):
        channel = "email" if "@" in to else "sms"
        told = [("booking_confirmed", 0, visit.made)]
        if visit.cancelled is not None:
            told.append(("booking_cancelled", 1, visit.cancelled + 10))
        for kind, sequence, at in told:
            letters.add(
                kind, to, language, booking, at=at, until=max(visit.start, at + 60), sequence=sequence,
                dedupe=f"{kind}:{booking}:{sequence}:{channel}",
            )  # fmt: skip


def of_rounds(
    letters: Letters, sent: Iterable[tuple[uuid.UUID, Sent]], rounds: dict[str, Round], bookings: Sequence[int]
) -> None:
    for id, one in sent:
        rule, channel, kind = one.to.rule, one.to.channel, MESSAGE[rounds[one.to.rule].kind]
        first = min(one.visits, key=lambda visit: visit.start)
        letters.add(
            kind, one.to.contact, one.to.language, bookings[first.place], id=id, at=one.at,
            until=max(first.start, one.at) + 60, facts={"rule": rule},
            dedupe=f"{kind}:{bookings[one.visits[0].place]}:1:{rule}:{channel}:{one.at}",
        )  # fmt: skip


async def steps(sent: Iterable[tuple[uuid.UUID, Sent]], past: Past, bookings: Sequence[int]) -> None:
    """So that a demo that starts has nothing to catch up with."""
    taken = [
        (bookings[visit.place], 1, one.to.rule, one.to.channel, minutes.instant(visit.due), "taken", id, "",
         minutes.instant(one.at))
        for id, one in sent
        for visit in one.visits
    ]  # fmt: skip
    dropped = [
        (bookings[one.visit.place], 1, one.rule, one.channel, minutes.instant(one.visit.due), "dropped", None,
         one.reason, minutes.instant(one.visit.due))
        for one in past.dropped
    ]  # fmt: skip
    await insert("step", "booking visit_no rule channel due_at state message reason created_at", taken + dropped)
