"""Weekly hours as people write them."""

import pytest

from turnet.cli.hours import BadHours, Opening, weekly


def test_days_and_breaks() -> None:
    assert weekly("Mon-Tue 8-12,13-16") == [
        Opening(0, 480, 720), Opening(0, 780, 960), Opening(1, 480, 720), Opening(1, 780, 960),
    ]  # fmt: skip


def test_minutes_with_colon_or_point_and_any_dash() -> None:
    assert weekly("wed 8:30 – 12.15") == [Opening(2, 510, 735)]


def test_week_may_begin_on_sunday() -> None:
    assert [opening.weekday for opening in weekly("Sun-Thu 8-12; Fri 8-11")] == [0, 1, 2, 3, 4, 6]


def test_single_days_and_whole_names() -> None:
    assert [opening.weekday for opening in weekly("Monday, Wed, Friday-Sat 9-24")] == [0, 2, 4, 5]


@pytest.mark.parametrize(
    "text", ["", ";", "8-12", "Mon", "Mon 8", "Mon 12-8", "Mon 8-25", "Xyz 8-12", "Mon 8-12 Tue", "Mon 8:75-9:90"]
)
def test_what_is_not_understood_is_said(text: str) -> None:
    with pytest.raises(BadHours):
        weekly(text)
