"""Staff come in, on a phone and a desktop, in English and Hebrew; nothing that axe sees on any of these pages."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, STILL, serving, sideways, visiting
from tests.browser.door_server import PASSWORD
from tests.browser.test_access import violations
from tests.factories import TUESDAY

pytestmark = pytest.mark.browser

Comes = Callable[..., Page]
BOTH = pytest.mark.parametrize(("language", "screen"), [("en", DESKTOP), ("he", PHONE)], ids=["en-desktop", "he-phone"])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a clinic with accounts."""
    with serving("door_server", tmp_path_factory.mktemp("door")) as address:
        yield address


@pytest.fixture
def comes(door: str, chromium: Browser) -> Iterator[Comes]:
    """`comes("/login", "he", **PHONE)`: a fresh browser at the door."""
    with visiting(door, chromium) as open_page:
        yield lambda path, language, **how: open_page(path, locale=language, **(STILL | how))


def logs_in(page: Page, who: str, password: str = PASSWORD) -> None:
    page.locator("#email").fill(f"{who}@tuomi.example")
    page.locator("#password").fill(password)
    page.locator("main form button").click()


def sound(page: Page) -> None:
    assert (sideways(page), violations(page)) == (0, [])


@BOTH
def test_owner_sets_up_codes_and_logs_in_with_one(comes: Comes, language: str, screen: dict[str, Any]) -> None:
    who = f"owner-{language}"
    page = comes("/desk/me", language, **screen)
    logs_in(page, who, "a wrong guess of it")
    expect(page.locator("#password-error")).to_be_visible()
    sound(page)
    logs_in(page, who)

    expect(page.locator("img.qr")).to_be_visible()
    sound(page)
    page.locator("details summary").click()
    code = pyotp.TOTP(page.locator(".letters").inner_text().replace(" ", "")).at(TUESDAY)
    page.locator("#code").fill(code)
    page.locator("form.form button").click()
    expect(page.locator("ol.codes li")).to_have_count(8)
    sound(page)
    spare = page.locator("ol.codes li").first.inner_text()
    page.locator("a.btn").click()
    expect(page).to_have_url(re.compile("/desk/me$"))

    page.locator('form[action="/logout"] button').click()
    logs_in(page, who)
    expect(page.locator("#code")).to_be_visible()
    sound(page)
    page.locator("#code").fill(code)  # it was used
    page.locator("form.form button").click()
    expect(page.locator("#code-error")).to_be_visible()
    page.locator("#code").fill(spare)
    page.locator("form.form button").click()
    expect(page).to_have_url(re.compile("/desk$"))


@BOTH
def test_front_desk_is_locked_and_opened(comes: Comes, language: str, screen: dict[str, Any]) -> None:
    page = comes("/desk/me/pin", language, **screen)
    logs_in(page, f"reception-{language}")
    page.locator("#pin").fill("4071")
    sound(page)
    page.locator("form.form button").click()
    page.locator('form[action="/desk/me/front-desk"] button').click()
    lock = page.locator('form[action="/desk/me/lock"] button')
    expect(lock).to_be_visible()
    sound(page)

    lock.click()
    expect(page.locator("#pin")).to_be_visible()
    sound(page)
    page.goto("/desk/me")
    page.locator("#pin").fill("4071")
    page.locator("form.form button").click()
    expect(page.locator("ul.rows").first).to_be_visible()


@BOTH
def test_what_was_typed_survives_the_end_of_the_session(comes: Comes, language: str, screen: dict[str, Any]) -> None:
    page = comes("/desk/me/name", language, **screen)
    logs_in(page, f"reception-{language}")
    page.locator("#initials").fill("ZQ")
    page.context.clear_cookies()

    page.locator("form.form button").click()
    expect(page.locator("#password")).to_be_visible()
    sound(page)
    logs_in(page, f"reception-{language}")
    expect(page.locator('form[action="/desk/me/name"]')).to_be_visible()
    sound(page)
    page.locator("form.form button").click()

    expect(page).to_have_url(re.compile(r"/desk/me\?done=name$"))
    page.goto("/desk/me/name")
    assert page.locator("#initials").input_value() == "ZQ"


def test_somebody_is_invited_and_comes_in(comes: Comes) -> None:
    page = comes("/admin/staff/new", "he", **PHONE)
    logs_in(page, "manager-he")
    page.locator("details summary").click()
    page.locator("#code").fill(pyotp.TOTP(page.locator(".letters").inner_text().replace(" ", "")).at(TUESDAY))
    page.locator("form.form button").click()
    page.locator("a.btn").click()
    expect(page.locator("#email")).to_be_visible()
    sound(page)
    page.locator("#name").fill("נועה")
    page.locator("#email").fill("noa@tuomi.example")
    page.locator("form.form button.btn").click()
    link = page.locator("code.given").inner_text()
    sound(page)
    page.goto("/admin/staff")
    sound(page)
    page.locator("ul.rows a", has_text="נועה").click()
    sound(page)

    guest = comes(link, "en", **DESKTOP)
    sound(guest)
    for field in ("#password", "#again"):
        guest.locator(field).fill("another roof, another door")
    guest.locator("form.form button").click()
    expect(guest).to_have_url(re.compile("/desk$"))
