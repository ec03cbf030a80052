"""Dates, times and money read as a native would write them."""

from datetime import date, time

import pytest

from turnet import format
from turnet.i18n import best, speaking

TUESDAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["09:30", "Tuesday 1 December", "Tuesday 1 December", "Tue 1 Dec", "December", "€79", "€79.50"]),
        (
            "fi",
            [
                "9.30",
                "tiistai 1. joulukuuta",
                "tiistaina 1. joulukuuta",
                "ti 1.12.",
                "joulukuu",
                "79\xa0€",
                "79,50\xa0€",
            ],
        ),
        (
            "he",
            [
                "09:30",
                "יום שלישי, 1 בדצמבר",
                "יום שלישי, 1 בדצמבר",
                "יום ג׳, 1.12",
                "דצמבר",
                "79\xa0€",
                "\u200f79.50\xa0\u200f€",
            ],
        ),
    ],
)
def test_each_language_writes_its_own_way(language: str, expected: list[str]) -> None:
    with speaking(language):
        written = [
            format.clock_time(time(9, 30)),
            format.day_long(TUESDAY),
            format.on_day_long(TUESDAY),
            format.day_short(TUESDAY),
            format.month_name(TUESDAY),
            format.money(7900, "EUR"),
            format.money(7950, "EUR"),
        ]

    assert written == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", ["₪320", "₪320.50"]), ("fi", ["320\xa0₪", "320,50\xa0₪"]), ("he", ["320\xa0₪", "\u200f320.50\xa0\u200f₪"])],
)
def test_shekels_have_their_sign_in_every_language(language: str, expected: list[str]) -> None:
    with speaking(language):
        written = [format.money(32000, "ILS"), format.money(32050, "ILS")]

    assert written == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", ["2,186", "65\xa0%"]), ("fi", ["2\xa0186", "65\xa0%"]), ("he", ["2,186", "65%"])],
)
def test_numbers_and_shares(language: str, expected: list[str]) -> None:
    with speaking(language):
        written = [format.number(2186), format.percent(0.652)]

    assert written == expected


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("fi-FI,fi;q=0.9,en;q=0.8", "fi"),
        ("iw", "he"),
        ("en;q=0.2, he;q=0.7", "he"),
        ("sv, *;q=0.1", "en"),
        ("", "en"),
        ("fi;q=nonsense", "en"),
        ("fi;q=0", "en"),
    ],
)
def test_visitor_gets_the_language_they_like_best(accepted: str, chosen: str) -> None:
    assert best(accepted, ("en", "fi", "he")) == chosen
