"""Half-open spans of UTC minutes `[start, end)`, and the few operations on sorted lists of them."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Minutes since 1970-01-01T00:00Z; `end` is not part of it."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as sorted spans that neither overlap nor touch; empty spans vanish."""
    whole: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if whole and span.start <= whole[-1].end:
            if span.end > whole[-1].end:
                whole[-1] = Span(whole[-1].start, span.end)
        else:
            whole.append(span)
    return whole


def subtract(spans: list[Span], taken: list[Span]) -> list[Span]:
    """What is left of `spans` without `taken`; both as `merged` returns them."""
    left: list[Span] = []
    rest = iter(taken)
    hole = next(rest, None)
    for span in spans:
        start = span.start
        while hole and hole.end <= start:
            hole = next(rest, None)
        while hole and hole.start < span.end:
            if hole.start > start:
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
            if hole.end > span.end:
                break
            hole = next(rest, None)
        if start < span.end:
            left.append(Span(start, span.end))
    return left
