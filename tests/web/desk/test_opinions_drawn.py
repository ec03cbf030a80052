"""Where a score, its range and its months are drawn; in Hebrew the same, mirrored."""

from datetime import date

import pytest

from turnet.feedback.stats import Nps, Tally
from turnet.web.desk.opinions.drawing import HEIGHT, WIDTH, Bar, Gauge, bars, gauge, months


@pytest.mark.parametrize(
    ("nps", "there", "mirrored"),
    [
        (Nps(50, -18, 84), Gauge(41.0, 51.0, 75.0), Gauge(8.0, 51.0, 25.0)),
        (Nps(-100, -100, 100), Gauge(0.0, 100.0, 0.0), Gauge(0.0, 100.0, 100.0)),
        (Nps(0, 0, 0), Gauge(50.0, 1.0, 50.0), Gauge(50.0, 1.0, 50.0)),
        (Nps(100, 100, 100), Gauge(99.0, 1.0, 100.0), Gauge(0.0, 1.0, 0.0)),
    ],
)
def test_a_range_lies_on_the_line_and_can_be_seen(nps: Nps, there: Gauge, mirrored: Gauge) -> None:
    assert (gauge(nps, mirrored=False), gauge(nps, mirrored=True)) == (there, mirrored)


def test_bars_are_eleven_and_the_tallest_is_whole() -> None:
    drawn = bars(Tally(20, {0: 1, 6: 2, 7: 4, 9: 8}))

    assert [(one.score, one.height) for one in drawn if one.count] == [(0, 12.5), (6, 25.0), (7, 50.0), (9, 100.0)]
    assert [one.sort for one in drawn] == ["against"] * 7 + ["between"] * 2 + ["for"] * 2


def test_nobody_is_eleven_bars_without_height() -> None:
    assert bars(Tally()) == tuple(
        Bar(score, 0, 0.0, "against" if score <= 6 else "between" if score <= 8 else "for") for score in range(11)
    )


def test_months_run_forwards_backwards_in_hebrew_and_inside_the_picture() -> None:
    many, few = Tally(100, {10: 60, 8: 20, 0: 20}), Tally(9, {10: 4})
    year = [(date(2026, month, 1), tally) for month, tally in ((1, many), (2, few), (3, Tally()), (4, many))]

    drawn, turned = months(year, mirrored=False), months(year, mirrored=True)

    assert [one.month.month for one in drawn] == [one.month.month for one in turned] == [1, 2, 3, 4]
    assert (
        [one.x for one in turned]
        == [one.x for one in reversed(drawn)]
        == sorted((one.x for one in turned), reverse=True)
    )
    assert [one.height > 0 for one in drawn] == [True, False, False, True]  # four answers are no score
    assert drawn[0].likely == (100 - 40) / 200 * HEIGHT
    for one in (*drawn, *turned):
        assert 0 <= one.x < one.x + one.width <= WIDTH
        assert 0 <= one.top <= one.top + one.height <= HEIGHT
