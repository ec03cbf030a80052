"""The net promoter score and how sure one may be of it: pure.

NPS = share of promoters (9, 10) less share of detractors (0 to 6), from -100 to 100. Its range is the adjusted Wald
interval of Rocks (2016, The American Statistician 70:365): three answers are added, half of them passive, which keeps
what 95 % promises also for a dozen answers, where the plain formula does not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

from turnet.feedback.model import DETRACTOR, PROMOTER

FEWEST = 5
"""Answers below which no score is shown: it would say nothing, and might say who gave it."""
Z = 1.96
_ADDED = 0.75
"""To promoters and to detractors; twice as many to those between."""


@dataclass(frozen=True, slots=True)
class Nps:
    """Whole numbers from -100 to 100."""

    score: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers to one question, however many asked."""

    asked: int = 0
    scores: Mapping[int, int] = field(default_factory=dict)
    """Score → how many gave it."""

    @property
    def answered(self) -> int:
        return sum(self.scores.values())

    @property
    def promoters(self) -> int:
        return sum(count for score, count in self.scores.items() if score >= PROMOTER)

    @property
    def detractors(self) -> int:
        return sum(count for score, count in self.scores.items() if score <= DETRACTOR)

    @property
    def rate(self) -> float | None:
        """Of those asked who answered; None when nobody was asked."""
        return self.answered / self.asked if self.asked else None

    @property
    def nps(self) -> Nps | None:
        """None below `FEWEST` answers."""
        if self.answered < FEWEST:
            return None
        low, high = interval(self.promoters, self.detractors, self.answered)
        return Nps(round(100 * (self.promoters - self.detractors) / self.answered), round(100 * low), round(100 * high))


def interval(promoters: int, detractors: int, answered: int) -> tuple[float, float]:
    """95 % of NPS as a share, from -1 to 1."""
    n = answered + 4 * _ADDED
    for_, against = (promoters + _ADDED) / n, (detractors + _ADDED) / n
    middle = for_ - against
    half = Z * sqrt((for_ + against - middle * middle) / n)
    return max(-1.0, middle - half), min(1.0, middle + half)


def added(tallies: Iterable[Tally]) -> Tally:
    asked, scores = 0, dict.fromkeys(range(11), 0)
    for one in tallies:
        asked += one.asked
        for score, count in one.scores.items():
            scores[score] += count
    return Tally(asked, {score: count for score, count in scores.items() if count})
