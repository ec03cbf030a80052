"""Counters since this process began; `web.kit.metrics` serves them beside what it reads from the database."""

from prometheus_client import CollectorRegistry, Counter, Info, ProcessCollector

from turnet import __version__

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
Info("turnet", "Which turnet this is", registry=REGISTRY).info({"version": __version__})

BOOKINGS = Counter("turnet_bookings", "Visits booked", ["door"], registry=REGISTRY)
CONFLICTS = Counter(
    "turnet_conflicts", "Bookings, holds and moves refused because the time was taken", registry=REGISTRY
)
SENDS = Counter("turnet_sends", "Messages by channel and how they ended", ["channel", "result"], registry=REGISTRY)
REMINDERS_MISSED = Counter("turnet_reminders_missed", "Reminders that would have come too late", registry=REGISTRY)
