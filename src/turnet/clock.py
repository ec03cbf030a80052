"""The two clocks. Business time may be shifted forward in the demo, real time never is."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Business time, aware, in UTC: due, lead time, cut-off, undo, holds."""
        ...

    def real(self) -> datetime:
        """The machine's time, aware, in UTC: leases, rate limits, sessions."""
        ...


@dataclass
class SystemClock:
    """The machine's clock; `shift` is only ever set by the demo, and only forward."""

    shift: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return self.real() + self.shift

    def real(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FrozenClock:
    """Stands still until told otherwise."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def real(self) -> datetime:
        return self.at

    def advance(self, **step: float) -> None:
        """`clock.advance(minutes=5)`: the keywords of `timedelta`."""
        self.at += timedelta(**step)


def minute(instant: datetime) -> int:
    """Whole minutes since 1970-01-01T00:00Z, rounded down: the unit of `turnet.scheduling`."""
    return int(instant.timestamp() // 60)


def instant(minute: int) -> datetime:
    """The aware UTC datetime of a count of minutes since 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(minute * 60, UTC)
