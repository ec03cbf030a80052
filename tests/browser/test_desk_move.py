"""Visits are dragged with a mouse, moved from a phone and by keyboard, and an ill day is worked off."""

import itertools
import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser

_numbers = itertools.count(10_000)


def book(site: str, start: str, name: str, *, by: str = "sanna") -> None:
    """As an API client does; `start` is clinic time, such as `2026-12-03T09:20`."""
    number = next(_numbers)
    body = {
        "service": "check-up",
        "start": f"{start}:00+02:00",
        "practitioner": by,
        "patient": {"name": name, "phone": f"+35845800{number}", "language": "fi"},
    }
    headers = {"Idempotency-Key": f"desk-move-{number}"}
    answer = httpx.post(f"{site}/api/v1/bookings", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


def columns(day: str) -> str:
    return f"/desk?day={day}&as=people"


def visit_of(page: Page, name: str) -> Locator:
    return page.locator(".grid .v[data-visit]:not(.ghost)", has_text=name)


def row(page: Page) -> float:
    """Pixels of five minutes."""
    return float(
        page.evaluate("(v => v.getBoundingClientRect().height / v.dataset.d)(document.querySelector('.v[data-d]'))")
    )


def grab(page: Page, visit: Locator) -> tuple[float, float]:
    box = visit.bounding_box()
    assert box is not None
    at = box["x"] + 20, box["y"] + 6
    page.mouse.move(*at)
    page.mouse.down()
    return at


def carry(page: Page, visit: Locator, minutes: int, *, to: str = "") -> None:
    """Picks a visit up and holds it so many minutes later, over another column if one is named."""
    x, y = grab(page, visit)
    if to:
        box = page.locator(f'.col[data-who="{to}"]').bounding_box()
        assert box is not None
        x = box["x"] + 30
    page.mouse.move(x, y + minutes / 5 * row(page), steps=6)


@pytest.mark.parametrize("language", ["en", "he"])
def test_dragged_and_dropped_a_visit_asks_before_it_moves(reception: str, sits: Sits, language: str) -> None:
    day = {"en": "2026-12-03", "he": "2026-12-04"}[language]
    book(reception, f"{day}T09:20", "Aino Mäkinen")
    page = sits(columns(day), language, **DESKTOP)

    carry(page, visit_of(page, "Aino"), 40, to="pekka")
    expect(page.locator(".ghost time")).to_have_text("10:00")
    page.mouse.up()

    dialog = page.locator("dialog.dropped")
    expect(dialog.locator(".to time")).to_have_attribute("datetime", f"{day}T10:00:00+02:00")
    expect(dialog.locator(".as-written")).to_contain_text("10.00")
    expect(dialog.locator("button.btn")).to_be_focused()
    assert violations(page) == []
    dialog.locator("button.btn").click()

    page.wait_for_url(re.compile(r"did="))
    expect(page.locator('.col[data-who="pekka"]')).to_contain_text("Aino")
    assert sideways(page) == 0


def test_escape_puts_it_back_in_the_air_and_on_the_ground(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-07T09:20", "Eero Salo")
    page = sits(columns("2026-12-07"))
    visit = visit_of(page, "Eero")
    at = page.url

    carry(page, visit, 60)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)
    expect(page.locator("dialog.dropped")).to_have_count(0)

    carry(page, visit, 60)
    page.mouse.up()
    expect(page.locator("dialog.dropped .to")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("dialog.dropped")).to_have_count(0)
    expect(page.locator(".ghost, .lifted")).to_have_count(0)
    assert page.url == at
    page.reload()
    expect(visit_of(page, "Eero").locator("time")).to_have_text("09:20")


def test_a_click_without_a_drag_opens_the_visit(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-08T09:20", "Ida Click")
    page = sits(columns("2026-12-08"))

    visit_of(page, "Ida").locator("a").click()

    expect(page.locator("#visit")).to_contain_text("Ida Click")
    expect(page.locator("dialog.dropped")).to_have_count(0)


def test_dropped_on_somebody_it_says_so_and_offers_what_is_near(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-09T09:20", "Oona First")
    book(reception, "2026-12-09T10:00", "Otto Second")
    page = sits(columns("2026-12-09"))

    carry(page, visit_of(page, "Oona"), 40)
    page.mouse.up()
    dialog = page.locator("dialog.dropped")
    expect(dialog.locator(".in-the-way")).to_contain_text("Taken 10:00 to 10:30.")

    dialog.locator(".slot").first.click()
    expect(dialog.locator("button.btn:not(.warm)")).to_contain_text("Move to")
    dialog.locator("[data-leave]").click()
    expect(dialog).to_have_count(0)


def test_empty_time_says_why_it_is_empty(sits: Sits) -> None:
    page = sits(columns("2026-12-10"))

    page.locator('.col[data-who="sanna"] .v.off').first.click(position={"x": 60, "y": 30})

    expect(page.locator("dialog.dropped .reasons")).to_contain_text("Not in at that time.")
    assert violations(page) == []


@pytest.mark.parametrize("language", ["en", "he"])
def test_moved_on_a_phone_by_picking_a_free_time(reception: str, sits: Sits, language: str) -> None:
    day = {"en": "2026-12-11", "he": "2026-12-14"}[language]
    book(reception, f"{day}T09:20", "Dana Phone")
    page = sits(f"/desk?day={day}&as=list", language, **PHONE)
    key = page.locator("li", has_text="Dana Phone").last.get_attribute("id") or ""

    page.goto(f"/desk/visits/{key.removeprefix('v-')}/move?back=/desk")
    assert sideways(page) == 0
    small = page.locator("main .slot, main .act, main .btn, main summary").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).filter(r => r.height && (r.height < 43.5 || r.width < 43.5)).length"
    )
    assert small == 0
    assert violations(page) == []
    page.locator(f'.slot time[datetime="{day}T10:40:00+02:00"]').tap()
    expect(page.locator(".to time")).to_have_attribute("datetime", f"{day}T10:40:00+02:00")
    assert (sideways(page), violations(page)) == (0, [])
    page.locator("main button.btn").first.tap()

    page.wait_for_url(re.compile(r"/desk\?did="))


def test_moved_by_keyboard_alone(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-15T09:20", "Kaisa Keys")
    page = sits(columns("2026-12-15"))
    visit = visit_of(page, "Kaisa")
    public_id = visit.get_attribute("data-visit")

    visit.locator("a").focus()
    page.keyboard.press("m")
    page.wait_for_url(re.compile(f"/desk/visits/{public_id}/move"))
    page.locator('.slot time[datetime="2026-12-15T10:40:00+02:00"]').locator("..").focus()
    page.keyboard.press("Enter")
    page.locator("main button.btn").first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"did="))
    expect(visit_of(page, "Kaisa").locator("time")).to_have_text("10:40")


