"""What a round may be: pure."""

from collections.abc import Mapping

from turnet.clinic.model import Clinic
from turnet.reminders.model import ASKING, Round, RoundKind
from turnet.reminders.rules import CHECKIN_FROM
from turnet.scheduling.rules import DAY

MOST_DAYS = 30
LATEST_CHECKIN = 15
"""Minutes before a visit at which the question whether somebody is there still goes."""
LONGEST_TEXT = 400

_BEFORE = frozenset({RoundKind.REMINDER, RoundKind.CHECKIN, RoundKind.INSTRUCTIONS})
_AFTER = frozenset({RoundKind.AFTERCARE, RoundKind.FEEDBACK})


def wrong(round: Round, clinic: Clinic, *, hears: bool) -> Mapping[str, str]:
    """Field → code of what cannot be. `hears`: can an SMS to us be received?"""
    found = {
        "channels": _channels(round),
        "when": _when(round),
        "fallback": "needs_two" if round.fallback and len(round.channels) < 2 else "",
        "answers": _answers(round, hears=hears),
        "location": "" if round.location in (None, *(one.id for one in clinic.locations.values())) else "unknown",
        "service": "" if round.service in (None, *(one.id for one in clinic.services.values())) else "unknown",
        "text": _text(round, clinic),
    }
    return {field: code for field, code in found.items() if code}


def _channels(round: Round) -> str:
    if not round.channels:
        return "required"
    known = set(round.channels) <= {"email", "sms"} and len(set(round.channels)) == len(round.channels)
    return "" if known else "unknown"


def _when(round: Round) -> str:
    at = round.at_minute
    if abs(round.days) > MOST_DAYS or abs(round.minutes) > DAY or (at is not None and not 0 <= at < DAY):
        return "out_of_range"
    if round.kind is RoundKind.CHECKIN:
        near = round.days == 0 and at is None and -CHECKIN_FROM <= round.minutes <= -LATEST_CHECKIN
        return "" if near else "checkin_hours"
    later = round.days > 0 or round.minutes > 0
    earlier = round.days < 0 or round.minutes < 0 or (at is not None and not later)
    if (round.kind in _BEFORE and later) or (round.kind not in _AFTER and not (earlier or later)):
        return "not_before"
    return "not_after" if round.kind in _AFTER and (round.days < 0 or round.minutes < 0) else ""


def _answers(round: Round, *, hears: bool) -> str:
    if not round.answers:
        return ""
    if round.kind not in ASKING or "sms" not in round.channels:
        return "no_question"
    return "" if hears else "unheard"


def _text(round: Round, clinic: Clinic) -> str:
    if any(len(text) > LONGEST_TEXT for text in round.text.values()):
        return "too_long"
    if round.kind is RoundKind.OFFER and not round.text.get(clinic.default_language):
        return "required"
    return ""
