"""Costs and savings: the month's page, what was before, and what SMS may cost."""

from datetime import timedelta

import pytest
from litestar import Litestar

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from turnet.db.transactions import fetch
from turnet.messaging.texting import Policy, policy
from turnet.reports.model import Baseline
from turnet.reports.queries import baseline

BEFORE = {"visits": "400", "no_shows": "32", "visit_value": "200", "desk_hour": "28,50", "checkin_seconds": ""}
PRICES = {"price": "0,079", "budget": "30", "countries": "FI, sweden"}


async def _last_month(app: Litestar) -> None:
    """Eighteen visits of November took place, two were missed, one was never marked."""
    clinic, clock = await a_clinic(), app.state.clock
    for number in range(21):
        state = "done" if number < 18 else "no_show" if number < 20 else "booked"
        starts = clock.now() - timedelta(days=1, hours=number)
        await a_booking(clinic, clock, starts_at=starts, state=state, room=clinic.rooms["room-1"].row)


async def test_the_month_shows_counts_and_the_range_of_what_was_saved(app: Litestar, signs_in: Signs) -> None:
    await _last_month(app)
    desk = await signs_in("owner")
    await desk.post("/admin/value", data=BEFORE | {"no_shows": "100"})

    page = (await desk.get("/admin/value")).text

    assert "2 of 20 were missed" in page
    assert "about 3 (2 to 4), worth about €600 (€" in page
    assert "<dt>Past visits that nobody marked, left out</dt><dd><bdi>1</bdi></dd>" in page


async def test_without_what_was_before_it_says_so_and_asks(app: Litestar, signs_in: Signs) -> None:
    await _last_month(app)
    desk = await signs_in("owner")

    page = (await desk.get("/admin/value")).text

    assert "nobody has said yet how many were missed before" in page
    assert 'class="range"' not in page


@pytest.mark.parametrize("partial", [False, True])
async def test_what_was_before_is_kept(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in("manager")

    answer = await desk.post("/admin/value", data=BEFORE, headers={"HX-Request-Type": "partial"} if partial else {})

    said = await baseline()
    assert (answer.status_code, said.visits, said.no_shows, said.visit_value, said.desk_hour) == (
        204 if partial else 303, 400, 32, 20_000, 2_850,
    )  # fmt: skip
    assert 'value="28.50"' in (await desk.get("/admin/value?saved=1")).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"visits": "many"}, "Write a number, or leave it empty."),
        ({"no_shows": "500"}, "More were missed than there were visits. Look at both numbers."),
        ({"desk_hour": "-5"}, "Write a number, or leave it empty."),
        ({"checkin_seconds": "99999"}, "That is more than can be. Look at it once more."),
    ],
)
async def test_a_wrong_number_is_said_beside_it_and_changes_nothing(
    signs_in: Signs, wrong: dict[str, str], sentence: str
) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    answer = await desk.post("/admin/value", data=BEFORE | wrong)

    [name] = wrong
    assert (answer.status_code, await baseline()) == (422, Baseline())
    assert f'id="{name}-error"' in answer.text
    assert sentence in answer.text
    assert f'value="{wrong[name]}"' in answer.text


@pytest.mark.parametrize("month", ["2027-01", "2026-13", "2026-1", "x"])
async def test_a_month_to_come_or_that_is_none_is_not_there(signs_in: Signs, month: str) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    assert (await desk.get(f"/admin/value?month={month}")).status_code == 404


async def test_the_running_month_says_that_it_grows(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    assert "This month is not over" in (await desk.get("/admin/value?month=2026-12")).text


# --- prices


@pytest.mark.parametrize("partial", [False, True])
async def test_price_budget_and_countries_are_kept(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in("manager")

    answer = await desk.post("/admin/texting", data=PRICES, headers={"HX-Request-Type": "partial"} if partial else {})

    assert (answer.status_code, await policy()) == (204 if partial else 303, Policy(7_900, 3_000, ("FI", "SE")))
    page = (await desk.get("/admin/texting")).text
    assert ('value="0.079"' in page, 'value="30"' in page, 'value="FI, SE"' in page) == (True, True, True)
    assert await fetch("SELECT act FROM audit_entry") == [("texting_decided",)]


@pytest.mark.parametrize(
    "wrong", [{"price": "cheap"}, {"budget": "1e9"}, {"countries": "Atlantis"}, {"price": "99999999"}]
)
async def test_a_wrong_price_changes_nothing(signs_in: Signs, wrong: dict[str, str]) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    answer = await desk.post("/admin/texting", data=PRICES | wrong)

    [name] = wrong
    assert (answer.status_code, f'id="{name}-error"' in answer.text, await policy()) == (422, True, Policy())


async def test_a_budget_nearly_used_up_is_said(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    await desk.post("/admin/texting", data=PRICES | {"budget": "1"})
    at = app.state.clock.now()
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, sequence, facts, state, due_at, not_after, "
        "attempts, created_at, finished_at, parts, cost) VALUES ({}, 'd', 'reminder', 'sms', '+358401234567', 'en', 0, {}, "
        "'sent', {}, {}, 1, {}, {}, 11, 86900)",
        *("00000000-0000-4000-8000-000000000001", "{}", at, at, at, at),
    )

    page = (await desk.get("/admin/texting")).text

    assert "87 % of the budget" in page
    assert "The budget is nearly used up" in page
