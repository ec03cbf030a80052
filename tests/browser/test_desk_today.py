"""The running day on a phone and on a desktop: one tap and its undo, keys, two people at one visit, large text."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways
from tests.browser.test_access import violations
from tests.browser.test_desk_move import book

pytestmark = pytest.mark.browser

VIEWS = ("list", "people", "rooms", "week", "month")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText.replace(/\\s+/g, ' ').trim()"))


def test_the_day_on_a_phone_answers_one_tap_and_takes_it_back(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-01T13:00", "Paula Puhelin")
    page = sits("/desk", **PHONE)
    row = page.locator("li.visit", has_text="Paula Puhelin")
    row.get_by_role("button").tap()
    expect(row.locator(".state")).to_have_text("Arrived 10:42")
    expect(page.locator("#said")).to_contain_text("Paula Puhelin has arrived.")
    page.locator("#said button").tap()
    expect(row.locator(".state")).to_have_text("Booked")
    row.locator("a").tap()
    expect(page.locator("#visit.open h2")).to_have_text("Paula Puhelin")
    page.go_back()
    expect(page.locator("#visit.open")).to_have_count(0)
    assert sideways(page) == 0


def test_the_day_is_gone_through_by_keyboard(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-02T09:00", "Kaisa Keys")
    book(reception, "2026-12-02T09:00", "Ville Viereinen", by="pekka")
    page = sits("/desk?day=2026-12-02&as=people")
    page.keyboard.press("ArrowDown")
    while "Kaisa Keys" not in focused(page):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert "Ville Viereinen" in focused(page)
    page.keyboard.press("Enter")
    expect(page.locator("#visit.open h2")).to_have_text("Ville Viereinen")
    page.keyboard.press("Escape")
    expect(page.locator("#visit.open")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("nt?")
    expect(page.locator(".find input")).to_have_value("nt?")
    page.locator("body").click(position={"x": 2, "y": 300})
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    expect(page.locator("h1")).to_have_text("Tue 1 Dec")
    page.keyboard.press("n")
    page.wait_for_url("**/desk/new?**")


def test_who_types_while_another_writes_is_shown_both(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-03T14:00", "Noora Note")
    pages = [sits("/desk?day=2026-12-03", **how) for how in (DESKTOP, PHONE)]
    for page, said in zip(pages, ("Slow and careful", "Quick"), strict=True):
        page.locator("#sheet a", has_text="Noora Note").click()
        page.locator("#visit summary", has_text="Note for the desk").click()
        page.fill("#desk_note", said)
    slow, quick = pages
    quick.get_by_role("button", name="Save the note").click()
    expect(quick.locator("#said")).to_contain_text("is saved")
    expect(slow.locator("#visit blockquote")).to_contain_text("Quick")  # it renewed itself under the one who types
    expect(slow.locator("#desk_note")).to_have_value("Slow and careful")
    slow.get_by_role("button", name="Save the note").click()
    expect(slow.locator(".both")).to_be_visible()
    expect(slow.locator("#desk_note")).to_have_value("Slow and careful")


@pytest.mark.parametrize("how", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_axe_finds_nothing_on_the_day(
    reception: str, sits: Sits, language: str, scheme: str, how: dict[str, object]
) -> None:  # fmt: skip
    page = sits("/desk", language, **how, color_scheme=scheme)
    for view in VIEWS:
        page.goto(f"/desk?as={view}&day=2026-12-02")
        assert violations(page) == []
        assert sideways(page) == 0
    page.goto("/desk?as=list&day=2026-12-02")
    if (rows := page.locator("li.visit > a")).count():
        rows.first.click()
        expect(page.locator("#visit.open")).to_be_visible()
        assert violations(page) == []


def test_text_twice_as_large_still_fits_a_phone(sits: Sits) -> None:
    page = sits("/desk", **PHONE)
    for view in VIEWS:
        page.goto(f"/desk?as={view}&day=2026-12-02")
        page.evaluate(
            "const sheet = new CSSStyleSheet(); sheet.replaceSync('html { font-size: 200% }');"
            "document.adoptedStyleSheets.push(sheet)"
        )
        assert sideways(page) == 0, view
