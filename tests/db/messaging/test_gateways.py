"""SMS through gateways that take them, refuse, hesitate, lie and vanish: nothing is lost, nobody gets one twice.

What a gateway answered 429 it has not taken; of everything else that reached it, the worst is assumed.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.db.messaging.acts import book, rows
from tests.db.messaging.test_deliver import Still
from tests.factories import a_clinic
from tests.unit.messaging.servers import (
    AN_ERROR_PAGE,
    Answer,
    Asked,
    Phone,
    SmsGateway,
    a_closed_port,
    a_gateway,
    twilio,
)
from turnet import metrics
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch, on_sqlite, tx
from turnet.messaging import deliver, outbox
from turnet.messaging.channels import Channel, Deferred, Parcel, Unsure
from turnet.messaging.channels.file import MailFolder
from turnet.messaging.channels.sms_android import SmsAndroid
from turnet.messaging.channels.sms_http import SmsHttp
from turnet.messaging.channels.sms_presets import PRESETS
from turnet.messaging.deliver import Deliverer, deliverer, drain
from turnet.settings import Settings

NAMES = ("android", "twilio")


def channel(name: str, at: str, seconds: float = 5) -> Channel:
    if name == "android":
        return SmsAndroid(f"android://u:p@{at}?tls=none", seconds=seconds)
    return SmsHttp(f"twilio://AC1:t@{at}?from=Tuomi&tls=none", PRESETS["twilio"], seconds=seconds)


def through(sms: Channel, settings: Settings, clock: FrozenClock) -> Deliverer:
    made = deliverer(settings, clock)
    return replace(made, chance=Still(), channels={"sms": sms})


async def people(count: int, clock: FrozenClock, clinic: Clinic | None = None) -> None:
    """So many visits of people who gave only a number, each another."""
    clinic = clinic or await a_clinic()
    for number in range(count):
        await book(clinic, clock, email="", phone=f"+35840{number:07}", by_staff=True)


async def ends() -> dict[str, int]:
    return dict(Counter(state for (state,) in await rows("state")))


def most_taken(asked: list[Asked]) -> int:
    """How often the person was reached, at worst, who was reached most often."""
    return max(Counter(one.form["To"] for one in asked).values())


async def test_an_sms_leaves_through_the_gateway_of_the_settings(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    sent = metrics.SENDS.labels("sms", "sent")._value.get()
    await people(1, clock)

    async with a_gateway(Phone()) as gateway:
        named = replace(public, sms_url=f"android://u:p@{gateway.at}?tls=none")
        assert await drain(deliverer(named, clock)) == 1

    [(row, state, provider_id, parts, due, until)] = await rows(
        "id", "state", "provider_id", "parts", "due_at", "not_after"
    )
    assert (state, provider_id, parts) == ("sent", str(row), 1)
    assert gateway.asked[0].json["ttl"] == (until - due).total_seconds()
    assert gateway.asked[0].json["textMessage"]["text"].startswith("Tuomi Dental: ")
    assert metrics.SENDS.labels("sms", "sent")._value.get() == sent + 1


async def test_sms_go_one_after_the_other_over_one_connection(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await people(6, clock)

    async with a_gateway(Phone()) as gateway:
        await drain(through(channel("android", gateway.at), public, clock))

    assert (len(gateway.asked), gateway.connections) == (6, 1)


class _Looks:
    """Sees at each send how many messages are under way: those of which nobody would know, if the process died now."""

    def __init__(self, *, repeatable: bool) -> None:
        self.repeatable, self.under_way = repeatable, list[int]()

    async def send(self, parcel: Parcel) -> str | None:
        self.under_way.append((await ends())["sending"])
        return None

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(("repeatable", "under_way"), [(True, [3, 2, 1]), (False, [1, 1, 1])])
async def test_a_process_that_dies_leaves_one_message_in_doubt_and_not_all_that_wait(
    engine: AnyEngine, public: Settings, clock: FrozenClock, repeatable: bool, under_way: list[int]
) -> None:
    """Through a channel where all may go again there is no doubt."""
    await people(3, clock)
    sms = _Looks(repeatable=repeatable)

    await drain(through(sms, public, clock))

    assert (sms.under_way, await ends()) == (under_way, {"sent": 3})


# --- troubles for some minutes; then the gateway works


TROUBLES = {
    "silent": SmsGateway.SILENCE,
    "hangs up": SmsGateway.HANG_UP,
    "busy": Answer(429),
    "broken": Answer(500),
    "an error page": AN_ERROR_PAGE,
}


@pytest.mark.parametrize("trouble", list(TROUBLES))
async def test_in_trouble_a_phone_loses_nothing_and_sends_nothing_twice(
    engine: AnyEngine, public: Settings, clock: FrozenClock, trouble: str
) -> None:
    await people(3, clock)
    phone = Phone()

    async with a_gateway(TROUBLES[trouble]) as gateway:
        patience = 0.2 if trouble == "silent" else 5
        sending = through(channel("android", gateway.at, patience), public, clock)
        for _ in range(6):
            await drain(sending)
            clock.advance(seconds=30)
        gateway.answer = phone
        clock.advance(hours=1)
        await drain(replace(sending, channels={"sms": channel("android", gateway.at)}))

    assert await ends() == {"sent": 3}
    assert sorted(phone.sent.values()) == [1, 1, 1]


@pytest.mark.parametrize("trouble", list(TROUBLES))
async def test_in_trouble_a_company_gets_each_message_once_and_what_nobody_knows_is_shown(
    engine: AnyEngine, public: Settings, clock: FrozenClock, trouble: str
) -> None:
    await people(6, clock)

    async with a_gateway(TROUBLES[trouble]) as gateway:
        patience = 0.2 if trouble == "silent" else 5
        sending = through(channel("twilio", gateway.at, patience), public, clock)
        for _ in range(6):
            await drain(sending)
            clock.advance(seconds=30)
        refused = len(gateway.asked) if trouble == "busy" else 0
        gateway.answer = twilio
        clock.advance(hours=1)
        await drain(replace(sending, channels={"sms": channel("twilio", gateway.at)}))

    doubtful = 0 if trouble == "busy" else 3
    assert await ends() == {"sent": 6 - doubtful} | ({"unknown": doubtful} if doubtful else {})
    assert most_taken(gateway.asked[refused:]) == 1
    assert (await outbox.health(clock.now())).unknown == doubtful


@pytest.mark.parametrize("name", NAMES)
async def test_a_gateway_that_is_down_was_never_asked_and_costs_nothing_but_time(
    engine: AnyEngine, public: Settings, clock: FrozenClock, name: str
) -> None:
    await people(3, clock)
    down = (await a_closed_port()).removeprefix("smtp://")

    for _ in range(4):
        await drain(through(channel(name, down), public, clock))
        clock.advance(seconds=30)
    waiting = await ends()
    async with a_gateway(Phone() if name == "android" else twilio) as gateway:
        clock.advance(hours=1)
        await drain(through(channel(name, gateway.at), public, clock))

    assert (waiting, await ends(), len(gateway.asked)) == ({"queued": 3}, {"sent": 3}, 3)


async def test_control_trying_again_in_doubt_would_reach_somebody_twice(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = SmsHttp.send

    async def careless(self: SmsHttp, parcel: Parcel) -> str | None:
        try:
            return await once(self, parcel)
        except Unsure as doubt:
            raise Deferred(str(doubt)) from doubt

    monkeypatch.setattr(SmsHttp, "send", careless)
    await people(1, clock)

    async with a_gateway(SmsGateway.HANG_UP) as gateway:
        sending = through(channel("twilio", gateway.at), public, clock)
        for _ in range(3):
            await drain(sending)
            clock.advance(minutes=5)

    assert most_taken(gateway.asked) == 3


async def test_an_outage_leaves_what_waits_untouched_and_is_looked_at_ever_more_rarely(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await people(20, clock)
    looked: list[int] = []

    async with a_gateway(Answer(500)) as gateway:
        sending = through(channel("twilio", gateway.at), public, clock)
        for minute in range(31):
            before = len(gateway.asked)
            await drain(sending)
            looked += [minute] * (len(gateway.asked) - before)
            clock.advance(minutes=1)

    assert looked == [0, 1, 2, 4, 8, 16]
    assert Counter(await rows("state", "attempts")) == {("unknown", 1): 6, ("queued", 0): 14}


async def test_a_busy_gateway_is_left_alone_for_as_long_as_it_asks(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    await people(3, clock)

    async with a_gateway(Answer(429, headers={"Retry-After": "90"})) as gateway:
        sending = through(channel("twilio", gateway.at), public, clock)
        await drain(sending)
        clock.advance(seconds=89)
        await drain(sending)
        asked, waiting = len(gateway.asked), Counter(await rows("state", "attempts"))
        gateway.answer = twilio
        clock.advance(seconds=1)
        await drain(sending)

    assert (asked, waiting) == (1, {("queued", 1): 1, ("queued", 0): 2})
    assert await ends() == {"sent": 3}


# --- a gateway in trouble is nobody else's


@dataclass
class InTheTransaction:
    """What sending inside a transaction would be."""

    channel: Channel
    repeatable: bool = True
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, parcel: Parcel) -> str | None:
        async with tx():
            await fetch("UPDATE message SET attempts = attempts WHERE id = {}", parcel.id)
            self.began.set()
            return await self.channel.send(parcel)

    async def close(self) -> None:
        await self.channel.close()


async def _books_meanwhile(sending: Deliverer, clinic: Clinic, clock: FrozenClock, began: Any) -> bool:
    """Does a booking come through while a message is under way?"""
    under_way = asyncio.create_task(drain(sending))
    begun = asyncio.create_task(began())
    await asyncio.wait({begun, under_way}, return_when=asyncio.FIRST_COMPLETED)
    assert begun.done(), "given up before the gateway was asked"
    booked = asyncio.create_task(book(clinic, clock, by_staff=True))
    await asyncio.wait({booked, under_way}, return_when=asyncio.FIRST_COMPLETED)
    if first := not under_way.done():
        under_way.cancel()
    await asyncio.wait({booked, under_way})
    await booked
    return first


async def test_a_silent_gateway_does_not_delay_a_booking(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    await people(1, clock, clinic)

    async with a_gateway(SmsGateway.SILENCE) as gateway:

        async def began() -> None:
            while not gateway.asked:
                await asyncio.sleep(0)

        sending = through(channel("android", gateway.at, 30), public, clock)
        assert await _books_meanwhile(sending, clinic, clock, began)


async def test_control_inside_a_transaction_it_would(engine: AnyEngine, public: Settings, clock: FrozenClock) -> None:
    if not on_sqlite():
        return  # there a transaction that holds no lock of the booking's delays nobody
    clinic = await a_clinic()
    await people(1, clock, clinic)

    async with a_gateway(SmsGateway.SILENCE) as gateway:
        held = InTheTransaction(channel("android", gateway.at, 0.5))
        assert not await _books_meanwhile(through(held, public, clock), clinic, clock, held.began.wait)


async def _mail_leaves_meanwhile(
    settings: Settings, clock: FrozenClock, mailbox: Path, one_at_a_time: Callable[[], Any]
) -> int:
    """Mails that have left, of one booked while an SMS is under way, until the gateway is given up."""
    clinic = await a_clinic()
    await people(1, clock, clinic)
    async with a_gateway(SmsGateway.SILENCE) as gateway:
        made = through(channel("android", gateway.at, 4), settings, clock)
        sending = replace(made, channels=made.channels | {"email": MailFolder(mailbox)})

        async def round() -> None:
            async with one_at_a_time():
                await drain(sending)

        first = asyncio.create_task(round())
        while not (gateway.asked or first.done()):
            await asyncio.sleep(0)
        assert gateway.asked, "given up before the gateway was asked"
        await book(clinic, clock, by_staff=True)
        second = asyncio.create_task(round())
        while not first.done() and not list(mailbox.glob("*.eml")):  # whichever of the two takes it
            await asyncio.sleep(0)
        left = len(list(mailbox.glob("*.eml")))
        await asyncio.gather(first, second)
    return left


@pytest.mark.slow
async def test_a_silent_gateway_does_not_delay_mail(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    assert await _mail_leaves_meanwhile(public, clock, mailbox, contextlib.nullcontext) == 1


@pytest.mark.slow
async def test_control_one_round_at_a_time_for_all_channels_would(
    engine: AnyEngine, public: Settings, clock: FrozenClock, mailbox: Path
) -> None:
    lock = asyncio.Lock()

    assert await _mail_leaves_meanwhile(public, clock, mailbox, lambda: lock) == 0


async def test_who_comes_while_a_channel_is_emptied_leaves_it_one_more_look(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    """The row is written after the last claim, and before the round that made it has ended."""
    clinic = await a_clinic()
    await people(1, clock, clinic)
    async with a_gateway(Phone()) as gateway:
        sending = through(channel("android", gateway.at), public, clock)

        claim, calls = outbox.claim, 0

        async def claiming(limit: int, **more: Any) -> list[outbox.Claimed]:
            nonlocal calls
            calls += 1
            taken = await claim(limit, **more)
            if calls == 2:
                await people(1, clock, clinic)
                assert await drain(sending) == 0
            return taken

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox, "claim", claiming)
            handled = await drain(sending)

    assert (handled, await ends()) == (2, {"sent": 2})


# --- a sender that vanishes between the gateway's acceptance and our commit


async def _vanish(gateway: SmsGateway, sending: Deliverer, works: Any) -> None:
    """The gateway takes the message, and nobody is left to hear it say so."""

    def taken(asked: Asked) -> str:
        works(asked)
        return SmsGateway.SILENCE

    gateway.answer = taken
    under_way = asyncio.create_task(drain(sending))
    while not gateway.asked:
        assert not under_way.done(), "given up before the gateway was asked"
        await asyncio.sleep(0)
    under_way.cancel()
    await asyncio.gather(under_way, return_exceptions=True)
    gateway.answer = works


@pytest.mark.parametrize("restart", [False, True], ids=["another worker", "restart"])
async def test_a_phone_is_told_again_under_the_same_id_and_sends_once(
    engine: AnyEngine, public: Settings, clock: FrozenClock, restart: bool
) -> None:
    await people(1, clock)
    phone = Phone()

    async with a_gateway(phone) as gateway:
        sending = through(channel("android", gateway.at), public, clock)
        await _vanish(gateway, sending, phone)
        if restart:
            await outbox.requeue_interrupted(clock.now(), repeatable={"sms"})
        else:
            clock.advance(seconds=outbox.LEASE.total_seconds())
        await drain(sending)

    assert (await ends(), list(phone.sent.values()), len(gateway.asked)) == ({"sent": 1}, [1], 2)


@pytest.mark.parametrize("restart", [False, True], ids=["another worker", "restart"])
async def test_a_company_is_never_told_again_and_the_row_says_that_nobody_knows(
    engine: AnyEngine, public: Settings, clock: FrozenClock, restart: bool
) -> None:
    await people(1, clock)

    async with a_gateway(twilio) as gateway:
        sending = through(channel("twilio", gateway.at), public, clock)
        await _vanish(gateway, sending, twilio)
        if restart:
            await outbox.requeue_interrupted(clock.now())
        else:
            clock.advance(seconds=outbox.LEASE.total_seconds())
        await drain(sending)

    said = "interrupted while sending" if restart else "the sender vanished while sending"
    assert await rows("state", "error") == [("unknown", said)]
    assert len(gateway.asked) == 1


async def test_control_a_company_that_is_told_again_reaches_the_person_twice(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmsHttp, "repeatable", True)
    await people(1, clock)

    async with a_gateway(twilio) as gateway:
        sending = through(channel("twilio", gateway.at), public, clock)
        await _vanish(gateway, sending, twilio)
        clock.advance(seconds=outbox.LEASE.total_seconds())
        await drain(sending)

    assert most_taken(gateway.asked) == 2


# --- workers side by side


async def _two_workers(settings: Settings, clock: FrozenClock, batch: int) -> list[int]:
    """How often each of forty people was reached."""
    await people(40, clock)
    settings = replace(settings, limits="off")  # so many numbers that look alike would be suspected
    async with a_gateway(twilio) as gateway:
        workers = [through(channel("twilio", gateway.at), settings, clock) for _ in range(2)]
        await asyncio.gather(*(drain(worker, batch=batch) for worker in workers))
    return sorted(Counter(asked.form["To"] for asked in gateway.asked).values())


async def test_two_workers_share_forty_messages_and_send_each_once(
    engine: AnyEngine, public: Settings, clock: FrozenClock
) -> None:
    assert await _two_workers(public, clock, 5) == [1] * 40
    assert await ends() == {"sent": 40}


async def test_control_with_leases_that_end_at_once_some_go_twice(
    engine: AnyEngine, public: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta())
    monkeypatch.setattr(deliver, "CALL_SECONDS", -1)
    monkeypatch.setattr(SmsHttp, "repeatable", True)

    assert max(await _two_workers(public, clock, 40)) > 1


def test_one_call_takes_less_than_half_a_lease() -> None:
    from turnet.messaging.channels import http, smtp

    assert max(http.CALL_SECONDS, smtp.CALL_SECONDS) * 2 < outbox.LEASE.total_seconds()
    assert http.CALL_SECONDS <= deliver.CALL_SECONDS
