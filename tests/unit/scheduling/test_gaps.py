"""Gaps, closed time and strips of one day; hours are Tuesday 1 December 2026 in Helsinki."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from turnet.scheduling.gaps import Beside, Gap, away, gaps, shortest_visit, side_by_side, worked
from turnet.scheduling.hours import instants
from turnet.scheduling.rules import Closed, ServiceRules, Session, Setup, WeeklySession
from turnet.scheduling.spans import Span, merged

TUESDAY = date(2026, 12, 1)
ZONE = "Europe/Helsinki"


def at(hour: int, minute: int = 0) -> int:
    return instants(ZONE, TUESDAY, hour * 60 + minute)[0]


def a_setup(*closures: Closed) -> Setup:
    """Practitioner 1: 8–12 at location 7, 13–16 at location 8."""
    hours = (Session(7, 480, 720, 20), Session(8, 780, 960, 20))
    return Setup(
        ZONE,
        weekly=tuple(WeeklySession(1, 1, session) for session in hours),
        closures=closures,
        services={5: ServiceRules(5, 30, (1,), ()), 6: ServiceRules(6, 20, (1, 2), ())},
    )


def test_gap_is_what_visits_leave_of_each_session() -> None:
    taken = [Span(at(8), at(9)), Span(at(9, 30), at(12)), Span(at(13), at(15))]
    assert gaps(a_setup(), 1, TUESDAY, taken) == [Gap(at(9), at(9, 30), 7), Gap(at(15), at(16), 8)]


def test_gap_shorter_than_the_shortest_service_is_none() -> None:
    taken = [Span(at(8), at(11, 45)), Span(at(13), at(16))]
    assert shortest_visit(a_setup(), 1) == 20
    assert shortest_visit(a_setup(), 3) == 5
    assert gaps(a_setup(), 1, TUESDAY, taken, shortest=20) == []


def test_gap_begins_now_at_the_earliest() -> None:
    assert gaps(a_setup(), 1, TUESDAY, [], since=at(11, 20)) == [
        Gap(at(11, 20), at(12), 7),
        Gap(at(13), at(16), 8),
    ]
    assert gaps(a_setup(), 1, TUESDAY, [], since=at(12)) == [Gap(at(13), at(16), 8)]


def test_closure_of_the_person_or_their_place_is_no_gap() -> None:
    setup = a_setup(Closed(Span(at(8), at(10)), resource=1), Closed(Span(at(14), at(16)), location=8))
    assert gaps(setup, 1, TUESDAY, []) == [Gap(at(10), at(12), 7), Gap(at(13), at(14), 8)]
    assert worked(setup, 1, TUESDAY) == [Span(at(10), at(12)), Span(at(13), at(14))]


def test_away_is_before_between_and_after_the_sessions() -> None:
    window = Span(at(7), at(18))
    assert away(a_setup(), 1, TUESDAY, window) == [Span(at(7), at(8)), Span(at(12), at(13)), Span(at(16), at(18))]
    assert away(a_setup(), 2, TUESDAY, window) == [window]


def test_two_that_meet_share_the_width_and_the_rest_keeps_it() -> None:
    spans = [Span(0, 60), Span(20, 50), Span(60, 90)]
    assert side_by_side(spans) == [Beside(0, 2), Beside(1, 2), Beside(0, 1)]
    assert side_by_side([]) == []


_SPANS = st.lists(
    st.builds(lambda start, length: Span(start, start + length), st.integers(0, 60), st.integers(1, 40)), max_size=12
).map(sorted)


@given(_SPANS)
def test_no_strip_holds_two_at_once(spans: list[Span]) -> None:
    placed = side_by_side(spans)
    assert len(placed) == len(spans)
    for n, (span, beside) in enumerate(zip(spans, placed, strict=True)):
        assert beside.lane < beside.lanes
        for other, there in zip(spans[n + 1 :], placed[n + 1 :], strict=True):
            if span.overlaps(other):
                assert beside.lane != there.lane
                assert beside.lanes == there.lanes


@given(_SPANS)
def test_gap_shares_no_minute_with_what_is_taken(taken: list[Span]) -> None:
    moved = [Span(at(8) + 5 * span.start, at(8) + 5 * span.end) for span in taken]
    found = gaps(a_setup(), 1, TUESDAY, moved)
    free = sum(gap.end - gap.start for gap in found)
    inside = [Span(max(s.start, w.start), min(s.end, w.end)) for s in moved for w in worked(a_setup(), 1, TUESDAY)]
    assert free == 7 * 60 - sum(span.end - span.start for span in merged(inside))
