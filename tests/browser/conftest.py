"""A real Chromium in front of a real server. Each page watches that nothing breaks the policy or asks a third party."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.browser.desk_server import TOKENS
from tests.conftest import missing

CHROMIUM = os.environ.get("TURNET_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(os.environ.get("TURNET_AXE") or Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js")
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""A page that is left in the middle of a transition reports an error of its own."""


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving("server", tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="module")
def reception(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a clinic with people at its desk."""
    with serving("desk_server", tmp_path_factory.mktemp("reception")) as address:
        yield address


@contextmanager
def serving(name: str, data: Path) -> Iterator[str]:
    """The address of `tests.browser.<name>` on a port of its own, gone afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (data / "log").open("w") as log:
        command = [sys.executable, "-m", f"tests.browser.{name}", str(data), str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/up", server, data / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not come up: {log.read_text()}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        missing("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong without anybody seeing it."""

    site: str
    violations: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.violations.append(message.text)

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:")):
            self.elsewhere.append(request.url)


Opens = Callable[..., Page]


@contextmanager
def visiting(site: str, chromium: Browser) -> Iterator[Opens]:
    """`opens(path, cookie=…, **how)`: each time a fresh browser; nothing may have been blocked or fetched elsewhere."""
    watch = Watch(site)
    contexts: list[BrowserContext] = []

    def open_page(path: str, cookie: str = "", **how: Any) -> Page:
        context = chromium.new_context(base_url=site, **how)
        if cookie:
            context.add_cookies([{"name": "turnet_staff", "value": cookie, "url": site}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.violations.append(str(error)))
        page.on("request", watch.request)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert (watch.violations, watch.elsewhere) == ([], [])


@pytest.fixture
def opens(site: str, chromium: Browser) -> Iterator[Opens]:
    """`opens("/en/", **how)`: a patient's page, on a phone unless said otherwise."""
    with visiting(site, chromium) as open_page:
        yield lambda path, **how: open_page(path, **(PHONE | how))


Sits = Callable[..., Page]


@pytest.fixture
def sits(reception: str, chromium: Browser) -> Iterator[Sits]:
    """`sits("/desk/new", "he", **PHONE)`: the page of somebody at reception, on a desktop unless said otherwise."""
    with visiting(reception, chromium) as open_page:
        yield lambda path, language="en", **how: open_page(path, TOKENS[language], **(STILL | (how or DESKTOP)))


def sideways(page: Page) -> int:
    """How many pixels of the page lie outside the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
