"""Reception books while the phone is at the ear: counted keystrokes and taps, in English and Hebrew."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser

BOOKED = re.compile(r"/desk(/new)?\?(.*&)?did=[A-Za-z0-9_-]{22}$")
MOST = 6
"""Keystrokes or taps after the name, for somebody who is known."""


def booked(page: Page) -> None:
    """The desk shows that it was done; the page has to be there whole before it is left."""
    expect(page).to_have_url(BOOKED)
    page.wait_for_load_state("load")


class Hands:
    """Counts what somebody does after the name."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def tap(self, target: Locator) -> None:
        self.count += 1
        target.tap()


@pytest.mark.parametrize(
    ("language", "typed"), [("en", "aino mä"), ("he", "דנה ל"), ("en", "petrov"), ("en", "045 700 0001")]
)
def test_a_known_caller_is_booked_in_six_keystrokes_after_the_name(sits: Sits, language: str, typed: str) -> None:
    page = sits("/desk/new", language)
    hands = Hands(page)

    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(typed, delay=30)
    hands.press("Enter")
    expect(page.locator(".chosen")).to_be_visible()
    expect(page.locator("#book")).to_be_focused()
    hands.press("Enter")

    booked(page)
    assert hands.count <= MOST


def test_with_another_reason_and_another_time_it_is_still_six(sits: Sits) -> None:
    """Reason of the visit and time are changed by keyboard alone, on the way back from the button."""
    page = sits("/desk/new")
    hands = Hands(page)
    page.keyboard.type("eero", delay=30)
    hands.press("Enter")
    expect(page.locator("#book")).to_be_focused()
    before = page.locator("#book").inner_text()

    page.locator("#visit input[name=time]:checked").focus()
    hands.press("ArrowDown")
    expect(page.locator("#book")).not_to_have_text(before)
    hands.press("ArrowDown")
    page.wait_for_load_state("networkidle")
    page.locator("#book").focus()
    hands.press("Enter")

    booked(page)
    assert hands.count <= MOST


@pytest.mark.parametrize(("language", "typed"), [("en", "aino"), ("he", "דנה")])
def test_on_a_phone_a_known_caller_is_booked_by_three_taps(sits: Sits, language: str, typed: str) -> None:
    page = sits("/desk/new", language, **PHONE)
    hands = Hands(page)
    seen = [sideways(page)]

    page.locator("#q").press_sequentially(typed, delay=30)
    hands.tap(page.locator("#suggestions [role=option]").first)
    expect(page.locator(".chosen")).to_be_visible()
    hands.tap(page.locator("#visit .of-day label").nth(4))
    expect(page.locator("#visit input[name=time]").nth(4)).to_be_checked()
    expect(page.locator(".kept")).to_be_visible()
    seen.append(sideways(page))
    hands.tap(page.locator("#book"))

    booked(page)
    assert hands.count <= MOST
    assert seen == [0, 0]


def test_enter_before_the_suggestions_are_there_waits_for_the_right_ones(sits: Sits) -> None:
    """Whoever types fast must not book the first Matti for the one that was meant."""
    page = sits("/desk/new")
    expect(page.locator("#q")).to_be_focused()

    page.keyboard.type("matti")
    expect(page.locator("#suggestions [role=option]").first).to_be_visible()
    page.keyboard.type(" virtazc")
    page.keyboard.press("Enter")

    expect(page.locator(".chosen a")).to_have_text("Matti Virtazc")


def test_whoever_is_not_known_becomes_a_new_patient_with_what_was_typed(sits: Sits) -> None:
    page = sits("/desk/new")

    page.keyboard.type("Väinö Aalto", delay=20)
    page.keyboard.press("Enter")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.type("040 000 0555")
    page.locator("#book").click()

    booked(page)


def test_an_unfinished_booking_is_put_aside_by_one_key_and_survives_a_reload(sits: Sits) -> None:
    page = sits("/desk/new?service=root-canal")
    page.keyboard.type("eero", delay=30)
    page.keyboard.press("Enter")
    expect(page.locator("#book")).to_be_focused()

    page.keyboard.press("p")
    waiting = page.locator(".parked a", has_text="Eero Salo")
    expect(waiting).to_be_visible()
    page.reload()
    waiting.first.click()

    expect(page.locator(".chosen a")).to_have_text("Eero Salo")
    expect(page.locator("#service")).to_have_value("root-canal")
    page.locator("#book").click()
    booked(page)


def test_typing_a_p_in_a_name_puts_nothing_aside(sits: Sits) -> None:
    page = sits("/desk/new")

    page.keyboard.type("pp", delay=20)

    expect(page.locator("#q")).to_have_value("pp")
    expect(page.locator(".parked")).to_have_count(0)


def test_somebody_at_the_desk_is_booked_in_two_taps(sits: Sits) -> None:
    page = sits("/desk/new", **PHONE)
    hands = Hands(page)

    hands.tap(page.get_by_role("link", name="Walk-in"))
    expect(page).to_have_url(re.compile("/desk/walk-in$"))
    hands.tap(page.locator(".taker").last)

    booked(page)
    assert hands.count == 2


def test_everything_works_without_javascript(sits: Sits) -> None:
    page = sits("/desk/new", java_script_enabled=False, **DESKTOP)

    page.locator("#q").fill("aino")
    page.locator("#q").press("Enter")
    page.locator(".matches button").first.click()
    page.locator("summary", has_text="Other times").click()
    page.locator("#part").select_option("afternoon")
    page.get_by_role("button", name="Show what fits").click()
    page.locator("#visit input[name=time]").nth(1).check()
    page.locator("#book").click()

    booked(page)


def test_a_series_asks_before_it_books(sits: Sits) -> None:
    page = sits("/desk/new?service=cleaning")
    page.keyboard.type("eero", delay=30)
    page.keyboard.press("Enter")
    expect(page.locator("#book")).to_be_focused()
    page.locator("summary", has_text="Several visits in a row").click()
    page.locator("#times").fill("3")
    page.locator("#times").press("Tab")
    expect(page.locator("#book")).to_have_text("Look at the 3 dates")

    page.locator("#book").click()
    expect(page.locator(".turns-of-series li")).to_have_count(3)
    page.locator("#book").click()

    booked(page)


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("how", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_while_somebody_is_booked(sits: Sits, language: str, how: dict[str, Any]) -> None:
    page = sits("/desk/walk-in", language, **how)
    found = violations(page)
    page.goto("/desk/new?service=cleaning")
    page.locator("#q").press_sequentially("aino", delay=30)
    expect(page.locator("#suggestions [role=option]").first).to_be_visible()
    found += violations(page)
    page.keyboard.press("Enter")
    expect(page.locator(".chosen")).to_be_visible()
    for fold in ("narrow", "by-hand", "repeat", "notes", "message", "contact"):
        page.locator(f"#{fold} > summary").click()
    found += violations(page)
    page.locator("#times").fill("2")
    page.locator("#times").press("Tab")
    page.wait_for_load_state("networkidle")
    page.locator("#book").click()
    expect(page.locator(".turns-of-series")).to_be_visible()
    found += violations(page)

    assert (found, sideways(page)) == ([], 0)
