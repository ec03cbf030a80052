"""How far the demo's clock may be put forward, as it is written in the form."""

from datetime import timedelta

import pytest

from turnet.demo.clock import step
from turnet.errors import Invalid


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("1d", timedelta(days=1)),
        ("3h", timedelta(hours=3)),
        ("10m", timedelta(minutes=10)),
        (" 7d ", timedelta(days=7)),
    ],
)
def test_days_hours_and_minutes(text: str, by: timedelta) -> None:
    assert step(text) == by


@pytest.mark.parametrize("text", ["", "0d", "-1d", "1w", "1", "d", "1.5h", "1d3h", "367d", "99999d", "٣h"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        step(text)
