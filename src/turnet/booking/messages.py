"""What a visit says to people: called by the acts, inside their transaction.

A move waits two minutes and a cancellation until its undo has ended, so a mistake corrected at once sends nothing
wrong. Whoever gave an e-mail address gets mail, who gave only a telephone number an SMS; the location's own mailbox
hears of everything that was done online, in a row of its own.
"""

from datetime import datetime, timedelta

from turnet.booking.model import Act, Visit
from turnet.clinic.model import Clinic
from turnet.messaging import outbox
from turnet.messaging.outbox import Draft, Facts

SETTLE = timedelta(minutes=2)
"""How long a move may still be moved again before it is announced."""
USEFUL = timedelta(hours=1)
"""How long a message is worth sending although the visit has begun."""

_PATIENT = ("booking_confirmed", "booking_moved")
_DESK = ("desk_booked", "desk_moved")
ANNOUNCEMENTS = (*_PATIENT, *_DESK)
CANCELLATIONS = ("booking_cancelled", "desk_cancelled")


async def booked(visit: Visit, clinic: Clinic, act: Act) -> None:
    await outbox.add_all(_drafts(visit, clinic, act, "booking_confirmed", "desk_booked", act.now), now=act.now)


async def moved(visit: Visit, clinic: Clinic, act: Act) -> None:
    """Whoever was not told of the old time hears only of the new one, as of a booking."""
    dropped = await outbox.drop_queued(visit.id, ANNOUNCEMENTS, "the visit was moved", now=act.now)
    patient, desk = (first if first in dropped else then for first, then in (_PATIENT, _DESK))
    await outbox.add_all(_drafts(visit, clinic, act, patient, desk, act.now + SETTLE), now=act.now)


async def cancelled(visit: Visit, clinic: Clinic, act: Act) -> None:
    """Rows for when the undo ends; they are skipped then if nothing had left that would need taking back."""
    await outbox.drop_queued(visit.id, ANNOUNCEMENTS, outbox.VISIT_CANCELLED, now=act.now)
    due = visit.undo_until or act.now
    await outbox.add_all(_drafts(visit, clinic, act, "booking_cancelled", "desk_cancelled", due), now=act.now)


async def undone(visit: Visit, clinic: Clinic, act: Act) -> None:  # noqa: ARG001  (the four acts are called alike)
    """Nobody hears of the cancellation; what it held back leaves after all."""
    await outbox.drop_queued(visit.id, CANCELLATIONS, "the cancellation was undone", now=act.now)
    await outbox.revive(visit.id, ANNOUNCEMENTS, sequence=visit.sequence)


def _drafts(visit: Visit, clinic: Clinic, act: Act, patient: str, desk: str, due: datetime) -> list[Draft]:
    drafts = []
    if visit.email:
        drafts.append(_draft(visit, patient, "email", visit.email, visit.language, due))
    elif visit.phone:
        drafts.append(_draft(visit, patient, "sms", visit.phone, visit.language, due))
    mailbox = clinic.location(visit.location).email
    if mailbox and not act.by_staff:
        drafts.append(_draft(visit, desk, "email", mailbox, clinic.default_language, due))
    return drafts


def _draft(visit: Visit, kind: str, channel: str, recipient: str, language: str, due: datetime) -> Draft:
    return Draft(
        kind=kind,
        channel=channel,
        recipient=recipient,
        language=language,
        dedupe=f"{kind}:{visit.id}:{visit.sequence}:{channel}",
        due_at=due,
        not_after=max(visit.starts_at, due + USEFUL),
        booking=visit.id,
        sequence=visit.sequence,
        facts=told(visit),
    )


def told(visit: Visit) -> Facts:
    """What a message tells of a visit, kept with it: a visit that is moved and moved back needs no further word."""
    return {
        "start": visit.starts_at.isoformat(),
        "service": visit.service,
        "location": visit.location,
        "practitioner": visit.practitioner,
    }
