"""Rounds as everybody else reads them: who is written to about a visit, when, and through what. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from turnet.clinic.model import Texts


class RoundKind(StrEnum):
    REMINDER = "reminder"
    CHECKIN = "checkin"
    INSTRUCTIONS = "instructions"
    AFTERCARE = "aftercare"
    FEEDBACK = "feedback"
    OFFER = "offer"


MESSAGE = {
    RoundKind.REMINDER: "reminder",
    RoundKind.CHECKIN: "checkin",
    RoundKind.INSTRUCTIONS: "visit_instructions",
    RoundKind.AFTERCARE: "aftercare",
    RoundKind.FEEDBACK: "feedback",
    RoundKind.OFFER: "service_offer",
}
"""Kind of round → kind of message."""

ASKING = frozenset({RoundKind.REMINDER, RoundKind.CHECKIN, RoundKind.FEEDBACK})
"""Kinds that can ask for an answer by SMS."""

BUILT_IN = ("two_days", "one_day", "instructions", "checkin", "aftercare", "feedback")
"""They came with the database: they can be changed and switched off, and stay."""

_AFTERWARDS = frozenset({RoundKind.AFTERCARE, RoundKind.FEEDBACK})
AFTERWARDS = frozenset(MESSAGE[kind] for kind in (*_AFTERWARDS, RoundKind.OFFER))
"""Kinds of messages that may go when their visit is over."""


@dataclass(frozen=True, slots=True)
class Round:
    """One rule by which visits are written about."""

    name: str
    """Never changes; steps carry it."""
    kind: RoundKind
    channels: tuple[str, ...]
    """`email` and `sms` in the order in which they are tried: the first that leads to somebody."""
    days: int = 0
    """Local days from the visit's date, negative before it."""
    at_minute: int | None = None
    """Minute of that local day; None: the visit's own wall time …"""
    minutes: int = 0
    """… with this many minutes added: negative ones count from its start, positive ones from its end."""
    fallback: bool = False
    """The next channel tries when the message of the first failed."""
    only_unconfirmed: bool = False
    answers: bool = False
    """Asks for an answer by SMS; otherwise it carries a link."""
    location: int | None = None
    service: int | None = None
    """Only visits there, or for that; None: all."""
    text: Texts = field(default_factory=dict)
    """Of an offer."""
    active: bool = True
    position: int = 0
    version: int = 1

    @property
    def after(self) -> bool:
        """It goes after the visit, to those who came."""
        return self.kind in _AFTERWARDS or self.days > 0 or (self.at_minute is None and self.minutes > 0)

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN

    def is_for(self, location: int, service: int) -> bool:
        return self.location in (None, location) and self.service in (None, service)

    def channel(self, leading: Collection[str]) -> str | None:
        """The first of its channels among those that lead to somebody."""
        return next((channel for channel in self.channels if channel in leading), None)

    def next_channel(self, failed: str) -> str | None:
        later = self.channels[self.channels.index(failed) + 1 :] if failed in self.channels else ()
        return later[0] if later else None


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what a visit's people were told, will be told, or were not told."""

    kind: str
    """Of the message."""
    channel: str
    state: str
    """A message's (`queued` … `delivered`, `failed`, `skipped` …), or `waiting`, `dropped`, `missed` of what never was one."""
    at: datetime
    """When it ended, or when it goes."""
    why: str = ""
    """Why it was skipped, dropped or failed: what the code calls it, in English."""
    parts: int | None = None
    round: str = ""
    """The round's name; empty: not of a round."""
