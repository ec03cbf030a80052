"""Arriving as people do: at the door with a thumb, on a tablet without JavaScript, and the desk that sees it at once."""

import itertools
import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways, visiting
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
SMALL_TABLET = {"viewport": {"width": 360, "height": 780}, "has_touch": True}
_numbers = itertools.count(2000)


def soon(site: str) -> tuple[str, str, str]:
    """Somebody has an urgent time within the hour: (name, last four figures, time as the clinic's clock shows it)."""
    number = next(_numbers)
    name = f"Tuula Tulija{chr(97 + number % 26)}"
    found = httpx.get(f"{site}/api/v1/slots?service=acute&from=2026-12-01&to=2026-12-01&location=keskusta").json()
    slot = found["slots"][0]
    body = {
        "service": "acute", "start": slot["start"], "location": "keskusta",
        "patient": {"name": name, "phone": f"+35845700{number:05}"},
    }  # fmt: skip
    answer = httpx.post(f"{site}/api/v1/bookings", json=body, headers={"Idempotency-Key": f"checkin-{number}"})
    assert answer.status_code == 201, answer.text
    return name, f"{number:05}"[-4:], slot["start"][11:16]


def door_of(desk: Page) -> str:
    desk.goto("/desk/door?at=keskusta")
    found = re.search(r"/here/[\w-]{22}", desk.content())
    assert found
    return found[0]


def say(page: Page, digits: str, clock: str) -> None:
    page.locator("#digits").fill(digits)
    page.locator("#time").fill(clock)
    page.locator(".here button").click()


def test_hebrew_thumb_at_the_door_and_the_desk_sees_it_at_once(reception: str, sits: Sits, chromium: Browser) -> None:
    name, digits, clock = soon(reception)
    desk = sits("/desk?as=list", "he", **PHONE)
    poster = door_of(sits("/desk/more", **DESKTOP))
    row = desk.locator("li.visit", has_text=name)
    expect(row).to_have_attribute("data-state", "booked")

    with visiting(reception, chromium) as opens:
        page = opens(poster, **PHONE, locale="he-IL")
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        seen, found = [sideways(page)], violations(page)
        say(page, digits[:3], clock)
        expect(page.locator("#wrong")).to_be_focused()
        expect(page.locator("#time")).to_have_value(clock)
        seen.append(sideways(page))
        found += violations(page)
        say(page, digits, clock)
        expect(page.locator(".tick")).to_be_visible()
        seen.append(sideways(page))
        found += violations(page)

    expect(row).to_have_attribute("data-state", "arrived")
    assert (seen, found, sideways(desk), violations(desk)) == ([0, 0, 0], [], 0, [])
    row.locator(".also button").last.tap()
    expect(row).to_have_attribute("data-state", "booked")


@pytest.mark.parametrize("size", [TABLET, SMALL_TABLET], ids=["tablet", "360 px"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_a_tablet_thanks_everybody_alike(
    reception: str, sits: Sits, chromium: Browser, language: str, size: dict[str, object]
) -> None:
    poster = door_of(sits("/desk/more", **DESKTOP))

    with visiting(reception, chromium) as opens:
        page = opens(f"{poster}?tablet=1&lang={language}", **size)
        seen, found = [sideways(page)], violations(page)
        say(page, "0000", "9:00")
        expect(page.locator(".tick")).to_be_visible()
        seen.append(sideways(page))
        found += violations(page)

    assert (seen, found) == ([0, 0], [])


def test_a_tablet_without_javascript_shows_an_empty_form_again_by_itself(
    reception: str, sits: Sits, chromium: Browser
) -> None:
    poster = door_of(sits("/desk/more", **DESKTOP))

    with visiting(reception, chromium) as opens:
        page = opens(f"{poster}?tablet=1&lang=he", java_script_enabled=False, **TABLET)
        say(page, "0000", "9:00")
        expect(page.locator(".tick")).to_be_visible()
        expect(page.locator("#digits")).to_have_value("", timeout=20_000)
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_tablet_forgets_what_was_half_typed(reception: str, sits: Sits, chromium: Browser) -> None:
    poster = door_of(sits("/desk/more", **DESKTOP))

    with visiting(reception, chromium) as opens:
        page = opens("/en/", **TABLET)
        page.clock.install()
        page.goto(f"{poster}?tablet=1")
        page.locator("#digits").fill("01")
        page.clock.fast_forward(89_000)
        expect(page.locator("#digits")).to_have_value("01")
        page.clock.fast_forward(2_000)
        expect(page.locator("#digits")).to_have_value("")


def test_calling_in_from_the_row_and_the_poster_on_paper(reception: str, sits: Sits, chromium: Browser) -> None:
    name, digits, clock = soon(reception)
    desk = sits("/desk?as=list", **DESKTOP)
    with visiting(reception, chromium) as opens:
        say(opens(door_of(sits("/desk/more", **DESKTOP)), **PHONE), digits, clock)

    row = desk.locator("li.visit", has_text=name)
    row.locator(".also button").first.click()
    expect(desk.locator("#said")).to_contain_text("is asked to come in")
    expect(row).to_contain_text("called in")

    desk.goto("/desk/door")
    found = violations(desk)
    desk.emulate_media(media="print")
    shown = [desk.locator(one).first.is_visible() for one in (".poster img", ".desk-top", ".bar", ".no-print")]
    assert (found, shown) == ([], [True, False, False, False])
