"""An SMS that nobody could read appears on an open desk, is answered and done: on a desktop, and with a Hebrew thumb."""

import itertools
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways
from tests.browser.test_access import violations

pytestmark = pytest.mark.browser

WAYS = [("en", DESKTOP, "light"), ("he", PHONE, "dark")]
_numbers = itertools.count(20, 3)


def somebody_writes(site: str, text: str) -> str:
    """From one of the patients; returns the number."""
    sender = f"+3584570000{next(_numbers)}"
    assert httpx.post(f"{site}/-/said", json={"sender": sender, "text": text}).status_code == 201
    return sender


def too_small(page: Page) -> list[str]:
    """What is to be pressed and lower than 40 px; links inside a sentence apart."""
    return list(
        page.evaluate(
            "[...document.querySelectorAll('main .act, main .btn, main .seg a, main ol > li > a')]"
            ".filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 40).map(one => one.outerHTML)"
        )
    )


@pytest.mark.parametrize(("language", "how", "scheme"), WAYS, ids=["en 1280", "he 360"])
def test_it_appears_is_answered_and_done(
    reception: str, sits: Sits, language: str, how: dict[str, Any], scheme: str
) -> None:
    desk = sits("/desk/inbox", language, **how, color_scheme=scheme)
    seen, found, small = [sideways(desk)], violations(desk), too_small(desk)

    text = f"אפשר להביא את הכלב? {language}"
    somebody_writes(reception, text)
    row = desk.locator("#threads ol a", has_text=text)
    expect(row).to_be_visible()
    expect(desk.locator(".bar .count").first).not_to_be_empty()
    row.click()
    expect(desk.locator(".talk .theirs")).to_contain_text(text)
    expect(desk.locator("#newest")).to_be_in_viewport()
    expect(desk.locator("#newest")).to_be_focused()
    seen, found, small = [*seen, sideways(desk)], [*found, *violations(desk)], [*small, *too_small(desk)]

    box = desk.locator("textarea[name=text]")
    desk.locator("[data-quick]").first.click()
    expect(box).not_to_have_value("")
    one, two = {"en": ("1 SMS", "2 SMS"), "he": ("הודעת SMS אחת", "2 הודעות SMS")}[language]
    expect(desk.locator("output.parts")).to_contain_text(one)
    box.fill("כן, בשמחה. " * 8)
    expect(desk.locator("output.parts")).to_contain_text(two)
    box.fill("כן, בשמחה")
    somebody_writes(reception, f"somebody else {language}")
    expect(desk.locator("#threads")).to_contain_text(f"somebody else {language}")  # the list is renewed …
    expect(box).to_have_value("כן, בשמחה")  # … and what is typed stays
    desk.locator(".answer .btn").first.click()

    desk.wait_for_url("**/desk/inbox?did=sent**")
    expect(desk.locator("#threads ol a", has_text=text)).to_have_count(0)
    expect(desk.locator("#said button")).to_have_count(0)
    desk.locator(".seg a").last.click()
    desk.locator("#threads ol a", has_text=text).click()
    desk.locator("form[action$=reopen] button").click()
    desk.wait_for_url("**/desk/inbox/*?v=*#newest")
    expect(desk.locator("#newest")).to_be_in_viewport()
    desk.locator("form[action$=give] button").click()
    expect(desk.locator("#newest")).to_be_in_viewport()
    for words in ("כן, ועוד", "כן, ומים"):  # the second goes from the page that says the first went
        box.fill(words)
        desk.locator(".answer .btn").last.click()
        expect(box).to_have_value("")
        expect(desk.locator("#newest")).to_contain_text(words)
    expect(desk.locator(".talk .ours").first).to_contain_text("כן, בשמחה")
    desk.goto("/desk/inbox/failed")
    seen, found, small = [*seen, sideways(desk)], [*found, *violations(desk)], [*small, *too_small(desk)]
    assert (seen, found, small) == ([0, 0, 0], [], [])


def test_a_second_tab_says_that_somebody_answered_and_back_sends_nothing_again(reception: str, sits: Sits) -> None:
    """The second tab hears of the first one's answer before a word is typed in it. Control: their next SMS stops nobody."""
    sender = somebody_writes(reception, "from two tabs")
    first = sits("/desk/inbox", "en", **DESKTOP)
    first.locator("#threads ol a", has_text="from two tabs").click()
    second = first.context.new_page()
    second.goto(first.url)
    assert httpx.post(f"{reception}/-/said", json={"sender": sender, "text": "and once more"}).status_code == 201
    expect(first.locator(".talk")).to_contain_text("and once more")

    first.locator("textarea[name=text]").fill("Tab one")
    first.locator(".answer .btn").first.click()
    first.wait_for_url("**/desk/inbox?did=sent**")
    expect(second.locator(".talk")).to_contain_text("Tab one")
    second.locator("textarea[name=text]").fill("Tab two")
    second.locator(".answer .btn").first.click()
    expect(second.locator("[role=alert]")).to_contain_text("Not sent yet")
    first.go_back()
    expect(first.locator("textarea[name=text]")).to_have_value("Tab one")
    first.locator(".answer .btn").first.click()
    first.wait_for_url("**/desk/inbox?did=done**")

    first.locator(".seg a").last.click()
    first.locator("#threads ol a", has_text="and once more").click()
    expect(first.locator(".talk .ours", has_text="Tab ")).to_have_count(1)


def test_without_javascript_it_is_answered_too(reception: str, sits: Sits) -> None:
    somebody_writes(reception, "without script")
    desk = sits("/desk/inbox?show=all", java_script_enabled=False, **PHONE)

    desk.locator("#threads ol a", has_text="without script").click()
    desk.locator("[data-quick]").first.click()
    expect(desk.locator("textarea[name=text]")).not_to_have_value("")
    desk.locator(".answer .btn").last.click()

    expect(desk.locator(".talk .ours")).to_be_visible()
    expect(desk.locator("#said")).to_contain_text("The answer is on its way.")
