"""The API of the small clinic of `tests.factories`, on Tuesday 1 December 2026, 10:42 in Helsinki."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.clinic.model import Clinic
from turnet.db.engine import bound
from turnet.db.transactions import fetch

START = "2026-12-03T09:20:00+02:00"
PATIENT = {"name": "Aino Virtanen", "email": "aino@example.org"}


def booking(**changes: Any) -> dict[str, Any]:
    """A complete booking; a change to None leaves the field out."""
    body = {"service": "check-up", "start": START, "patient": PATIENT} | changes
    return {name: value for name, value in body.items() if value is not None}


def token_of(answer: httpx.Response) -> str:
    return str(answer.json()["manage_url"]).rpartition("/")[2]


@pytest.fixture
def clinic(app: Litestar, loop: asyncio.Runner) -> Clinic:
    return loop.run(a_clinic())


@pytest.fixture
def api(client: Client, clinic: Clinic) -> Client:
    """The client, with the clinic already there."""
    client.headers.pop("Sec-Fetch-Site", None)
    return client


Book = Callable[..., Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
def book(api: Client) -> Book:
    async def post(*, key: str | None = None, **changes: Any) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await api.post("/api/v1/bookings", json=booking(**changes), headers=headers)

    return post


@pytest.fixture
def queries(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from here on, in order."""
    seen: list[str] = []
    engine = type(bound())
    for name in ("run_querystring", "fetch"):
        run = getattr(engine, name)

        async def noted(self: Any, statement: Any, *more: Any, _run: Any = run, **named: Any) -> Any:
            seen.append(str(statement))
            return await _run(self, statement, *more, **named)

        monkeypatch.setattr(engine, name, noted)
    return seen


async def everything() -> str:
    """A fingerprint of all that an act could have changed; counters of attempts are not part of it."""
    tables = (
        "booking",
        "claim",
        "occupancy",
        "patient",
        "contact_point",
        "patient_contact",
        "message",
        "booking_event",
    )
    rows = [(table, sorted(map(repr, await fetch(f"SELECT * FROM {table}")))) for table in tables]
    rows.append(("diary", await fetch("SELECT version, setup_version FROM diary")))
    return hashlib.sha256(repr(rows).encode()).hexdigest()
