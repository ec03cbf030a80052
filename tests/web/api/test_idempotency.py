"""The same key twice is one act and one answer; whatever goes wrong leaves the key free to try again."""

import asyncio
from datetime import timedelta

import pytest

from turnet.booking.idempotency import ABANDONED, LIFETIME, LOOKS, PAUSE, Request, answered_once, forget_old, recognised
from turnet.booking.tables import IdempotencyKey
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.errors import InProgress, KeyReused, SlotTaken


class Work:
    """Counts how often it is really done."""

    def __init__(self, *errors: BaseException) -> None:
        self.times, self.errors = 0, list(errors)

    async def __call__(self) -> str:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)
        return f'{{"time":{self.times}}}'


class Sleeper:
    """Passes no time by itself; tells how long it was asked to."""

    def __init__(self) -> None:
        self.slept = 0.0

    async def __call__(self, seconds: float) -> None:
        self.slept += seconds
        await asyncio.sleep(0)


REQUEST = recognised("book", "key-1", b"{}")


async def once(request: Request, work: Work, clock: FrozenClock, sleep: Sleeper | None = None) -> str:
    return await answered_once(request, work, status=201, real=clock.real, sleep=sleep or Sleeper())


async def test_a_repeated_key_gets_the_first_answer_and_does_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    work = Work()

    answers = [await once(REQUEST, work, clock) for _ in range(3)]

    assert (answers, work.times) == (['{"time":1}'] * 3, 1)


async def test_another_key_or_another_act_is_another_request(engine: AnyEngine, clock: FrozenClock) -> None:
    work = Work()

    for request in (REQUEST, recognised("book", "key-2", b"{}"), recognised("move", "key-1", b"{}")):
        await once(request, work, clock)

    assert work.times == 3


async def test_the_same_key_with_another_body_is_refused(engine: AnyEngine, clock: FrozenClock) -> None:
    work = Work()
    await once(REQUEST, work, clock)

    with pytest.raises(KeyReused):
        await once(recognised("book", "key-1", b'{"other":1}'), work, clock)

    assert work.times == 1


async def test_parallel_requests_wait_for_the_first_and_share_its_answer(engine: AnyEngine, clock: FrozenClock) -> None:
    work = Work()

    answers = await asyncio.gather(
        *(
            answered_once(REQUEST, work, status=201, real=clock.real, sleep=lambda _: asyncio.sleep(0.002))
            for _ in range(8)
        )
    )

    assert (set(answers), work.times) == ({'{"time":1}'}, 1)


@pytest.mark.parametrize("error", [SlotTaken(), RuntimeError("boom"), asyncio.CancelledError()])
async def test_a_request_that_failed_can_be_repeated_with_its_key(
    engine: AnyEngine, clock: FrozenClock, error: BaseException
) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        await once(REQUEST, work, clock)

    assert await once(REQUEST, work, clock) == '{"time":2}'


async def test_a_request_in_flight_is_waited_for_five_seconds(engine: AnyEngine, clock: FrozenClock) -> None:
    await IdempotencyKey.insert(IdempotencyKey(key=REQUEST.key, body_hash=REQUEST.body, made_at=clock.real()))
    work, sleep = Work(), Sleeper()

    with pytest.raises(InProgress):
        await once(REQUEST, work, clock, sleep)

    assert (work.times, round(sleep.slept, 3)) == (0, LOOKS * PAUSE)


async def test_a_request_whose_process_died_is_done_again_after_a_minute(engine: AnyEngine, clock: FrozenClock) -> None:
    await IdempotencyKey.insert(IdempotencyKey(key=REQUEST.key, body_hash=REQUEST.body, made_at=clock.real()))
    clock.advance(seconds=ABANDONED.total_seconds())
    work = Work()

    assert [await once(REQUEST, work, clock), await once(REQUEST, work, clock)] == ['{"time":1}'] * 2


async def test_a_dead_request_with_another_body_is_not_taken_over(engine: AnyEngine, clock: FrozenClock) -> None:
    await IdempotencyKey.insert(IdempotencyKey(key=REQUEST.key, body_hash="other", made_at=clock.real()))
    clock.advance(seconds=ABANDONED.total_seconds())

    with pytest.raises(KeyReused):
        await once(REQUEST, Work(), clock)


async def test_a_slow_first_request_does_not_overwrite_whoever_took_it_over(
    engine: AnyEngine, clock: FrozenClock
) -> None:
    second = Work()

    async def slow() -> str:
        clock.advance(seconds=ABANDONED.total_seconds())
        await once(REQUEST, second, clock)
        raise SlotTaken

    with pytest.raises(SlotTaken):
        await answered_once(REQUEST, slow, status=201, real=clock.real, sleep=Sleeper())

    assert (await once(REQUEST, second, clock), second.times) == ('{"time":1}', 1)


async def test_a_key_is_forgotten_after_its_24_hours(engine: AnyEngine, clock: FrozenClock) -> None:
    work = Work()
    await once(REQUEST, work, clock)

    clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert await once(REQUEST, work, clock) == '{"time":1}'

    clock.advance(seconds=1)
    assert await once(recognised("book", "key-1", b'{"other":1}'), work, clock) == '{"time":2}'


async def test_the_sweep_deletes_old_keys_only(engine: AnyEngine, clock: FrozenClock) -> None:
    await once(REQUEST, Work(), clock)
    clock.advance(hours=23)
    await once(recognised("book", "key-2", b"{}"), Work(), clock)

    deleted = await forget_old(clock.real() + timedelta(hours=1))

    assert (deleted, await IdempotencyKey.count()) == (1, 1)


async def test_neither_key_nor_body_can_be_read_from_the_database(engine: AnyEngine, clock: FrozenClock) -> None:
    await once(recognised("book", "canary-key", b"canary-body"), Work(), clock)

    stored = (await IdempotencyKey.select())[0]

    assert ("canary" in str(stored), len(stored["key"]), len(stored["body_hash"])) == (False, 64, 64)


def test_the_bookings_own_key_depends_on_key_and_body() -> None:
    requests = (REQUEST, recognised("book", "key-2", b"{}"), recognised("book", "key-1", b"[]"))

    assert len({request.once for request in requests}) == 3
