"""What people write, as each gateway brings it: read whole, told apart, never taken for a report."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from android_sms_gateway.webhooks import SmsReceivedPayload
from twilio.request_validator import RequestValidator

from tests.unit.messaging.people import NOW, a_clinic, a_visit, composer, the_row
from tests.unit.messaging.servers import a_gateway, a_json
from tests.unit.messaging.test_sms_http import (
    DELIVERED,
    HOOK,
    ONE,
    TAKEN,
    USER,
    a_form,
    a_link,
    a_result,
    channel_at,
    signed,
)
from turnet.conversation.meaning import Asked
from turnet.messaging.channels import Call, Forged, Gateway, Incoming, Parcel
from turnet.messaging.channels.chosen import senders
from turnet.messaging.channels.sms_android import SmsAndroid
from turnet.messaging.channels.sms_http import SmsHttp
from turnet.messaging.channels.sms_incoming import instant
from turnet.messaging.channels.sms_presets import PRESETS
from turnet.messaging.manner import PLAIN, Manner
from turnet.settings import BadSetting, Settings

YES = "כן, מגיעה 👍"
THEIRS = "+972507654321"
OURS = "+97233760000"
AT = datetime(2026, 12, 1, 7, 30, 15, tzinfo=UTC)
ANDROID = "android://u:p@phone.example"

RECEIVED = {
    "messageId": "9f2c",
    "sender": THEIRS,
    "phoneNumber": THEIRS,
    "recipient": OURS,
    "simNumber": 1,
    "message": YES,
    "receivedAt": "2026-12-01T09:30:15.000+02:00",
}
FROM_TWILIO = {
    "MessageSid": "SM9", "SmsSid": "SM9", "SmsStatus": "received", "NumSegments": "1",
    "From": THEIRS, "To": OURS, "Body": YES,
}  # fmt: skip


def from_twilio(*, token: str = "hush", url: str = HOOK, query: str = "", **changed: str) -> Call:
    """As Twilio's own code signs it."""
    fields = FROM_TWILIO | changed
    return Call(
        urlencode(fields).encode(),
        {"x-twilio-signature": RequestValidator(token).compute_signature(url, fields)},
        query,
    )


def an_event(payload: dict[str, Any], event: str = "sms:received") -> bytes:
    return json.dumps({"id": "Ey6", "webhookId": "w", "deviceId": "d", "event": event, "payload": payload}).encode()


def infobip(*texts: str) -> bytes:
    one = {
        "from": THEIRS[1:],
        "to": OURS[1:],
        "cleanText": "",
        "receivedAt": "2026-12-01T07:30:15.000+0000",
        "smsCount": 1,
    }
    results = [one | {"messageId": f"m{number}", "text": text} for number, text in enumerate(texts)]
    return json.dumps({"results": results, "messageCount": len(texts), "pendingMessageCount": 0}).encode()


def ours(name: str) -> Gateway:
    return SmsAndroid(ANDROID) if name == "android" else channel_at("h.example" if not PRESETS[name].host else "", name)


BROUGHT: dict[str, tuple[Call, list[Incoming]]] = {
    "twilio": (from_twilio(), [Incoming("SM9", THEIRS, OURS, YES)]),
    "46elks": (
        Call(
            a_form(
                direction="incoming", id="s9", created="2026-12-01T07:30:15.000000", to=OURS, message=YES, **{"from": THEIRS}
            ),
            {},
        ),
        [Incoming("s9", THEIRS, OURS, YES, AT)],
    ),
    "link": (
        Call(
            json.dumps({
                "id": "L9", "source": THEIRS, "sourceTON": "MSISDN", "destination": OURS, "userData": YES,
                "timestamp": "2026-12-01T07:30:15Z",
            }).encode(),
            {},
        ),
        [Incoming("L9", THEIRS, OURS, YES, AT)],
    ),
    "infobip": (
        Call(infobip(YES, "2"), {}),
        [Incoming("m0", THEIRS, OURS, YES, AT), Incoming("m1", THEIRS, OURS, "2", AT)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROUGHT))
def test_what_people_write_is_read_whole(name: str) -> None:
    call, written = BROUGHT[name]

    assert ours(name).incoming(call) == written


REPORTS = {
    "twilio": signed(DELIVERED),
    "46elks": Call(a_form(id="s1", status="delivered"), {}),
    "link": Call(a_link(1001), {}),
    "infobip": Call(a_result("DELIVERED", "DELIVERED_TO_HANDSET"), {}),
    "android": Call(an_event({"messageId": "a"}, "sms:delivered"), {}),
}


@pytest.mark.parametrize("name", list(REPORTS))
def test_a_report_brings_nothing_that_anybody_wrote(name: str) -> None:
    assert ours(name).incoming(REPORTS[name]) == []
    assert len(ours(name).reports(REPORTS[name])) == 1


@pytest.mark.parametrize("name", ["46elks", "019", "link", "infobip", "android"])
@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"direction=incoming&id=1",
        b'{"userData": 4, "id": "1", "source": "+1", "destination": "+2"}',
        b'{"userData": "1"}',
        b'{"results": [{"messageId": "1", "from": "2", "to": "3"}]}',
        b'{"results": 4}',
        an_event({"messageId": "1", "message": "1"}),
        an_event({"messageId": "1", "sender": THEIRS, "message": None}),
    ],
)
def test_what_is_neither_read_nor_a_report_is_an_error(name: str, body: bytes) -> None:
    call = Call(body, {})

    with pytest.raises(ValueError):
        ours(name).incoming(call) or ours(name).reports(call)


