"""The gateway companies: what each is asked, what its answers mean, held against the companies' own code where it runs."""

import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from tests.unit.messaging.servers import AN_ERROR_PAGE, Answer, SmsGateway, a_closed_port, a_gateway, a_json, twilio
from turnet.messaging.channels import (
    Call,
    Deferred,
    Forged,
    Parcel,
    Refused,
    Report,
    Trouble,
    Unreachable,
    Unsure,
)
from turnet.messaging.channels.sms_http import SmsHttp
from turnet.messaging.channels.sms_presets import PRESETS

AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
TEXT = "Tuomi Dental: huomenna klo 9.20, ßéקם"
NUMBER = "+972501234567"
OURS = str(uuid.UUID(int=7))
ONE = Parcel(uuid.UUID(int=7), "Tuomi", NUMBER, TEXT.encode(), AT, AT + timedelta(hours=3))
HOOK = "https://times.tuomi.example/hooks/sms/it/secret"

USER = {
    "twilio": "AC1:hush@{}?from=+3584570000000",
    "46elks": "u1:hush@{}?from=Tuomi",
    "019": "clinic:hush@{}?from=0501112233",
    "link": "u1:hush@{}?from=Tuomi&platform=SMSC&partner=42&gate=g1",
    "infobip": "hush@{}?from=Tuomi",
}
TAKEN: dict[str, Any] = {
    "twilio": {"sid": "SM1", "status": "queued", "error_code": None},
    "46elks": {"id": "s1", "status": "created", "parts": 1},
    "019": {"status": 0, "message": "SMS will be sent", "shipment_id": "x1"},
    "link": {"messageId": "m1", "resultCode": 1005, "description": "Queued", "smsCount": 1},
    "infobip": {
        "bulkId": "b1",
        "messages": [
            {"messageId": OURS, "status": {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED"}}
        ],
    },
}
every = pytest.mark.parametrize("name", list(PRESETS))


def channel_at(at: str, name: str, *, hook: str = HOOK, seconds: float = 5) -> SmsHttp:
    url = f"{name}://{USER[name].format(at)}"
    return SmsHttp(f"{url}&tls=none" if ":" in at else url, PRESETS[name], hook=hook, seconds=seconds)


@asynccontextmanager
async def a_company(name: str, answer: Any, **more: Any) -> AsyncIterator[tuple[SmsGateway, SmsHttp]]:
    async with a_gateway(answer) as gateway:
        channel = channel_at(gateway.at, name, **more)
        try:
            yield gateway, channel
        finally:
            await channel.close()


async def trouble(name: str, answer: Any, parcel: Parcel = ONE, **more: Any) -> Trouble:
    async with a_company(name, answer, **more) as (_, channel):
        with pytest.raises(Trouble) as caught:
            await channel.send(parcel)
    return caught.value


# --- what is asked


WANTED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "twilio": (
        "/2010-04-01/Accounts/AC1/Messages.json",
        "Basic QUMxOmh1c2g=",
        {
            "To": NUMBER, "From": "+3584570000000", "Body": TEXT, "StatusCallback": f"{HOOK}?id={OURS}",
            "ValidityPeriod": "10800",
        },
    ),
    "46elks": (
        "/a1/sms",
        "Basic dTE6aHVzaA==",
        {"from": "Tuomi", "to": NUMBER, "message": TEXT, "whendelivered": f"{HOOK}?id={OURS}"},
    ),
    "019": (
        "/api",
        "Bearer hush",
        {
            "sms": {
                "user": {"username": "clinic"},
                "source": "0501112233",
                "destinations": {"phone": [{"$": {"id": OURS}, "_": "0501234567"}]},
                "message": TEXT,
            }
        },
    ),
    "link": (
        "/sms/send",
        "Basic dTE6aHVzaA==",
        {
            "source": "Tuomi", "sourceTON": "ALPHANUMERIC", "destination": NUMBER, "userData": TEXT,
            "platformId": "SMSC", "platformPartnerId": "42", "refId": OURS, "useDeliveryReport": True,
            "deliveryReportGates": ["g1"], "relativeValidityTime": 10_800_000,
        },
    ),
    "infobip": (
        "/sms/3/messages",
        "App hush",
        {
            "messages": [
                {
                    "sender": "Tuomi",
                    "destinations": [{"to": NUMBER[1:], "messageId": OURS}],
                    "content": {"text": TEXT},
                    "webhooks": {
                        "delivery": {"url": f"{HOOK}?id={OURS}"}, "contentType": "application/json",
                        "callbackData": OURS,
                    },
                    "options": {"validityPeriod": {"amount": 180, "timeUnit": "MINUTES"}},
                }
            ]
        },
    ),
}  # fmt: skip


@every
async def test_each_is_asked_in_its_own_way(name: str) -> None:
    async with a_company(name, a_json(TAKEN[name])) as (gateway, channel):
        said = await channel.send(ONE)

    [asked] = gateway.asked
    path, authorization, content = WANTED[name]
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("POST", path, authorization)
    assert (asked.form if PRESETS[name].form else asked.json) == content
    assert said == {"twilio": "SM1", "46elks": "s1", "019": "x1", "link": "m1", "infobip": OURS}[name]


@every
async def test_nobody_is_told_an_address_that_leads_nowhere(name: str) -> None:
    async with a_company(name, a_json(TAKEN[name]), hook="") as (gateway, channel):
        await channel.send(ONE)

    assert b"http" not in gateway.asked[0].body


async def test_infobips_own_models_read_what_we_ask_and_what_our_company_answers() -> None:
    from infobip_api_client.models import SmsRequest, SmsResponse  # three seconds, which no other test need wait for

    content = WANTED["infobip"][2]

    asked, answered = SmsRequest.from_dict(content), SmsResponse.from_dict(TAKEN["infobip"])

    assert asked is not None and answered is not None
    assert asked.to_dict() == content
    assert answered.messages[0].message_id == OURS


async def test_twilio_takes_a_messaging_service_instead_of_a_sender() -> None:
    service = "MG" + "0" * 32
    async with a_gateway(twilio) as gateway:
        channel = SmsHttp(f"twilio://AC1:t@{gateway.at}?from={service}&tls=none", PRESETS["twilio"])
        await channel.send(Parcel(ONE.id, "Tuomi", NUMBER, b"a", AT))
        await channel.close()

    assert gateway.asked[0].form == {"To": NUMBER, "MessagingServiceSid": service, "Body": "a"}


async def test_link_is_spared_characters_that_it_refuses() -> None:
    async with a_company("link", a_json(TAKEN["link"])) as (gateway, channel):
        await channel.send(Parcel(ONE.id, "Tuomi", NUMBER, "ok 👍".encode(), AT))

    assert gateway.asked[0].json["userData"] == "ok "


@pytest.mark.parametrize(
    ("name", "number"), [("019", "+358401234567"), ("twilio", "0401234567"), ("46elks", "+35840x")]
)
async def test_a_number_that_it_cannot_take_is_refused_unasked(name: str, number: str) -> None:
    async with a_company(name, a_json(TAKEN[name])) as (gateway, channel):
        with pytest.raises(Refused) as caught:
            await channel.send(Parcel(ONE.id, "Tuomi", number, b"a", AT))

    assert (gateway.asked, number in str(caught.value)) == ([], False)


# --- what its answers mean


@every
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400), Refused),
        (Answer(422), Refused),
        (Answer(401), Unreachable),
        (Answer(403), Unreachable),
        (Answer(404), Unreachable),
        (Answer(301, headers={"Location": "http://elsewhere.example/"}), Unreachable),
        (Answer(429), Deferred),
        (Answer(500), Unsure),
        (Answer(503), Unsure),
        (AN_ERROR_PAGE, Unsure),
        (a_json({}), Unsure),
        (a_json(["queued"]), Unsure),
        (a_json({"messages": [], "status": None, "resultCode": "?"}), Unsure),
        (Answer(200, b'{"id": "' + b"x" * 70_000 + b'"}'), Unsure),
    ],
)
async def test_what_it_answers_decides_whether_to_try_again(name: str, answer: Answer, kind: type[Trouble]) -> None:
    assert type(await trouble(name, answer)) is kind


