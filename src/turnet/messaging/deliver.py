"""Empties the outbox: claims a batch, composes each message as its visit is now, hands it over, notes how it went.

Runs beside the pages in one process: one message is composed per turn of the event loop, and no database transaction is
open while a server is spoken to. A message that cannot be composed or is refused never holds up another; a server that
cannot be reached ends the round, and what was not tried waits as if it had not been claimed.
"""

import asyncio
import logging
import random
from collections import defaultdict, deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import uuid4

from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import Clock
from turnet.conversation.meaning import Asked
from turnet.conversation.prompts import ask
from turnet.messaging import bounces, limits, outbox
from turnet.messaging.channels import Channel, Deferred, Refused, Trouble, Unreachable, Unsure
from turnet.messaging.channels.chosen import channels, senders
from turnet.messaging.channels.smtp import CALL_SECONDS
from turnet.messaging.compose import Composer
from turnet.messaging.kinds import KINDS, Audience
from turnet.messaging.limits import Purse
from turnet.messaging.matter import LEADS_NOWHERE, Matter, asking, matter_of
from turnet.messaging.outbox import Claimed
from turnet.messaging.sms_text import gist, parts
from turnet.settings import Settings
from turnet.traffic import Traffic

log = logging.getLogger("turnet.messaging")
T = TypeVar("T")

BATCH = 20
GIVE_WAY_SECONDS = 0.06
"""How long one message lets pages go first: ten thousand leave within eleven minutes however busy the pages are."""
LANES = 4
"""Mails under way at once: a distant server answers each slowly, but takes several. SMS go one after the other."""
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_AWAY = timedelta(minutes=5)
"""For a server that cannot be reached: once it is back, nobody should wait much longer for a reminder."""
ANOTHER_QUESTION = "another question to this telephone was open"


@dataclass
class Turn:
    """Whose turn a channel's is in this process: one round at a time, and none while it rests."""

    taken: bool = False
    asked_for: bool = False
    """Somebody came meanwhile: the round that is under way looks once more."""
    rests_until: datetime | None = None
    """Real time. A channel in doubt is left alone, twice as long each time: an outage does not use up what waits."""
    doubts: int = 0
    """Sends in a row of which nobody knows how they went."""


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
    turns: defaultdict[str, Turn] = field(default_factory=lambda: defaultdict(Turn))
    """By channel."""
    purse: Purse = field(default_factory=Purse)
    stopping: bool = False
    """Set when the process ends: what is under way is finished, nothing more is begun."""


def deliverer(settings: Settings, clock: Clock, traffic: Traffic | None = None) -> Deliverer:
    """Channels as the settings name them. Raises `BadSetting` when one cannot be used."""
    composer = Composer(settings, settings.key())
    return Deliverer(settings, clock, channels(settings), composer, traffic=traffic or Traffic())


async def drain(deliverer: Deliverer, *, batch: int = BATCH, expires: bool = True) -> int:
    """Delivers all that is due, channel beside channel. Returns how many rows it ended or tried.

    A channel that is being emptied already is left to whoever does, so that a slow one holds up no other. Without `expires` nothing counts as too late: the clock cannot be believed.
    """
    now, real = deliverer.clock.now(), deliverer.clock.real()
    repeatable = [name for name, channel in deliverer.channels.items() if channel.repeatable]
    ended = await outbox.expire(repeatable=repeatable, now=now, real=real) if expires else 0
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
    turn, handled = deliverer.turns[name], 0
    if turn.taken:
        turn.asked_for = True
        return 0
    turn.taken = turn.asked_for = True
    try:
        while turn.asked_for:
            turn.asked_for = False
            handled += await _empty(deliverer, clinic, name, batch)
        return handled
    finally:
        turn.taken = False
        await deliverer.channels[name].close()


