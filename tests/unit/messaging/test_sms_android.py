"""SMS Gateway for Android, held against its makers' own models, and against phones that misbehave."""

import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from android_sms_gateway.domain import Message, MessageState, TextMessage

from tests.unit.messaging.servers import (
    AN_ERROR_PAGE,
    Answer,
    Phone,
    SmsGateway,
    a_closed_port,
    a_gateway,
    a_json,
)
from turnet.messaging.channels import Call, Deferred, Forged, Parcel, Refused, Report, Trouble, Unreachable
from turnet.messaging.channels.sms_android import SmsAndroid

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
TEXT = "מרפאת תור: התור שלך מחר ב-09:20"
NUMBER = "+972501234567"
ONE = Parcel(uuid.UUID(int=7), "Tuomi", NUMBER, TEXT.encode(), AT, AT + timedelta(hours=3))


@asynccontextmanager
async def a_phone(answer: Any, options: str = "", seconds: float = 5) -> AsyncIterator[tuple[SmsGateway, SmsAndroid]]:
    async with a_gateway(answer) as gateway:
        channel = SmsAndroid(f"android://clinic:secret@{gateway.at}/3rdparty/v1?tls=none{options}", seconds=seconds)
        try:
            yield gateway, channel
        finally:
            await channel.close()


async def trouble(answer: Any, *, seconds: float = 5) -> Trouble:
    async with a_phone(answer, seconds=seconds) as (_, channel):
        with pytest.raises(Trouble) as caught:
            await channel.send(ONE)
    return caught.value


async def test_a_message_is_what_its_makers_would_write() -> None:
    theirs = Message(
        id=str(ONE.id), phone_numbers=[NUMBER], text_message=TextMessage(TEXT), ttl=3 * 3600, sim_number=2
    ).asdict()

    async with a_phone(Phone(), "&sim=2") as (gateway, channel):
        said = await channel.send(ONE)

    [asked] = gateway.asked
    assert said == str(ONE.id)
    assert (asked.method, asked.path) == ("POST", "/3rdparty/v1/messages")
    assert asked.headers["authorization"] == "Basic Y2xpbmljOnNlY3JldA=="
    assert asked.json | {"isEncrypted": False, "priority": 0} == theirs


async def test_the_answers_of_our_phone_are_ones_its_makers_can_read() -> None:
    async with a_phone(Phone()) as (gateway, channel):
        await channel.send(ONE)
        answers = [gateway.answer(asked) for asked in gateway.asked]

    state = MessageState.from_dict(json.loads(Phone()(gateway.asked[0]).body))
    assert (state.id, [person.phone_number for person in state.recipients]) == (str(ONE.id), [NUMBER])
    assert answers[0].status == 409


async def test_the_same_message_twice_is_one_sms_and_two_successes() -> None:
    phone = Phone()
    async with a_phone(phone) as (_, channel):
        said = [await channel.send(ONE), await channel.send(ONE)]

    assert (said, phone.sent) == ([str(ONE.id)] * 2, {str(ONE.id): 1})


async def test_control_a_phone_that_does_not_look_at_ids_sends_twice() -> None:
    phone = Phone(dedupes=False)
    async with a_phone(phone) as (_, channel):
        await channel.send(ONE)
        await channel.send(ONE)

    assert phone.sent == {str(ONE.id): 2}


async def test_a_message_whose_time_is_up_lives_a_minute_and_one_without_a_time_for_ever() -> None:
    async with a_phone(Phone()) as (gateway, channel):
        await channel.send(Parcel(uuid.UUID(int=1), "Tuomi", NUMBER, b"a", AT, AT))
        await channel.send(Parcel(uuid.UUID(int=2), "Tuomi", NUMBER, b"a", AT))

    assert [asked.json.get("ttl") for asked in gateway.asked] == [60, None]


