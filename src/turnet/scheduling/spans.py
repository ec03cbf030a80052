"""Half-open spans of UTC minutes `[start, end)`, and the few operations on sorted lists of them."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Minutes since 1970-01-01T00:00Z; `end` is not part of it."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Do they share a minute? Touching ones do not, and an empty span shares none with anything."""
        return max(self.start, other.start) < min(self.end, other.end)

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


def overlapping(spans: Iterable[Span], wanted: Span) -> list[Span]:
    """Those of any `spans` that share time with `wanted`, by looking at each."""
    return [span for span in spans if span.overlaps(wanted)]


def hit(spans: list[Span], wanted: Span) -> Span | None:
    """The last of `merged` spans that shares time with `wanted`, by bisection."""
    place = bisect_left(spans, (wanted.end,)) - 1
    return spans[place] if place >= 0 and spans[place].end > wanted.start and wanted.start < wanted.end else None
