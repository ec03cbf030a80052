"""From a mail that left to an address that gets no more."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from tests.db.messaging.acts import book, rows
from tests.db.messaging.test_deliver import through
from tests.factories import a_clinic
from tests.unit.messaging.servers import a_mail_server
from tests.unit.messaging.test_bounces import report
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.messaging.bounces import return_address, take
from turnet.messaging.deliver import deliverer, drain
from turnet.settings import Settings


@pytest.fixture
def public(public: Settings) -> Settings:
    return replace(public, bounce_mail="bounces@tuomi.example")


async def _came_back(clinic: Clinic, public: Settings, clock: FrozenClock, status: str) -> bool:
    """A visit is booked, confirmed by mail, and the confirmation comes back."""
    visit = await book(clinic, clock, by_staff=True)
    await drain(deliverer(public, clock))
    [(message,)] = await fetch("SELECT id FROM message WHERE booking = {}", visit.id)
    return await _take(public, clock, message, status)


async def _take(public: Settings, clock: FrozenClock, message: Any, status: str) -> bool:
    to = return_address(public, public.key(), message, "")
    return await take(report(status, to=to), public, public.key(), now=clock.now(), real=clock.real())


async def _suspended() -> list[tuple[Any, ...]]:
    return await fetch("SELECT contact, reason, bounces, said FROM suspension")


async def test_a_mail_to_nobody_fails_and_its_address_is_suspended(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    assert await _came_back(await a_clinic(), public, clock, "5.1.1") is True

    assert await rows("state", "error") == [("failed", "came back: 5.1.1")]
    assert await _suspended() == [("dana@example.com", "bounced", 1, "5.1.1")]


async def test_the_same_report_twice_is_once(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    await _came_back(await a_clinic(), public, clock, "5.2.2")
    [(message,)] = await rows("id")

    assert await _take(public, clock, message, "5.2.2") is False
    assert await _suspended() == [("dana@example.com", "soft", 1, "5.2.2")]


async def test_the_third_full_mailbox_in_a_row_is_too_many(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    for _ in range(3):
        await _came_back(clinic, public, clock, "5.2.2")
        clock.advance(days=1)

    assert await _suspended() == [("dana@example.com", "bounced", 3, "5.2.2")]


@pytest.mark.parametrize("between", ["a long time", "somebody who says that it is right"])
async def test_counting_begins_anew(engine: AnyEngine, public: Settings, clock: FrozenClock, between: str) -> None:
    clinic = await a_clinic()
    await _came_back(clinic, public, clock, "5.2.2")
    await _came_back(clinic, public, clock, "5.2.2")
    if between == "a long time":
        clock.advance(days=31)
    else:
        await fetch("UPDATE suspension SET lifted_at = {}", clock.now())

    await _came_back(clinic, public, clock, "5.2.2")

    assert await _suspended() == [("dana@example.com", "soft", 1, "5.2.2")]


async def test_a_dead_address_stays_so_when_a_softer_word_comes(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    visit = await book(clinic, clock)
    await book(clinic, clock)
    await drain(deliverer(public, clock))
    mails = await fetch("SELECT id FROM message WHERE recipient = {} ORDER BY created_at", visit.email)

    for (message,), status in zip(mails, ("5.1.1", "5.2.2"), strict=True):
        await _take(public, clock, message, status)

    assert await _suspended() == [("dana@example.com", "bounced", 2, "5.2.2")]


@pytest.mark.parametrize("aside", [True, False], ids=["protected", "control"])
async def test_pages_go_on_while_a_mail_is_read(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    """A report of 50,000 blocks; the control reads it in the event loop."""
    if not aside:
        monkeypatch.setattr(asyncio, "to_thread", _at_once)
    to = return_address(public, public.key(), uuid4(), "")
    mail = report(to=to).replace(b"Action: failed", b"\n" + b"A: b\n\n" * 40_000 + b"Action: failed")
    monkeypatch.setattr("turnet.messaging.bounces.tx", _read)
    reading = asyncio.create_task(take(mail, public, public.key(), now=clock.now(), real=clock.real()))

    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1

    assert isinstance(reading.exception(), _ReadError)
    assert (turns > 10) == aside


async def _at_once(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)


class _ReadError(Exception):
    """It was read to the end and is a report; what would be written down takes turns of its own."""


def _read() -> Any:
    raise _ReadError


async def test_every_mail_leaves_under_a_return_address_of_its_own(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await book(await a_clinic(), clock)

    async with a_mail_server() as inbox:
        await drain(through(inbox.url, public, clock))

    ids = [id for (id,) in await rows("id")]
    assert sorted(inbox.senders) == sorted(return_address(public, public.key(), id, "") for id in ids)
    assert len(set(inbox.senders)) == 2


@pytest.mark.parametrize(
    ("answer", "suspended"),
    [
        ("550 5.1.1 no such user", [("dana@example.com", "bounced", 1, "5.1.1")]),
        ("550 no", []),
        ("554 5.7.1 refused by policy", []),
    ],
)
async def test_a_server_that_knows_no_such_address_says_so_at_once(
    engine: AnyEngine, public: Settings, clock: FrozenClock, answer: str, suspended: list[Any]
) -> None:
    await book(await a_clinic(), clock, by_staff=True)

    async with a_mail_server(**{"dana@example.com": answer}) as inbox:
        await drain(through(inbox.url, public, clock))

    assert ([state for (state,) in await rows("state")], await _suspended()) == (["failed"], suspended)
