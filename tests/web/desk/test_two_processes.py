"""Two web processes on one Postgres database: a desk at one hears what is booked through the other."""

import asyncio
import json
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import a_clinic
from tests.web.test_lifecycle import Serve, Served, serve  # noqa: F401  (a fixture)
from turnet.db.engine import bind, engine_for
from turnet.ids import token_hash
from turnet.settings import Settings
from turnet.staff.tables import StaffSession, StaffUser

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.parametrize("settings", ["postgres"], indirect=True)]

TOKEN = "token".ljust(32, "t")


async def _clinic_with_a_desk(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    await a_clinic()
    now = datetime.now(UTC)
    user = StaffUser(public_id="r" * 22, email="rea@tuomi.example", name="Rea", role="reception", created_at=now)
    await user.save()
    await StaffSession(
        public_id="s" * 22, token_hash=token_hash(TOKEN), user=user.id, created_at=now, seen_at=now, proven_at=now,
        ends_at=now + timedelta(days=1),
    ).save()  # fmt: skip
    await engine.close_connection_pool()


def _stream(server: Served) -> socket.socket:
    lines = (
        "GET /desk/live HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream", f"Cookie: turnet_staff={TOKEN}", "", "",
    )  # fmt: skip
    line = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    line.sendall("\r\n".join(lines).encode())
    _hear(line, b"event: beat")
    return line


def _hear(line: socket.socket, name: bytes) -> float:
    """Seconds until it came."""
    began, heard = time.monotonic(), b""
    while name not in heard:
        piece = line.recv(65536)
        assert piece, f"the stream ended after {heard!r}"
        heard += piece
    return time.monotonic() - began


def _book(server: Served) -> None:
    days = [(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in (3, 12)]
    status, found = server.ask("GET", f"/api/v1/slots?service=check-up&from={days[0]}&to={days[1]}")
    slot = json.loads(found)["slots"][0]
    wish = {"service": "check-up", "start": slot["start"], "location": slot["location"]}
    body = json.dumps(wish | {"patient": {"name": "Anna", "phone": "+358401234567"}})
    connection = server.connected()
    connection.request(
        "POST", "/api/v1/bookings", body, {"Content-Type": "application/json", "Idempotency-Key": "k" * 20}
    )
    status = connection.getresponse().status
    connection.close()
    assert status == 201


def test_desk_at_one_hears_what_is_booked_through_the_other(serve: Serve, settings: Settings) -> None:  # noqa: F811
    asyncio.run(_clinic_with_a_desk(settings))
    one, other = serve(settings), serve(settings)
    here, there = _stream(one), _stream(other)

    _book(other)
    seconds = [_hear(here, b"event: changed"), _hear(there, b"event: changed")]

    assert max(seconds) < 1
    assert [server.stopped()[0] for server in (one, other)] == [0, 0]
    here.close()
    there.close()
