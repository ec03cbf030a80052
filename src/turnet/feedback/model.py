"""Who is asked how it went, and what may be made of the answer: pure."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from turnet.booking.states import State
from turnet.ids import link_token

CORRECTABLE = timedelta(days=3)
"""How long a score may be given again; the question itself is open as long."""
LONGEST = 1000
"""Characters of a comment."""
ADULT = 18
PROMOTER, DETRACTOR = 9, 6
"""From this score on, and up to that one."""

_ASKING = re.compile(
    r"[?؟]|\b(call|phone|ring|contact|write to|reply|answer|please|could you|can you|would you)\b"
    r"|\bsoit|\byhtey|\bvastat|\bpyyd|\bvoisi|\btoivo|התקשר|תתקשר|טלפנ|צרו קשר|תחזרו|חזרו אל|בבקשה|אפשר|מבקש|אשמח",
    re.IGNORECASE,
)
"""Somebody wants something. Rather one too many: then there are two buttons that nobody needs."""

TOOK_PLACE = frozenset({State.ARRIVED, State.IN_ROOM, State.DONE})

NOT_THERE = "the visit did not take place"
PROTECTED = "the person is protected"
A_CHILD = "the person is a child, and the contact is not the guardian's"
ASKED_LATELY = "they were asked a short while ago"
REFUSED = "the patient wants no questions"
NOT_SAMPLED = "not every visit is asked about"


@dataclass(frozen=True, slots=True)
class Survey:
    """How the clinic asks."""

    sample: int = 100
    """Per cent of the visits that are asked about."""
    rest_days: int = 30
    """How long nobody is asked again."""
    alarm_at: int = 6
    """A score of this or less tells the owner and the managers."""


DEFAULTS = Survey()


@dataclass(frozen=True, slots=True)
class Asking:
    """One visit, the person who came and the contact that would be asked."""

    public_id: str
    state: State
    year: int
    """The visit's local year."""
    birth_year: int | None
    for_child: bool
    """Booked by somebody for their child."""
    contact_is_guardians: bool
    """Or of whoever booked for their child."""
    protected: bool
    asked_lately: bool
    agreed: bool | None
    """What they last said about questions; None: nothing."""


def why_not(one: Asking, survey: Survey) -> str:
    """Why this visit is not asked about; empty: it is."""
    child = one.for_child if one.birth_year is None else one.year - one.birth_year < ADULT
    reasons = (
        (one.state not in TOOK_PLACE, NOT_THERE),
        (one.protected, PROTECTED),
        (child and not one.contact_is_guardians, A_CHILD),
        (one.agreed is False, REFUSED),
        (one.asked_lately, ASKED_LATELY),
        (not sampled(one.public_id, survey.sample), NOT_SAMPLED),
    )
    return next((reason for holds, reason in reasons if holds), "")


def sampled(public_id: str, percent: int) -> bool:
    """By the visit's own id: asked again, the answer is the same."""
    return int.from_bytes(sha256(public_id.encode()).digest()[:4]) % 100 < percent


def feedback_token(key: bytes, public_id: str) -> str:
    """The token of the link `/f/…`."""
    return link_token(key, "f", public_id, 1)


@dataclass(frozen=True, slots=True)
class Scored:
    low: bool
    """Somebody at the clinic was told."""
    again: bool
    """It corrects an earlier one."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one visit, as its link shows it."""

    id: int
    public_id: str
    booking: int
    language: str
    score: int | None
    comment: str = field(repr=False)
    scored_at: datetime | None

    def open(self, now: datetime) -> bool:
        """May still be answered, or answered again."""
        return self.scored_at is None or now <= self.scored_at + CORRECTABLE


def wants(score: int | None, words: str) -> bool:
    """Should somebody at the clinic say what is to be done about it? Not of praise that asks for nothing."""
    return score is None or score < PROMOTER or _ASKING.search(words) is not None
