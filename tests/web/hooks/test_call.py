"""`POST /hooks/call/{secret}` as telephone exchanges call it: whoever was missed gets the link, once a day."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.db.conversation.talk import Talk
from tests.db.messaging.acts import rows
from tests.factories import a_clinic
from tests.web.hooks.test_sms import callers
from turnet.clock import FrozenClock
from turnet.conversation.service.missed_call import address
from turnet.db.transactions import fetch
from turnet.messaging.deliver import deliverer, drain

__all__ = ["callers"]

CALLER = "+358401234567"


def _path(exchange: Any) -> str:
    return urlsplit(address(exchange.settings, exchange.app.state.key)).path


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"from": "040 123 4567"}},
        {"data": {"from": "sip:+358401234567@exchange.example;user=phone"}},
        {"json": {"from": CALLER, "called": "+35830000116"}},
    ],
)
async def test_a_missed_call_is_answered_by_sms(callers: Any, clock: FrozenClock, sent: dict[str, Any]) -> None:
    exchange = await callers("file:")
    await a_clinic()

    answer = await exchange.post(_path(exchange), **sent)
    await drain(deliverer(exchange.settings, clock))

    assert (answer.status_code, answer.content) == (204, b"")
    assert await rows("kind", "channel", "recipient", "state") == [("missed_call", "sms", CALLER, "sent")]
    text = (exchange.settings.data / "outbox" / "sms.jsonl").read_text()
    assert '"Tuomi Dental: sorry, we missed your call. Book a time here: https://times.tuomi.example/en/"' in text


async def test_ten_calls_a_day_are_one_sms_and_tomorrows_is_another(callers: Any, clock: FrozenClock) -> None:
    exchange = await callers("file:")
    await a_clinic()

    for _ in range(10):
        await exchange.post(_path(exchange), data={"from": CALLER})
    clock.advance(days=1)
    await exchange.post(_path(exchange), data={"from": CALLER})

    assert len(await rows("id")) == 2


@pytest.mark.parametrize(("words", "texted"), [(["STOP"], False), (["STOP", "START"], True), (["hello"], True)])
async def test_whoever_said_stop_is_not_texted_for_calling(
    callers: Any, clock: FrozenClock, words: list[str], texted: bool
) -> None:
    """Whoever knows the hook, or forges who calls, cannot have them written to either."""
    exchange = await callers("file:")
    talk = Talk(exchange.settings, clock, await a_clinic(), phone=CALLER)
    for text in words:
        await talk.them(text)

    answer = await exchange.post(_path(exchange), data={"from": CALLER})

    assert answer.status_code == 204
    assert len(await fetch("SELECT 1 FROM message WHERE kind = 'missed_call'")) == texted


@pytest.mark.parametrize(
    "sent", [{"data": {"from": "anonymous"}}, {"data": {}}, {"json": {"from": "12"}}, {"json": []}]
)
async def test_a_caller_without_a_number_gets_nothing(callers: Any, sent: dict[str, Any]) -> None:
    exchange = await callers("file:")
    await a_clinic()

    assert (await exchange.post(_path(exchange), **sent)).status_code == 400
    assert await rows("id") == []


async def test_control_a_wrong_secret_opens_nothing(callers: Any) -> None:
    exchange = await callers("file:")
    await a_clinic()

    assert (await exchange.post(_path(exchange)[:-1] + "x", data={"from": CALLER})).status_code == 404
    assert await rows("id") == []
