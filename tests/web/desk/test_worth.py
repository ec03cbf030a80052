"""Costs and savings: the month's page, what was before, and what SMS may cost."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from turnet.clinic.queries import clinic as current_clinic
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
    assert "<dt>Past visits that nobody marked, left out</dt><dd>1</dd>" in page


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
        ({"visits": "many"}, "Visits a month: write a number, or leave it empty."),
        ({"no_shows": "500"}, "More were missed than there were visits. Look at both numbers."),
        ({"desk_hour": "-5"}, "What an hour of an assistant costs: write a number, or leave it empty."),
        ({"visit_value": "1,000"}, "What a visit brings in: write a number, or leave it empty."),
        ({"checkin_seconds": "99999"}, "Seconds to check somebody in: that is more than can be. Look at it once more."),
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


async def test_two_wrong_numbers_are_two_things_to_put_right_even_of_two_sorts(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    before = await desk.post("/admin/value", data=BEFORE | {"visits": "many", "checkin_seconds": "99999"})
    prices = await desk.post("/admin/texting", data={"price": "cheap", "budget": "much", "countries": "Narnia"})

    assert ("2 things to put right" in before.text, "3 things to put right" in prices.text) == (True, True)
    assert "Write an amount such as €0.08, or leave it empty." in prices.text
    assert "Write an amount such as €50, or leave it empty." in prices.text
    assert 'id="countries-error"' in prices.text


@pytest.mark.parametrize(
    ("language", "shown", "price"), [("fi", ("0,079", "28,50"), "0,08\u00a0€"), ("en", ("0.079", "28.50"), "€0.08")]
)
async def test_amounts_stand_in_fields_as_the_reader_writes_them_beside_their_currency(
    signs_in: Signs, language: str, shown: tuple[str, str], price: str
) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    await desk.post("/admin/value", data=BEFORE)
    await desk.post("/admin/texting", data=PRICES)
    await fetch("UPDATE staff_user SET language = {}", language)

    prices, value = (await desk.get("/admin/texting")).text, (await desk.get("/admin/value")).text

    assert (f'value="{shown[0]}"' in prices, f'value="{shown[1]}"' in value) == (True, True)
    assert ('<span aria-hidden="true">€</span>' in prices, price in prices) == (True, True)
    again = {"price": shown[0], "budget": "30", "countries": "FI"}
    assert ((await desk.post("/admin/texting", data=again)).status_code, (await policy()).price) == (303, 7_900)


async def test_no_shows_stand_beside_as_many_as_before_and_late_cancellations_apart(
    app: Litestar, signs_in: Signs
) -> None:
    await _last_month(app)
    clinic, clock = await current_clinic(), app.state.clock
    assert clinic is not None
    await a_booking(
        clinic, clock, starts_at=clock.now() - timedelta(days=2), state="cancelled", cancelled_late=True,
        room=clinic.rooms["room-1"].row,
    )  # fmt: skip
    desk = await signs_in("owner")
    await desk.post("/admin/value", data=BEFORE | {"no_shows": "100"})

    page = (await desk.get("/admin/value")).text

    row = page[page.index('<th scope="row">November 2026') :]
    numbers = re.findall(r"<span>(.*?)</span>", row[: row.index("</tr>")])
    assert numbers == ["20", "2", "5", "1"]
    assert 'x="0.0" y="2" width="40.0"' in row  # two of five, and …
    assert '<line class="before" x1="100.0"' in row  # … five of five
    assert "2 of 20 were missed; as before it would have been about 5" in page


async def test_what_is_asked_is_reckoned_with_at_the_price_of_then(app: Litestar, signs_in: Signs) -> None:
    await _last_month(app)
    desk = await signs_in("owner")
    at = app.state.clock.now() - timedelta(days=3)
    for number, (parts, cost) in enumerate(((3, 23_700), (2, 16_000), (2, 16_000), (1, None))):
        await _a_message(f"m{number}", at, parts, cost)
    await fetch("UPDATE booking SET checked_in_by = 'sms' WHERE state = 'done'")
    await desk.post("/admin/texting", data=PRICES | {"price": "0.25"})
    await desk.post("/admin/value", data=BEFORE | {"checkin_seconds": "100"})

    page = (await desk.get("/admin/value")).text

    assert "<dd>€0.079 for 3 parts, €0.08 for 4 parts, not said for 1 part</dd>" in page
    assert "about 30 minutes (20 to 40), worth about €14 (€10 to €19)" in page
    assert "<dd>100 seconds, a third more or less</dd>" in page


async def test_where_nothing_was_sent_the_price_is_todays(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    await desk.post("/admin/texting", data=PRICES)

    page = (await desk.get("/admin/value")).text

    assert "<dt>Price of one part of an SMS</dt><dd>€0.079</dd>" in page


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


async def _a_message(name: str, at: datetime, parts: int, cost: int | None) -> None:
    await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, sequence, facts, state, due_at, not_after, "
        "attempts, created_at, finished_at, parts, cost) VALUES ({}, {}, 'reminder', 'sms', '+358401234567', 'en', 0, {}, "
        "'sent', {}, {}, 1, {}, {}, {}, {})",
        *(str(uuid4()), name, "{}", at, at, at, at, parts, cost),
    )


@pytest.mark.parametrize(
    ("budget", "cost", "said"),
    [
        ("1", 79_000, ("79 % of the budget", False, False)),
        ("1", 86_900, ("86 % of the budget", True, False)),
        ("1", 99_900, ("99 % of the budget", True, False)),
        ("1", 100_000, ("100 % of the budget", False, True)),
        ("1", 163_000, ("163 % of the budget", False, True)),
        ("0", 0, ("Spent this month", False, True)),
        ("", 163_000, ("Spent this month", False, False)),
    ],
)
async def test_a_budget_that_is_spent_or_nearly_is_said(
    app: Litestar, signs_in: Signs, budget: str, cost: int, said: tuple[str, bool, bool]
) -> None:
    await a_clinic()
    desk = await signs_in("owner")
    await desk.post("/admin/texting", data=PRICES | {"budget": budget})
    await _a_message("d", app.state.clock.now(), 11, cost)

    page = (await desk.get("/admin/texting")).text

    share, nearly, spent = said
    assert (share in page, "The budget is nearly used up." in page, "The budget is spent: only" in page) == (
        True, nearly, spent,
    )  # fmt: skip
