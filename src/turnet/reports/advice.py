"""The one thing to do next month: the first of these that applies, the most useful first. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from turnet.reports.model import Baseline, Use

FEW = 20
"""Visits of a month below which shares say nothing."""
MANY_UNMARKED = 0.2
MANY_UNREACHED = 0.05
MANY_NO_SHOWS = 0.05


class Advice(StrEnum):
    MARK = "mark"
    """Say of every visit whether it took place: without that nothing can be reckoned."""
    PRICE = "price"
    BASELINE = "baseline"
    CALL_BACK = "call_back"
    """Patients who were not happy wait for a call."""
    NUMBERS = "numbers"
    """Many messages reach nobody: look at the numbers and addresses."""
    ANSWERS = "answers"
    """Let reminders ask for an answer: too many do not come."""
    CHECKIN = "checkin"
    """Let patients check in by SMS."""
    FEEDBACK = "feedback"
    """Ask how it went."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Situation:
    use: Use
    before: Baseline
    price_known: bool
    waiting_comments: int
    """Low scores and comments that nobody has called back about."""
    unreached: int
    """Messages to patients that failed."""
    reminders_ask: bool
    checkin_on: bool
    feedback_on: bool


def advice(now: Situation) -> Advice:
    use = now.use
    over = use.visits + use.unmarked
    applies = (
        (Advice.MARK, over >= FEW and use.unmarked > over * MANY_UNMARKED),
        (Advice.CALL_BACK, now.waiting_comments > 0),
        (Advice.NUMBERS, use.messages >= FEW and now.unreached > use.messages * MANY_UNREACHED),
        (Advice.ANSWERS, not now.reminders_ask and use.visits >= FEW and use.no_shows > use.visits * MANY_NO_SHOWS),
        (Advice.BASELINE, not now.before.rate_known),
        (Advice.PRICE, not now.price_known),
        (Advice.FEEDBACK, not now.feedback_on),
        (Advice.CHECKIN, not now.checkin_on),
    )
    return next((one for one, holds in applies if holds), Advice.NOTHING)
