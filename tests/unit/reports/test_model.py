"""What a month was worth: never more certain than its inputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnet.reports.model import Baseline, Range, RoomUse, Use, gain, total, wilson

BEFORE = Baseline(visits=400, no_shows=32, visit_value=20_000, desk_hour=3_000)
"""Eight of a hundred did not come; a visit brings 200 euros, an hour of an assistant costs 30."""
MONTH = Use(visits=400, no_shows=12, messages=700, parts=800, cost=800 * 8_000, checkins=180)
"""8 cents a part."""


def rounded(found: Range | None) -> tuple[int, int, int] | None:
    return None if found is None else (round(found.low), round(found.likely), round(found.high))


def test_a_month_is_worth_what_it_saved_less_what_it_cost() -> None:
    found = gain(MONTH, BEFORE)

    assert rounded(found.chairs) == (11, 20, 32)
    assert rounded(found.chairs_money) == (217_883, 400_000, 646_042)
    assert rounded(found.desk_minutes) == (180, 270, 360)
    assert rounded(found.desk_money) == (9_000, 13_500, 18_000)
    assert rounded(found.net) == (220_483, 407_100, 657_642)


def test_the_seed_clinics_own_numbers_come_out() -> None:
    """100 check-ins of a minute to two are one to two hours or more: the source says one to two for 50 to 100."""
    assert rounded(gain(Use(checkins=75), Baseline()).desk_minutes) == (75, 112, 150)


@pytest.mark.parametrize("missing", ["visits", "no_shows"])
def test_without_what_was_before_nobody_says_what_was_saved(missing: str) -> None:
    said = {"visits": 400, "no_shows": 32, "visit_value": 20_000} | {missing: None}

    found = gain(MONTH, Baseline(**said))

    assert (found.chairs, found.chairs_money) == (None, None)


def test_without_a_price_nobody_says_what_is_left() -> None:
    unpriced = Use(visits=400, no_shows=12, parts=800, unpriced=800)

    assert gain(unpriced, BEFORE).net is None


def test_a_worse_month_is_a_loss_and_says_so() -> None:
    found = gain(Use(visits=400, no_shows=60), BEFORE).chairs

    assert rounded(found) == (-37, -28, -16)


def test_a_small_baseline_leaves_it_open_whether_anything_was_saved() -> None:
    found = gain(Use(visits=40, no_shows=2), Baseline(visits=40, no_shows=3)).chairs

    assert found is not None
    assert not found.certain


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_within_its_interval(hits: int, more: int) -> None:
    found = wilson(hits, hits + more)

    assert 0.0 <= found.low <= found.likely <= found.high <= 1.0


@given(st.integers(0, 50), st.integers(1, 50), st.integers(2, 40))
def test_more_of_the_same_narrows_it(hits: int, more: int, times: int) -> None:
    few, many = wilson(hits, hits + more), wilson(hits * times, (hits + more) * times)

    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (15, 148, 0.0624, 0.1605)],
)
def test_the_interval_is_the_published_one(hits: int, of: int, low: float, high: float) -> None:
    """Newcombe (1998, Statistics in Medicine 17:857), table I, for 15 of 148; the others by hand."""
    found = wilson(hits, of)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_rooms_add_up() -> None:
    assert total([RoomUse(1, Use(visits=3, cost=5)), RoomUse(None, Use(visits=2, parts=1))]) == Use(
        visits=5, cost=5, parts=1
    )
