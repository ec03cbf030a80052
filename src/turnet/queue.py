"""Jobs in memory: SAQ's queue contract without a server. It forgets everything at the end of the process.

That is fine, because a job is never the truth about anything: the outbox and the diary are, and recurring jobs look
there.
"""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Iterable

from saq.errors import MissingDependencyError
from saq.job import TERMINAL_STATUSES, Job, Status
from saq.queue import Queue
from saq.types import CountKind, QueueInfo, WorkerInfo
from saq.utils import now, now_seconds

from turnet.settings import BadSetting, Settings

NAME = "turnet"

_EXTRAS = {"redis": "turnet[redis]", "rediss": "turnet[redis]"}


def queue_for(settings: Settings) -> Queue:
    """Raises `BadSetting` when the extra that the address needs is not installed."""
    if not settings.queue_url:
        return MemoryQueue()
    try:
        return Queue.from_url(settings.queue_url, name=NAME)
    except MissingDependencyError as error:
        extra = _EXTRAS.get(settings.queue_url.partition(":")[0], "turnet[pgqueue]")
        raise BadSetting(f"TURNET_QUEUE_URL needs packages that are not installed: install {extra}") from error


class MemoryQueue(Queue):
    """`_due` is a heap of (epoch seconds, turn, key); only the last turn given to a key counts."""

    def __init__(self, name: str = NAME) -> None:
        super().__init__(name=name, dump=None, load=None)
        self._jobs: dict[str, Job] = {}
        self._due: list[tuple[float, int, str]] = []
        self._turn: dict[str, int] = {}
        self._turns = itertools.count(1)
        self._expires: dict[str, float] = {}
        self._workers: dict[str, tuple[float, WorkerInfo]] = {}
        self._changed = asyncio.Condition()

    async def disconnect(self) -> None:
        """Nothing is connected."""

    async def info(self, jobs: bool = False, offset: int = 0, limit: int = 10) -> QueueInfo:
        queued, active, incomplete = [await self.count(kind) for kind in ("queued", "active", "incomplete")]
        page = list(self._jobs.values())[offset : offset + limit] if jobs else []
        alive = {worker: info for worker, (until, info) in self._workers.items() if until > time.time()}
        return {
            "workers": alive,
            "name": self.name,
            "queued": queued,
            "active": active,
            "scheduled": incomplete - queued - active,
            "jobs": [job.to_dict() for job in page],
        }

    async def count(self, kind: CountKind) -> int:
        jobs = self._jobs.values()
        if kind == "queued":
            return sum(job.status == Status.QUEUED and job.scheduled <= now_seconds() for job in jobs)
        if kind == "active":
            return sum(job.status == Status.ACTIVE for job in jobs)
        return sum(job.status not in TERMINAL_STATUSES for job in jobs)

    async def _enqueue(self, job: Job) -> Job | None:
        """None when the key is still in use, or when this tick of a recurring job has already run."""
        old = self._jobs.get(job.key)
        if old is not None and (old.status not in TERMINAL_STATUSES or 0 < job.scheduled <= old.scheduled):
            return None
        self._jobs[job.key] = self._copied(job)
        self._expires.pop(job.key, None)
        await self._wait_until(job.key, job.scheduled)
        return job

    async def _wait_until(self, key: str, at: float) -> None:
        turn = self._turn[key] = next(self._turns)
        heapq.heappush(self._due, (at, turn, key))
        async with self._changed:
            self._changed.notify_all()

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        """Waits for a job without polling; after `timeout` seconds (0: for ever) gives None."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout or None), self._changed:
                while (job := self._next_due()) is None:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._seconds_to_next()):
                            await self._changed.wait()
                return job
        return None

    def _next_due(self) -> Job | None:
        while self._due and self._due[0][0] <= time.time():
            _at, turn, key = heapq.heappop(self._due)
            job = self._jobs.get(key)
            if job is not None and self._turn.get(key) == turn and job.status == Status.QUEUED:
                job.status = Status.ACTIVE
                job.started = job.touched = now()
                return self._copied(job)
        return None

    def _seconds_to_next(self) -> float | None:
        return max(0.001, self._due[0][0] - time.time()) if self._due else None

    async def job(self, job_key: str) -> Job | None:
        found = self._jobs.get(job_key)
        return self._copied(found) if found is not None else None

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        return [await self.job(key) for key in job_keys]

    async def iter_jobs(self, statuses: list[Status] = list(Status), batch_size: int = 100) -> AsyncIterator[Job]:  # noqa: B006
        for job in list(self._jobs.values()):
            if job.status in statuses:
                yield self._copied(job)

    async def _update(self, job: Job, status: Status | None = None, **_changed: object) -> None:
        stored = self._jobs.get(job.key)
        job.status = status or (stored.status if stored is not None else job.status)
        self._jobs[job.key] = job

    async def abort(self, job: Job, error: str, ttl: float = 5) -> None:
        stored = self._jobs.get(job.key)
        if stored is None or stored.status == Status.QUEUED:
            await self.finish(job, Status.ABORTED, error=error)
        else:
            await self.update(job, status=Status.ABORTING, error=error)

    async def _retry(self, job: Job, error: str | None) -> None:
        delay = job.next_retry_delay()
        await self.update(job, status=Status.QUEUED)
        await self._wait_until(job.key, time.time() + delay if delay else job.scheduled)

    async def _finish(self, job: Job, status: Status, *, result: object = None, error: str | None = None) -> None:
        if job.ttl < 0:
            self._forget(job.key)
            return
        await self.update(job, status=status)
        if job.ttl:
            self._expires[job.key] = time.time() + job.ttl

    def _forget(self, key: str) -> None:
        for known in (self._jobs, self._turn, self._expires):
            known.pop(key, None)

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Forgets finished jobs past their time and ends those past their timeout, whose keys it returns."""
        for key in [key for key, at in self._expires.items() if at <= time.time()]:
            self._forget(key)
        swept = []
        for job in [self._copied(job) for job in self._jobs.values() if job.stuck]:
            swept.append(job.key)
            await self.abort(job, error=self.swept_error_message)
            with contextlib.suppress(TimeoutError):
                await job.refresh(abort)
            if job.retryable:
                await self.retry(job, error=self.swept_error_message)
            else:
                await self.finish(job, Status.ABORTED, error=self.swept_error_message)
        return swept

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        self._workers[worker_id] = (time.time() + ttl, info)

    def _copied(self, job: Job) -> Job:
        """Nobody outside holds the stored job: a worker's changes count when it reports them."""
        copy = self.copy(job)
        assert copy is not None
        return copy
