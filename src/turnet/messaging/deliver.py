"""Empties the outbox: claims a batch, composes each message as its visit is now, hands it over, notes how it went.

Runs beside the pages in one process: one message is composed per turn of the event loop, and no database transaction is
open while a server is spoken to. A message that cannot be composed or is refused never holds up another; a server that
cannot be reached ends the round, and what was not tried waits as if it had not been claimed.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import Clock
from turnet.messaging import outbox
from turnet.messaging.addresses import domain
from turnet.messaging.channels import Channel, Refused, Trouble, Unreachable, Unsure
from turnet.messaging.channels.file import MailFolder, SmsFile
from turnet.messaging.channels.smtp import CALL_SECONDS, Smtp
from turnet.messaging.compose import Composer
from turnet.messaging.matter import LEADS_NOWHERE, matter_of
from turnet.messaging.outbox import Claimed
from turnet.settings import Settings
from turnet.traffic import Traffic

log = logging.getLogger("turnet.messaging")
T = TypeVar("T")

BATCH = 20
GIVE_WAY_SECONDS = 0.06
"""How long one message lets pages go first: ten thousand leave within eleven minutes however busy the pages are."""
LANES = 4
"""Mails under way at once: a distant server answers each slowly, but takes several."""
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


@dataclass
class Deliverer:
    """Everything a round of deliveries needs; made once per process by `deliverer`."""

    settings: Settings
    clock: Clock
    channels: Mapping[str, Channel]
    composer: Composer
    chance: random.Random = field(default_factory=random.Random)
    """Spreads the retries."""
    composing: asyncio.Lock = field(default_factory=asyncio.Lock)
    traffic: Traffic = field(default_factory=Traffic)
    """Of the pages beside which this runs."""
    stopping: bool = False
    """Set when the process ends: what is under way is finished, nothing more is begun."""


def deliverer(settings: Settings, clock: Clock, traffic: Traffic | None = None) -> Deliverer:
    """Channels as the settings name them. Raises `BadSetting` when one cannot be used."""
    folder = settings.data / "outbox"
    by_smtp = urlsplit(settings.mail_url).scheme in {"smtp", "smtps"}
    mail: Channel = Smtp(settings.mail_url, own_name=domain(settings)) if by_smtp else MailFolder(folder / "mail")
    channels = {"email": mail, "sms": SmsFile(folder / "sms.jsonl")}
    return Deliverer(settings, clock, channels, Composer(settings, settings.key()), traffic=traffic or Traffic())


async def drain(deliverer: Deliverer, *, batch: int = BATCH) -> int:
    """Delivers all that is due, channel beside channel. Returns how many rows it ended or tried."""
    now, real = deliverer.clock.now(), deliverer.clock.real()
    ended = await outbox.expire(now=now, real=real)
    clinic = await current_clinic()
    if clinic is None:
        return ended
    return ended + sum(await _all([_drain_channel(deliverer, clinic, name, batch) for name in deliverer.channels]))


async def _all(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Side by side to the end, whatever happens to one of them; then raises the first error."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)


async def send_test(deliverer: Deliverer, clinic: Clinic, recipient: str) -> str | None:
    """One mail at once, past the outbox: what the server says is the answer. Raises `Trouble`."""
    now = deliverer.clock.now()
    row = Claimed(uuid4(), "test_mail", "email", recipient, clinic.default_language, None, 0, {}, now, now, 1, "", now)
    channel = deliverer.channels["email"]
    try:
        return await channel.send(deliverer.composer.parcel(row, (), clinic, now=now))
    finally:
        await channel.close()


async def _drain_channel(deliverer: Deliverer, clinic: Clinic, name: str, batch: int) -> int:
    channel, handled = deliverer.channels[name], 0
    try:
        while True:
            now, real = deliverer.clock.now(), deliverer.clock.real()
            rows = await outbox.claim(batch, channel=name, now=now, real=real)
            if not rows:
                return handled
            waiting = deque(rows)
            lanes = [_lane(deliverer, clinic, channel, waiting) for _ in range(min(LANES, len(rows)))]
            reached = all(await _all(lanes))
            handled += len(rows) - len(waiting)
            if waiting:
                await outbox.release(list(waiting))
            if deliverer.stopping or not reached:
                return handled
    finally:
        await channel.close()


async def _lane(deliverer: Deliverer, clinic: Clinic, channel: Channel, waiting: deque[Claimed]) -> bool:
    """Takes one row after the other while the lease leaves time for one more. False: the server cannot be reached."""
    while (
        waiting
        and not deliverer.stopping
        and deliverer.clock.real() < waiting[0].lease_until - timedelta(seconds=CALL_SECONDS)
    ):
        row = waiting.popleft()
        try:
            await _deliver(deliverer, clinic, channel, row)
        except Unreachable as trouble:
            await _again(deliverer, row, str(trouble))
            return False
        except Exception as error:  # a template, a row or a server that surprises: this message's own trouble
            log.exception("message not delivered", extra={"row": str(row.id), "kind": row.kind})
            await _again(deliverer, row, f"{type(error).__name__}: {error}")
    return True


async def _deliver(deliverer: Deliverer, clinic: Clinic, channel: Channel, row: Claimed) -> None:
    """Raises Unreachable; every other outcome is written to the row."""
    now = deliverer.clock.now()
    matter = await matter_of(row, deliverer.settings, now=now)
    if matter.skip:
        if matter.skip == LEADS_NOWHERE:
            log.warning("no message to patients: %s", matter.skip)
        await _ended(row, "skipped", matter.skip, now)
        return
    async with deliverer.composing:
        await deliverer.traffic.lull(at_most=GIVE_WAY_SECONDS)
        await asyncio.sleep(0)
        parcel = deliverer.composer.parcel(row, matter.visits, clinic, now=now, was=matter.was)
    try:
        provider_id = await channel.send(parcel)
    except Refused as trouble:
        await _ended(row, "failed", str(trouble), deliverer.clock.now())
    except Unsure as trouble:
        await _ended(row, "unknown", str(trouble), deliverer.clock.now())
    except Unreachable:
        raise
    except Trouble as trouble:
        await _again(deliverer, row, str(trouble))
    else:
        await _ended(row, "sent", None, deliverer.clock.now(), provider_id)


async def _ended(row: Claimed, state: str, note: str | None, now: datetime, provider_id: str | None = None) -> None:
    ours = await outbox.finish(row, state, now=now, note=note, provider_id=provider_id)
    facts = {"row": str(row.id), "kind": row.kind, "attempts": row.attempts}
    if not ours:
        log.warning("lease lost while sending", extra=facts)
    elif state == "failed":
        log.warning("message failed", extra=facts)


async def _again(deliverer: Deliverer, row: Claimed, trouble: str) -> None:
    """Queues the row for later, or fails it when it has been tried often enough or the next try would be too late."""
    now = deliverer.clock.now()
    due = now + wait(row.attempts, deliverer.chance)
    if row.attempts >= MAX_ATTEMPTS or due >= row.not_after:
        await _ended(row, "failed", trouble, now)
    else:
        await outbox.retry(row, trouble, due_at=due)


def wait(attempts: int, chance: random.Random) -> timedelta:
    """After the first attempt 30 s, then twice as long each time up to an hour, give or take half."""
    seconds: float = FIRST_WAIT.total_seconds() * 2 ** (attempts - 1)
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()) * chance.uniform(0.5, 1.5))
