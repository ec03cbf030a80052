"""Checking in as everybody else reads it: when one may, what came of it, and where to sit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic, Text

BEFORE = timedelta(minutes=30)
AFTER = timedelta(minutes=30)
"""From so long before the start of a visit until so long after it, whoever is at the door may say so."""

HEARD = timedelta(hours=2)
"""So long after they said it in time it still counts; after that nobody waits any more."""
CLOCKS = timedelta(minutes=5)
"""By so much the clock of who tells when they said it may be slow."""

_ALREADY = frozenset({State.ARRIVED, State.IN_ROOM})


class Outcome(StrEnum):
    ARRIVED = "arrived"
    ALREADY = "already"
    """Somebody has said so before: the patient, or the desk."""
    EARLY = "early"
    """It is not time yet: they are expected, so the visit is confirmed instead."""
    OVER = "over"
    """It is too late to say so without the desk, or the visit is done."""
    NOT_COMING = "not_coming"
    """Cancelled, or written down as a no-show: the desk has to look."""


@dataclass(frozen=True, slots=True)
class Here:
    """One visit that somebody said they are here for."""

    visit: Visit
    outcome: Outcome
    late: int
    """Minutes that its practitioner runs late today."""


def opens(visit: Visit) -> datetime:
    """From when on one may check in."""
    return visit.starts_at - BEFORE


def outcome_of(visit: Visit, now: datetime, said: datetime | None = None) -> Outcome:
    """What saying "I am here" makes of a visit: now, or at `said` where that is heard only now."""
    if visit.state in _ALREADY:
        return Outcome.ALREADY
    if not visit.coming:
        return Outcome.OVER if visit.state is State.DONE else Outcome.NOT_COMING
    said, closes = said or now, visit.starts_at + AFTER
    if now > closes:
        in_time = now - said <= HEARD and opens(visit) <= said <= closes
        return Outcome.ARRIVED if in_time else Outcome.OVER
    return Outcome.ARRIVED if min(now, said + CLOCKS) >= opens(visit) else Outcome.EARLY


def waiting_text(clinic: Clinic, visit: Visit, language: str = "") -> Text:
    """Where to sit, in the visit's language or another one; empty where the location says nothing."""
    return clinic.text(clinic.location(visit.location).waiting, language or visit.language)