def test_a_phones_event_is_one_that_its_makers_can_read() -> None:
    theirs = SmsReceivedPayload.from_dict(RECEIVED)

    [read] = ours("android").incoming(Call(an_event(RECEIVED), {}))

    assert (read.sender, read.to, read.text, read.said_at) == (theirs.sender, theirs.recipient, theirs.message, AT)


def test_an_older_phone_names_the_sender_otherwise_and_not_our_number() -> None:
    older = {name: value for name, value in RECEIVED.items() if name not in {"sender", "recipient"}}

    [read] = ours("android").incoming(Call(an_event(older), {}))

    assert (read.sender, read.to) == (THEIRS, "")


@pytest.mark.parametrize(
    ("changed", "the_same"),
    [
        ({}, True),
        ({"simNumber": 2}, True),
        ({"sender": "+972500000000"}, False),
        ({"receivedAt": "2026-12-01T09:30:16.000+02:00"}, False),
        ({"message": "לא"}, False),
    ],
)
def test_a_phones_id_alone_tells_nothing_apart(changed: dict[str, Any], the_same: bool) -> None:
    """Its makers say so: it is made from the text, and everybody answers `1`."""
    first, second = (
        ours("android").incoming(Call(an_event(payload), {}))[0].id for payload in (RECEIVED, RECEIVED | changed)
    )

    assert (first == second) == the_same


@pytest.mark.parametrize(
    ("date", "at"),
    [("01/12/26 09:30:15", AT), ("01/07/26 10:30:15", datetime(2026, 7, 1, 7, 30, 15, tzinfo=UTC)), ("now", None)],
)
def test_an_israeli_gateway_gives_no_id_and_its_own_hour(date: str, at: datetime | None) -> None:
    def brought(**changed: str) -> Incoming:
        form = {"message": YES, "date": date, "from": "0507654321", "to": "033760000"} | changed
        [one] = ours("019").incoming(Call(urlencode(form).encode(), {}))
        return one

    read = brought()

    assert (read.sender, read.to, read.text, read.said_at) == ("0507654321", "033760000", YES, at)
    assert read.id == brought().id
    assert len({read.id, brought(message="2").id, brought(date="01/12/26 09:30:16").id, brought(to="1").id}) == 4


# --- who says so


@pytest.mark.parametrize(
    "call",
    [
        Call(from_twilio().body, {}),
        from_twilio(token="other"),
        from_twilio(url=f"{HOOK}x"),
        Call(from_twilio(Body="2").body, from_twilio().headers),
        from_twilio(query="id=1"),
    ],
    ids=["unsigned", "another token", "another address", "another text", "another query"],
)
def test_what_twilio_did_not_sign_is_forged(call: Call) -> None:
    with pytest.raises(Forged):
        ours("twilio").incoming(call)


@pytest.mark.parametrize("key", ["secret", "other"])
def test_a_phone_that_signs_must_sign(key: str) -> None:
    body, stamp = an_event(RECEIVED), "1764574215"
    signature = hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
    phone, call = SmsAndroid(f"{ANDROID}?signing=secret"), Call(body, {"x-signature": signature, "x-timestamp": stamp})

    if key == "secret":
        assert len(phone.incoming(call)) == 1
    else:
        with pytest.raises(Forged):
            phone.incoming(call)


# --- what leaves from which number


