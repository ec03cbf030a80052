"""`python -m bench.live [--streams 200]`: what open desks cost while nothing happens, and how soon all of them hear.

The budget is 10 MB for 200 idle streams.
"""

import argparse
import http.client
import json
import select
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench import servers
from turnet.demo.staff import PASSWORD
from turnet.live import MOST

WHO = "rea@tuomi.example"
SETTLED_SECONDS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    asked = parser.parse_args()
    with servers.turnet() as (port, pid), ExitStack() as desks:
        sessions = [_logged_in(port) for _ in range(-(-asked.streams // MOST))]
        _ask(port, "GET", "/desk", {"Cookie": sessions[0]})
        time.sleep(SETTLED_SECONDS)
        before = _resident(pid)
        streams = [desks.enter_context(_stream(port, sessions[n % len(sessions)])) for n in range(asked.streams)]
        time.sleep(SETTLED_SECONDS)
        cost = _resident(pid) - before
        print(f"memory {cost / 1024:.1f} MB for {len(streams)} idle streams, {cost / len(streams):.1f} kB each")
        for _ in range(3):
            print(f"change {_told(port, streams) * 1000:.0f} ms until all {len(streams)} have heard of a booking")


def _resident(pid: int) -> int:
    """Kilobytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _ask(
    port: int, method: str, path: str, headers: dict[str, str], body: str = ""
) -> tuple[http.client.HTTPResponse, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read()


def _logged_in(port: int) -> str:
    """The cookie of a new session."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    answer, _page = _ask(port, "POST", "/login", form, urlencode({"email": WHO, "password": PASSWORD}))
    cookies = [text.partition(";")[0] for text in answer.headers.get_all("Set-Cookie") or ()]
    return next(cookie for cookie in cookies if "turnet_staff=" in cookie)


@contextmanager
def _stream(port: int, cookie: str) -> Iterator[socket.socket]:
    lines = ("GET /desk/live HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream", f"Cookie: {cookie}", "", "")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join(lines).encode())
        while b"event: " not in line.recv(65536):
            pass
        yield line


def _told(port: int, streams: list[socket.socket]) -> float:
    """Seconds from the answer to a booking until the last stream has heard of it."""
    _booked(port)
    began, waiting = time.monotonic(), set(streams)
    while waiting:
        for line in select.select(list(waiting), [], [], 10)[0]:
            if b"event: changed" in line.recv(65536):
                waiting.discard(line)
    return time.monotonic() - began


def _booked(port: int) -> None:
    services = json.loads(_ask(port, "GET", "/api/v1/services", {})[1])
    today = time.time()
    first, last = (time.strftime("%Y-%m-%d", time.gmtime(today + days * 86400)) for days in (2, 12))
    path = f"/api/v1/slots?service={services[0]['slug']}&from={first}&to={last}"
    slot = json.loads(_ask(port, "GET", path, {})[1])["slots"][0]
    patient = {"name": "Liisa Laine", "email": f"{uuid.uuid4()}@example.com"}
    wish = {"service": services[0]["slug"], "start": slot["start"], "location": slot["location"], "patient": patient}
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    answer, body = _ask(port, "POST", "/api/v1/bookings", headers, json.dumps(wish))
    assert answer.status == 201, body


if __name__ == "__main__":
    main()
