"""Saying how it went with a thumb, in Hebrew, and the desk that reads it; and saying why one cancels."""

import itertools
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, STILL, Sits, sideways, visiting
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser

WHY = "קיבלו אותי בחיוך וסיימנו בזמן. אפשר לקבל קבלה?"
"""Praise alone would ask nothing of the desk."""
_numbers = itertools.count(3000)


def a_visit(site: str, name: str) -> str:
    """Booked for a day on which it may still be cancelled. Returns its token."""
    number = next(_numbers)
    days = "from=2026-12-15&to=2026-12-18"
    slots = httpx.get(f"{site}/api/v1/slots?service=check-up&{days}&location=keskusta").json()["slots"]
    body = {
        "service": "check-up", "start": slots[number % 5]["start"], "location": "keskusta",
        "patient": {"name": name, "phone": f"+35845701{number:05}"},
    }  # fmt: skip
    answer = httpx.post(f"{site}/api/v1/bookings", json=body, headers={"Idempotency-Key": f"feedback-{number}"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["manage_url"]).rsplit("/", 1)[1]


def link(site: str, name: str) -> str:
    answer = httpx.post(f"{site}/-/asked", json={"booking": a_visit(site, name)}, headers={"Origin": site})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"])


def smallest(page: Page, what: str) -> float:
    """The shorter side of the smallest of them, in pixels."""
    sides = "found => Math.min(...found.map(e => { const r = e.getBoundingClientRect(); return Math.min(r.width, r.height) }))"
    return float(page.locator(what).evaluate_all(sides))


@pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])
def test_hebrew_thumb_gives_nine_and_says_why(reception: str, sits: Sits, chromium: Browser, script: bool) -> None:
    name = f"Noa Levi{'a' if script else 'b'}"
    with visiting(reception, chromium) as opens:
        page = opens(f"{link(reception, name)}?lang=he", java_script_enabled=script, **(PHONE | STILL))
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        seen, thumb = [sideways(page)], smallest(page, ".scale button")
        found = violations(page) if script else []
        page.locator(".scale button", has_text="9").tap()
        expect(page.locator("textarea")).to_be_visible()
        seen.append(sideways(page))
        found += violations(page) if script else []
        page.locator("textarea").fill(WHY)
        page.locator("form .btn").tap()
        expect(page.locator("textarea")).to_have_count(0)
        expect(page.locator(".said .tick")).to_be_visible()
        seen.append(sideways(page))
        found += violations(page) if script else []

    assert (seen, found, thumb >= 44) == ([0, 0, 0], [], True)
    desk = sits("/desk/feedback", "he", **PHONE)
    said = desk.locator(".said-words li", has_text=name)
    expect(said.locator("blockquote")).to_have_text(WHY)
    expect(said.locator(".num")).to_have_text("9")
    said.locator("button").last.tap()
    expect(desk.locator("#said button")).to_be_visible()
    desk.locator("#said button").click()
    expect(said.locator("button")).to_have_count(2)
    assert (sideways(desk), violations(desk)) == (0, [])


@pytest.mark.parametrize("lang", ["en", "he"])
@pytest.mark.parametrize("wide", [PHONE, DESKTOP], ids=["phone", "wide"])
def test_the_ends_of_the_scale_stand_at_0_and_10_and_thanks_have_no_box(
    reception: str, chromium: Browser, lang: str, wide: dict[str, Any]
) -> None:
    with visiting(reception, chromium) as opens:
        page = opens(f"{link(reception, f'Ada {lang}{len(wide)}')}?lang={lang}", **(wide | STILL))
        edges = page.evaluate(EDGES)
        page.locator(".scale button").last.click()
        thanks = page.locator(".said")
        expect(thanks).to_be_focused()
        box = thanks.evaluate("e => getComputedStyle(e).outlineStyle")
        page.keyboard.press("Tab")
        visible = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")

    assert [abs(one) < 1 for one in edges] == [True, True, True], edges
    assert (box, visible) == ("none", "solid")


EDGES = """() => {
  const rtl = getComputedStyle(document.documentElement).direction === "rtl";
  const [low, scale, high] = document.querySelector(".scaled").children, all = [...scale.children];
  const text = (e) => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect() };
  const from = (r) => rtl ? -r.right : r.left, to = (r) => rtl ? -r.left : r.right;
  const [zero, ten, whole] = [all[0], all.at(-1), scale].map((e) => e.getBoundingClientRect());
  return [from(text(low)) - from(zero), to(text(high)) - to(ten), to(ten) - to(whole)];
}"""


def test_a_wide_desk_shows_what_was_said(reception: str, sits: Sits) -> None:
    desk = sits("/desk/feedback", **DESKTOP)

    assert (sideways(desk), violations(desk)) == (0, [])


@pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])
def test_why_is_one_tap_after_cancelling(reception: str, chromium: Browser, script: bool) -> None:
    with visiting(reception, chromium) as opens:
        token = a_visit(reception, "Carl Cancels")
        page = opens(f"/a/{token}?lang=he", java_script_enabled=script, **(PHONE | STILL))
        page.locator(".fold").last.locator("summary").tap()
        seen, found = [sideways(page)], violations(page) if script else []
        page.locator(".btn.bad").tap()
        expect(page.locator("button[name=why]")).to_have_count(4)
        seen.append(sideways(page))
        found += violations(page) if script else []
        page.locator("button[name=why]").last.tap()
        expect(page.locator("button[name=why]")).to_have_count(0)
        expect(page.locator(".undo")).to_be_visible()

    assert (seen, found) == ([0, 0], [])
