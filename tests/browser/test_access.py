"""Every kind of page, in three languages: nothing that axe sees, nothing sideways, nothing too small."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE, DESKTOP, PHONE, Opens, sideways
from tests.conftest import missing

pytestmark = pytest.mark.browser

PAGES = (
    "/{}/",
    "/{}/services/check-up",
    "/{}/team/omri",
    "/{}/at/hervanta",
    "/{}/book/acute",
    "/{}/book/check-up/2026-12-05",
    "/{}/book/check-up/at/20261217T0720Z?at=keskusta",
    "/{}/privacy",
    "/{}/nothing",
    "/find?lang={}",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe finds, one line each."""
    if not AXE.exists():
        missing("axe-core")
    # Through the debugger's world, so that the page's own policy stays as it is.
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}}).then(found => found.violations)")
    return [
        f"{page.url} {one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_axe_finds_nothing_on_any_page(opens: Opens, language: str, scheme: str) -> None:
    page = opens(f"/{language}/", color_scheme=scheme, reduced_motion="reduce")
    found = []

    for path in PAGES:
        page.goto(path.format(language))
        found += violations(page)

    assert found == []


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_axe_finds_nothing_on_the_way_through_a_visit(opens: Opens, language: str) -> None:
    day = {"en": "18", "fi": "21", "he": "22"}[language]
    page = opens(f"/{language}/book/check-up/at/202612{day}T0720Z?at=keskusta", reduced_motion="reduce", **DESKTOP)
    page.locator("button.btn.wide").click()
    expect(page.locator("#wrong")).to_be_visible()
    found = violations(page)

    page.locator("#name").fill("Eeva Mäkelä")
    page.locator("#email").fill(f"axe-{language}@example.com")
    page.locator("button.btn.wide").click()
    expect(page).to_have_url(re.compile("/a/"))
    visit = page.url
    page.locator(".fold").first.locator("summary").click()
    found += violations(page)
    for path in ("/move", "/move?to=20261223T0720Z&at=keskusta"):
        page.goto(visit + path)
        found += violations(page)
    page.goto(visit)
    page.locator(".fold").last.locator("summary").click()
    page.locator(".btn.bad").click()
    expect(page.locator(".undo")).to_be_visible()
    found += violations(page)

    assert found == []


@pytest.mark.parametrize("language", ["en", "fi", "he"])
def test_text_twice_as_large_on_a_small_phone_and_a_very_narrow_window_scroll_one_way_only(
    opens: Opens, language: str
) -> None:
    page = opens(f"/{language}/")
    wide = []

    for path in PAGES:
        for size, width in (("200%", 360), ("100%", 320)):
            page.set_viewport_size({"width": width, "height": 780})
            page.goto(path.format(language))
            page.evaluate("size => document.documentElement.style.setProperty('font-size', size)", size)
            if sideways(page) > 0:
                wide.append((path, size, width, sideways(page)))

    assert wide == []


def test_everything_to_press_is_large_enough(opens: Opens) -> None:
    page = opens("/en/", **PHONE)
    small = []

    for path in PAGES:
        page.goto(path.format("en"))
        small += page.evaluate(_SMALL)

    assert small == []


_SMALL = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")]
    .filter(element => element.checkVisibility() && !element.closest("p:not(.acts, .line), li span, .skip, .vh"))
    .filter(element => !element.matches(".vh, .skip"))
    .map(element => [element, (element.closest("label") ?? element).getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
    .map(([element, box]) => `${location.pathname} ${element.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)"""
