"""kill -9 under booking load: what was answered exists, once, with exactly one confirmation row."""

import asyncio
import contextlib
import os
import random
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta

import httpx
import pytest

from tests.chaos.conftest import Server
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import fetch
from turnet.settings import Settings

pytestmark = pytest.mark.slow
CLIENTS = 6


@dataclass
class History:
    answered: dict[str, str] = field(default_factory=dict)
    """Idempotency key → reference."""
    open: list[str] = field(default_factory=list)
    """Keys whose request got no answer: the visit may or may not exist."""


async def _clients_book(server: Server, times: list[str], history: History) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:

        async def client() -> None:
            while times:
                key, start = secrets.token_hex(8), times.pop()
                history.open.append(key)
                answer = await http.post(
                    "/api/v1/bookings",
                    headers={"Idempotency-Key": key},
                    json={
                        "service": "check-up",
                        "start": start,
                        "patient": {"name": "Aino", "email": f"{key}@a.example"},
                    },
                )
                history.open.remove(key)
                if answer.status_code == 201:
                    history.answered[key] = answer.json()["reference"]

        with contextlib.suppress(httpx.TransportError):
            await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def _free_times(server: Server) -> list[str]:
    first = date.fromisoformat((await _json(server, "/api/v1/clinic"))["now"][:10])
    path = f"/api/v1/slots?service=check-up&from={first}&to={first + timedelta(days=61)}"
    return [slot["start"] for slot in (await _json(server, path))["slots"]]


async def _json(server: Server, path: str) -> dict:  # type: ignore[type-arg]
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:
        return (await http.get(path)).raise_for_status().json()  # type: ignore[no-any-return]


async def _round(server: Server, seed: random.Random, history: History) -> None:
    times = await _free_times(server)
    seed.shuffle(times)
    load = asyncio.create_task(_clients_book(server, times[:200], history))
    await asyncio.sleep(seed.uniform(0.1, 0.8))
    await asyncio.to_thread(server.kill)
    await load


def _check(stored: list[tuple[str, int]], history: History) -> tuple[list[str], list[str], list[str]]:
    """(lost, doubled, without exactly one confirmation row), by reference or address."""
    by_address: dict[str, list[int]] = {}
    for address, messages in stored:
        by_address.setdefault(address, []).append(messages)
    lost = [key for key in history.answered if f"{key}@a.example" not in by_address]
    doubled = [address for address, rows in by_address.items() if len(rows) > 1]
    unconfirmed = [address for address, rows in by_address.items() if rows[0] != 1]
    return lost, doubled, unconfirmed


async def _stored(settings: Settings) -> list[tuple[str, int]]:
    engine = engine_for(settings)
    bind(engine)
    try:
        rows = await fetch(
            "SELECT b.email, (SELECT count(*) FROM message m WHERE m.booking = b.id AND m.kind = {}) FROM booking b",
            "booking_confirmed",
        )
        return [(email, int(count)) for email, count in rows]
    finally:
        await engine.close_connection_pool()


@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.soak)])
def test_no_answered_booking_is_lost_or_doubled_by_kill_9(server: Server, rounds: int) -> None:
    seed = random.Random(int(os.environ.get("TURNET_SEED", "1")))
    history = History()

    for _ in range(rounds):
        server.start()
        asyncio.run(_round(server, seed, history))

    assert len(history.answered) >= rounds
    assert _check(asyncio.run(_stored(server.settings)), history) == ([], [], [])


def test_a_lost_or_doubled_booking_would_be_seen() -> None:
    history = History(answered={"a": "AAAA-AA", "b": "BBBB-BB", "c": "CCCC-CC"})

    found = _check([("a@a.example", 1), ("a@a.example", 1), ("b@a.example", 0)], history)

    assert found == (["c"], ["a@a.example"], ["b@a.example"])
