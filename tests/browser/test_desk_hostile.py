"""A browser opens every page of a desk full of hostile names and notes: nothing runs, and the policy reports nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESKTOP, PHONE, Watch, serving
from tests.web.desk.poison import POISON

pytestmark = pytest.mark.browser

SHAPES = {"phone": PHONE, "desktop": DESKTOP}


@dataclass(frozen=True)
class Poisoned:
    address: str
    pages: list[str]
    cookie: dict[str, str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poisoned]:
    data = tmp_path_factory.mktemp("poisoned")
    with serving("poisoned_server", data) as address:
        yield Poisoned(address, **json.loads((data / "pages.json").read_text()))


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_runs_on_any_page(desk: Poisoned, chromium: Browser, shape: str) -> None:
    watch, dialogs, shown = Watch(desk.address), [], 0
    context = chromium.new_context(base_url=desk.address, **SHAPES[shape])
    context.add_cookies([{**desk.cookie, "url": desk.address}])  # type: ignore[typeddict-item]

    for path in desk.pages:
        page = _opened(context.new_page(), watch, dialogs)
        page.goto(path, wait_until="domcontentloaded")
        shown += POISON in page.content().replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        assert page.locator("img[src=x]").count() == 0
        page.close()
    context.close()

    assert (watch.violations, watch.elsewhere, dialogs) == ([], [], [])
    assert (len(desk.pages) > 30, shown > 15) == (True, True)


def test_control_the_policy_reports_what_it_stops(desk: Poisoned, chromium: Browser) -> None:
    watch, dialogs = Watch(desk.address), []
    context = chromium.new_context(base_url=desk.address)
    context.add_cookies([{**desk.cookie, "url": desk.address}])  # type: ignore[typeddict-item]
    page = _opened(context.new_page(), watch, dialogs)
    page.goto("/admin/audit")

    page.evaluate("document.body.append(Object.assign(document.createElement('p'), {id: 'made'}))")
    page.evaluate("document.getElementById('made').setAttribute('onclick', 'alert(7)')")
    page.evaluate("document.getElementById('made').click()")
    context.close()

    assert dialogs == []
    assert any("Content Security Policy" in said for said in watch.violations)


def _opened(page: Page, watch: Watch, dialogs: list[str]) -> Page:
    def shut(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.set_default_timeout(8000)
    page.on("console", watch.console)
    page.on("pageerror", lambda error: watch.violations.append(str(error)))
    page.on("request", watch.request)
    page.on("dialog", shut)
    return page
