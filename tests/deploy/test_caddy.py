"""deploy/Caddyfile, run by the real Caddy in front of the real `turnet serve`."""

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.deploy.clinic import Connect, ask, book, make_clinic
from tests.deploy.conftest import Start, starting
from tests.deploy.served import PATIENCE, TURNET, Program, Systemd, free_port
from turnet.booking.service.caps import BOOKINGS_AN_HOUR
from turnet.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("caddy")]

SERVE = [*TURNET, "serve"]
CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


@dataclass
class Front:
    """Caddy, whose certificate is checked, and turnet behind it."""

    port: int
    home: Path
    program: Program

    def connect(self, source: str = "127.0.0.1") -> Connect:
        trusted = ssl.create_default_context(cafile=self.home / "caddy" / "pki" / "authorities" / "local" / "root.crt")
        return lambda: http.client.HTTPSConnection(
            "localhost", self.port, timeout=20, context=trusted, source_address=(source, 0)
        )

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
        return ask(self.connect(), method, path, body, **headers)

    @property
    def written(self) -> str:
        """Everything that Caddy wrote down."""
        return "".join(file.read_text() for file in (self.home / "access.log", self.home / "caddy.log"))


Edit = Callable[[str], str]
"""Of the Caddyfile's text."""


def unchanged(text: str) -> str:
    return text


@contextmanager
def opened(folder: Path, *, trusted: str = "127.0.0.1", edit: Edit = unchanged) -> Iterator[Front]:
    """A new clinic behind Caddy, with the Caddyfile as it is shipped or edited."""
    if not shutil.which("caddy"):
        missing("Caddy")
    port, settings = free_port(), Settings(data=folder / "clinic", listen=f"127.0.0.1:{free_port()}")
    make_clinic(settings)
    with closing(Systemd(folder)) as systemd, starting(systemd) as start:
        program = start(SERVE, settings, TURNET_BASE_URL=f"https://localhost:{port}", TURNET_TRUSTED_PROXIES=trusted)
        process = caddy(folder, edit(CADDYFILE.read_text()), f"localhost:{port}", settings.listen)
        try:
            front = Front(port, folder, program)
            _until(lambda: _answers(front) or process.poll() is not None)
            assert process.poll() is None, (folder / "caddy.log").read_text()
            yield front
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """For tests that take nothing away from it."""
    with opened(tmp_path_factory.mktemp("front")) as front:
        yield front


def caddy(home: Path, text: str, site: str, upstream: str) -> subprocess.Popen[bytes]:
    """The file with options that keep a test on loopback and out of the machine's own Caddy."""
    only_here = f"admin off\n\tdefault_bind 127.0.0.1\n\thttp_port {free_port()}\n\tskip_install_trust\n"
    assert text.count("\n{\n") == 1
    file = home / "Caddyfile"
    file.write_text(text.replace("\n{\n", "\n{\n\t" + only_here, 1))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "TURNET_SITE": site,
        "TURNET_UPSTREAM": upstream,
        "TURNET_ACCESS_LOG": str(home / "access.log"),
    }
    with (home / "caddy.log").open("ab") as log:
        return subprocess.Popen(
            ["caddy", "run", "--config", file, "--adapter", "caddyfile"], env=environment, stderr=log
        )


def _answers(front: Front) -> bool:
    try:
        return front.ask("GET", "/up")[::2] == (200, "up\n")
    except OSError:
        return False


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)  # another process: there is nothing to wait on


# --- whose request it is


def bookings_taken(front: Front, address: str, **headers: str) -> int:
    """Of one more than an hour allows."""
    tried = [book(front.connect(address), **headers)[0] for _ in range(BOOKINGS_AN_HOUR + 1)]
    assert set(tried) <= {201, 429}
    return tried.count(201)


def test_three_addresses_are_three_clients(tmp_path: Path) -> None:
    with opened(tmp_path) as clinic:
        assert [bookings_taken(clinic, address) for address in ADDRESSES] == [BOOKINGS_AN_HOUR] * 3


