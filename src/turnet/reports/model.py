"""What a month cost and what it saved: pure. Every estimate carries its range and names what it was reckoned from.

Two uncertainties are told apart: counts of this month are known; what would have happened without turnet is not. The
clinic's own earlier no-show rate stands for that, with the 95 % interval that its small numbers leave (Wilson 1927).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

Z = 1.96
"""Standard deviations either side of the middle that hold 95 %."""
QUICK, SLOW = 60, 120
"""Seconds that the desk takes to check somebody in. Where the clinic measured its own, that varies as much."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the clinic was like before, as it said once. None: not said. Money in minor units."""

    visits: int | None = None
    """A month."""
    no_shows: int | None = None
    """A month."""
    visit_value: int | None = None
    desk_hour: int | None = None
    checkin_seconds: int | None = None
    answered_at: datetime | None = None

    @property
    def rate_known(self) -> bool:
        return bool(self.visits) and self.no_shows is not None


@dataclass(frozen=True, slots=True)
class Use:
    """One month of one room, or of all."""

    visits: int = 0
    """That took place or should have, no-shows included, as the desk marked them …"""
    no_shows: int = 0
    unmarked: int = 0
    """… and those of which nobody said whether they took place: they count as neither."""
    late_cancellations: int = 0
    """After the last moment for changes."""
    messages: int = 0
    """SMS that left."""
    parts: int = 0
    cost: int = 0
    """Thousandths of a minor unit, of those whose price was known …"""
    unpriced: int = 0
    """… and parts of those whose was not."""
    checkins: int = 0
    """Without the desk."""
    booked_online: int = 0
    outside_hours: int = 0
    """Of those booked online, outside opening hours."""

    def __add__(self, other: "Use") -> "Use":
        return Use(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class RoomUse:
    room: int | None
    """Resource id; None: visits without a room."""
    use: Use


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate: between `low` and `high`, most likely `likely`. All three may be below zero."""

    low: float
    likely: float
    high: float

    def __mul__(self, factor: float) -> "Range":
        return Range(self.low * factor, self.likely * factor, self.high * factor)

    @property
    def certain(self) -> bool:
        """Is it on one side of zero as a whole?"""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Gain:
    """None: an input is missing that the clinic has not said."""

    chairs: Range | None
    """More visits kept than before: they would have been no-shows, and were not."""
    chairs_money: Range | None
    """Minor units."""
    desk_minutes: Range
    desk_money: Range | None
    """Minor units."""
    net: Range | None
    """Minor units: what both are worth, less what the SMS cost."""


def wilson(hits: int, of: int) -> Range:
    """A proportion with its 95 % interval (Wilson 1927, JASA 22:209); of nothing it may be anything."""
    if of <= 0:
        return Range(0.0, 0.5, 1.0)
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    # At the ends the interval touches the share itself, but for what rounding makes of that.
    return Range(max(0.0, min(middle - half, share)), share, min(1.0, max(middle + half, share)))


def gain(use: Use, before: Baseline) -> Gain:
    """What the month's use is worth against what was before."""
    chairs = _chairs(use, before)
    chairs_money = chairs * before.visit_value if chairs and before.visit_value is not None else None
    usual = (QUICK + SLOW) / 2
    minutes = Range(QUICK, usual, SLOW) * (use.checkins * (before.checkin_seconds or usual) / usual / 60)
    desk_money = minutes * (before.desk_hour / 60) if before.desk_hour is not None else None
    return Gain(chairs, chairs_money, minutes, desk_money, _net(use, chairs_money, desk_money))


def _chairs(use: Use, before: Baseline) -> Range | None:
    if before.visits is None or before.no_shows is None or before.visits <= 0:
        return None
    rate = wilson(min(before.no_shows, before.visits), before.visits)
    return Range(*(use.visits * share - use.no_shows for share in (rate.low, rate.likely, rate.high)))


def _net(use: Use, *parts: Range | None) -> Range | None:
    known = [part for part in parts if part is not None]
    if not known or use.unpriced:
        return None
    cost = use.cost / 1000
    return Range(
        sum(part.low for part in known) - cost,
        sum(part.likely for part in known) - cost,
        sum(part.high for part in known) - cost,
    )


def total(rooms: Sequence[RoomUse]) -> Use:
    return sum((room.use for room in rooms), Use())
