"""`/metrics` for Prometheus, to this machine only."""

from collections.abc import Iterable, Iterator

from litestar import Response, get
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from turnet.db.engine import LiteEngine, bound
from turnet.errors import NotFound
from turnet.metrics import REGISTRY
from turnet.watch import conditions
from turnet.watch.look import Watch
from turnet.watch.seen import Seen
from turnet.web.kit.health import on_this_machine
from turnet.web.kit.htmx import AnyRequest


@get("/metrics", include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[bytes]:
    """What was counted since the start, and what is now. Raises NotFound for everybody elsewhere."""
    if not on_this_machine(request):
        raise NotFound
    watch: Watch = request.app.state.watch
    text = generate_latest(REGISTRY) + generate_latest(_Now(await watch.look()))
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


class _Now(Collector):
    """What one look has seen, as Prometheus reads it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterable[Metric]:
        for name, help, value in _gauges(self._seen):
            if value is not None:
                yield GaugeMetricFamily(f"turnet_{name}", help, value=float(value))
        yield _troubles(self._seen)
        engine = bound()
        if isinstance(engine, LiteEngine):
            busy = "Seconds in which somebody held the one connection that writes"
            yield CounterMetricFamily("turnet_database_busy_seconds", busy, value=engine.busy_seconds)
            yield GaugeMetricFamily(
                "turnet_database_wal_bytes", "Size of the write-ahead log", value=engine.wal_bytes()
            )


def _gauges(seen: Seen) -> Iterator[tuple[str, str, float | None]]:
    """(name, help, value); a value that is not there yet is None."""
    yield "ready", "1 while visitors can book", conditions.ready(seen)
    yield "well", "1 while nothing is wrong with the server", conditions.well(seen)
    yield "up_seconds", "Time since the start", seen.up_seconds
    yield "outbox_messages", "Messages that are queued or being sent", seen.messages_queued
    yield "outbox_oldest_seconds", "How long the oldest due message waits", seen.oldest_message_waiting_seconds
    yield "messages_unknown", "SMS that may or may not have left", seen.messages_unknown
    yield "reminders_missed_lately", "Missed reminders that were due in the last two days", seen.reminders_missed_lately
    yield "loop_lag_seconds", "How late the event loop's last beat came", seen.loop_lag_seconds
    yield "clock_ahead_seconds", "How far the clock leapt forward", seen.clock_ahead_seconds
    yield "backup_age_seconds", "Age of the newest backup", seen.backup_age_seconds
    yield "backup_bytes", "Size of the newest backup", seen.backup_bytes
    yield "disk_free_bytes", "Room on the disk of the data directory", seen.disk_free_bytes


def _troubles(seen: Seen) -> Metric:
    there = {trouble.name for trouble in conditions.troubles(seen)}
    family = GaugeMetricFamily("turnet_trouble", "1 while it is so; docs/watching.md explains each", labels=["name"])
    for condition in conditions.CONDITIONS:
        family.add_metric([condition.name], condition.name in there)
    return family


routes: list[ControllerRouterHandler] = [metrics]
