"""SAQ's worker inside our process: it leaves signals to the server, stops quickly, and is woken by new messages."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from saq import Worker
from saq.queue import Queue
from saq.types import Context

from turnet._checkout import alias
from turnet.clock import Clock
from turnet.conversation.service.receive import on_received
from turnet.db.engine import bound
from turnet.db.start import locked
from turnet.messaging import outbox
from turnet.messaging.deliver import deliverer
from turnet.pulse import Pulse
from turnet.queue import queue_for
from turnet.settings import Settings
from turnet.traffic import Traffic
from turnet.watch.look import Watch

alias()
from turnet.tasks import schedule  # noqa: E402  (exists from here on in a checkout)

log = logging.getLogger("turnet.worker")

CONCURRENCY = len(schedule.RECURRING) + 5
"""One for each job that can be under way at once, the nudges included, two of a sort, and one that is always free to show life."""
IDLE_SECONDS = 10
"""How long a free hand waits for a job before it shows life and waits again."""
GRACE_SECONDS = 10
"""How long jobs that run may take to end when the process stops."""


class OwnWorker(Worker[Context]):
    SIGNALS: list[Any] = []  # noqa: RUF012  (the server's)
    _busy: set[asyncio.Task[Any]]

    def __init__(self, queue: Queue, pulse: Pulse, **more: Any) -> None:
        self._busy = set()
        self.pulse = pulse
        more = {"dequeue_timeout": IDLE_SECONDS} | more
        super().__init__(queue, before_process=self._took, after_process=self._ended, **more)

    async def process(self) -> bool:
        """One job, or none within the wait: either way this worker lives."""
        took = await super().process()
        self.pulse.worker_seen()
        return took

    async def _took(self, _context: Context) -> None:
        self._busy.add(_me())

    async def _ended(self, context: Context) -> None:
        self._busy.discard(_me())
        self.pulse.job_ended(context["job"].function, well="exception" not in context)

    async def stop(self) -> None:
        """Whatever waits is cancelled at once, so that only jobs that run get the time to end."""
        self.event.set()
        for task in self.tasks - self._busy:
            task.cancel()
        await super().stop()


def _me() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


@asynccontextmanager
async def working(
    settings: Settings, clock: Clock, traffic: Traffic, pulse: Pulse, watch: Watch
) -> AsyncIterator[Queue]:
    """Runs what `tasks/schedule.py` lists while inside; the database is bound and open.

    Raises `BadSetting` when the queue or a channel for messages cannot be used.
    """
    queue = queue_for(settings)
    worker = OwnWorker(
        queue,
        pulse,
        functions=schedule.FUNCTIONS,
        cron_jobs=schedule.RECURRING,
        concurrency=CONCURRENCY,
        shutdown_grace_period_s=GRACE_SECONDS,
    )
    sending = deliverer(settings, clock, None if settings.demo else traffic)  # the demo's clock waits for it
    shared = {"clock": clock, "settings": settings, "pulse": pulse, "watch": watch, "deliverer": sending}
    cast("dict[str, Any]", worker.context).update(shared)
    async with locked(bound(), settings):  # SAQ's own tables are made by whoever connects first
        await queue.connect()
    outbox.on_new(lambda: _nudge(queue))
    on_received(lambda: _answer(queue))
    pulse.worker_seen()
    running = asyncio.create_task(worker.start())
    try:
        yield queue
    finally:
        outbox.on_new(_nobody)
        on_received(_nobody)
        sending.stopping = True
        await worker.stop()
        await running
        await queue.disconnect()


async def _nudge(queue: Queue) -> None:
    """Two keys: a drain that runs may already have taken its last look, so one more may wait behind it."""
    for key in ("nudge", "nudge again"):
        if await queue.enqueue("drain_outbox", key=key, timeout=schedule.DRAIN_SECONDS, ttl=-1) is not None:
            return


async def _answer(queue: Queue) -> None:
    """As `_nudge`: somebody wrote."""
    for key in ("answer", "answer again"):
        if await queue.enqueue("answer_sms", key=key, timeout=schedule.ANSWER_SECONDS, ttl=-1) is not None:
            return


async def _nobody() -> None:
    """The recurring job of the next start finds what is left."""
