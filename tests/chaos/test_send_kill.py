"""kill -9 of a real server after the SMS gateway took the message and before anybody here knew."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.chaos.conftest import Server
from tests.unit.messaging.servers import Phone, SmsGateway, a_gateway, twilio
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import fetch
from turnet.settings import Settings

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def a_gateway_elsewhere(answer: Any) -> Iterator[SmsGateway]:
    """One that outlives the server, in a loop of its own."""
    ready, over, found = threading.Event(), threading.Event(), list[SmsGateway]()

    async def serve() -> None:
        async with a_gateway(answer) as gateway:
            found.append(gateway)
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        over.set()
        thread.join()


def _book(server: Server) -> None:
    """By somebody who gave only a number."""
    with httpx.Client(base_url=server.url, timeout=10) as http:
        first = date.fromisoformat(http.get("/api/v1/clinic").json()["now"][:10]) + timedelta(days=3)
        times = http.get(f"/api/v1/slots?service=check-up&from={first}&to={first + timedelta(days=20)}").json()["slots"]
        patient = {"name": "Aino", "phone": "+358401234567"}
        body = {"service": "check-up", "start": times[0]["start"], "patient": patient}
        http.post("/api/v1/bookings", headers={"Idempotency-Key": "one"}, json=body).raise_for_status()


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, "it did not come about within 30 s"
        time.sleep(0.05)


def _settled(server: Server) -> bool:
    return bool(httpx.get(f"{server.url}/ready", timeout=10).json()["messages_queued"] == 0)


async def _sql(settings: Settings, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    engine = engine_for(settings)
    bind(engine)
    try:
        return await fetch(sql, *values)
    finally:
        await engine.close_connection_pool()


def _killed_while_sending(server: Server, gateway: SmsGateway, works: Any, url: str) -> tuple[str, str | None]:
    """State and error of the message in the end."""

    def taken(asked: Any) -> str:
        works(asked)
        return SmsGateway.SILENCE

    gateway.answer = taken
    (server.settings.data / "turnet.toml").write_text(f'sms_url = "{url}"\n')
    server.start()
    _book(server)
    _until(lambda: gateway.asked != [])
    server.kill()
    gateway.answer = works
    if not server.settings.on_sqlite:  # a minute later: another worker may be alive until then
        earlier = "UPDATE message SET lease_until = lease_until - INTERVAL '2 minutes' WHERE state = 'sending'"
        asyncio.run(_sql(server.settings, earlier))
    server.start()
    _until(lambda: _settled(server))
    server.stop()
    [(state, error)] = asyncio.run(_sql(server.settings, "SELECT state, error FROM message WHERE channel = {}", "sms"))
    return state, error


def test_a_phone_is_told_again_under_the_same_id_and_the_person_gets_one(server: Server) -> None:
    phone = Phone()

    with a_gateway_elsewhere(phone) as gateway:
        state, error = _killed_while_sending(server, gateway, phone, f"android://u:p@{gateway.at}?tls=none")

    sends = [asked.json["id"] for asked in gateway.asked if asked.method == "POST"]
    assert (state, error, list(phone.sent.values())) == ("sent", None, [1])
    assert sends == [*phone.sent] * 2


def test_control_a_phone_that_does_not_look_at_ids_sends_two(server: Server) -> None:
    phone = Phone(dedupes=False)

    with a_gateway_elsewhere(phone) as gateway:
        _killed_while_sending(server, gateway, phone, f"android://u:p@{gateway.at}?tls=none")

    assert list(phone.sent.values()) == [2]


def test_a_company_is_told_once_and_the_message_is_shown_as_unknown(server: Server) -> None:
    with a_gateway_elsewhere(twilio) as gateway:
        state, error = _killed_while_sending(
            server, gateway, twilio, f"twilio://AC1:t@{gateway.at}?from=Tuomi&tls=none"
        )

    said = "interrupted while sending" if server.settings.on_sqlite else "the sender vanished while sending"
    assert (state, error, len(gateway.asked)) == ("unknown", said, 1)
