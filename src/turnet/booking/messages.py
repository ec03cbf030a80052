"""What a visit says to people: called by the acts, inside their transaction.

A move waits two minutes and a cancellation until its undo has ended, so a mistake corrected at once sends nothing
wrong. Whoever gave an e-mail address gets mail, who gave only a telephone number an SMS; the location's own mailbox
hears of everything that was done online, in a row of its own. Staff may leave the patient untold.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from turnet.booking.model import Act, Visit
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft, Facts

SETTLE = timedelta(minutes=2)
"""How long a move may still be moved again before it is announced."""
USEFUL = timedelta(hours=1)
"""How long a message is worth sending although the visit has begun."""
A_DAY = timedelta(days=1)
"""How long something that staff wrote is worth sending."""
CALLED = timedelta(minutes=10)
"""How long a call to come in is worth sending …"""
CALLED_AGAIN = timedelta(minutes=5)
"""… and how long one is enough."""

_PATIENT = ("booking_confirmed", "booking_moved")
_DESK = ("desk_booked", "desk_moved")
ANNOUNCEMENTS = (*_PATIENT, *_DESK)
CANCELLED, SERIES, CHOOSE, COME_IN = "booking_cancelled", "series_booked", "choose_new_time", "come_in"
CANCELLATIONS = (CANCELLED, "desk_cancelled")

MOVED = "the visit was moved"
MOVED_UNTOLD = "the visit was moved, and the patient was not to be told"
ANOTHER_CONTACT = "the visit is reached another way now"


async def booked(visit: Visit, clinic: Clinic, act: Act, *, tell: bool = True) -> None:
    await booked_together([visit], clinic, act, tell=tell)


async def booked_together(
    visits: Sequence[Visit], clinic: Clinic, act: Act, *, tell: bool = True, series: bool = False
) -> None:
    """A message for each visit; one that lists them all for a `series`."""
    if series and tell:
        await outbox.add_all(_of_series(visits, act), now=act.now)
        return
    drafts = [_drafts(visit, clinic, act, "booking_confirmed", "desk_booked", act.now, tell=tell) for visit in visits]
    await outbox.add_all([draft for each in drafts for draft in each], now=act.now)


def _of_series(visits: Sequence[Visit], act: Act) -> list[Draft]:
    """It hangs on the first and knows what it tells of each."""
    first, last = visits[0], max(visit.starts_at for visit in visits)
    facts = {"visits": {str(visit.id): told(visit) for visit in visits}}
    return [
        _draft(first, SERIES, channel, contact, first.language, act.now, facts=facts, until=last)
        for channel, contact in _reached(first)
    ]


async def moved(visit: Visit, clinic: Clinic, act: Act, *, tell: bool = True) -> None:
    """Whoever was not told of the old time hears only of the new one, as of a booking or in the list of a series."""
    listed = await _still_listed(visit)
    dropped = await outbox.drop_queued(visit.id, ANNOUNCEMENTS, MOVED if tell else MOVED_UNTOLD, now=act.now)
    patient, desk = (first if first in dropped else then for first, then in (_PATIENT, _DESK))
    tell = tell and not listed
    await outbox.add_all(_drafts(visit, clinic, act, patient, desk, act.now + SETTLE, tell=tell), now=act.now)


async def moved_back(visit: Visit, clinic: Clinic, act: Act, *, told: bool, since: datetime) -> None:
    """Of a move that is taken back; `told` says whether it was to be heard of, `since` when it was made."""
    if told:
        await moved(visit, clinic, act)
    else:
        await _still_listed(visit)
        await outbox.revive(visit.id, ANNOUNCEMENTS, sequence=visit.sequence, reason=MOVED_UNTOLD, since=since)


async def _still_listed(visit: Visit) -> bool:
    """Is the list of its series yet to leave for where the visit is reached? It says then where the visit is now.

    The row is locked, so that it leaves either before the move, and was told otherwise, or after it.
    """
    if visit.party is None:
        return False
    rows = await fetch(
        "UPDATE message SET facts = facts WHERE kind = {} AND state = 'queued' "
        "AND booking = (SELECT min(id) FROM booking WHERE party = {}) RETURNING id, recipient, facts",
        *(SERIES, visit.party),
    )
    for id, _recipient, stored in rows:
        facts = json.loads(stored)
        facts["visits"][str(visit.id)] = told(visit)
        await fetch("UPDATE message SET facts = {} WHERE id = {}", json.dumps(facts), id)
    return any(recipient == contact for _id, recipient, _facts in rows for _channel, contact in _reached(visit))


async def cancelled(visit: Visit, clinic: Clinic, act: Act, *, tell: bool = True) -> None:
    """Rows for when the undo ends; they are skipped then if nothing had left that would need taking back."""
    await outbox.drop_queued(visit.id, ANNOUNCEMENTS, outbox.VISIT_CANCELLED, now=act.now)
    due = visit.undo_until or act.now
    drafts = _drafts(visit, clinic, act, *CANCELLATIONS, due, tell=tell)
    await outbox.add_all(drafts, now=act.now)


async def taken_back(visit: Visit, clinic: Clinic, act: Act) -> None:
    """Of a booking that is undone: nothing for a patient to whom nothing was written of it."""
    rows = await fetch(
        "SELECT 1 FROM message WHERE (booking = {} AND kind IN ({}, {})) "
        "OR (kind = {} AND booking = (SELECT min(id) FROM booking WHERE party = {})) LIMIT 1",
        *(visit.id, *_PATIENT, SERIES, visit.party or 0),
    )
    await cancelled(visit, clinic, act, tell=bool(rows))


async def undone(visit: Visit, clinic: Clinic, act: Act) -> None:  # noqa: ARG001  (the four acts are called alike)
    """Nobody hears of the cancellation; what it held back leaves after all."""
    await outbox.drop_queued(visit.id, CANCELLATIONS, "the cancellation was undone", now=act.now)
    await outbox.revive(visit.id, ANNOUNCEMENTS, sequence=visit.sequence)


# --- what only the desk sends


async def choose_new_time(visits: Sequence[Visit], act: Act) -> None:
    """Asks each to choose another time; who was asked for this time of the visit already is not asked again."""
    drafts = []
    for visit in visits:
        for channel, contact in _reached(visit):
            dedupe = f"{CHOOSE}:{visit.id}:{visit.visit_no}:{channel}"
            facts = {"visit_no": visit.visit_no}
            drafts.append(_draft(visit, CHOOSE, channel, contact, visit.language, act.now, facts=facts, dedupe=dedupe))
    await outbox.add_all(drafts, now=act.now)


async def wrote(visit: Visit, act: Act, channel: str, text: str, once: str) -> bool:
    """What staff wrote, as they wrote it; the same `once` twice is one message. Is it the first time?"""
    contact, until = dict(contacts(visit))[channel], act.now + A_DAY
    dedupe = f"desk_message:{visit.id}:{once}"
    if await fetch("SELECT 1 FROM message WHERE dedupe = {}", dedupe):
        return False
    await outbox.add_all(
        [_draft(visit, "desk_message", channel, contact, visit.language, act.now, {"text": text}, dedupe, until)],
        now=act.now,
    )
    await fetch("UPDATE message SET staff = {} WHERE dedupe = {}", act.staff.id if act.staff else None, dedupe)
    return True


async def called_in(visit: Visit, act: Act) -> str:
    """To the telephone they have with them, else by mail. The channel; empty: they were called a moment ago."""
    before = await fetch(
        "SELECT created_at FROM message WHERE kind = {} AND booking = {} ORDER BY created_at", COME_IN, visit.id
    )
    if before and act.now < before[-1][0] + CALLED_AGAIN:
        return ""
    channel, contact = contacts(visit)[-1]
    dedupe, until = f"{COME_IN}:{visit.id}:{len(before)}", act.now + CALLED
    draft = _draft(visit, COME_IN, channel, contact, visit.language, act.now, {}, dedupe, until)
    await outbox.add_all([replace(draft, not_after=until)], now=act.now)
    return channel


async def recontacted(visit: Visit, act: Act) -> bool:
    """What waits for the old contact, and what failed there, goes to the new one; was there any?"""
    newest = await _newest(visit)
    waiting = await outbox.drop_queued(visit.id, _FORWARDED, ANOTHER_CONTACT, now=act.now)
    wanted = [(kind, facts) for kind, state, facts in newest if kind in waiting or _failed(visit, kind, state)]
    drafts = [
        _draft(
            visit, kind, channel, contact, visit.language, _leaves(visit, kind, act), _said(visit, kind, facts),
            f"{kind}:{visit.id}:{visit.visit_no}:{visit.sequence}:{_short(contact)}:{visit.version}", _until(kind, facts),
        )
        for kind, facts in wanted
        for channel, contact in _reached(visit)
    ]  # fmt: skip
    await outbox.add_all(drafts, now=act.now)
    return bool(drafts)


_FORWARDED = (*_PATIENT, SERIES, CHOOSE, CANCELLED)


async def _newest(visit: Visit) -> list[tuple[str, str, Facts]]:
    """(kind, state, facts) of the newest word of each sort: where the visit is, the series, the question, the end."""
    rows = await fetch(
        "SELECT kind, state, facts FROM message WHERE booking = {} AND kind IN ({}, {}, {}, {}, {}) "
        "AND state <> 'cancelled' ORDER BY sequence, created_at",
        *(visit.id, *_FORWARDED),
    )
    sorts = {"time" if kind in _PATIENT else kind: (kind, state, json.loads(facts)) for kind, state, facts in rows}
    return list(sorts.values())


def _failed(visit: Visit, kind: str, state: str) -> bool:
    return state == "failed" and visit.coming != (kind == CANCELLED)


def _leaves(visit: Visit, kind: str, act: Act) -> datetime:
    return max(act.now, visit.undo_until or act.now) if kind == CANCELLED else act.now


def _said(visit: Visit, kind: str, facts: Facts) -> Facts:
    if kind == SERIES:
        return facts
    return {"visit_no": visit.visit_no} if kind == CHOOSE else told(visit)


def _until(kind: str, facts: Facts) -> datetime | None:
    if kind != SERIES:
        return None
    return max(datetime.fromisoformat(one["start"]) for one in facts["visits"].values())


def _short(contact: str) -> str:
    return hashlib.sha256(contact.encode()).hexdigest()[:12]


# --- rows


def contacts(visit: Visit) -> list[tuple[str, str]]:
    """(channel, address) of every way this visit's patient can be reached, the preferred one first."""
    return [(channel, to) for channel, to in (("email", visit.email), ("sms", visit.phone)) if to]


