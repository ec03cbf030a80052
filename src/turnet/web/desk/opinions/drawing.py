"""The score, its months and its spread, as numbers for an SVG. In Hebrew what runs from left to right runs the other way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from turnet.feedback.stats import Nps, Tally

WIDTH, HEIGHT = 520, 140
"""Of the picture of the months, in its own coordinates."""
_GAP = 0.35


@dataclass(frozen=True, slots=True)
class Gauge:
    """A score on a line from -100 to 100; all in per cent of its length."""

    start: float
    length: float
    likely: float


@dataclass(frozen=True, slots=True)
class Bar:
    score: int
    count: int
    height: float
    """Per cent of the tallest."""
    sort: str
    """`against`, `between` or `for`."""


@dataclass(frozen=True, slots=True)
class Month:
    month: date
    tally: Tally
    x: float
    width: float
    top: float
    """Of the range; 0 where there is none."""
    height: float
    likely: float


def gauge(nps: Nps, *, mirrored: bool) -> Gauge:
    def at(score: int) -> float:
        share = (score + 100) / 2
        return round(100 - share if mirrored else share, 1)

    ends = sorted((at(nps.low), at(nps.high)))
    return Gauge(min(99.0, ends[0]), round(max(1.0, ends[1] - ends[0]), 1), at(nps.score))


def bars(tally: Tally) -> tuple[Bar, ...]:
    most = max(tally.scores.values(), default=0) or 1
    return tuple(
        Bar(
            score,
            tally.scores.get(score, 0),
            round(tally.scores.get(score, 0) / most * 100, 1),
            "against" if score <= 6 else "between" if score <= 8 else "for",
        )
        for score in range(11)
    )


def months(year: Sequence[tuple[date, Tally]], *, mirrored: bool) -> tuple[Month, ...]:
    """Oldest first; the picture reaches from -100 at its foot to 100."""
    place = WIDTH / max(1, len(year))

    def down(score: int) -> float:
        return round((100 - score) / 200 * HEIGHT, 1)

    found = []
    for number, (month, tally) in enumerate(year):
        left = (len(year) - 1 - number if mirrored else number) * place
        nps = tally.nps
        found.append(
            Month(
                month,
                tally,
                round(left + place * _GAP / 2, 1),
                round(place * (1 - _GAP), 1),
                down(nps.high) if nps else 0.0,
                round(down(nps.low) - down(nps.high), 1) if nps else 0.0,
                down(nps.score) if nps else 0.0,
            )
        )
    return tuple(found)
