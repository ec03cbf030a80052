"""Bookings through HTTP, ours and the peer's in turn, and twenty identical ones at once."""

import asyncio
import itertools
import json
import secrets
import statistics
import urllib.request
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from bench.load import Connection, Rate, writes

CLIENTS = 16
APART = timedelta(minutes=30)
FORM = "application/x-www-form-urlencoded"
Act = Callable[[int], Awaitable[bool]]


def _json(port: int, path: str) -> dict:  # type: ignore[type-arg]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.loads(answer.read())  # type: ignore[no-any-return]


def _services(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/services", timeout=10) as answer:
        return [service["slug"] for service in json.loads(answer.read())]


def addresses(port: int) -> tuple[str, str]:
    """(month page, slots of that month) of the demo's first service, for the coming month."""
    first = (date.fromisoformat(_json(port, "/api/v1/clinic")["now"][:10]).replace(day=1) + timedelta(days=32)).replace(
        day=1
    )
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    service = _services(port)[0]
    return (
        f"/en/book/{service}?month={first:%Y-%m}",
        f"/api/v1/slots?service={service}&from={first}&to={last}",
    )


def _free(port: int) -> list[tuple[str, dict]]:  # type: ignore[type-arg]
    """Free times of the coming two years, none of which takes the time, with half an hour around it, of another."""
    today = date.fromisoformat(_json(port, "/api/v1/clinic")["now"][:10])
    times, taken = [], defaultdict(list)
    for service, weeks in itertools.product(_services(port)[:4], range(0, 104, 8)):
        first = today + timedelta(weeks=weeks)
        path = f"/api/v1/slots?service={service}&from={first}&to={first + timedelta(days=55)}"
        for slot in _json(port, path)["slots"]:
            who = slot["practitioners"][0]
            start, end = datetime.fromisoformat(slot["start"]) - APART, datetime.fromisoformat(slot["end"]) + APART
            near = taken[who, slot["start"][:10]] + taken[slot["location"], slot["start"][:10]]
            if all(end <= other_start or other_end <= start for other_start, other_end in near):
                for one in (who, slot["location"]):
                    taken[one, slot["start"][:10]].append((start, end))
                times.append((service, slot | {"practitioner": who}))
    return times


def ours(port: int) -> Act:
    """One `POST /api/v1/bookings` each, over the demo's free times, until they are all taken."""
    connections = [Connection(port) for _ in range(CLIENTS)]
    times = iter(_free(port))

    async def book(client: int) -> bool:
        taken = next(times, None)
        if taken is None:
            await asyncio.sleep(0.01)
            return False
        service, slot = taken
        body = {
            "service": service,
            "start": slot["start"],
            "location": slot["location"],
            "practitioner": slot["practitioner"],
            "patient": {"name": "Aino Test", "email": f"{secrets.token_hex(6)}@clinic.example"},
        }
        headers = {"Content-Type": "application/json"}
        answer = await connections[client].send("POST", "/api/v1/bookings", headers, json.dumps(body).encode())
        return answer.status == 201

    return book


class Peer:
    """django-appointment's two form posts, with the sessions of patients who are logged in."""

    def __init__(self, port: int, home: Path) -> None:
        self._sessions = (home / "sessions-sqlite-wal.txt").read_text().split()
        self._connections = [Connection(port) for _ in range(CLIENTS)]
        self._cookies: list[dict[str, str]] = [{} for _ in range(CLIENTS)]
        self._turn = itertools.count()

    def _headers(self, client: int) -> dict[str, str]:
        cookies = self._cookies[client]
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Content-Type": FORM}
        return headers | {"X-CSRFToken": cookies.get("csrftoken", "")}

    async def _send(self, client: int, method: str, path: str, fields: dict[str, object]) -> tuple[int, str]:
        body = urlencode(fields).encode()
        answer = await self._connections[client].send(method, path, self._headers(client), body)
        self._cookies[client] |= answer.cookies
        return answer.status, answer.headers.get("location", "")

    async def book(self, client: int, turn: int | None = None) -> bool:
        if not self._cookies[client]:
            self._cookies[client] = {"sessionid": self._sessions[client % len(self._sessions)]}
            await self._send(client, "GET", "/appointment/request/1/", {})
        turn = next(self._turn) if turn is None else turn
        day = date(2027, 10, 25) + timedelta(days=turn // 90)
        start = 480 + 30 * (turn % 18)
        wanted: dict[str, object] = {
            "date": day.isoformat(),
            "start_time": f"{start // 60:02}:{start % 60:02}",
            "end_time": f"{(start + 30) // 60:02}:{(start + 30) % 60:02}",
            "service": 1,
            "staff_member": 1 + (turn // 18) % 5,
        }
        _, where = await self._send(client, "POST", "/appointment/request-submit/", wanted)
        person = {
            "name": "Aino Test", "email": "aino@clinic.example", "phone_0": "ES", "phone_1": "612345678",
            "address": "Main", "additional_info": "", "payment_type": "full",
        }  # fmt: skip
        status, _ = await self._send(client, "POST", where, dict(person))
        return status == 302


async def compare(port: int, peer_port: int | None, *, rounds: int, seconds: float) -> None:
    peer = _peer(peer_port) if peer_port else None
    mine, theirs = [], []
    book = ours(port)
    for _ in range(rounds):
        mine.append(await writes(book, clients=CLIENTS, seconds=seconds / 2))
        if peer:
            theirs.append(await writes(peer.book, clients=CLIENTS, seconds=seconds))
    _print("bookings, durable", mine)
    if peer:
        _print("peer: bookings", theirs)
        ratio = statistics.median(a.per_second / b.per_second for a, b in zip(mine, theirs, strict=True))
        print(f"bookings: {ratio:.1f} × peer")
        accepted = sum(await asyncio.gather(*(peer.book(n % CLIENTS, 60_000) for n in range(CLIENTS))))
        print(f"peer accepted {accepted} of {CLIENTS} identical bookings")
    print(f"turnet accepted {await _identical(port)} of 20 identical bookings")


def _peer(port: int) -> Peer:
    import os
    import tempfile

    home = os.environ.get("PEER_HOME") or Path(tempfile.gettempdir()) / "turnet-peer-django-appointment"
    return Peer(port, Path(home))


async def _identical(port: int) -> int:
    """How many of twenty bookings of one practitioner's one time are accepted."""
    service, slot = next((s, t) for s, t in reversed(_free(port)) if t["practitioners"])
    body = {
        "service": service,
        "start": slot["start"],
        "location": slot["location"],
        "practitioner": slot["practitioners"][0],
    }

    async def one(n: int) -> bool:
        patient = {"name": "Aino Test", "email": f"same{n}@clinic.example"}
        headers = {"Content-Type": "application/json"}
        answer = await Connection(port).send(
            "POST", "/api/v1/bookings", headers, json.dumps(body | {"patient": patient}).encode()
        )
        return answer.status == 201

    return sum(await asyncio.gather(*(one(n) for n in range(20))))


def _print(name: str, rates: list[Rate]) -> None:
    middle = sorted(rates, key=lambda rate: rate.per_second)[len(rates) // 2]
    print(
        f"{name:24} {middle.per_second:9.0f}/s  p50 {middle.p50_ms:7.2f} ms  p99 {middle.p99_ms:7.2f} ms  refused {sum(r.errors for r in rates)}"
    )
