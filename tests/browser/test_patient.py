"""A patient books: by thumb in three languages, without JavaScript, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Opens, sideways

pytestmark = pytest.mark.browser

VISIT = re.compile(r"/a/[A-Za-z0-9_-]{22}$")
NAMES = {"en": "Eeva Mäkelä", "fi": "Eeva Mäkelä", "he": "דנה לוי"}


def filled(page: Page, name: str, email: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#email").fill(email)


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_a_patient_books_by_thumb_on_a_small_phone(opens: Opens, language: str) -> None:
    page = opens(f"/{language}/")
    seen = [sideways(page)]

    page.locator(".hero .btn.quiet").tap()
    page.locator("td a.day[data-free]").nth(2).tap()
    expect(page).to_have_url(re.compile(rf"/{language}/book/check-up/2026-12-\d\d#times$"))
    expect(page.locator("#times section.date")).to_have_count(1)
    seen.append(sideways(page))
    page.locator("#times a.slot").first.tap()
    expect(page).to_have_url(re.compile("/at/"))
    seen.append(sideways(page))
    filled(page, NAMES[language], f"{language}@example.com")
    page.locator("button.btn.wide").tap()

    expect(page).to_have_url(VISIT)
    expect(page.locator(".tick")).to_be_visible()
    assert [*seen, sideways(page)] == [0, 0, 0, 0]


def test_everything_works_without_javascript(opens: Opens) -> None:
    page = opens("/en/book/check-up?month=2027-01", java_script_enabled=False)

    page.locator("td a.day[data-free]").first.click()
    page.locator("#times a.slot").first.click()
    page.locator("#name").fill("Eeva Mäkelä")
    page.locator("#phone").fill("call me")
    page.locator("button.btn.wide").click()
    expect(page.locator("#phone-error")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Eeva Mäkelä")
    page.locator("#phone").fill("040 000 0123")
    page.locator(".keep button").click()
    expect(page.locator(".keep")).to_contain_text("Kept for you until 10:47")
    expect(page.locator("#phone")).to_have_value("040 000 0123")
    page.locator("button.btn.wide").click()
    expect(page).to_have_url(VISIT)

    page.locator("summary", has_text="Cancel the visit").click()
    page.get_by_role("button", name="Cancel this visit").click()
    expect(page.locator("h1")).to_have_text("Your visit is cancelled")
    page.get_by_role("button", name="Undo the cancellation").click()
    expect(page.locator("h1")).to_have_text("Your time is booked")

    page.locator("summary", has_text="Move to another time").click()
    page.locator(".fold a.slot").first.click()
    page.get_by_role("button", name="Move to").click()
    expect(page.locator("h1")).to_have_text(re.compile("^See you on"))


def until(page: Page, wanted: str) -> None:
    """Presses Tab until what has the focus matches the selector."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    pytest.fail(f"no way to {wanted} by keyboard")


def test_a_patient_books_with_the_keyboard_alone(opens: Opens) -> None:
    page = opens("/en/book/check-up/2026-12-10", **DESKTOP, has_touch=False, is_mobile=False)

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    until(page, "a.slot")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/at/"))
    until(page, "#name")
    page.keyboard.type("Eeva Mäkelä")
    until(page, "#email")
    page.keyboard.type("not an address")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Enter")

    expect(page).to_have_url(VISIT)


def test_the_diary_turns_in_place_and_says_what_it_shows(opens: Opens) -> None:
    page = opens("/en/book/check-up", **DESKTOP)
    page.evaluate("window.same = true")
    status = page.locator("[role=status]")
    before = status.inner_text()

    page.locator("#month-after").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?month=2027-01$"))
    expect(page.locator(".turn h2")).to_have_text("January 2027")
    expect(status).not_to_have_text(before)
    expect(page).to_have_title(re.compile("January 2027"))
    expect(page.locator("#month-before")).to_be_visible()
    focused = page.evaluate("document.activeElement.id")
    links = page.locator("#others a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    page.go_back()
    expect(page.locator(".turn h2")).to_have_text("December 2026")

    assert page.evaluate("window.same") is True
    assert focused in ("month-after", "month-before")
    assert "/he/book/check-up?month=2027-01" in links


def test_a_time_is_kept_while_somebody_writes(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261211T0720Z?at=keskusta")

    page.locator("#name").press_sequentially("Eeva")

    expect(page.locator(".keep")).to_contain_text("Kept for you until 10:47")
    expect(page.locator("#name")).to_have_value("Eeva")
    expect(page.locator("#name")).to_be_focused()


def test_a_kept_time_is_kept_longer_now_and_then_and_on_demand(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261215T0720Z?at=keskusta")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url.partition("?")[0]) if request.method == "POST" else None)

    page.locator("#name").press_sequentially("Eeva Maaria Mäkelä", delay=60)
    expect(page.locator(".keep")).to_contain_text("Kept for you until")
    assert [url.rpartition("/")[2] for url in sent] == ["hold"]

    page.get_by_role("button", name="Keep it longer").click()
    page.wait_for_load_state("networkidle")
    assert [url.rpartition("/")[2] for url in sent] == ["hold", "hold"]
    expect(page.locator("#name")).to_have_value("Eeva Maaria Mäkelä")


def test_three_quick_presses_are_one_visit(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261214T0720Z?at=keskusta")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    filled(page, "Eeva Mäkelä", "thrice@example.com")
    page.wait_for_timeout(300)
    sent.clear()

    page.locator("button.btn.wide").click(click_count=3, no_wait_after=True)
    expect(page).to_have_url(VISIT)

    assert len([url for url in sent if "/hold" not in url]) == 1


def test_the_year_of_birth_is_asked_only_for_a_child(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261215T0720Z?at=keskusta")

    expect(page.locator("#birth_year")).to_be_hidden()
    page.get_by_text("My child").tap()
    expect(page.locator("#birth_year")).to_be_visible()


def test_a_visit_prints_as_its_slip(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261216T0720Z?at=keskusta")
    filled(page, "Eeva Mäkelä", "print@example.com")
    page.locator("button.btn.wide").tap()
    expect(page).to_have_url(VISIT)

    page.emulate_media(media="print")

    expect(page.locator(".slip")).to_be_visible()
    for gone in (".calendars", ".fold", ".lang", ".foot"):
        for element in page.locator(gone).all():
            expect(element).to_be_hidden()


def test_whoever_cannot_be_booked_in_just_now_reads_so_and_loses_nothing(opens: Opens) -> None:
    page = opens("/en/book/check-up/at/20261203T0720Z?at=keskusta")
    filled(page, "Eeva Mäkelä", "eeva@example.com")
    answer = '<h1>Not booked yet</h1><div id="wrong">Call us.</div>'
    page.route("**/book/**", lambda route: route.fulfill(status=503, content_type="text/html", body=answer))

    page.locator("button.btn.wide").tap()

    expect(page.locator("#booking #wrong")).to_have_text("Call us.")