@every
@pytest.mark.parametrize("answer", [SmsGateway.SILENCE, SmsGateway.HANG_UP])
async def test_once_the_request_has_left_silence_is_doubt(name: str, answer: str) -> None:
    assert isinstance(await trouble(name, answer, seconds=0.3), Unsure)


@every
async def test_a_closed_port_was_never_asked(name: str) -> None:
    channel = channel_at((await a_closed_port()).removeprefix("smtp://"), name)

    with pytest.raises(Unreachable):
        await channel.send(ONE)


@every
async def test_a_server_without_tls_was_never_asked(name: str) -> None:
    async with a_gateway(a_json(TAKEN[name])) as gateway:
        channel = SmsHttp(f"{name}://{USER[name].format(gateway.at)}", PRESETS[name], seconds=2)
        gateway.answer = SmsGateway.HANG_UP
        with pytest.raises(Unreachable):
            await channel.send(ONE)

    assert gateway.asked == []


@pytest.mark.parametrize(
    ("name", "answer", "kind", "said"),
    [
        ("twilio", a_json({"code": 21211, "message": f"{NUMBER} is bad"}, 400), Refused, "twilio answered 400, code 21211"),
        (
            "twilio", a_json({"code": 21610, "message": NUMBER}, 400), Refused,
            "opted out at the provider: they must text START to be reached again (twilio answered 400, code 21610)",
        ),
        ("twilio", a_json({"sid": "SM1", "status": "failed", "error_code": 30007}), Refused, "twilio answered failed, code 30007"),
        ("twilio", a_json({"code": f"{NUMBER}"}, 400), Refused, "twilio answered 400"),
        ("46elks", Answer(400, f"Invalid to {NUMBER}".encode()), Refused, "46elks answered 400"),
        ("46elks", a_json({"id": "s1", "status": "failed"}), Refused, "46elks answered failed"),
        ("019", a_json({"status": 3}), Unreachable, "019 answered 3: wrong user name or token"),
        ("019", a_json({"status": "4"}), Unreachable, "019 answered 4: no credit left"),
        ("019", a_json({"status": 5}), Deferred, "019 answered 5"),
        ("019", a_json({"status": 9, "message": NUMBER}), Refused, "019 answered 9"),
        ("link", a_json({"status": 106201, "description": NUMBER}, 400), Refused, "link answered 400, code 106201"),
        ("link", a_json({"messageId": "m1", "resultCode": 2105}), Refused, "link answered 2105"),
        (
            "infobip", a_json({"errorCode": "E400", "description": NUMBER}, 400), Refused,
            "infobip answered 400, code E400",
        ),
        (
            "infobip",
            a_json({"requestError": {"serviceException": {"messageId": "UNAUTHORIZED", "text": NUMBER}}}, 401),
            Unreachable, "infobip answered 401, code UNAUTHORIZED",
        ),
        (
            "infobip",
            a_json({"messages": [{"messageId": OURS, "status": {"groupName": "REJECTED", "name": "REJECTED_NOT_ENOUGH_CREDITS"}}]}),
            Refused, "infobip answered REJECTED_NOT_ENOUGH_CREDITS",
        ),
    ],
)  # fmt: skip
async def test_the_reason_is_their_code_and_nothing_personal(
    name: str, answer: Answer, kind: type[Trouble], said: str
) -> None:
    found = await trouble(name, answer)

    assert (type(found), str(found)) == (kind, said)


