"""Which numbers an SMS may go to, what it costs, and which month it counts to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from turnet.messaging.texting import ABROAD, NO_NUMBER, NOT_MOBILE, Policy, month_of, unreachable

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+358401234567", None),
        ("+358400001234", None),  # unassigned: of no sort at all
        ("+35830000116", NOT_MOBILE),  # a company's own number
        ("+358600123456", NOT_MOBILE),  # premium
        ("+35891234567", NOT_MOBILE),
        ("+972521234567", ABROAD),
        ("+23276123456", ABROAD),
        ("+8801712345678", ABROAD),
        ("+979123456789", ABROAD),
        ("0401234567", NO_NUMBER),
        ("*6555", NO_NUMBER),
    ],
)
def test_an_sms_goes_to_mobiles_of_the_clinics_own_country(number: str, why: str | None) -> None:
    assert unreachable(number, Policy(), "FI") == why


def test_countries_that_the_clinic_names_replace_its_own() -> None:
    decided = Policy(countries=("SE", "IL"))

    assert unreachable("+972521234567", decided, "FI") is None
    assert unreachable("+358401234567", decided, "FI") == ABROAD


@pytest.mark.parametrize(("price", "cost"), [(None, None), (0, 0), (7900, 23700)])
def test_every_part_costs(price: int | None, cost: int | None) -> None:
    assert Policy(price=price).cost(3) == cost


@pytest.mark.parametrize(
    ("at", "first", "after"),
    [
        (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "2026-12-31T22:00", "2027-01-31T22:00"),  # January in Helsinki
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-09-30T21:00", "2026-10-31T22:00"),  # summer time ends in it
        (datetime(2026, 2, 1, 0, 0, tzinfo=UTC), "2026-01-31T22:00", "2026-02-28T22:00"),
    ],
)
def test_a_month_is_the_clinics(at: datetime, first: str, after: str) -> None:
    assert month_of(at, HELSINKI) == (
        datetime.fromisoformat(first).replace(tzinfo=UTC),
        datetime.fromisoformat(after).replace(tzinfo=UTC),
    )
