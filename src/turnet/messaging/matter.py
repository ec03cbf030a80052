"""What an outbox row speaks of at the moment it leaves: the visits as they are now, or the reason to say nothing."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from turnet.booking.model import Visit
from turnet.booking.queries import coming_to, history, visit_by_id, visits_by_id, visits_of_party
from turnet.booking.states import State
from turnet.conversation.meaning import Asked
from turnet.db.transactions import fetch
from turnet.feedback import service as feedback
from turnet.messaging.addresses import leads_nowhere
from turnet.messaging.channels.chosen import senders
from turnet.messaging.kinds import KINDS, About, Audience, Kind, announcing
from turnet.messaging.manner import PLAIN, Manner
from turnet.messaging.outbox import VISIT_CANCELLED, Claimed, Facts
from turnet.messaging.refusals import refusal
from turnet.patients.callers import shares
from turnet.reminders.model import MESSAGE, Round, RoundKind
from turnet.reminders.queries import NOTHING_LEFT
from turnet.reminders.service import drop, speech
from turnet.reminders.steps import ONE_A_DAY
from turnet.settings import Settings

_FIRST = frozenset({"booking_confirmed", "desk_booked"})
"""Nothing was said before these."""

_ASKED = {RoundKind.REMINDER: Asked.CONFIRM, RoundKind.CHECKIN: Asked.CHECKIN, RoundKind.FEEDBACK: Asked.SCORE}

_LEFT = frozenset({"sending", "sent", "delivered", "unknown"})

NOBODY_COMES = "no visit is coming any more"
NO_WAIT = "they do not wait any more"
NOT_COMING = "the visit is not coming any more"
MOVED_SINCE = "the visit has been moved since"
CHANGED_SINCE = "the visit has changed since"
UNDONE = "the cancellation was undone"
BACK_AGAIN = "the visit is back where they know it to be"
NOTHING_SENT = "nothing had been sent that needed taking back"
LEADS_NOWHERE = "the links would lead to the patient's own device: set TURNET_BASE_URL to the address patients use"


@dataclass(frozen=True, slots=True)
class Matter:
    visits: tuple[Visit, ...] = ()
    """By start."""
    was: datetime | None = None
    """The start that was last told."""
    skip: str | None = None
    """Why there is nothing to say."""
    manner: Manner = PLAIN

    @property
    def asks(self) -> Asked | None:
        """What an answer by SMS would be to."""
        return self.manner.asks


async def matter_of(row: Claimed, settings: Settings, *, now: datetime) -> Matter:
    """Asked anew at every try. Ends reminder steps that are no longer true."""
    kind = KINDS[row.kind]
    if kind.audience is Audience.PATIENT and (why := await _unwanted(row, kind, settings)):
        return Matter(skip=why)
    if kind.about is About.STEPS:
        return await _of_round(row, settings, now)
    if kind.about is About.COMING:
        visits = tuple(await coming_to(row.channel, row.recipient, now=now))
        return Matter(visits, skip=None if visits else NOBODY_COMES)
    if kind.about is About.ANSWER:
        return Matter(tuple(await visits_by_id(row.facts["visits"])))
    if row.booking is None:
        return Matter()
    return await _of_booking(row, await visit_by_id(row.booking), now)


async def _unwanted(row: Claimed, kind: Kind, settings: Settings) -> str | None:
    """Of a round each step is asked, so that what one contact refuses may go another way."""
    if leads_nowhere(settings):
        return LEADS_NOWHERE
    return None if kind.about is About.STEPS else await refusal(kind, row.recipient)


async def _of_round(row: Claimed, settings: Settings, now: datetime) -> Matter:
    said = await speech(row.id, now=now)
    if said.round is None:
        return Matter(skip=NOTHING_LEFT)
    manner = manner_of(said.round, row.channel, settings, folded=said.folded)
    if said.round.kind is RoundKind.FEEDBACK:
        return await _survey(row, said.visits, manner, now)
    if len(said.visits) == 1:  # of several the names stand with the times
        named = await says_who(row.channel, row.recipient, said.visits[0].patient_name)
        manner = replace(manner, named=named)
    return Matter(said.visits, manner=manner)


async def _survey(row: Claimed, visits: tuple[Visit, ...], manner: Manner, now: datetime) -> Matter:
    """One question a day for whoever has the contact: about the first visit that may be asked about."""
    reasons = await feedback.reasons(visits, contact=row.recipient, channel=row.channel, now=now)
    first = next((visit for visit in visits if not reasons[visit.id]), None)
    await drop(row.id, {visit.id: reasons[visit.id] or ONE_A_DAY for visit in visits if visit is not first})
    if first is None:
        return Matter(skip=NOTHING_LEFT)
    return Matter((first,), manner=manner)


async def asking(row: Claimed, matter: Matter, settings: Settings, *, now: datetime) -> Matter:
    """The matter of a message that goes now. A question about a visit is made only here: whoever is not written to was
    not asked.
    """
    if row.kind != MESSAGE[RoundKind.FEEDBACK]:
        return matter
    [visit] = matter.visits
    survey = await feedback.asked(visit, contact=row.recipient, channel=row.channel, key=settings.key(), now=now)
    return replace(matter, manner=replace(matter.manner, survey=survey))


def manner_of(round: Round, channel: str, settings: Settings, *, folded: bool = False) -> Manner:
    """Where nothing can be received, a round that asks carries a link instead."""
    answerable = channel == "sms" and hears(settings)
    asks = _ASKED.get(round.kind) if round.answers and answerable else None
    return Manner(asks, answerable, folded, offer=round.text)


def hears(settings: Settings) -> bool:
    """Can somebody who gets an SMS answer it?"""
    return senders(settings).asking is not None


async def _of_booking(row: Claimed, visit: Visit, now: datetime) -> Matter:
    about = KINDS[row.kind].about
    if about is About.SERIES:
        visits = await _series(visit, now)
        return Matter(visits, skip=None if visits else NOBODY_COMES)
    if about is About.TURN:
        waits = visit.state is State.ARRIVED
        return Matter((visit,), skip=None if waits else NO_WAIT)
    if about is About.CHOICE:
        return Matter((visit,), skip=_needs_no_choice(row, visit))
    if about is About.WORDS:
        return Matter((visit,))
    found = await _one_visit(row, visit)
    if found.skip:
        return found
    return replace(found, manner=Manner(named=await says_who(row.channel, row.recipient, visit.patient_name)))


async def says_who(channel: str, contact: str, name: str) -> bool:
    """Does a message about one visit name whose it is? An SMS does to a telephone that more than one person has."""
    return channel == "sms" and await shares(contact, name)


async def _series(visit: Visit, now: datetime) -> tuple[Visit, ...]:
    together = await visits_of_party(visit.party) if visit.party is not None else [visit]
    return tuple(sorted((one for one in together if one.coming and one.starts_at > now), key=lambda one: one.starts_at))


def _needs_no_choice(row: Claimed, visit: Visit) -> str | None:
    if not visit.coming:
        return NOT_COMING
    return None if row.facts["visit_no"] == visit.visit_no else MOVED_SINCE


async def _one_visit(row: Claimed, visit: Visit) -> Matter:
    earlier = await _earlier(visit, KINDS[row.kind].audience) if row.kind not in _FIRST else Earlier()
    if earlier.facts and earlier.facts == row.facts and await _moved_untold(visit, earlier.since):
        earlier = replace(earlier, facts={})  # they may know by telephone of where it was in between
    return Matter((visit,), earlier.start or visit.moved_from, _reason_to_skip(row, visit, earlier))


async def _moved_untold(visit: Visit, since: datetime | None) -> bool:
    """Was it moved without a word since then, and not taken back?"""
    moves: list[bool] = []
    for event in await history(visit.id):
        if since is not None and event.at < since:
            continue
        if event.act == "moved":
            moves.append(event.after.get("told", True))
        elif event.act == "undone" and event.after.get("undid") == "moved" and moves:
            moves.pop()
    return not all(moves)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same people have been told of a visit before."""

    written: bool = False
    """A confirmation was put into the outbox …"""
    left: bool = False
    """… and at least one may have reached them."""
    facts: Facts = field(default_factory=dict)
    """Of the last one that was sent …"""
    since: datetime | None = None
    """… and when that was written."""

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.facts["start"]) if self.facts else None