def test_two_browsers_move_one_visit(reception: str, sits: Sits) -> None:
    book(reception, "2026-12-16T09:20", "Two Minds")
    one, other = sits(columns("2026-12-16"), "en"), sits(columns("2026-12-16"), "he")
    public_id = visit_of(one, "Two Minds").get_attribute("data-visit")
    one.goto(f"/desk/visits/{public_id}/move?to=20261216T0800Z")
    other.goto(f"/desk/visits/{public_id}/move?to=20261216T0840Z")

    other.locator("main button.btn").first.click()
    other.wait_for_url(re.compile(r"did="))
    one.locator("main button.btn").first.click()

    both = one.locator(".both")
    expect(both).to_contain_text("Somebody changed this visit meanwhile")
    expect(both.locator("td")).to_contain_text(["", "Wed 16 Dec at 09:20", "Wed 16 Dec at 10:40"])
    assert violations(one) == []
    one.get_by_text("Move it all the same").click()
    one.wait_for_url(re.compile(r"did="))


@pytest.mark.parametrize("language", ["en", "he"])
def test_an_ill_day_is_blocked_and_its_list_worked_off(reception: str, sits: Sits, language: str) -> None:
    day = {"en": "2026-12-17", "he": "2026-12-30"}[language]
    one, two = f"Ill One {language}", f"Ill Two {language}"
    book(reception, f"{day}T09:20", one)
    book(reception, f"{day}T10:00", two)
    page = sits("/desk/blocks", language, **PHONE)
    page.select_option("#whom", "who/sanna")
    page.fill("#day", day)
    page.fill("#until", day)
    page.fill("#reason", "Flu")
    assert (sideways(page), violations(page)) == (0, [])
    page.locator("main .slip-form button.btn").tap()

    page.wait_for_url(re.compile(r"/desk/needs\?made="))
    pile = page.locator(".pile", has_text="Flu").filter(has_text=two)
    expect(pile.locator(".work-list li")).to_have_count(2)
    expect(page.locator(".bar .count b")).to_be_visible()
    assert (sideways(page), violations(page)) == (0, [])
    pile.locator("form .btn").tap()
    page.wait_for_url(re.compile(r"asked=2"))
    expect(pile.locator(".waiting")).to_have_count(2)

    pile.locator("li", has_text=one).locator("a.act").first.tap()
    page.locator(".slot").first.tap()
    page.locator("main button.btn").first.tap()
    page.wait_for_url(re.compile(r"/desk/needs\?did="))
    expect(pile.locator(".work-list li")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "he"])
def test_axe_finds_nothing_on_the_pages_of_one_visit(reception: str, sits: Sits, language: str, scheme: str) -> None:
    day = {"en": "2026-12-21", "he": "2026-12-22"}[language]
    time = {"light": "09:20", "dark": "10:40"}[scheme]
    book(reception, f"{day}T{time}", f"Axe {scheme}")
    page = sits(columns(day), language, **DESKTOP, color_scheme=scheme)
    public_id = visit_of(page, f"Axe {scheme}").get_attribute("data-visit")
    found = []

    for path in ("cancel", "message", "move", "move?day=2026-12-23&time=11:50"):
        page.goto(f"/desk/visits/{public_id}/{path}")
        found += violations(page)
    for path in ("/desk/why?day=2026-12-23&time=11:50", "/desk/blocks", "/desk/needs"):
        page.goto(path)
        found += violations(page)

    assert found == []
