"""Lost links asked for: by thumb, without JavaScript, with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Opens, sideways
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser


def ask(page: Page, contact: str) -> None:
    page.locator("#contact").fill(contact)
    page.locator("main form button").click()


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_from_the_foot_of_any_page_to_the_links_on_a_small_phone(opens: Opens, language: str) -> None:
    page = opens(f"/{language}/privacy")
    page.locator(".foot nav a").first.tap()
    expect(page.locator("#contact")).to_be_visible()
    seen = [sideways(page)]
    found = violations(page)

    ask(page, "eeva")
    expect(page.locator("#contact-error")).to_be_visible()
    expect(page.locator("#contact")).to_have_value("eeva")
    expect(page.locator("#wrong")).to_be_focused()
    seen.append(sideways(page))
    found += violations(page)

    ask(page, "eeva@example.com")
    expect(page.locator(".tick")).to_be_visible()
    expect(page.locator(".said")).to_be_focused()
    expect(page.locator(".said bdi")).to_have_text("eeva@example.com")
    expect(page.locator("html")).to_have_attribute("lang", language)
    seen.append(sideways(page))
    found += violations(page)

    assert (seen, found) == ([0, 0, 0], [])


def test_it_works_without_javascript(opens: Opens) -> None:
    page = opens("/find?lang=en", java_script_enabled=False)

    ask(page, "040 12")
    expect(page.locator("#contact-error")).to_be_visible()
    ask(page, "040 000 0123")

    expect(page.locator("h1")).to_have_text("Look at your messages")


def test_a_patient_asks_with_the_keyboard_alone(opens: Opens) -> None:
    page = opens("/find?lang=en", **DESKTOP)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "contact":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"

    page.keyboard.type("eeva@example.com")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Look in your mailbox")


def test_a_long_address_in_large_text_makes_nothing_scroll_sideways(opens: Opens) -> None:
    page = opens("/find?lang=fi")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")

    ask(page, f"{'a' * 60}@{'b' * 60}.example.com")
    expect(page.locator(".tick")).to_be_visible()

    assert sideways(page) == 0
