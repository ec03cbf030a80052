"""`/up` for whoever restarts the server, `/ready` for whoever sends it visitors or wants to know why not."""

import ipaddress
from dataclasses import asdict, dataclass
from datetime import datetime

from litestar import MediaType, Response, get
from litestar.types import ControllerRouterHandler

from turnet.clock import Clock
from turnet.db.engine import bound
from turnet.db.start import pending
from turnet.db.transactions import fetch, on_sqlite
from turnet.messaging import outbox
from turnet.web.kit.htmx import AnyRequest

MAX_CLOCK_OFFSET = 2.0
"""Seconds between this process's clock and its database's."""
MAX_WAITING = 600.0
"""Seconds that the oldest due message may wait before the outbox counts as stuck."""

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Condition:
    pending_migrations: list[str]
    clock_offset_seconds: float
    messages_queued: int
    oldest_message_waiting_seconds: float
    messages_failed_last_day: int
    messages_unknown: int

    @property
    def ready(self) -> bool:
        """A stuck outbox is for `doctor` and the monitor: visitors can still book."""
        return not self.pending_migrations and abs(self.clock_offset_seconds) <= MAX_CLOCK_OFFSET

    @property
    def well(self) -> bool:
        return self.ready and self.oldest_message_waiting_seconds <= MAX_WAITING


async def condition(clock: Clock) -> Condition:
    messages = await outbox.health(clock.now())
    return Condition(
        pending_migrations=await pending(bound()),
        clock_offset_seconds=await _clock_offset(clock),
        messages_queued=messages.queued,
        oldest_message_waiting_seconds=messages.oldest_due_age_seconds,
        messages_failed_last_day=messages.failed_last_day,
        messages_unknown=messages.unknown,
    )


async def _clock_offset(clock: Clock) -> float:
    """Seconds by which the database is ahead; SQLite has no clock of its own."""
    if on_sqlite():
        return 0.0
    ((there,),) = await fetch("SELECT clock_timestamp()")
    assert isinstance(there, datetime)
    return (there - clock.real()).total_seconds()


@get("/up", media_type=MediaType.TEXT, include_in_schema=False)
async def up() -> Response[str]:
    """200 only when migrated and serving."""
    waiting = await pending(bound())
    status = 503 if waiting else 200
    return Response("migrating\n" if waiting else "up\n", status_code=status, headers={"Cache-Control": "no-store"})


@get("/ready", include_in_schema=False)
async def ready(request: AnyRequest) -> Response[dict[str, object]]:
    """503 when visitors should go elsewhere; the reasons only for somebody on this machine."""
    found = await condition(request.app.state.clock)
    said: dict[str, object] = {"ready": found.ready}
    if on_this_machine(request):
        said |= {"well": found.well} | asdict(found)
    return Response(said, status_code=200 if found.ready else 503, headers={"Cache-Control": "no-store"})


def on_this_machine(request: AnyRequest) -> bool:
    """A loopback peer that forwards for somebody else does not count."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


routes: list[ControllerRouterHandler] = [up, ready]
