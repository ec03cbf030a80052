"""Reception finds people in any script, puts a card right, and says who it is that booked without being known."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser


def books_online(site: str, start: str, name: str, phone: str) -> None:
    """As an API client does; `start` is clinic time, such as `2026-12-03T09:20`."""
    body = {"service": "check-up", "start": f"{start}:00+02:00", "patient": {"name": name, "phone": phone}}
    answer = httpx.post(f"{site}/api/v1/bookings", json=body, headers={"Idempotency-Key": f"patients-{start}"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(("language", "how"), [("en", PHONE), ("he", PHONE), ("en", DESKTOP), ("he", DESKTOP)])
def test_people_are_found_as_one_types_and_a_card_is_put_right(
    sits: Sits,
    language: str,
    how: dict[str, Any],
) -> None:
    page = sits("/desk/patients", language, **how)
    for typed, name in (("makin", "Aino Mäkinen"), ("levi", "דנה לוי"), ("petr", "Иван Петров"), ("0001", "Eero Salo")):
        page.locator("input[name=q]").fill(typed)
        expect(page.locator("#found li a b bdi").first).to_have_text(name)
    assert (violations(page), sideways(page)) == ([], 0)

    page.locator("#found li a").first.click()
    expect(page).to_have_url(re.compile(r"/desk/patients/[\w-]{22}$"))
    page.locator("#contact").fill("12")
    page.locator(".add-contact button").click()
    expect(page.locator("#contact-error")).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)
    page.locator("#contact").fill("eero@mail.example")
    page.locator(".add-contact button").click()
    expect(page.locator("#said [role=status]")).to_contain_text("Eero Salo")
    expect(page.get_by_role("link", name="eero@mail.example")).to_be_visible()
    page.locator("form:has([value='eero@mail.example']) button").click()
    expect(page.get_by_role("link", name="eero@mail.example")).to_have_count(0)


def test_whoever_booked_without_being_known_is_matched_in_one_tap_and_taken_back(
    sits: Sits,
    reception: str,
) -> None:
    books_online(reception, "2026-12-09T09:20", "Matti Virtaca", "+358457000054")
    page = sits("/desk/patients?show=new", **PHONE)
    row = page.locator(".matching li", has_text="Matti Virtaca")
    assert (violations(page), sideways(page)) == ([], 0)
    card = row.locator("a").first.get_attribute("href")
    page.goto(card or "")
    page.get_by_role("link", name="Somebody else we know").click()
    page.locator("input[name=q]").fill("aino")
    page.locator("#found li a").first.click()
    assert (violations(page), sideways(page)) == ([], 0)
    page.get_by_role("link", name="The other way round").click()
    page.get_by_role("button", name="Join them").click()

    said = page.locator("#said")
    expect(said).to_contain_text("is part of this card now.")
    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("They are two people again.")
