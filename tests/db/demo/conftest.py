"""The demo's clock, standing still: only putting it forward moves it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from turnet.clock import SystemClock


@dataclass
class StoodClock(SystemClock):
    def real(self) -> datetime:
        """Tuesday 1 December 2026, 10:42 in Helsinki."""
        return datetime(2026, 12, 1, 8, 42, tzinfo=UTC)


@pytest.fixture
def demo_clock() -> StoodClock:
    return StoodClock()
