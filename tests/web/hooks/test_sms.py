"""`POST /hooks/sms/{driver}/{secret}` as gateways call it: no browser, no cookie, no word in the answer."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from litestar import Litestar
from twilio.request_validator import RequestValidator

from tests.db.messaging.acts import rows
from tests.db.messaging.test_outbox import add, claim
from tests.web.conftest import Running
from turnet.app import create_app
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.messaging import outbox
from turnet.messaging.channels.chosen import hook_address
from turnet.settings import Settings

ORIGIN = "https://times.tuomi.example"
TWILIO = "twilio://AC1:hush@?from=Tuomi"
ELKS = "46elks://u:p@?from=Tuomi"


class Caller(httpx.AsyncClient):
    """A gateway: it says neither where it comes from nor what it accepts."""

    def __init__(self, app: Litestar) -> None:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.77", 50000))  # type: ignore[arg-type]
        super().__init__(transport=transport, base_url=ORIGIN)
        self.app = app
        self.settings: Settings = app.state.settings

    def path(self, name: str) -> str:
        return urlsplit(hook_address(self.settings, name)).path


@pytest.fixture
def callers(settings: Settings, clock: FrozenClock, loop: asyncio.Runner) -> Iterator[Any]:
    """Makes a gateway that calls an installation with this `TURNET_SMS_URL`."""
    made: list[tuple[Running, Caller]] = []

    async def caller(sms_url: str) -> Caller:
        running = Running(create_app(replace(settings, base_url=ORIGIN, sms_url=sms_url), clock=clock, worker=False))
        await running.start()
        made.append((running, Caller(running.app)))
        return made[-1][1]

    yield caller
    for running, client in made:
        loop.run(client.aclose())
        loop.run(running.stop())


async def an_sms(clock: FrozenClock) -> str:
    await add(clock, channel="sms")
    [row] = await claim(clock, channel="sms")
    await outbox.finish(row, "sent", now=clock.now(), provider_id="s1")
    return str(row.id)


async def test_a_report_is_taken_and_the_answer_is_empty(callers: Any, clock: FrozenClock) -> None:
    elks = await callers(ELKS)
    ours = await an_sms(clock)

    answer = await elks.post(f"{elks.path('46elks')}?id={ours}", data={"id": "s1", "status": "delivered"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert "set-cookie" not in answer.headers
    assert await rows("state") == [("delivered",)]


async def test_whether_it_changed_anything_is_not_said(callers: Any, clock: FrozenClock) -> None:
    elks = await callers(ELKS)
    form = {"id": "somebody else's", "status": "delivered"}

    answer = await elks.post(elks.path("46elks"), data=form)

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/sms/46elks/AAAAAAAAAAAAAAAAAAAAAA",
        "/hooks/sms/46elks/%D7%A9",
        "/hooks/sms/nobody/AAAAAAAAAAAAAAAAAAAAAA",
        "/hooks/sms/file/AAAAAAAAAAAAAAAAAAAAAA",
    ],
)
async def test_a_wrong_secret_is_an_address_that_does_not_exist(callers: Any, clock: FrozenClock, path: str) -> None:
    elks = await callers(ELKS)
    ours = await an_sms(clock)

    answer = await elks.post(f"{path}?id={ours}", data={"id": "s1", "status": "failed"})
    nowhere = await elks.post("/no/such/address/at/all")

    assert (answer.status_code, answer.content) == (nowhere.status_code, nowhere.content) == (404, nowhere.content)
    assert await rows("state") == [("sent",)]


async def test_another_gateways_secret_opens_nothing(callers: Any, clock: FrozenClock) -> None:
    elks = await callers(ELKS)
    secret = elks.path("infobip").rpartition("/")[2]

    crossed = await elks.post(f"/hooks/sms/46elks/{secret}", data={"id": "s1", "status": "failed"})
    unused = await elks.post(elks.path("infobip"), json={"results": []})

    assert (crossed.status_code, unused.status_code) == (404, 404)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"status=delivered", b"id=s1&status=" + b"&a=b" * 200])
async def test_what_cannot_be_read_is_400_and_changes_nothing(callers: Any, clock: FrozenClock, body: bytes) -> None:
    elks = await callers(ELKS)
    await an_sms(clock)

    answer = await elks.post(elks.path("46elks"), content=body)

    assert (answer.status_code, answer.content) == (400, b"")
    assert await rows("state") == [("sent",)]


async def test_what_is_too_long_is_not_read(callers: Any) -> None:
    elks = await callers(ELKS)

    assert (await elks.post(elks.path("46elks"), content=b"a" * 65_537)).status_code == 413


async def test_looking_changes_nothing(callers: Any, clock: FrozenClock) -> None:
    elks = await callers(ELKS)
    ours = await an_sms(clock)

    answer = await elks.get(f"{elks.path('46elks')}?id={ours}&status=failed")

    assert (answer.status_code, await rows("state")) == (405, [("sent",)])


async def test_a_page_elsewhere_cannot_make_a_browser_report(callers: Any, clock: FrozenClock) -> None:
    elks = await callers(ELKS)
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}

    answer = await elks.post(elks.path("46elks"), data={"id": "s1", "status": "failed"}, headers=headers)

    assert answer.status_code == 403


# --- what people write

LINK = "link://u:p@h.example?from=Tuomi&platform=1&partner=2"
ANSWER = {"direction": "incoming", "id": "s9", "from": "+358401234567", "to": "+358457000000", "message": "כן"}


async def received() -> list[tuple[Any, ...]]:
    return await fetch("SELECT sender, text, state FROM inbound ORDER BY id")


async def test_what_somebody_wrote_is_taken_with_an_empty_answer_however_often_it_comes(callers: Any) -> None:
    elks = await callers(ELKS)

    answers = [await elks.post(elks.path("46elks"), data=ANSWER) for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert await received() == [("+358401234567", "כן", "new")]


async def test_link_is_answered_the_one_way_that_it_takes_for_taken(callers: Any) -> None:
    link = await callers(LINK)
    body = {"id": "L1", "source": "+358401234567", "destination": "+358457000000", "userData": "1"}

    answer = await link.post(link.path("link"), json=body)

    assert (answer.status_code, answer.content, len(await received())) == (200, b"", 1)


async def test_without_the_secret_nothing_that_anybody_wrote_is_stored(callers: Any) -> None:
    elks = await callers(ELKS)

    answer = await elks.post("/hooks/sms/46elks/AAAAAAAAAAAAAAAAAAAAAA", data=ANSWER)

    assert (answer.status_code, await received()) == (404, [])


@pytest.mark.parametrize("token", ["another", None])
async def test_an_answer_that_twilio_did_not_sign_is_refused_unstored_and_not_in_the_log(
    callers: Any, token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await callers(TWILIO)
    fields = {"MessageSid": "SM9", "From": "+358401234567", "To": "+358457000000", "Body": "2 secret"}
    path = caller.path("twilio")

    forged = await caller.post(path, data=fields, headers=signed(ORIGIN + path, fields, token) if token else {})
    logged = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert (forged.status_code, forged.content, await received()) == (403, b"", [])
    assert len(logged) == 1
    assert not any(word in line for line in logged for word in ("secret", "401234567", path))

    control = await caller.post(path, content=urlencode(fields), headers=signed(ORIGIN + path, fields))
    assert (control.status_code, len(await received())) == (204, 1)


async def test_what_cannot_be_read_is_kept(callers: Any) -> None:
    elks = await callers(ELKS)

    answer = await elks.post(elks.path("46elks"), data={"direction": "incoming", "message": "1"})

    assert (answer.status_code, answer.content) == (400, b"")
    assert await received() == [("", "", "unreadable")]


# --- with the vendors' own signatures


def signed(address: str, fields: dict[str, str], token: str = "hush") -> dict[str, str]:
    return {
        "X-Twilio-Signature": RequestValidator(token).compute_signature(address, fields),
        "Content-Type": "application/x-www-form-urlencoded",
    }


async def test_twilio_signs_the_public_address(callers: Any, clock: FrozenClock) -> None:
    """Behind a proxy we are asked in the clear under another name; what counts is the address in the settings."""
    caller = await callers(TWILIO)
    ours = await an_sms(clock)
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+358401234567"}
    path = f"{caller.path('twilio')}?id={ours}"
    headers = signed(ORIGIN + path, fields)

    answer = await caller.post(f"http://inside.example{path}", content=urlencode(fields), headers=headers)

    assert (answer.status_code, await rows("state")) == (204, [("delivered",)])


@pytest.mark.parametrize("token", ["another", None])
async def test_what_twilio_did_not_sign_is_refused_logged_and_without_effect(
    callers: Any, clock: FrozenClock, token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caller = await callers(TWILIO)
    ours = await an_sms(clock)
    fields = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "30003"}
    path = f"{caller.path('twilio')}?id={ours}"

    answer = await caller.post(path, data=fields, headers=signed(ORIGIN + path, fields, token) if token else {})

    assert (answer.status_code, answer.content, await rows("state")) == (403, b"", [("sent",)])
    assert [record.message for record in caplog.records] == ["a call of the SMS gateway came with a wrong signature"]


async def test_a_phones_event_is_taken(callers: Any, clock: FrozenClock) -> None:
    phone = await callers("android://u:p@phone.example")
    ours = await an_sms(clock)
    event = {"event": "sms:failed", "payload": {"messageId": ours, "reason": "RESULT_ERROR_NO_SERVICE"}}

    answer = await phone.post(phone.path("android"), content=json.dumps(event))

    assert (answer.status_code, await rows("state", "error")) == (204, [("failed", "RESULT_ERROR_NO_SERVICE")])