async def _empty(deliverer: Deliverer, clinic: Clinic, name: str, batch: int) -> int:
    repeatable, turn, handled = deliverer.channels[name].repeatable, deliverer.turns[name], 0
    while True:
        now, real = deliverer.clock.now(), deliverer.clock.real()
        if turn.rests_until and real < turn.rests_until:
            return handled
        most = batch if repeatable else 1  # if the process dies, nobody knows of what it had claimed whether it left
        rows = await outbox.claim(most, channel=name, repeatable=repeatable, now=now, real=real)
        if not rows:
            return handled
        waiting = deque(rows)
        side_by_side = min(LANES, len(rows)) if name == "email" else 1
        reached = all(await _all([_lane(deliverer, clinic, waiting) for _ in range(side_by_side)]))
        handled += len(rows) - len(waiting)
        if waiting:
            await outbox.release(list(waiting))
        if deliverer.stopping or not reached:
            return handled


async def _lane(deliverer: Deliverer, clinic: Clinic, waiting: deque[Claimed]) -> bool:
    """Takes one row after the other while the lease leaves time for one more. False: nobody else need try now."""
    while (
        waiting
        and not deliverer.stopping
        and deliverer.clock.real() < waiting[0].lease_until - timedelta(seconds=CALL_SECONDS)
    ):
        row = waiting.popleft()
        try:
            if not await _deliver(deliverer, clinic, row):
                return False
        except Exception as error:  # a template, a row or a server that surprises: this message's own trouble
            log.exception("message not delivered", extra={"row": str(row.id), "kind": row.kind})
            await _again(deliverer, row, f"{type(error).__name__}: {error}")
    return True


async def _deliver(deliverer: Deliverer, clinic: Clinic, row: Claimed) -> bool:
    """Writes the outcome to the row. False: whoever takes such messages cannot be reached or wants to be left alone."""
    now = deliverer.clock.now()
    matter = await matter_of(row, deliverer.settings, now=now)
    if matter.skip:
        if matter.skip == LEADS_NOWHERE:
            log.warning("no message to patients: %s", matter.skip)
        await _ended(row, "skipped", now, note=matter.skip)
        return True
    if await _stopped(deliverer, clinic, row) or await _put_off(deliverer, row, matter):
        return True
    matter = await asking(row, matter, deliverer.settings, now=now)
    async with deliverer.composing:
        await deliverer.traffic.lull(at_most=GIVE_WAY_SECONDS)
        await asyncio.sleep(0)
        parcel = deliverer.composer.parcel(row, matter.visits, clinic, now=now, was=matter.was, manner=matter.manner)
    returns = bounces.return_address(deliverer.settings, deliverer.composer.key, row.id, parcel.sender)
    parcel = replace(parcel, until=row.not_after, returns=returns, asks=_expects(row, matter))
    try:
        provider_id = await deliverer.channels[row.channel].send(parcel)
    except Trouble as trouble:
        return await _in_trouble(deliverer, row, trouble)
    deliverer.turns[row.channel].doubts = 0
    text = parcel.content.decode() if row.channel == "sms" else ""
    count = parts(text) if text else None
    cost, left = deliverer.purse.pay(count) if count else None, gist(text) if text else ""
    await _ended(row, "sent", deliverer.clock.now(), provider_id=provider_id, parts=count, cost=cost, gist=left)
    return True


def _expects(row: Claimed, matter: Matter) -> bool:
    """May they answer it? Then it leaves from where we can hear that, as does whatever we say to what they wrote."""
    return matter.asks is not None or row.kind.startswith(("answer_", "desk_answer"))


async def _stopped(deliverer: Deliverer, clinic: Clinic, row: Claimed) -> bool:
    """Does an SMS to a patient stay here, for ever or for a while?"""
    if row.channel != "sms" or KINDS[row.kind].audience is not Audience.PATIENT:
        return False
    now, real = deliverer.clock.now(), deliverer.clock.real()
    limited = deliverer.settings.limited
    stop = await limits.stop(row, deliverer.purse, clinic, now=now, real=real, limited=limited)
    if stop is None:
        return False
    log.warning("an SMS does not leave: %s", stop.reason, extra={"row": str(row.id), "kind": row.kind})
    if stop.again is None:
        await _ended(row, "skipped", now, note=stop.reason)
    else:
        await _again(deliverer, row, stop.reason, after=stop.again, patient=True)
    return True