@every
async def test_no_trouble_names_the_person_or_the_text(name: str) -> None:
    echo = {"message": f"{NUMBER} {TEXT}", "code": NUMBER, "status": NUMBER, "errorCode": NUMBER}

    said = [str(await trouble(name, a_json(echo, status))) for status in (200, 400, 401, 429, 500)]

    assert [text for text in said if NUMBER[4:] in text or TEXT in text] == []


# --- reports


def a_form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def a_result(group: str, name: str) -> bytes:
    status = {"groupId": 1, "groupName": group, "id": 1, "name": name, "description": NUMBER}
    return json.dumps({"results": [{"messageId": OURS, "to": NUMBER, "status": status, "callbackData": OURS}]}).encode()


def a_link(code: int) -> bytes:
    return json.dumps({"refId": OURS, "id": "m1", "resultCode": code, "operator": "x", "segments": 1}).encode()


@pytest.mark.parametrize(
    ("name", "body", "query", "reports"),
    [
        ("46elks", a_form(id="s1", status="delivered"), f"id={OURS}", [Report(OURS, "delivered")]),
        ("46elks", a_form(id="s1", status="sent"), "", [Report("s1", "sent")]),
        ("46elks", a_form(id="s1", status="failed"), "", [Report("s1", "failed", "46elks could not deliver it")]),
        ("46elks", a_form(id="s1", status="created"), "", []),
        ("link", a_link(1001), "", [Report(OURS, "delivered")]),
        ("link", a_link(1000), "", [Report(OURS, "sent")]),
        ("link", a_link(1012), "", []),
        ("link", a_link(2104), "", [Report(OURS, "failed", "link 2104")]),
        ("infobip", a_result("DELIVERED", "DELIVERED_TO_HANDSET"), "", [Report(OURS, "delivered")]),
        ("infobip", a_result("PENDING", "PENDING_ENROUTE"), "", []),
        ("infobip", a_result("EXPIRED", "EXPIRED_UNKNOWN"), "", [Report(OURS, "failed", "infobip EXPIRED_UNKNOWN")]),
        ("infobip", a_result("REJECTED", NUMBER), "", [Report(OURS, "failed", "infobip without a reason")]),
    ],
)
def test_its_reports_are_read(name: str, body: bytes, query: str, reports: list[Report]) -> None:
    assert channel_at("h.example" if not PRESETS[name].host else "", name).reports(Call(body, {}, query)) == reports


