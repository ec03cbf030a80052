"""`python -m bench.desk`: what the desk's day costs with twelve practitioners and forty visits each, in processor time and queries.

Prints the median of many cold answers of the whole app; the page of an empty day of the same clinic stands beside it, so
that the cost of a visit can be told from that of the frame.
"""

import asyncio
import json
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import brotli
from litestar import Litestar

from bench.app import prepare
from turnet.app import create_app
from turnet.booking.tables import Booking
from turnet.clinic.queries import clinic as the_clinic
from turnet.clinic.tables import Hours, Practitioner, Resource
from turnet.clock import SystemClock, instant, minute
from turnet.db.engine import bound
from turnet.db.transactions import fetch
from turnet.ids import token_hash
from turnet.scheduling.hours import instants, local_day
from turnet.settings import Settings
from turnet.staff.tables import StaffSession, StaffUser
from turnet.web.desk.seat import cookie_name

PEOPLE, VISITS, MINUTES = 12, 40, 12
OPENS, CLOSES = 8 * 60, 17 * 60
TIMES = 40
VIEWS = ("people", "list", "rooms", "week", "month")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), demo=True, limits="off")
        await prepare(settings)
        app = create_app(settings, worker=False)
        async with app.lifespan():
            day = await _fill()
            cookie = f"{cookie_name(settings)}={await _seat()}"
            for view in VIEWS:
                await _report(app, cookie, view, day)


async def _fill() -> date:
    """Twelve practitioners who work all of a day in the coming weeks, and forty visits of each."""
    clinic = await the_clinic()
    assert clinic is not None
    day = local_day(clinic.setup.zone, minute(SystemClock().now())) + timedelta(days=15)
    day += timedelta(days=(1 - day.weekday()) % 7)  # a Tuesday
    location = next(iter(clinic.locations.values())).id
    room = next(room.row for room in clinic.rooms.values() if room.location == location)
    service = next(iter(clinic.services.values())).id
    start = instants(clinic.setup.zone, day, OPENS)[0]
    await fetch("UPDATE practitioner SET active = {} RETURNING id", False)
    for n in range(PEOPLE):
        resource = (await Resource.insert(Resource(kind="practitioner")))[0]["id"]
        name = json.dumps({"en": f"Doctor {n}"})
        row = Practitioner(resource=resource, slug=f"bench-{n}", name=name, title=name, position=n)
        who = (await Practitioner.insert(row))[0]["id"]
        await Hours.insert(
            Hours(practitioner=who, location=location, weekday=1, opens=OPENS, closes=CLOSES, step=MINUTES)
        )
        rows = [_visit(n, k, who, room, location, service, start + k * MINUTES) for k in range(VISITS)]
        await Booking.insert(*rows)
    await fetch("UPDATE diary SET setup_version = setup_version + 1 RETURNING id")
    await asyncio.sleep(0.5)
    return day


def _visit(n: int, k: int, who: int, room: int, location: int, service: int, start: int) -> Booking:
    key = f"bench-{n}-{k}"
    return Booking(
        public_id=key.ljust(22, "x"), reference=f"B{n:02}{k:02}", state="booked", service=service, practitioner=who,
        room=room, location=location, patient=1 + (n * VISITS + k) % 200, phone="+358400000000", language="en",
        starts_at=instant(start), ends_at=instant(start + MINUTES), wall_start="", zone="Europe/Helsinki", door="phone",
        token_hash=key, created_at=instant(start), updated_at=instant(start),
    )  # fmt: skip


async def _seat() -> str:
    real, token = SystemClock().real(), "t" * 43
    account = StaffUser(
        public_id="bench".ljust(22, "x"), email="b@b.example", name="B", role="reception", created_at=real
    )
    user = (await StaffUser.insert(account))[0]["id"]
    await StaffSession.insert(
        StaffSession(
            public_id="bench",
            token_hash=token_hash(token),
            user=user,
            created_at=real,
            seen_at=real,
            proven_at=real,
            ends_at=real + timedelta(days=1),
        )
    )
    return token


async def _report(app: Litestar, cookie: str, view: str, day: date) -> None:
    full = f"/desk?as={view}&day={day}"
    empty = f"/desk?as={view}&day={day + timedelta(days=4)}"  # a Saturday
    queries = await _queries(app, full, cookie)
    spent, bare = await _spent(app, full, cookie), await _spent(app, empty, cookie)
    body = await _get(app, full, cookie)
    packed = len(brotli.compress(body, quality=4))
    print(
        f"{view:8} {spent * 1000:6.2f} ms of processor time, an empty one {bare * 1000:5.2f} ms; {queries} queries; "
        f"{len(body) / 1024:4.0f} kB, {packed / 1024:3.0f} kB packed"
    )


async def _spent(app: Litestar, address: str, cookie: str) -> float:
    await _get(app, address, cookie)
    times = []
    for _ in range(TIMES):
        start = time.process_time()
        await _get(app, address, cookie)
        times.append(time.process_time() - start)
    return statistics.median(times)


async def _queries(app: Litestar, address: str, cookie: str) -> int:
    kind: Any = type(bound())
    original, count = kind.fetch, 0

    async def counted(engine: Any, sql: str, args: Any) -> Any:
        nonlocal count
        count += 1
        return await original(engine, sql, args)

    kind.fetch = counted
    try:
        await _get(app, address, cookie)
    finally:
        kind.fetch = original
    return count


async def _get(app: Litestar, address: str, cookie: str) -> bytes:
    path, _, query = address.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "root_path": "", "state": {}, "extensions": {},
    }  # fmt: skip
    body, status = bytearray(), 0

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scope, receive, send)  # type: ignore[arg-type]
    assert status == 200, (address, status)
    return bytes(body)


if __name__ == "__main__":
    asyncio.run(main())
