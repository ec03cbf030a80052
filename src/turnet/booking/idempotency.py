"""An API client's `Idempotency-Key`: the same request twice is one booking and one answer, for 24 hours.

Only hashes of the key and the body are kept. A process that dies between the booking and its answer leaves a row
without one; `Request.once` makes the booking itself repeatable, so taking such a row over cannot book twice.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from turnet.booking.tables import IdempotencyKey
from turnet.db.transactions import tx
from turnet.errors import InProgress, KeyReused

log = logging.getLogger("turnet.booking")

LIFETIME = timedelta(hours=24)
ABANDONED = timedelta(seconds=60)
"""Real time after which a request without an answer counts as dead; far above what any booking takes."""
PAUSE = 0.1
"""Seconds between two looks at a request in flight …"""
LOOKS = 50
"""… of which there are this many: five seconds."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """A keyed request as it is recognised again."""

    key: str
    body: str
    """Both SHA-256 in hex."""

    @property
    def once(self) -> str:
        """The booking's own one-time key, the same for every repetition of this request."""
        return hashlib.sha256(f"{self.key}\0{self.body}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Lease:
    """Our right to write the answer; `made_at` tells it from that of whoever takes the row over."""

    key: str
    made_at: datetime


def recognised(scope: str, key: str, body: bytes) -> Request:
    """`scope` is the act, so that one key may serve several; `body` in a form that does not depend on spelling."""
    return Request(
        hashlib.sha256(f"{scope}\0{key}".encode()).hexdigest(),
        hashlib.sha256(body).hexdigest(),
    )


async def answered_once(
    request: Request,
    work: Callable[[], Awaitable[str]],
    *,
    status: int,
    real: Callable[[], datetime],
    sleep: Sleep = asyncio.sleep,
) -> str:
    """What `work` answers, or answered to the first request with this key.

    `work` that raises leaves no trace: the client may try again with the same key. Raises KeyReused when the key came
    with another body, InProgress when the first request has not been answered for five seconds.
    """
    for look in range(LOOKS + 1):
        if look:
            await sleep(PAUSE)
        lease = await _claim(request, real())
        if lease is None:
            row = await _row(request)
            if row is None:
                continue
            if row["made_at"] <= real() - LIFETIME:
                await _delete(_Lease(row["key"], row["made_at"]))
                continue
            if row["body_hash"] != request.body:
                raise KeyReused
            if row["status"]:
                return str(row["response"])
            lease = await _take_over(row, real())
        if lease is not None:
            return await _answer(lease, work, status)
    raise InProgress


async def forget_old(real: datetime) -> int:
    """Deletes keys past their 24 hours and returns how many; late is harmless, `answered_once` checks by itself."""
    async with tx():
        rows = (
            await IdempotencyKey.delete().where(IdempotencyKey.made_at <= real - LIFETIME).returning(IdempotencyKey.key)
        )
    return len(rows)


async def _answer(lease: _Lease, work: Callable[[], Awaitable[str]], status: int) -> str:
    try:
        answer = await work()
    except BaseException:
        with suppress(Exception):  # what went wrong first is what the client must hear of
            await asyncio.shield(_delete(lease))
        raise
    try:
        async with tx():
            await (
                IdempotencyKey.update({IdempotencyKey.status: status, IdempotencyKey.response: answer})
                .where(IdempotencyKey.key == lease.key)
                .where(IdempotencyKey.made_at == lease.made_at)
            )
    except Exception:
        # The act is done and must be answered as done; a repetition finds it again by `Request.once`.
        log.exception("answer to an idempotency key was not kept")
    return answer


async def _claim(request: Request, real: datetime) -> _Lease | None:
    """A short transaction of its own, durable before the act begins."""
    async with tx():
        rows = (
            await IdempotencyKey.insert(IdempotencyKey(key=request.key, body_hash=request.body, made_at=real))
            .on_conflict(target=IdempotencyKey.key, action="DO NOTHING")
            .returning(IdempotencyKey.key)
        )
    return _Lease(request.key, real) if rows else None


async def _row(request: Request) -> dict[str, Any] | None:
    rows = await IdempotencyKey.select().where(IdempotencyKey.key == request.key)
    return rows[0] if rows else None


async def _take_over(row: dict[str, Any], real: datetime) -> _Lease | None:
    if row["made_at"] > real - ABANDONED:
        return None
    async with tx():
        rows = (
            await IdempotencyKey.update({IdempotencyKey.made_at: real})
            .where(IdempotencyKey.key == row["key"])
            .where(IdempotencyKey.made_at == row["made_at"])
            .where(IdempotencyKey.status == 0)
            .returning(IdempotencyKey.key)
        )
    return _Lease(row["key"], real) if rows else None


async def _delete(lease: _Lease) -> None:
    async with tx():
        await (
            IdempotencyKey.delete()
            .where(IdempotencyKey.key == lease.key)
            .where(IdempotencyKey.made_at == lease.made_at)
        )
