"""Half-open spans: Allen's thirteen relations, and the operations on sorted lists."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scheduling.clinics import control, quick
from turnet.scheduling.spans import Span, hit, merged, overlapping, subtract

RELATIONS = {  # to 10–20: span, shares time with it, covers it
    "before": (Span(1, 9), False, False),
    "meets": (Span(1, 10), False, False),
    "overlaps": (Span(1, 11), True, False),
    "starts": (Span(10, 15), True, False),
    "during": (Span(12, 15), True, False),
    "finishes": (Span(15, 20), True, False),
    "equal": (Span(10, 20), True, True),
    "is finished by": (Span(5, 20), True, True),
    "contains": (Span(5, 25), True, True),
    "is started by": (Span(10, 25), True, True),
    "is overlapped by": (Span(19, 30), True, False),
    "is met by": (Span(20, 30), False, False),
    "after": (Span(21, 30), False, False),
    "is nothing, within": (Span(15, 15), False, False),
    "is nothing, at the start": (Span(10, 10), False, False),
}


@pytest.mark.parametrize(("span", "shares", "covers"), RELATIONS.values(), ids=RELATIONS)
def test_allens_relations(span: Span, shares: bool, covers: bool) -> None:
    noon = Span(10, 20)

    assert (span.overlaps(noon), noon.overlaps(span), span.covers(noon)) == (shares, shares, covers)
    assert hit([noon], span) == (noon if shares else None)
    assert overlapping([noon], span) == ([noon] if shares else [])


spans = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 60), st.integers(0, 12))
lists = st.lists(spans, max_size=8)


def minutes(some: list[Span]) -> set[int]:
    return {minute for span in some for minute in range(span.start, span.end)}


@quick
@given(lists)
def test_merged_spans_are_the_same_minutes_sorted_and_apart(some: list[Span]) -> None:
    whole = merged(some)

    assert minutes(whole) == minutes(some)
    assert all(span.start < span.end for span in whole)
    assert all(one.end < other.start for one, other in pairwise(whole))


@quick
@given(lists, lists)
def test_subtracting_leaves_exactly_the_other_minutes(some: list[Span], taken: list[Span]) -> None:
    left = subtract(merged(some), merged(taken))

    assert minutes(left) == minutes(some) - minutes(taken)
    assert left == merged(left)


def hits_what_looking_at_each_finds(find: object) -> None:
    @control
    @given(lists, spans)
    def property_(some: list[Span], wanted: Span) -> None:
        whole = merged(some)
        last = overlapping(whole, wanted)[-1:]
        assert find(whole, wanted) == (last[0] if last else None)  # type: ignore[operator]

    property_()


def test_bisection_finds_what_looking_at_each_finds() -> None:
    hits_what_looking_at_each_finds(hit)


def test_closed_intervals_would_be_caught() -> None:
    def closed(whole: list[Span], wanted: Span) -> Span | None:
        found = [span for span in whole if span.start <= wanted.end and wanted.start <= span.end]
        return found[-1] if found else None

    with pytest.raises(AssertionError):
        hits_what_looking_at_each_finds(closed)
