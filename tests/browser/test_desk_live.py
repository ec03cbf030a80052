"""Open desks show what others do, say when they hear nothing, and never half-do or keep what they must not."""

import itertools
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Sits, sideways

pytestmark = pytest.mark.browser

THURSDAY = "/desk?day=2026-12-03&as=list"
_numbers = itertools.count(10_000)


def online_booking(site: str, name: str) -> None:
    """Somebody at home takes the first free time of Thursday."""
    number = next(_numbers)
    slots = httpx.get(f"{site}/api/v1/slots?service=check-up&from=2026-12-03&to=2026-12-03").json()["slots"]
    person = {"name": name, "phone": f"+35845700{number}"}
    body = {"service": "check-up", "start": slots[0]["start"], "location": slots[0]["location"], "patient": person}
    answer = httpx.post(f"{site}/api/v1/bookings", json=body, headers={"Idempotency-Key": f"desk-live-{number}"})
    assert answer.status_code == 201, answer.text


def kept(page: Page) -> list[str]:
    """Every address that the worker has kept on the device."""
    page.evaluate("navigator.serviceWorker.ready")
    return list(
        page.evaluate(
            "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(c => c.keys()))))"
            ".then(all => all.flat().map(request => request.url.replace(location.origin, '')))"
        )
    )


def test_online_booking_appears_on_every_open_desk(reception: str, sits: Sits) -> None:
    desktop, phone = sits(THURSDAY, **DESKTOP), sits(THURSDAY, "he", **PHONE)

    online_booking(reception, "Liisa Elävä")

    for desk in (desktop, phone):
        expect(desk.locator("#sheet")).to_contain_text("Liisa Elävä")
        expect(desk.locator("#live")).to_be_hidden()


def test_change_appears_without_a_stream_too(reception: str, sits: Sits) -> None:
    def without_stream(route: Route) -> None:
        streamed = "text/event-stream" in route.request.headers.get("accept", "")
        route.abort() if streamed else route.continue_()

    desk = sits("/desk/offline", **PHONE)
    desk.route(re.compile(r"/desk/live"), without_stream)
    desk.goto(THURSDAY)

    online_booking(reception, "Pekka Kysyvä")

    expect(desk.locator("#sheet")).to_contain_text("Pekka Kysyvä", timeout=25_000)


@pytest.mark.parametrize("language", ["en", "he"])
def test_desk_without_a_line_says_so_and_catches_up(reception: str, sits: Sits, language: str) -> None:
    desk = sits(THURSDAY, language, **PHONE)
    desk.evaluate("navigator.serviceWorker.ready")

    desk.context.set_offline(True)
    expect(desk.locator("#live")).to_be_visible()
    aside = sideways(desk)
    online_booking(reception, f"Anna Poissa {language}")
    desk.context.set_offline(False)

    expect(desk.locator("#sheet")).to_contain_text(f"Anna Poissa {language}")
    expect(desk.locator("#live")).to_be_hidden()
    assert aside == 0


def test_act_without_a_line_is_refused_and_keeps_what_was_typed(sits: Sits) -> None:
    desk = sits("/desk/me/name", **PHONE)
    desk.evaluate("navigator.serviceWorker.ready")
    sent: list[str] = []
    desk.on("request", lambda request: sent.append(request.method))
    desk.context.set_offline(True)
    expect(desk.locator("#live")).to_be_visible()

    desk.fill("[name=name]", "Rea Typed")
    desk.click("main form button")

    expect(desk.locator("#live")).to_have_attribute("role", "alert")
    expect(desk.locator("#live")).to_contain_text("Not saved")
    assert (desk.input_value("[name=name]"), "POST" in sent) == ("Rea Typed", False)

    desk.context.set_offline(False)
    expect(desk.locator("#live")).to_be_hidden()
    desk.click("main form button")
    desk.wait_for_url("**/desk/me?done=name")


def test_act_whose_answer_does_not_arrive_is_said_to_be_unsure(sits: Sits) -> None:
    desk = sits("/desk/me/name", **PHONE)
    desk.evaluate("console.error = () => {}")  # htmx says it there too
    desk.route(re.compile("/desk/me/name"), lambda route: route.abort("connectionreset"))

    desk.fill("[name=name]", "Rea Lost")
    desk.click("main form button")

    expect(desk.locator("#live")).to_contain_text("The answer did not arrive")
    assert desk.input_value("[name=name]") == "Rea Lost"


def test_device_keeps_the_shell_and_nothing_of_anybody(reception: str, sits: Sits) -> None:
    desk = sits(THURSDAY, **PHONE)
    online_booking(reception, "Salla Salainen")
    expect(desk.locator("#sheet")).to_contain_text("Salla Salainen")
    for path in ("/desk/patients?q=Aino", "/desk/new", "/desk/me", THURSDAY):
        desk.goto(path)

    addresses = kept(desk)
    assert [path for path in addresses if not re.match(r"/static/[\w.-]+\.(css|js|svg)$", path)] == [
        "/desk/offline?lang=en"
    ]
    assert desk.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

    desk.context.set_offline(True)
    desk.goto(THURSDAY)
    assert "Salla" not in desk.content()
    expect(desk.locator("h1")).to_have_text("You are offline")
    assert sideways(desk) == 0


def test_desk_can_be_installed(sits: Sits) -> None:
    desk = sits("/desk", **PHONE)
    desk.evaluate("navigator.serviceWorker.ready")
    browser: Any = desk.context.new_cdp_session(desk)

    manifest = browser.send("Page.getAppManifest")
    errors = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert (manifest["url"].partition("?")[0].endswith("/desk/manifest.webmanifest"), manifest["errors"]) == (True, [])
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


def test_logging_out_elsewhere_ends_an_open_desk(sits: Sits) -> None:
    """Last: the session is gone afterwards."""
    desk, same = sits(THURSDAY, "he", **PHONE), sits("/desk/me", "he", **PHONE)
    desk.wait_for_load_state()

    same.locator("form[action='/logout'] button").click()

    expect(desk).to_have_url(re.compile(r"/login"))
