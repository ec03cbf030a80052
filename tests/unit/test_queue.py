"""The queue in memory keeps SAQ's contract."""

import asyncio
import sys
import time
from typing import Any

import pytest
from saq import CronJob, Job, Status
from saq.queue import JobError, Queue

from turnet.pulse import Pulse
from turnet.queue import MemoryQueue, queue_for
from turnet.settings import BadSetting, Settings
from turnet.worker import OwnWorker


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


async def _next(queue: Queue) -> Job:
    job = await queue.dequeue(timeout=1)
    assert job is not None
    return job


async def test_jobs_come_out_in_the_order_they_went_in(queue: MemoryQueue) -> None:
    for key in ("a", "b", "c"):
        await queue.enqueue("work", key=key)

    assert [(await _next(queue)).key for _ in range(3)] == ["a", "b", "c"]


async def test_arguments_arrive(queue: MemoryQueue) -> None:
    await queue.enqueue("work", key="a", visit=7, timeout=5)

    job = await _next(queue)

    assert (job.function, job.kwargs, job.timeout, job.status) == ("work", {"visit": 7}, 5, Status.ACTIVE)


async def test_waiting_ends_when_a_job_comes(queue: MemoryQueue) -> None:
    waiting = asyncio.create_task(queue.dequeue())
    await asyncio.sleep(0)
    assert not waiting.done()

    await queue.enqueue("work", key="a")

    async with asyncio.timeout(1):
        job = await waiting
    assert job is not None
    assert job.key == "a"


async def test_empty_queue_gives_nothing_after_the_timeout(queue: MemoryQueue) -> None:
    assert await queue.dequeue(timeout=0.01) is None


async def test_job_goes_to_one_of_many_who_wait(queue: MemoryQueue) -> None:
    waiting = [asyncio.create_task(queue.dequeue(timeout=0.05)) for _ in range(5)]

    await queue.enqueue("work", key="a")

    jobs = await asyncio.gather(*waiting)
    assert [job.key for job in jobs if job is not None] == ["a"]


async def test_cancelled_waiting_takes_no_job_along(queue: MemoryQueue) -> None:
    waiting = asyncio.create_task(queue.dequeue())
    await asyncio.sleep(0)
    waiting.cancel()
    await queue.enqueue("work", key="a")

    assert (await _next(queue)).key == "a"


async def test_key_in_use_is_refused_until_its_job_ended(queue: MemoryQueue) -> None:
    tries = [await queue.enqueue("work", key="a")]
    tries.append(await queue.enqueue("work", key="a"))
    job = await _next(queue)
    tries.append(await queue.enqueue("work", key="a"))
    await job.finish(Status.COMPLETE)
    tries.append(await queue.enqueue("work", key="a"))

    assert [job is not None for job in tries] == [True, False, False, True]


async def test_tick_that_already_ran_is_refused(queue: MemoryQueue) -> None:
    tick = int(time.time())
    await queue.enqueue("work", key="cron:work", scheduled=tick)
    await (await _next(queue)).finish(Status.COMPLETE)

    again = await queue.enqueue("work", key="cron:work", scheduled=tick)
    next_one = await queue.enqueue("work", key="cron:work", scheduled=tick + 1)

    assert (again, next_one is not None) == (None, True)


async def test_scheduled_job_waits_for_its_time(queue: MemoryQueue) -> None:
    await queue.enqueue("work", key="later", scheduled=int(time.time()) + 3600)
    await queue.enqueue("work", key="now")

    assert (await _next(queue)).key == "now"
    assert await queue.dequeue(timeout=0.01) is None
    assert (await queue.count("queued"), await queue.count("incomplete")) == (0, 2)


async def test_what_a_worker_changes_counts_when_it_says_so(queue: MemoryQueue) -> None:
    await queue.enqueue("work", key="a")
    job = await _next(queue)
    job.meta["step"] = 1
    before = await queue.job("a")
    await job.update()
    after = await queue.job("a")

    assert before is not None
    assert after is not None
    assert (before.meta, after.meta) == ({}, {"step": 1})


async def test_retried_job_comes_again(queue: MemoryQueue) -> None:
    await queue.enqueue("work", key="a", retries=2)
    await (await _next(queue)).retry("gateway down")

    again = await _next(queue)

    assert (again.key, again.error) == ("a", "gateway down")


async def test_retry_waits_its_delay(queue: MemoryQueue) -> None:
    await queue.enqueue("work", key="a", retries=2, retry_delay=3600.0)
    await (await _next(queue)).retry("gateway down")

    assert await queue.dequeue(timeout=0.01) is None
    assert await queue.count("incomplete") == 1


async def test_aborted_before_it_began_never_begins(queue: MemoryQueue) -> None:
    job = await queue.enqueue("work", key="a")
    assert job is not None
    await job.abort("not wanted")

    assert await queue.dequeue(timeout=0.01) is None
    found = await queue.job("a")
    assert found is not None
    assert (found.status, found.error) == (Status.ABORTED, "not wanted")


async def test_aborted_and_enqueued_for_later_does_not_come_early(queue: MemoryQueue) -> None:
    job = await queue.enqueue("work", key="a")
    assert job is not None
    await job.abort("not wanted")
    await queue.enqueue("work", key="a", scheduled=int(time.time()) + 3600)

    assert await queue.dequeue(timeout=0.01) is None


async def test_finished_job_is_forgotten_after_its_time(queue: MemoryQueue) -> None:
    for key, ttl in (("at once", -1), ("soon", 1), ("never", 0)):
        await queue.enqueue("work", key=key, ttl=ttl)
        await (await _next(queue)).finish(Status.COMPLETE)
    queue._expires = {key: at - 2 for key, at in queue._expires.items()}

    await queue.sweep()

    assert [job.key async for job in queue.iter_jobs()] == ["never"]