async def _earlier(visit: Visit, audience: Audience) -> Earlier:
    kinds = announcing(audience)
    rows = await fetch(
        "SELECT state, attempts, facts, created_at FROM message WHERE booking = {} AND sequence < {} "  # noqa: S608
        f"AND kind IN ({', '.join(['{}'] * len(kinds))}) ORDER BY sequence",
        *(visit.id, visit.sequence, *kinds),
    )
    if audience is Audience.PATIENT and visit.party is not None:
        rows = await _told_in_series(visit) + rows
    sent = [(_of_visit(json.loads(facts), visit), at) for state, _attempts, facts, at in rows if state in _LEFT]
    tried = any(state != "skipped" and attempts > 0 for state, attempts, *_ in rows)
    return Earlier(bool(rows), bool(sent) or tried, *(sent[-1] if sent else ()))


async def _told_in_series(visit: Visit) -> list[tuple[Any, ...]]:
    """The message that told of all the visits of a series; it hangs on the first of them.

    What leaves after a cancellation does not name the visit any more: then it is as if nothing had been sent.
    """
    rows = await fetch(
        "SELECT state, attempts, facts, created_at, finished_at FROM message WHERE kind = 'series_booked' "
        "AND booking = (SELECT min(id) FROM booking WHERE party = {}) ORDER BY created_at",
        visit.party,
    )
    gone = visit.cancelled_at
    return [
        (state, attempts, facts, at)
        if gone is None or (finished_at is not None and finished_at <= gone)
        else ("queued", 0, facts, at)
        for state, attempts, facts, at, finished_at in rows
    ]


def _of_visit(facts: Facts, visit: Visit) -> Facts:
    told: Facts = facts["visits"].get(str(visit.id), {}) if "visits" in facts else facts
    return told


def _reason_to_skip(row: Claimed, visit: Visit, earlier: Earlier) -> str | None:
    """The first way in which the world has moved on since the row was written."""
    announces = KINDS[row.kind].about is About.TIME
    cancelled = visit.state is State.CANCELLED
    reasons = (
        (announces and cancelled, VISIT_CANCELLED),
        (not announces and not cancelled, UNDONE),
        (row.sequence < visit.sequence, CHANGED_SINCE),
        (announces and earlier.facts == row.facts != {}, BACK_AGAIN),
        (not announces and earlier.written and not earlier.left, NOTHING_SENT),
    )
    return next((reason for holds, reason in reasons if holds), None)
