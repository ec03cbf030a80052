"""Bars as numbers for an SVG, in per cent of its length. In Hebrew they grow from the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from turnet.reports.model import Baseline, Range, Use


@dataclass(frozen=True, slots=True)
class Month:
    """No-shows beside as many as there would have been before: the same thing twice. Late cancellations are no part of it."""

    month: date
    use: Use
    before: int | None
    """None: nobody said, or there was no visit."""
    start: float
    length: float
    """Of the bar of no-shows."""
    mark: float | None
    """Where as many as before would end."""


def year(months: Sequence[tuple[date, Use]], before: Baseline, *, mirrored: bool) -> tuple[Month, ...]:
    """`months` oldest first; the newest comes first."""
    rate = before.no_shows / before.visits if before.no_shows is not None and before.visits else None
    most = max(5, *(max(use.no_shows, use.visits * (rate or 0)) for _month, use in months))
    drawn = []
    for month, use in reversed(months):
        length = round(use.no_shows / most * 100, 1)
        expected = None if rate is None or not use.visits else use.visits * rate
        mark = None if expected is None else round(expected / most * 100, 1)
        drawn.append(
            Month(
                month,
                use,
                None if expected is None else round(expected),
                round(100 - length, 1) if mirrored else 0.0,
                length,
                round(100 - mark, 1) if mirrored and mark is not None else mark,
            )
        )
    return tuple(drawn)


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
