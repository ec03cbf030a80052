"""Reports of delivery: states only move forward, whatever comes late, twice or about nobody."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

import turnet.worker  # noqa: F401  (from here on there is `turnet.tasks` in a checkout)
from tests.db.messaging.acts import rows
from tests.db.messaging.test_outbox import add, claim
from tests.factories import a_clinic
from tests.unit.messaging.servers import Answer, Phone, a_gateway
from turnet import metrics
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.db.versions import current
from turnet.messaging import outbox, reports
from turnet.messaging.channels import Report, Trouble
from turnet.settings import Settings
from turnet.tasks.ask_gateway import ask_gateway


async def a_message(clock: FrozenClock, state: str, *, channel: str = "sms", provider_id: str = "SM1") -> str:
    """Our id of a message that ended so."""
    await add(clock, channel=channel)
    if state != "queued":
        [row] = await claim(clock, channel=channel)
        if state != "sending":
            note = "no answer" if state == "unknown" else None
            await outbox.finish(row, state, now=clock.now(), note=note, provider_id=provider_id)
    [(row_id,)] = await rows("id")
    return str(row_id)


async def told(clock: FrozenClock, *found: Report) -> int:
    return await reports.apply(found, now=clock.now(), real=clock.real())


@pytest.mark.parametrize("before", ["sent", "unknown"])
@pytest.mark.parametrize("by", ["our id", "their id"])
async def test_what_left_is_delivered(engine: AnyEngine, clock: FrozenClock, before: str, by: str) -> None:
    ours = await a_message(clock, before)
    clock.advance(minutes=1)

    changed = await told(clock, Report(ours if by == "our id" else "SM1", "delivered"))

    assert (changed, await rows("state", "error", "reported_at")) == (1, [("delivered", None, clock.real())])


async def test_what_failed_says_why_and_counts_from_then(engine: AnyEngine, clock: FrozenClock) -> None:
    ours = await a_message(clock, "sent")
    clock.advance(hours=30)

    await told(clock, Report(ours, "failed", "twilio 30003"))

    assert await rows("state", "error") == [("failed", "twilio 30003")]
    assert (await outbox.health(clock.now())).failed_last_day == 1


async def test_a_report_that_it_is_on_its_way_settles_what_nobody_knew(engine: AnyEngine, clock: FrozenClock) -> None:
    ours = await a_message(clock, "unknown")

    await told(clock, Report(ours, "sent"))

    assert await rows("state", "error") == [("sent", None)]
    assert (await outbox.health(clock.now())).unknown == 0


@pytest.mark.parametrize("before", ["queued", "sending", "sent", "delivered", "failed", "skipped", "cancelled"])
@pytest.mark.parametrize("said", ["sent", "delivered", "failed"])
async def test_nothing_moves_back_or_out_of_what_has_ended(
    engine: AnyEngine, clock: FrozenClock, before: str, said: str
) -> None:
    ours = await a_message(clock, before)
    forward = before == "sent" and said != "sent"

    changed = await told(clock, Report(ours, said))

    assert (changed, await rows("state")) == ((1, [(said,)]) if forward else (0, [(before,)]))


async def test_control_without_looking_at_the_state_before_a_late_report_would_win(
    engine: AnyEngine, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "_FROM", {"failed": ("delivered",)})
    ours = await a_message(clock, "delivered")

    await told(clock, Report(ours, "failed"))

    assert await rows("state") == [("failed",)]


async def test_late_and_repeated_ones_change_nothing(engine: AnyEngine, clock: FrozenClock) -> None:
    ours = await a_message(clock, "sent")
    counted = metrics.SENDS.labels("sms", "delivered")._value.get()

    changed = await told(
        clock, Report(ours, "sent"), Report(ours, "delivered"), Report("SM1", "delivered"), Report(ours, "failed")
    )

    assert (changed, await rows("state")) == (1, [("delivered",)])
    assert metrics.SENDS.labels("sms", "delivered")._value.get() == counted + 1


@pytest.mark.parametrize("whose", [str(UUID(int=9)), "SM2", "", "'; DROP TABLE message; --"])
async def test_one_about_nobody_changes_nothing(engine: AnyEngine, clock: FrozenClock, whose: str) -> None:
    await a_message(clock, "sent")

    assert (await told(clock, Report(whose, "failed")), await rows("state")) == (0, [("sent",)])


async def test_mail_is_not_reported_on_by_gateways(engine: AnyEngine, clock: FrozenClock) -> None:
    ours = await a_message(clock, "sent", channel="email")

    assert (await told(clock, Report(ours, "failed")), await rows("state")) == (0, [("sent",)])


# --- a gateway that is asked


def by_phone(settings: Settings, at: str) -> Settings:
    return replace(settings, sms_url=f"android://u:p@{at}?tls=none")


async def test_a_gateway_that_is_asked_settles_what_left_within_a_day(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    ours, phone = await a_message(clock, "unknown"), Phone()
    phone.sent[ours] = 1

    async with a_gateway(phone) as gateway:
        clock.advance(hours=23)
        changed = await reports.ask(by_phone(settings, gateway.at), now=clock.now(), real=clock.real())
        again = await reports.ask(by_phone(settings, gateway.at), now=clock.now(), real=clock.real())

    assert (changed, again, len(gateway.asked)) == (1, 0, 1)
    assert await rows("state") == [("delivered",)]


async def test_it_is_not_asked_for_ever(engine: AnyEngine, settings: Settings, clock: FrozenClock) -> None:
    await a_message(clock, "sent")
    clock.advance(hours=24)

    async with a_gateway(Phone()) as gateway:
        await reports.ask(by_phone(settings, gateway.at), now=clock.now(), real=clock.real())

    assert gateway.asked == []


async def test_a_gateway_that_cannot_say_now_is_asked_next_time(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    await a_message(clock, "sent")

    async with a_gateway(Answer(500)) as gateway:
        with pytest.raises(Trouble):
            await reports.ask(by_phone(settings, gateway.at), now=clock.now(), real=clock.real())

    assert await rows("state") == [("sent",)]


async def test_what_it_said_before_it_fell_silent_is_kept(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "ASKED_AT_ONCE", 2)
    phone = Phone()
    for number in range(4):
        await add(clock, f"row {number}", channel="sms")
    for row in await claim(clock, channel="sms"):
        await outbox.finish(row, "sent", now=clock.now())
        phone.sent[str(row.id)] = 1

    async with a_gateway(lambda asked: phone(asked) if len(gateway.asked) < 4 else Answer(500)) as gateway:
        with pytest.raises(Trouble):
            await reports.ask(by_phone(settings, gateway.at), now=clock.now(), real=clock.real())

    assert sorted(await rows("state")) == [("delivered",)] * 2 + [("sent",)] * 2


async def test_the_recurring_job_asks_and_survives_a_gateway_that_does_not_answer(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    ours, phone = await a_message(clock, "sent"), Phone()
    phone.sent[ours] = 1

    async with a_gateway(Answer(500)) as gateway:
        context = {"clock": clock, "settings": by_phone(settings, gateway.at)}
        await ask_gateway(context)
        gateway.answer = phone
        await ask_gateway(context)

    assert await rows("state") == [("delivered",)]
    assert [record.message for record in caplog.records] == [
        "the SMS gateway did not say what became of messages: android answered 500"
    ]


async def test_a_file_is_not_asked(engine: AnyEngine, settings: Settings, clock: FrozenClock) -> None:
    await a_message(clock, "sent")
    await fetch("UPDATE message SET finished_at = {}", clock.now() - timedelta(minutes=1))

    assert await reports.ask(settings, now=clock.now(), real=clock.real()) == 0


@pytest.mark.parametrize(("said", "news"), [("delivered", 0), ("failed", 1)])
async def test_report_that_it_failed_is_news_for_open_desks(
    engine: AnyEngine, clock: FrozenClock, said: str, news: int
) -> None:
    await a_clinic()
    ours = await a_message(clock, "sent")
    before = (await current()).diary

    await told(clock, Report(ours, said))

    assert (await current()).diary - before == news
