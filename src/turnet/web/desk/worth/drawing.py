"""Columns of a year of months, as numbers for an SVG. The page's direction is the time's: in Hebrew the newest is leftmost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from turnet.reports.model import Baseline, Range, Use

WIDTH, HEIGHT = 520, 150
"""Of the picture's own coordinates; the page scales it."""
_GAP = 0.3
"""Of a column's width."""


@dataclass(frozen=True, slots=True)
class Column:
    month: date
    use: Use
    x: float
    width: float
    missed: tuple[float, float]
    """(top, height) of no-shows …"""
    late: tuple[float, float]
    """… and of late cancellations upon them."""
    before: float | None
    """Height at which as many no-shows as before would end."""


@dataclass(frozen=True, slots=True)
class Picture:
    columns: tuple[Column, ...]
    most: int
    """What the top of the picture stands for."""


def picture(months: Sequence[tuple[date, Use]], before: Baseline, *, mirrored: bool) -> Picture:
    """`months` oldest first."""
    rate = before.no_shows / before.visits if before.no_shows is not None and before.visits else None
    tall = [max(use.no_shows + use.late_cancellations, use.visits * (rate or 0)) for _month, use in months]
    most = max(5, round(max(tall, default=0) + 0.5))
    place, unit = WIDTH / max(1, len(months)), HEIGHT / most
    columns = []
    for number, (month, use) in enumerate(months):
        left = (len(months) - 1 - number if mirrored else number) * place
        missed, late = use.no_shows * unit, use.late_cancellations * unit
        columns.append(
            Column(
                month,
                use,
                round(left + place * _GAP / 2, 1),
                round(place * (1 - _GAP), 1),
                (round(HEIGHT - missed, 1), round(missed, 1)),
                (round(HEIGHT - missed - late, 1), round(late, 1)),
                None if rate is None or not use.visits else round(HEIGHT - use.visits * rate * unit, 1),
            )
        )
    return Picture(tuple(columns), most)


@dataclass(frozen=True, slots=True)
class Bar:
    """A range on a line that holds zero; all in per cent of its length."""

    start: float
    length: float
    likely: float
    zero: float


def bar(found: Range, *, mirrored: bool) -> Bar:
    low, high = min(0.0, found.low), max(0.0, found.high)
    whole = (high - low) or 1.0

    def at(value: float) -> float:
        share = (value - low) / whole * 100
        return round(100 - share if mirrored else share, 1)

    ends = sorted((at(found.low), at(found.high)))
    return Bar(ends[0], round(max(ends[1] - ends[0], 1.0), 1), at(found.likely), at(0.0))
