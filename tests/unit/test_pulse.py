"""When a process counts as alive."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from saq.queue import Queue

from turnet import pulse as pulses
from turnet import worker as workers
from turnet.pulse import Pulse
from turnet.queue import MemoryQueue
from turnet.worker import OwnWorker


def ago(seconds: float) -> float:
    return time.monotonic() - seconds


@pytest.mark.parametrize(
    ("loop", "worker", "steady"),
    [
        (0, 0, True),
        (0, None, True),  # a process without a worker
        (0, 9, True),
        (0, 11, False),  # a worker that takes no jobs
        (11, 0, False),
        (11, None, False),
    ],
)
def test_both_must_have_been_seen(loop: float, worker: float | None, steady: bool) -> None:
    assert Pulse(ago(loop), None if worker is None else ago(worker)).steady(within=10) is steady


@asynccontextmanager
async def beating(pulse: Pulse) -> AsyncIterator[None]:
    task = asyncio.create_task(pulse.beating())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()


async def test_loop_that_runs_beats_without_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "BEAT_SECONDS", 0.01)
    pulse = Pulse(ago(60))

    async with beating(pulse):
        await asyncio.sleep(0.05)

    assert pulse.steady(within=1)
    assert pulse.lag < 0.2


async def test_blocked_loop_beats_late_and_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "BEAT_SECONDS", 0.01)
    pulse = Pulse()

    async with beating(pulse):
        before = pulse.loop
        time.sleep(0.3)  # what blocks a loop
        while pulse.loop == before:
            await asyncio.sleep(0)

    assert 0.25 < pulse.lag < 1


# --- the worker's part


async def hang(_context: dict[str, Any]) -> None:
    await asyncio.Event().wait()


async def quick(_context: dict[str, Any]) -> None:
    """Nothing to do."""


@asynccontextmanager
async def working(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch, queue: Queue | None = None
) -> AsyncIterator[OwnWorker]:
    """Two hands, which wait for a job no longer than a moment."""
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.02)
    worker = OwnWorker(queue or MemoryQueue(), pulse, functions=[hang, quick], concurrency=2, shutdown_grace_period_s=0)
    task = asyncio.create_task(worker.start())
    try:
        yield worker
    finally:
        await worker.stop()
        await task


async def seen(pulse: Pulse) -> bool:
    """Within a moment from now."""
    before = pulse.worker
    for _ in range(30):
        await asyncio.sleep(0.01)
        if pulse.worker != before:
            return True
    return False


async def test_worker_without_jobs_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()

    async with working(pulse, monkeypatch):
        assert await seen(pulse)
        assert await seen(pulse)


class ForOthers(MemoryQueue):
    """A queue whose jobs all go to another process."""

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> None:
        await asyncio.sleep(timeout)


async def test_worker_is_seen_while_other_processes_take_every_job(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse, queue = Pulse(), ForOthers()

    async with working(pulse, monkeypatch, queue):
        await queue.enqueue("quick")
        assert await seen(pulse)


async def test_one_long_job_is_no_reason_for_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()

    async with working(pulse, monkeypatch) as worker:
        await worker.queue.enqueue("hang", timeout=0)
        assert await seen(pulse)
        assert await seen(pulse)


async def test_worker_all_of_whose_hands_are_stuck_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()

    async with working(pulse, monkeypatch) as worker:
        for key in ("one", "two"):
            await worker.queue.enqueue("hang", key=key, timeout=0)
        while len(worker.job_task_contexts) < 2:
            await asyncio.sleep(0.01)
        assert not await seen(pulse)


async def test_worker_that_ended_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()

    async with working(pulse, monkeypatch) as worker:
        assert await seen(pulse)
        await worker.stop()
        assert not await seen(pulse)


def test_every_job_that_may_run_at_once_leaves_a_hand_free() -> None:
    nudges = 2

    assert len({job.function.__name__ for job in workers.schedule.RECURRING}) + nudges < workers.CONCURRENCY