def _reached(visit: Visit) -> list[tuple[str, str]]:
    return contacts(visit)[:1]


def _drafts(
    visit: Visit, clinic: Clinic, act: Act, patient: str, desk: str, due: datetime, *, tell: bool
) -> list[Draft]:
    drafts = []
    if tell:
        drafts += [_draft(visit, patient, channel, to, visit.language, due) for channel, to in _reached(visit)]
    mailbox = clinic.location(visit.location).email
    if mailbox and not act.by_staff:
        drafts.append(_draft(visit, desk, "email", mailbox, clinic.default_language, due))
    return drafts


def _draft(
    visit: Visit,
    kind: str,
    channel: str,
    recipient: str,
    language: str,
    due: datetime,
    facts: Facts | None = None,
    dedupe: str = "",
    until: datetime | None = None,
) -> Draft:
    return Draft(
        kind=kind,
        channel=channel,
        recipient=recipient,
        language=language,
        dedupe=dedupe or f"{kind}:{visit.id}:{visit.sequence}:{channel}",
        due_at=due,
        not_after=max(until or visit.starts_at, due + USEFUL),
        booking=visit.id,
        sequence=visit.sequence,
        facts=told(visit) if facts is None else facts,
    )


def told(visit: Visit) -> Facts:
    """What a message tells of a visit, kept with it: a visit that is moved and moved back needs no further word."""
    return {
        "start": visit.starts_at.isoformat(),
        "service": visit.service,
        "location": visit.location,
        "practitioner": visit.practitioner,
    }
