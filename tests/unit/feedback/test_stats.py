"""The score and its range: honest for few answers, and the same however answers are grouped."""

from collections.abc import Callable
from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnet.feedback.stats import FEWEST, Nps, Tally, Z, added, interval

scores = st.dictionaries(st.integers(0, 10), st.integers(0, 60))


def test_the_score_is_promoters_less_detractors() -> None:
    """Fifty of a hundred 9 or 10, twenty 0 to 6."""
    found = Tally(200, {10: 30, 9: 20, 8: 20, 7: 10, 6: 5, 3: 15})

    assert (found.nps, found.rate) == (Nps(30, 14, 44), 0.5)


@pytest.mark.parametrize("answered", range(FEWEST))
def test_few_answers_have_no_score(answered: int) -> None:
    assert Tally(answered, {10: answered}).nps is None


def test_nobody_asked_has_no_rate() -> None:
    assert Tally().rate is None


@given(scores)
def test_the_score_lies_where_it_can_and_its_range_around_what_is_likely(found: dict[int, int]) -> None:
    tally = Tally(sum(found.values()), found)

    if tally.nps is not None:
        assert -100 <= tally.nps.low <= tally.nps.high <= 100
        assert -100 <= tally.nps.score <= 100
        assert tally.nps.low < tally.nps.high


@given(st.lists(scores, max_size=5))
def test_parts_add_up(parts: list[dict[int, int]]) -> None:
    whole = added(Tally(sum(part.values()) + 1, part) for part in parts)

    assert whole.answered == sum(sum(part.values()) for part in parts)
    assert whole.asked == whole.answered + len(parts)
    assert whole.promoters - whole.detractors == sum(
        Tally(0, part).promoters - Tally(0, part).detractors for part in parts
    )


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(2, 30))
def test_more_answers_of_the_same_kind_narrow_the_range(for_: int, against: int, between: int, times: int) -> None:
    few = interval(for_, against, for_ + against + between)
    many = interval(for_ * times, against * times, (for_ + against + between) * times)

    assert many[1] - many[0] < few[1] - few[0]


def _plain(promoters: int, detractors: int, answered: int) -> tuple[float, float]:
    """The formula that everybody uses, without anything added."""
    for_, against = promoters / answered, detractors / answered
    half = Z * sqrt((for_ + against - (for_ - against) ** 2) / answered)
    return for_ - against - half, for_ - against + half


def _held(how: Callable[[int, int, int], tuple[float, float]], n: int, for_: float, against: float) -> float:
    """The exact probability that the range holds the truth, over everything that n people may answer."""
    between, truth, held = 1 - for_ - against, for_ - against, 0.0
    for promoters in range(n + 1):
        for detractors in range(n + 1 - promoters):
            low, high = how(promoters, detractors, n)
            if low <= truth <= high:
                passive = n - promoters - detractors
                ways = comb(n, promoters) * comb(n - promoters, detractors)
                held += ways * for_**promoters * against**detractors * between**passive
    return held


CLINICS = [
    (n, for_, against) for n in (12, 30, 60) for for_, against in ((0.7, 0.05), (0.6, 0.1), (0.85, 0.03), (0.4, 0.3))
]


@pytest.mark.parametrize(("n", "for_", "against"), CLINICS)
def test_the_range_holds_the_truth_about_as_often_as_it_says(n: int, for_: float, against: float) -> None:
    assert _held(interval, n, for_, against) >= 0.92


def test_control_the_plain_formula_does_not() -> None:
    assert min(_held(_plain, n, for_, against) for n, for_, against in CLINICS) < 0.87