async def test_many_messages_share_a_connection() -> None:
    async with a_phone(Phone()) as (gateway, channel):
        for number in range(5):
            await channel.send(Parcel(uuid.UUID(int=number), "Tuomi", NUMBER, b"a", AT))

    assert (len(gateway.asked), gateway.connections) == (5, 1)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Answer(400, b"bad"), Refused, "android answered 400"),
        (Answer(422), Refused, "android answered 422"),
        (Answer(401), Unreachable, "android answered 401"),
        (Answer(403), Unreachable, "android answered 403"),
        (Answer(404), Unreachable, "android answered 404"),
        (Answer(302, headers={"Location": "http://elsewhere.example/"}), Unreachable, "android answered 302"),
        (Answer(500), Deferred, "android answered 500"),
        (AN_ERROR_PAGE, Deferred, "android answered 200 with something else than a message"),
        (a_json({"state": "Pending"}), Deferred, "android answered 200 with something else than a message"),
        (a_json([1]), Deferred, "android answered 200 with something else than a message"),
        (Answer(202, b"x" * 70_000), Deferred, "android answered 202 with something else than a message"),
    ],
)
async def test_what_it_answers_decides_whether_to_try_again(answer: Answer, kind: type[Trouble], said: str) -> None:
    found = await trouble(answer)

    assert (type(found), str(found)) == (kind, said)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("999999", 3600), ("soon", 30), (None, 30)])
async def test_a_busy_one_says_how_long_to_leave_it_alone(header: str | None, seconds: int) -> None:
    found = await trouble(Answer(429, headers={"Retry-After": header} if header else {}))

    assert isinstance(found, Deferred)
    assert found.after == timedelta(seconds=seconds)


@pytest.mark.parametrize("answer", [SmsGateway.SILENCE, SmsGateway.HANG_UP])
async def test_one_that_does_not_answer_is_unreachable_for_now(answer: str) -> None:
    assert type(await trouble(answer, seconds=0.3)) is Unreachable


async def test_a_closed_port_is_unreachable() -> None:
    port = (await a_closed_port()).rpartition(":")[2]
    channel = SmsAndroid(f"android://u:p@127.0.0.1:{port}?tls=none")

    with pytest.raises(Unreachable):
        await channel.send(ONE)


async def test_no_trouble_names_the_person_or_the_text() -> None:
    echo = json.dumps({"message": f"{NUMBER} {TEXT}"}).encode()

    said = [str(await trouble(Answer(status, echo))) for status in (200, 400, 401, 429, 500)]

    assert [text for text in said if NUMBER[4:] in text or TEXT in text] == []


# --- reports


def an_event(event: str, **payload: Any) -> bytes:
    whole = {"messageId": str(ONE.id), "phoneNumber": NUMBER, "simNumber": None} | payload
    return json.dumps({"deviceId": "d", "event": event, "id": "e", "payload": whole, "webhookId": "w"}).encode()


@pytest.mark.parametrize(
    ("body", "reports"),
    [
        (an_event("sms:sent", partsCount=1), [Report(str(ONE.id), "sent")]),
        (an_event("sms:delivered"), [Report(str(ONE.id), "delivered")]),
        (
            an_event("sms:failed", reason=f"Can't send to {NUMBER}: RESULT_ERROR_NO_SERVICE"),
            [Report(str(ONE.id), "failed", "RESULT_ERROR_NO_SERVICE")],
        ),
        (
            an_event("sms:failed", reason=f"{NUMBER} is not a phone"),
            [Report(str(ONE.id), "failed", "the phone could not send it")],
        ),
        (an_event("sms:received", message="yes"), []),
        (an_event("system:ping"), []),
    ],
)
def test_its_events_are_reports(body: bytes, reports: list[Report]) -> None:
    assert SmsAndroid("android://u:p@phone.example").reports(Call(body, {})) == reports


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b"\xff", b'{"event": "sms:sent"}', an_event("sms:sent", messageId=3)]
)
def test_what_is_not_an_event_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        SmsAndroid("android://u:p@phone.example").reports(Call(body, {}))


def test_with_a_signing_key_only_signed_events_count() -> None:
    channel = SmsAndroid("android://u:p@phone.example?signing=k3y%2Bk3y")
    body, stamp = an_event("sms:delivered"), "1796112000"
    signature = hmac.new(b"k3y+k3y", body + stamp.encode(), hashlib.sha256).hexdigest()
    headers = {"x-signature": signature, "x-timestamp": stamp}

    assert channel.reports(Call(body, headers)) == [Report(str(ONE.id), "delivered")]
    for forged in (
        Call(body, {}),
        Call(body, {**headers, "x-timestamp": "1796112001"}),
        Call(body + b" ", headers),
        Call(body, {**headers, "x-signature": "\u05d0"}),
    ):
        with pytest.raises(Forged):
            channel.reports(forged)


async def test_it_says_when_asked_what_became_of_a_message() -> None:
    async with a_phone(Phone()) as (_, channel):
        await channel.send(ONE)
        found = await channel.ask([str(ONE.id), str(uuid.UUID(int=8))], real=AT)

    assert found == [Report(str(ONE.id), "delivered")]