@pytest.mark.parametrize("name", ["46elks", "019", "link", "infobip"])
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff\xfe", b'{"results": [1]}', b'{"resultCode": 1, "refId": 3}']
)
def test_what_is_not_a_report_is_an_error(name: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        channel_at("h.example" if not PRESETS[name].host else "", name).reports(Call(body, {}))


def test_infobips_own_models_read_the_reports_of_this_test() -> None:
    from infobip_api_client.models import SmsDeliveryResult

    read = SmsDeliveryResult.from_json(a_result("DELIVERED", "DELIVERED_TO_HANDSET").decode())

    assert read is not None and read.results is not None
    assert (read.results[0].message_id, read.results[0].callback_data) == (OURS, OURS)


def signed(fields: dict[str, str], *, query: str = f"id={OURS}", token: str = "hush", url: str = HOOK) -> Call:
    """As Twilio's own code signs it."""
    signature = RequestValidator(token).compute_signature(f"{url}?{query}", fields)
    return Call(urlencode(fields).encode(), {"x-twilio-signature": signature}, query)


DELIVERED = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": NUMBER, "From": "+3584570000000", "Empty": ""}


@pytest.mark.parametrize(
    ("fields", "reports"),
    [
        (DELIVERED, [Report(OURS, "delivered")]),
        (DELIVERED | {"MessageStatus": "queued"}, []),
        (DELIVERED | {"MessageStatus": "sent"}, [Report(OURS, "sent")]),
        (DELIVERED | {"MessageStatus": "undelivered", "ErrorCode": "30003"}, [Report(OURS, "failed", "twilio 30003")]),
    ],
)
def test_a_status_call_signed_by_twilios_own_code_is_read(fields: dict[str, str], reports: list[Report]) -> None:
    assert channel_at("", "twilio").reports(signed(fields)) == reports


FORGERIES: dict[str, Callable[[], Call]] = {
    "no signature": lambda: Call(signed(DELIVERED).body, {}, f"id={OURS}"),
    "another token": lambda: signed(DELIVERED, token="other"),
    "another address": lambda: signed(DELIVERED, url=HOOK.replace("https", "http")),
    "another message": lambda: Call(signed(DELIVERED).body, signed(DELIVERED).headers, f"id={uuid.UUID(int=8)}"),
    "another state": lambda: Call(
        signed(DELIVERED).body.replace(b"=delivered", b"=failed"), signed(DELIVERED).headers, f"id={OURS}"
    ),
    "no text at all": lambda: Call(b"\xff", {"x-twilio-signature": "\u05d0"}, ""),
}


@pytest.mark.parametrize("forgery", list(FORGERIES))
def test_a_status_call_that_twilio_did_not_sign_is_forged(forgery: str) -> None:
    with pytest.raises(Forged):
        channel_at("", "twilio").reports(FORGERIES[forgery]())


# --- one that is asked


async def test_019_is_asked_about_our_ids_within_a_week() -> None:
    transactions = {"transaction": [{"external_id": OURS, "status": "102"}, {"external_id": "b", "status": -1}]}
    undecided = [
        {"external_id": "c", "status": 747},
        {"external_id": "d", "status": "x"},
        {"external_id": "e", "status": 15},
    ]
    async with a_company("019", a_json({"status": 0, "transactions": [transactions, *undecided]})) as (
        gateway,
        channel,
    ):
        found = await channel.ask([OURS, "b", "c"], real=AT)

    assert gateway.asked[0].json == {
        "dlr": {
            "user": {"username": "clinic"},
            "transactions": {"external_id": [OURS, "b", "c"]},
            "from": "28/11/26 08:00",
            "to": "02/12/26 08:00",
        }
    }
    assert found == [Report(OURS, "delivered"), Report("b", "sent"), Report("e", "failed", "019 15")]


@every
async def test_the_others_are_not_asked(name: str) -> None:
    async with a_company(name, a_json({})) as (gateway, channel):
        await channel.ask([OURS], real=AT)

    assert (channel.asks, len(gateway.asked)) == ((True, 1) if name == "019" else (False, 0))
