"""The outbox's own promises: one row per duty, one worker per row, nothing lost at a restart."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.db.messaging.acts import rows
from tests.factories import a_clinic
from turnet import metrics
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import effects_done, fetch, tx
from turnet.db.versions import current
from turnet.messaging import outbox
from turnet.messaging.outbox import LEASE, Claimed, Health

MINUTE = timedelta(minutes=1)
REPEATABLE = {"email"}


async def add(clock: FrozenClock, dedupe: str = "one", **more: Any) -> None:
    now = clock.now()
    facts: dict[str, Any] = {
        "channel": "email",
        "recipient": "desk@tuomi.example",
        "language": "en",
        "dedupe": dedupe,
        "due_at": now,
        "not_after": now + timedelta(hours=1),
        "now": now,
    }
    async with tx():
        await outbox.add("test_mail", **facts | more)


async def claim(clock: FrozenClock, limit: int = 10, channel: str = "email") -> list[Claimed]:
    repeatable = channel in REPEATABLE
    return await outbox.claim(limit, channel=channel, repeatable=repeatable, now=clock.now(), real=clock.real())


async def test_a_second_row_for_the_same_duty_is_the_first(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock, recipient="first@tuomi.example")
    await add(clock, recipient="second@tuomi.example")

    assert await rows("recipient", "state") == [("first@tuomi.example", "queued")]


async def test_a_row_of_a_transaction_that_failed_does_not_exist_and_wakes_nobody(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    woken: list[str] = []

    async def wake() -> None:
        woken.append("up")

    outbox.on_new(wake)
    try:
        async with tx():
            await outbox.add_all([], now=clock.now())
            await add(clock)
            raise RuntimeError("the booking failed")
    except RuntimeError:
        pass
    await effects_done()
    lost = (await rows("dedupe"), list(woken))
    await add(clock)
    await add(clock, "later", due_at=clock.now() + MINUTE)
    await effects_done()
    outbox.on_new(outbox._sleep_on)

    assert (lost, woken) == (([], []), ["up"])


async def test_rows_are_claimed_in_the_order_they_are_due_and_not_before(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock, "second")
    await add(clock, "first", due_at=clock.now() - MINUTE, recipient="early@tuomi.example")
    await add(clock, "third", due_at=clock.now() + MINUTE)

    claimed = await claim(clock)

    assert [(row.recipient, row.attempts) for row in claimed] == [("early@tuomi.example", 1), ("desk@tuomi.example", 1)]
    assert [row.due_at for row in claimed] == [clock.now() - MINUTE, clock.now()]


async def test_workers_that_claim_at_once_share_the_rows_and_never_take_more_than_they_asked_for(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    for number in range(30):
        await add(clock, f"row {number}")

    shares = await asyncio.gather(*(claim(clock, 10) for _ in range(4)))
    late = await claim(clock, 10)

    ids = [row.id for share in [*shares, late] for row in share]
    assert max(len(share) for share in shares) <= 10
    assert len(ids) == len(set(ids)) == 30


async def test_a_worker_that_lost_its_lease_changes_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock)
    [slow] = await claim(clock)
    clock.advance(seconds=LEASE.total_seconds())
    [quick] = await claim(clock)

    finished = (
        await outbox.finish(slow, "failed", now=clock.now()),
        await outbox.retry(slow, "too slow", due_at=clock.now()),
        await outbox.finish(quick, "sent", now=clock.now(), provider_id="4711"),
    )

    assert finished == (False, False, True)
    assert await rows("state", "provider_id", "attempts") == [("sent", "4711", 2)]


async def test_a_claimed_row_is_nobody_elses_until_the_lease_ends(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock)
    await claim(clock)

    clock.advance(seconds=LEASE.total_seconds() - 1)

    assert await claim(clock) == []


async def test_an_sms_whose_sender_vanished_is_never_sent_again(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock, channel="sms")
    await claim(clock, channel="sms")
    clock.advance(seconds=LEASE.total_seconds())

    ended = await outbox.expire(repeatable=REPEATABLE, now=clock.now(), real=clock.real())

    assert (ended, await claim(clock, channel="sms"), await rows("state")) == (1, [], [("unknown",)])


async def test_at_a_restart_mail_goes_again_at_once_and_an_sms_is_unknown(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await add(clock, "mail")
    await add(clock, "sms", channel="sms")
    await claim(clock)
    await claim(clock, channel="sms")

    assert await outbox.requeue_interrupted(clock.now(), repeatable=REPEATABLE) == 2

    assert sorted(await rows("channel", "state")) == [("email", "queued"), ("sms", "unknown")]
    assert [row.attempts for row in await claim(clock)] == [2]


async def test_what_is_too_late_fails_and_says_so(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock)
    clock.advance(hours=1)

    assert await outbox.expire(repeatable=REPEATABLE, now=clock.now(), real=clock.real()) == 1

    assert await rows("state", "error") == [("failed", "too late: it never left")]


@pytest.mark.parametrize(("repeatable", "again"), [({"email", "sms"}, 1), (set(), 0)])
async def test_whether_a_row_that_was_cut_off_goes_again_is_its_channels_affair(
    engine: AnyEngine, clock: FrozenClock, repeatable: set[str], again: int
) -> None:
    await add(clock, channel="sms")
    await claim(clock, channel="sms")
    clock.advance(seconds=LEASE.total_seconds())
    now = clock.now()

    ended = await outbox.expire(repeatable=repeatable, now=now, real=now)
    taken = await outbox.claim(10, channel="sms", repeatable=bool(repeatable), now=now, real=now)

    assert (ended, [row.attempts for row in taken]) == (1 - again, [2] * again)
    assert await rows("state") == [("sending" if again else "unknown",)]


async def test_of_what_was_cut_off_and_is_too_late_to_go_again_nobody_knows(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    await add(clock)
    await claim(clock)
    clock.advance(hours=1)

    assert await outbox.expire(repeatable=REPEATABLE, now=clock.now(), real=clock.real()) == 1

    assert await rows("state", "error") == [("unknown", "the sender vanished while sending")]


async def test_every_end_is_counted_once(engine: AnyEngine, clock: FrozenClock) -> None:
    def counted() -> list[float]:
        return [metrics.SENDS.labels("sms", result)._value.get() for result in ("sent", "failed", "unknown")]

    before = counted()
    for number in range(3):
        await add(clock, f"row {number}", channel="sms", not_after=clock.now() + (number + 1) * MINUTE)
    [first, _second] = await claim(clock, 2, channel="sms")
    await outbox.finish(first, "sent", now=clock.now(), parts=2)
    await outbox.finish(first, "sent", now=clock.now(), parts=2)
    clock.advance(minutes=3)
    await outbox.expire(repeatable=(), now=clock.now(), real=clock.real())

    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1]
    assert sorted(await rows("state", "parts"), key=str) == [("failed", None), ("sent", 2), ("unknown", None)]


async def test_rows_that_were_never_tried_are_put_back_as_they_were(engine: AnyEngine, clock: FrozenClock) -> None:
    await add(clock)
    claimed = await claim(clock)

    await outbox.release(claimed)

    assert await rows("state", "attempts", "lease") == [("queued", 0, None)]


async def test_health_counts_what_waits_what_failed_lately_and_what_nobody_knows(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    for number, (state, finished) in enumerate(
        [("queued", None), ("sending", None), ("failed", 1), ("failed", 25), ("unknown", 1), ("sent", 1)]
    ):
        await add(clock, f"row {number}", due_at=clock.now() - timedelta(seconds=90 - number))
        ended: datetime | None = clock.now() - timedelta(hours=finished) if finished else None
        await fetch("UPDATE message SET state = {}, finished_at = {} WHERE dedupe = {}", state, ended, f"row {number}")

    assert await outbox.health(clock.now()) == Health(queued=2, oldest_due_age_seconds=90, failed_last_day=1, unknown=1)


async def test_an_empty_outbox_is_healthy(engine: AnyEngine, clock: FrozenClock) -> None:
    assert await outbox.health(clock.now()) == Health(0, 0, 0, 0)


@pytest.mark.parametrize(("state", "news"), [("sent", 0), ("skipped", 0), ("failed", 1), ("unknown", 1)])
async def test_message_that_did_not_arrive_is_news_for_open_desks(
    engine: AnyEngine, clock: FrozenClock, state: str, news: int
) -> None:
    await a_clinic()
    before = (await current()).diary
    await add(clock)
    [row] = await claim(clock)

    await outbox.finish(row, state, now=clock.now())

    assert (await current()).diary - before == news


async def test_message_that_is_too_late_is_news_for_open_desks(engine: AnyEngine, clock: FrozenClock) -> None:
    await a_clinic()
    before = (await current()).diary
    await add(clock)
    clock.advance(hours=2)

    await outbox.expire(repeatable=REPEATABLE, now=clock.now(), real=clock.real())

    assert (await current()).diary - before == 1