@pytest.mark.parametrize(
    ("url", "default", "asking"),
    [
        ("file:", "", None),
        (ANDROID, "", None),
        (f"{ANDROID}?signing=k", "", ""),
        (f"{ANDROID}?answers={OURS}", OURS, OURS),
        ("gammu:///var/spool/gammu", "", ""),
        (f"gammu:///var/spool/gammu?number={OURS}", OURS, OURS),
        ("46elks://u:p@?from=Tuomi", "Tuomi", None),
        ("46elks://u:p@?from=+358457000000", "+358457000000", "+358457000000"),
        ("46elks://u:p@?from=Tuomi&answers=+358457000000", "Tuomi", "+358457000000"),
        (f"twilio://AC1:t@?from=MG{'0' * 32}", f"MG{'0' * 32}", None),
        ("019://u:t@?from=0501112233", "0501112233", "0501112233"),
    ],
)
def test_what_asks_leaves_from_what_can_be_answered(
    plain_settings: Settings, url: str, default: str, asking: str | None
) -> None:
    found = senders(replace(plain_settings, sms_url=url))

    assert (found.default, found.asking) == (default, asking)


@pytest.fixture
def plain_settings(tmp_path: Any) -> Settings:
    (tmp_path / "secret.key").write_bytes(b"k" * 32)
    return Settings(data=tmp_path)


def test_in_the_demo_the_pretend_phone_answers(plain_settings: Settings) -> None:
    assert senders(replace(plain_settings, demo=True)).asking == ""


SENDER = {
    "twilio": lambda asked: asked.form["From"],
    "46elks": lambda asked: asked.form["from"],
    "019": lambda asked: asked.json["sms"]["source"],
    "link": lambda asked: (asked.json["source"], asked.json["sourceTON"]),
    "infobip": lambda asked: asked.json["messages"][0]["sender"],
}
FROM_A_NAME = {"link": ("Tuomi", "ALPHANUMERIC")}
FROM_A_NUMBER = {
    "twilio": OURS, "46elks": OURS, "link": (OURS, "MSISDN"), "019": OURS[1:], "infobip": OURS[1:],
}  # fmt: skip


@pytest.mark.parametrize("name", list(PRESETS))
async def test_each_company_is_told_the_number_for_what_asks_and_the_name_for_the_rest(name: str) -> None:
    user = USER[name].partition("?")[0] + "?from=Tuomi&platform=SMSC&partner=42&gate=g1"
    user = user if name == "link" else user.partition("&")[0]
    async with a_gateway(a_json(TAKEN[name])) as gateway:
        url = f"{name}://{user.format(gateway.at)}&answers={OURS}&tls=none"
        channel = SmsHttp(url, PRESETS[name])
        for asks in (False, True):
            await channel.send(Parcel(ONE.id, "Tuomi", ONE.recipient, b"a", ONE.at, asks=asks))
        await channel.close()

    told = [SENDER[name](asked) for asked in gateway.asked]
    assert told == [FROM_A_NAME.get(name, "Tuomi"), FROM_A_NUMBER[name]]


@pytest.mark.parametrize(
    ("kind", "manner", "asks"),
    [
        ("booking_confirmed", PLAIN, False),
        ("reminder", PLAIN, False),
        ("reminder", Manner(answerable=True), False),
        ("reminder", Manner(Asked.CONFIRM, answerable=True), True),
        ("service_offer", PLAIN, False),
        ("service_offer", Manner(answerable=True), True),
        ("answer_confirmed", PLAIN, True),
        ("desk_message", PLAIN, True),
        ("desk_answer", PLAIN, True),
    ],
)
def test_what_asks_or_goes_on_in_a_conversation_may_be_answered(kind: str, manner: Manner, asks: bool) -> None:
    """So does an offer, which has to say how to be spared the next one."""
    visit = a_visit(email="")
    row = the_row(kind, visit, channel="sms")
    row = replace(row, facts={**row.facts, "text": "Come whenever you like."})

    parcel = composer().parcel(row, [visit], a_clinic(), now=NOW, manner=manner)

    assert parcel.asks == asks


def test_a_name_cannot_be_answered() -> None:
    with pytest.raises(BadSetting, match="only a number can be answered"):
        SmsHttp("46elks://u:p@?from=Tuomi&answers=Tuomi", PRESETS["46elks"])


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_hour_that_our_clocks_do_not_have_is_none(said: str) -> None:
    assert instant(said) is None