async def _put_off(deliverer: Deliverer, row: Claimed, matter: Matter) -> bool:
    """Does a question wait until another is answered? What it asks is open from here on, before it can be answered."""
    if row.channel != "sms" or matter.asks is None:
        return False
    now = deliverer.clock.now()
    asked = Asked.CHECKIN if matter.manner.folded and matter.asks is Asked.CONFIRM else matter.asks
    ours = senders(deliverer.settings).asking or ""
    again = await ask(row, matter.visits, asked, our_number=ours, language=row.language, now=now)
    if again is None:
        return False
    if again >= row.not_after:
        await _ended(row, "skipped", now, note=ANOTHER_QUESTION)
    else:
        await outbox.postpone(row, ANOTHER_QUESTION, due_at=again)
    return True


async def _in_trouble(deliverer: Deliverer, row: Claimed, trouble: Trouble) -> bool:
    """False as in `_deliver`."""
    turn, clock = deliverer.turns[row.channel], deliverer.clock
    if isinstance(trouble, Refused):
        await _ended(row, "failed", clock.now(), note=str(trouble))
        if row.channel == "email":
            await bounces.refused(row.recipient, str(trouble), row.id, now=clock.now())
        return True
    if isinstance(trouble, Unsure):
        turn.doubts += 1
        turn.rests_until = clock.real() + wait(turn.doubts, deliverer.chance)
        await _ended(row, "unknown", clock.now(), note=str(trouble))
        return False
    asked = trouble.after if isinstance(trouble, Deferred) else None
    if asked:
        turn.rests_until = clock.real() + asked
    away = isinstance(trouble, Unreachable)
    await _again(deliverer, row, str(trouble), after=asked, patient=away)
    return not (asked or away)


async def _ended(
    row: Claimed,
    state: str,
    now: datetime,
    *,
    note: str | None = None,
    provider_id: str | None = None,
    parts: int | None = None,
    cost: int | None = None,
    gist: str = "",
) -> None:
    ours = await outbox.finish(
        row, state, now=now, note=note, provider_id=provider_id, parts=parts, cost=cost, gist=gist
    )
    facts = {"row": str(row.id), "kind": row.kind, "attempts": row.attempts}
    if not ours:
        log.warning("lease lost while sending", extra=facts)
    elif state in {"failed", "unknown"}:
        log.warning("message %s", state, extra=facts)


async def _again(
    deliverer: Deliverer, row: Claimed, trouble: str, *, after: timedelta | None = None, patient: bool = False
) -> None:
    """Queues the row for later, or fails it when the next try would be too late or, unless `patient`, it had enough.

    A server that cannot be reached says nothing of the message: an evening without it must not use up the tries.
    """
    now = deliverer.clock.now()
    pause = wait(row.attempts, deliverer.chance)
    due = now + max(min(pause, LONGEST_AWAY) if patient else pause, after or timedelta())
    if due >= row.not_after:
        await _ended(row, "failed", now, note=f"{outbox.TOO_LATE}: {trouble}")
    elif row.attempts >= MAX_ATTEMPTS and not patient:
        await _ended(row, "failed", now, note=trouble)
    else:
        await outbox.retry(row, trouble, due_at=due)


def wait(attempts: int, chance: random.Random) -> timedelta:
    """After the first attempt 30 s, then twice as long each time up to an hour, give or take half."""
    seconds: float = FIRST_WAIT.total_seconds() * 2 ** (attempts - 1)
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()) * chance.uniform(0.5, 1.5))
