"""What one cold page costs in processor time, what the arithmetic in it costs, and mail against a bare SMTP library."""

import asyncio
import email.policy
import statistics
import tempfile
import time
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
from litestar import Litestar

from bench.app import prepare
from bench.sink import mail_sink
from turnet.app import create_app
from turnet.booking.queries import busy
from turnet.clinic.queries import clinic as the_clinic
from turnet.clock import SystemClock, minute
from turnet.db.transactions import fetch
from turnet.messaging import deliver
from turnet.scheduling.hours import local_day
from turnet.scheduling.slots import offered, window
from turnet.settings import Settings

TIMES = 60
MAILS = 300


async def report(peer_call: float | None) -> None:
    """`peer_call`: processor seconds of the peer's slots of one day and person."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), demo=True, limits="off")
        await prepare(settings)
        app = create_app(settings, worker=False)
        async with app.lifespan():
            cold = await _cold_month(app)
            print(f"month page, cold         {cold * 1000:6.2f} ms of processor time")
            print(f"  of it, the free times  {await _arithmetic() * 1000:6.2f} ms")
            if peer_call:
                print(
                    f"  the peer's month: 155 calls of {peer_call * 1000:.1f} ms, {155 * peer_call / cold:.0f} × as much"
                )
            with mail_sink() as port:
                ratios = [await _mail(settings, port) for _ in range(3)]
            print(
                f"messages                 {statistics.median(ratios):6.2f} × a bare library building and sending the same"
            )


async def _cold_month(app: Litestar) -> float:
    """Median seconds of processor time of a month page whose diary has just changed."""
    clinic = await the_clinic()
    assert clinic is not None
    day = local_day(clinic.setup.zone, minute(SystemClock().now())) + timedelta(days=20)
    path = f"/en/book/{next(iter(clinic.services))}?month={day:%Y-%m}"
    spent = []
    for _ in range(TIMES):
        await fetch("UPDATE diary SET version = version + 1 WHERE id = 1 RETURNING id")
        start = time.process_time()
        status = await _get(app, path)
        spent.append(time.process_time() - start)
        assert status == 200, path
    return statistics.median(spent)


async def _get(app: Litestar, address: str) -> int:
    path, _, query = address.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "root_path": "", "state": {}, "extensions": {},
    }  # fmt: skip
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)  # type: ignore[arg-type]
    return status


async def _arithmetic() -> float:
    """Median seconds of `offered` over a month in which one booking more stands each time."""
    clinic = await the_clinic()
    assert clinic is not None
    now = SystemClock().now()
    service = next(iter(clinic.services.values()))
    first = local_day(clinic.setup.zone, minute(now))
    last = first + timedelta(days=30)
    taken = dict(await busy(clinic, window(clinic.setup, service.id, first, last), now=now))
    spent = []
    for turn in range(TIMES):
        shorter = {resource: spans[: len(spans) - turn % 7] for resource, spans in taken.items()}
        start = time.perf_counter()
        offered(clinic.setup, service.id, first, last, shorter, now=minute(now))
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


async def _mail(demo: Settings, port: int) -> float:
    """Our rate of confirmations out of the outbox, divided by a library's rate of building and sending one of them."""
    settings = Settings(
        data=demo.data,
        base_url="https://times.clinic.example",
        mail_url=f"smtp://127.0.0.1:{port}",
        mail_from="t@clinic.example",
    )
    await fetch(
        "UPDATE message SET state = {}, attempts = 0, due_at = {}, not_after = {} "
        "WHERE id IN (SELECT m.id FROM message m JOIN booking b ON b.id = m.booking "
        f"WHERE m.kind = {{}} AND m.channel = {{}} AND b.state = {{}} LIMIT {MAILS}) RETURNING id",
        *(
            "queued",
            SystemClock().now(),
            SystemClock().now() + timedelta(days=1),
            "booking_confirmed",
            "email",
            "booked",
        ),
    )
    sending = deliver.deliverer(settings, SystemClock())
    start = time.perf_counter()
    sent = await deliver.drain(sending)
    ours = sent / (time.perf_counter() - start)
    return ours / await _bare(port, _sample())


def _sample() -> tuple[str, str, bytes]:
    return (
        "A visit. " * 90,
        "<p>A visit.</p>" * 220,
        b"BEGIN:VCALENDAR\r\n" + b"X-SAME:size\r\n" * 90 + b"END:VCALENDAR\r\n",
    )


async def _bare(port: int, parts: tuple[str, str, bytes]) -> float:
    text, page, calendar = parts
    start = time.perf_counter()
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
        for number in range(MAILS):
            mail = EmailMessage(policy=email.policy.SMTP)
            mail["From"], mail["To"], mail["Subject"] = "t@clinic.example", f"p{number}@clinic.example", "Your visit"
            mail.set_content(text, cte="quoted-printable")
            mail.add_alternative(page, subtype="html", cte="quoted-printable")
            mail.add_alternative(calendar.decode(), subtype="calendar", params={"method": "REQUEST"}, cte="base64")
            mail.add_attachment(calendar, "application", "ics", filename="invite.ics")
            await smtp.send_message(mail)
    return MAILS / (time.perf_counter() - start)


def main() -> None:
    asyncio.run(report(None))


if __name__ == "__main__":
    main()
