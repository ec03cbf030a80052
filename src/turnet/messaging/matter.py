"""What an outbox row speaks of at the moment it leaves: the visits as they are now, or the reason to say nothing."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from turnet.booking.model import Visit
from turnet.booking.queries import coming_to, visit_by_id
from turnet.booking.states import State
from turnet.db.transactions import fetch
from turnet.messaging.addresses import leads_nowhere
from turnet.messaging.kinds import KINDS, About, Audience, announcing
from turnet.messaging.outbox import VISIT_CANCELLED, Claimed, Facts
from turnet.reminders.service import visits_to_name
from turnet.settings import Settings

_FIRST = frozenset({"booking_confirmed", "desk_booked"})
"""Nothing was said before these."""

_LEFT = frozenset({"sending", "sent", "delivered", "unknown"})

LEADS_NOWHERE = "the links would lead to the patient's own device: set TURNET_BASE_URL to the address patients use"


@dataclass(frozen=True, slots=True)
class Matter:
    visits: tuple[Visit, ...] = ()
    """By start."""
    was: datetime | None = None
    """The start that was last told."""
    skip: str | None = None
    """Why there is nothing to say."""


async def matter_of(row: Claimed, settings: Settings, *, now: datetime) -> Matter:
    """Asked anew at every try. Ends reminder steps that are no longer true."""
    kind = KINDS[row.kind]
    if kind.audience is Audience.PATIENT and leads_nowhere(settings):
        return Matter(skip=LEADS_NOWHERE)
    if kind.about is About.STEPS:
        visits = await visits_to_name(row.id, now=now)
        return Matter(visits, skip=None if visits else "no visit is left to remind of now")
    if kind.about is About.COMING:
        visits = tuple(await coming_to(row.channel, row.recipient, now=now))
        return Matter(visits, skip=None if visits else "no visit is coming any more")
    if row.booking is None:
        return Matter()
    return await _one_visit(row, await visit_by_id(row.booking))


async def _one_visit(row: Claimed, visit: Visit) -> Matter:
    earlier = await _earlier(visit, KINDS[row.kind].audience) if row.kind not in _FIRST else Earlier()
    return Matter((visit,), earlier.start or visit.moved_from, _reason_to_skip(row, visit, earlier))


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same people have been told of a visit before."""

    written: bool = False
    """A confirmation was put into the outbox …"""
    left: bool = False
    """… and at least one may have reached them."""
    facts: Facts = field(default_factory=dict)
    """Of the last one that was sent."""

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.facts["start"]) if self.facts else None


async def _earlier(visit: Visit, audience: Audience) -> Earlier:
    kinds = announcing(audience)
    rows = await fetch(
        "SELECT state, attempts, facts FROM message WHERE booking = {} AND sequence < {} "  # noqa: S608  (only places)
        f"AND kind IN ({', '.join(['{}'] * len(kinds))}) ORDER BY sequence",
        *(visit.id, visit.sequence, *kinds),
    )
    sent = [json.loads(facts) for state, _attempts, facts in rows if state in _LEFT]
    tried = any(state != "skipped" and attempts > 0 for state, attempts, _facts in rows)
    return Earlier(bool(rows), bool(sent) or tried, sent[-1] if sent else {})


def _reason_to_skip(row: Claimed, visit: Visit, earlier: Earlier) -> str | None:
    """The first way in which the world has moved on since the row was written."""
    announces = KINDS[row.kind].about is About.TIME
    cancelled = visit.state is State.CANCELLED
    reasons = (
        (announces and cancelled, VISIT_CANCELLED),
        (not announces and not cancelled, "the cancellation was undone"),
        (row.sequence < visit.sequence, "the visit has changed since"),
        (announces and earlier.facts == row.facts != {}, "the visit is back where they know it to be"),
        (not announces and earlier.written and not earlier.left, "nothing had been sent that needed taking back"),
    )
    return next((reason for holds, reason in reasons if holds), None)