def test_control_without_the_trusted_proxy_the_three_are_one(tmp_path: Path) -> None:
    with opened(tmp_path, trusted="") as clinic:
        assert [bookings_taken(clinic, address) for address in ADDRESSES] == [BOOKINGS_AN_HOUR, 0, 0]


@pytest.mark.parametrize(
    ("source", "header", "value"),
    [
        ("127.0.0.5", "X_Forwarded_For", "203.0.113.{}"),
        ("127.0.0.6", "Forwarded", "for=203.0.113.{}"),
        ("127.0.0.7", "X_Real_Ip", "203.0.113.{}"),
    ],
)
def test_forged_header_makes_nobody_else_of_a_client(clinic: Front, source: str, header: str, value: str) -> None:
    tried = [book(clinic.connect(source), **{header: value.format(n)})[0] for n in range(BOOKINGS_AN_HOUR + 2)]

    assert tried == [201] * BOOKINGS_AN_HOUR + [429, 429]


@pytest.mark.parametrize("forged", [{}, {"X_Forwarded_For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}])
def test_nobody_outside_counts_as_this_machine(clinic: Front, forged: dict[str, str]) -> None:
    status, _headers, said = clinic.ask("GET", "/ready", **forged)

    assert (status, json.loads(said)) == (200, {"ready": True})
    assert [clinic.ask("GET", path, **forged)[0] for path in ("/metrics", "//metrics", "/metrics/x")] == [404] * 3


def test_control_the_machine_itself_is_told_more(clinic: Front) -> None:
    assert set(json.loads(clinic.program.get("/ready")[2])) > {"ready"}
    assert clinic.program.get("/metrics")[0] == 200


# --- what arrives


def test_page_arrives_with_its_headers_and_compressed(clinic: Front) -> None:
    status, headers, _text = clinic.ask("HEAD", "/en/", Accept_Encoding="br")

    assert status == 200
    assert headers.get_all("Strict-Transport-Security") == ["max-age=63072000; includeSubDomains"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert (headers["Content-Encoding"], headers["Server"]) == ("br", None)


def test_answers_of_the_proxy_alone_ask_for_https_too(clinic: Front) -> None:
    status, headers, _text = clinic.ask("GET", "/metrics")

    assert (status, headers.get_all("Strict-Transport-Security")) == (404, ["max-age=63072000; includeSubDomains"])


def test_form_of_our_own_page_is_taken_and_one_of_another_site_is_not(clinic: Front) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}

    own, other = [
        clinic.ask("POST", f"/a/{'x' * 22}/cancel", b"", Origin=origin, **form)[0]
        for origin in (f"https://localhost:{clinic.port}", "https://evil.example")
    ]

    assert (own, other) == (404, 403)


def sent(clinic: Front, size: int, *, chunked: bool = False) -> int:
    body: Any = iter([b"x" * size]) if chunked else b"x" * size
    return clinic.ask("POST", "/api/v1/bookings", body, Content_Type="application/json", Idempotency_Key="0" * 20)[0]


def test_body_larger_than_anybody_needs_is_refused(clinic: Front) -> None:
    assert sent(clinic, 100 << 10) == 413  # by turnet
    assert sent(clinic, 2 << 20) == 413  # by Caddy, unread
    assert sent(clinic, 2 << 20, chunked=True) in {413, 502}  # by both, while it is sent
    assert clinic.ask("GET", "/up")[0] == 200


def test_missing_page_is_turnets(clinic: Front) -> None:
    status, headers, text = clinic.ask("GET", "/en/nothing")

    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<main" in text


def test_plain_http_leads_to_https(clinic: Front) -> None:
    (port,) = re.findall(r"http_port (\d+)", (clinic.home / "Caddyfile").read_text())

    with closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)) as plain:
        plain.request("GET", "/en/", headers={"Host": "localhost"})
        answer = plain.getresponse()

    assert answer.status == 308
    assert answer.headers["Location"].startswith("https://localhost")


def test_visitors_wait_while_turnet_restarts(tmp_path: Path, start: Start) -> None:
    with opened(tmp_path) as clinic:
        assert clinic.program.stopped() == 0
        settings = Settings(data=tmp_path / "clinic", listen=f"127.0.0.1:{clinic.program.port}")

        start(SERVE, settings, wait=False, TURNET_BASE_URL=f"https://localhost:{clinic.port}")

        assert clinic.ask("GET", "/up")[::2] == (200, "up\n")


def test_visitors_of_a_server_that_is_gone_read_what_to_do(tmp_path: Path) -> None:
    with opened(tmp_path, edit=impatient) as clinic:
        clinic.program.killed()

        status, headers, text = clinic.ask("GET", "/en/")

    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (502, "60", "no-store")
    assert text == "The booking pages are away for a moment. Please try again soon, or call the clinic."


# --- what is written down


def impatient(text: str) -> str:
    """A server that is gone is known to be after a second."""
    assert "lb_try_duration 15s" in text
    return text.replace("lb_try_duration 15s", "lb_try_duration 1s")


def less(line: str) -> Edit:
    def edit(text: str) -> str:
        lines = impatient(text).splitlines()
        assert [each.strip() for each in lines].count(line) == 1
        return "\n".join(each for each in lines if each.strip() != line)

    return edit


def with_errors_told(edit: Edit) -> Edit:
    """Caddy writes down what our own error page does not catch; here it catches nothing."""

    def edited(text: str) -> str:
        kept, _handled = edit(text).split("\thandle_errors {")
        return f"{kept}}}\n"

    return edited


def visited(clinic: Front) -> str:
    """Somebody books and looks, and everything that could carry the token does; at last turnet is gone. The token."""
    status, booked = book(clinic.connect())
    assert status == 201
    token = str(booked["manage_url"]).rpartition("/")[2]
    for path in (f"/a/{token}", f"/a/{token}.ics", f"//a/{token}", f"/%61/{token}", f"/api/v1/bookings/{token}"):
        clinic.ask("GET", path)
    for path in (f"/f/{token}", f"/u/{token}", f"/w/{token}", f"/cal/{token}.ics", f"/hooks/sms/android/{token}"):
        clinic.ask("GET", path)
        clinic.ask("POST", path, b"{}")
    clinic.ask("GET", f"/en/?from={token}", Referer=f"https://localhost/a/{token}", Cookie=f"turnet_hold={token}")
    clinic.program.killed()
    assert clinic.ask("GET", f"/a/{token}")[0] == 502
    assert clinic.ask("GET", "/the-last")[0] == 502
    _until(lambda: "/the-last" in (clinic.home / "access.log").read_text())
    return token


def test_no_token_is_ever_written_down_and_the_rest_is(tmp_path: Path) -> None:
    with opened(tmp_path, edit=impatient) as clinic:
        token = visited(clinic)

    assert token not in clinic.written
    requests = [json.loads(line)["request"] for line in (tmp_path / "access.log").read_text().splitlines()]
    assert {request["uri"] for request in requests} - {"/up"} == {
        *("/api/v1/services", "/api/v1/slots", "/api/v1/bookings", "/en/", "/the-last"),
    }
    assert {request["remote_ip"] for request in requests} == {"127.0.0.1"}


def test_no_token_is_written_down_with_an_error(tmp_path: Path) -> None:
    with opened(tmp_path, edit=with_errors_told(impatient)) as clinic:
        token = visited(clinic)

    assert '"logger":"http.log.error' in clinic.written
    assert token not in clinic.written


@pytest.mark.parametrize("line", ["skip_log @secret", r'request>uri regexp \?.* ""', "request>headers delete"])
def test_control_each_line_keeps_the_token_out_of_the_log(tmp_path: Path, line: str) -> None:
    with opened(tmp_path, edit=less(line)) as clinic:
        assert visited(clinic) in clinic.written


def test_control_the_filter_keeps_the_token_out_of_errors(tmp_path: Path) -> None:
    with opened(tmp_path, edit=with_errors_told(less("request delete"))) as clinic:
        assert visited(clinic) in clinic.written