@pytest.mark.parametrize(("retries", "status"), [(1, Status.ABORTED), (2, Status.QUEUED)])
async def test_job_past_its_timeout_is_swept(queue: MemoryQueue, retries: int, status: Status) -> None:
    await queue.enqueue("work", key="a", timeout=1, retries=retries)
    job = await _next(queue)
    await job.update(started=job.started - 5000, attempts=1)

    swept = await queue.sweep(abort=0.01)

    found = await queue.job("a")
    assert found is not None
    assert (swept, found.status) == (["a"], status)


async def test_info_counts(queue: MemoryQueue) -> None:
    for key in ("a", "b", "c"):
        await queue.enqueue("work", key=key)
    await queue.enqueue("work", key="later", scheduled=int(time.time()) + 3600)
    await _next(queue)
    await queue.worker_info("me", queue_key="turnet")

    info = await queue.info(jobs=True, limit=2)

    assert {name: info[name] for name in ("queued", "active", "scheduled")} == {
        "queued": 2,
        "active": 1,
        "scheduled": 1,
    }  # type: ignore[literal-required]
    assert (list(info["workers"]), len(info["jobs"])) == (["me"], 2)


def test_address_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "saq.queue.redis", raising=False)

    with pytest.raises(BadSetting, match=r"install turnet\[redis\]"):
        queue_for(Settings(queue_url="redis://localhost"))


# --- with the worker

ran: dict[str, Any] = {}


async def note(context: dict[str, Any], number: int) -> int:
    ran.setdefault("numbers", []).append(number)
    return number * 2


async def fail_once(context: dict[str, Any]) -> str:
    ran["tries"] = ran.get("tries", 0) + 1
    if ran["tries"] == 1:
        raise LookupError("the first time")
    return "done"


async def always_fails(context: dict[str, Any]) -> None:
    raise LookupError("each time")


async def ticked(context: dict[str, Any]) -> None:
    ran["ticks"].release()


async def slow(context: dict[str, Any]) -> None:
    ran["began"].set()
    await ran["may end"].wait()
    ran["ended"] = True


class Working:
    """A worker between start and stop."""

    def __init__(self, queue: Queue, *, cron_jobs: tuple[CronJob[Any], ...] = (), grace: int = 5) -> None:
        ran.clear()
        self.worker = OwnWorker(
            queue,
            Pulse(),
            functions=[note, fail_once, always_fails, slow],
            cron_jobs=cron_jobs,
            concurrency=3,
            shutdown_grace_period_s=grace,
        )

    async def __aenter__(self) -> OwnWorker:
        await self.worker.queue.connect()
        self._task = asyncio.create_task(self.worker.start())
        return self.worker

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(4):
            await self.worker.stop()
            await self._task


async def test_worker_runs_jobs_and_gives_their_results(queue: MemoryQueue) -> None:
    async with Working(queue):
        results = await queue.map("note", [{"number": n} for n in range(20)], timeout=5, poll_interval=0.01)

    assert (results, sorted(ran["numbers"])) == ([n * 2 for n in range(20)], list(range(20)))


async def test_worker_tries_again(queue: MemoryQueue) -> None:
    async with Working(queue):
        assert await queue.apply("fail_once", timeout=5, retries=2, poll_interval=0.01) == "done"

    assert ran["tries"] == 2


async def test_worker_remembers_how_often_in_a_row_a_job_failed(queue: MemoryQueue) -> None:
    async with Working(queue) as worker:
        for _time in range(2):
            with pytest.raises(JobError):
                await queue.apply("always_fails", timeout=5, poll_interval=0.01)
        failed = dict(worker.pulse.failures)
        await queue.apply("note", number=1, timeout=5, poll_interval=0.01)

    assert failed == {"always_fails": 2}


def test_a_job_that_succeeds_again_fails_no_more() -> None:
    pulse = Pulse()
    for well in (False, False, True, False):
        pulse.job_ended("remind", well=well)

    assert pulse.failures == {"remind": 1}


async def test_recurring_job_runs_at_every_tick_and_once(queue: MemoryQueue) -> None:
    async with Working(queue, cron_jobs=(CronJob(ticked, cron="* * * * * *", timeout=5),)):
        ran["ticks"] = asyncio.Semaphore(0)
        began = time.time()
        async with asyncio.timeout(5):
            for _ in range(2):
                await ran["ticks"].acquire()
        took = time.time() - began

    assert took >= 0.9
    assert ran["ticks"].locked()


async def test_idle_worker_stops_at_once(queue: MemoryQueue) -> None:
    async with asyncio.timeout(1):
        async with Working(queue, grace=60):
            await asyncio.sleep(0)


async def test_stopping_worker_lets_a_job_end(queue: MemoryQueue) -> None:
    working = Working(queue)
    ran["began"], ran["may end"] = asyncio.Event(), asyncio.Event()
    async with working:
        await queue.enqueue("slow", key="a", timeout=60)
        await ran["began"].wait()
        asyncio.get_running_loop().call_later(0.05, ran["may end"].set)

    found = await queue.job("a")
    assert found is not None
    assert (ran.get("ended"), found.status) == (True, Status.COMPLETE)


async def test_stopping_worker_cancels_what_does_not_end_in_time(queue: MemoryQueue) -> None:
    working = Working(queue, grace=0)
    ran["began"], ran["may end"] = asyncio.Event(), asyncio.Event()
    async with working:
        await queue.enqueue("slow", key="a", timeout=60)
        await ran["began"].wait()

    assert ran.get("ended") is None
