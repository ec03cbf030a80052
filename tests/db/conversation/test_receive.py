"""What people write is stored as it came, once, whatever it is and however often it comes."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import turnet.worker  # noqa: F401  (from here on there is `turnet.tasks` in a checkout)
from tests.db.messaging.acts import rows as messages
from tests.db.messaging.test_outbox import add, claim
from tests.factories import a_clinic
from tests.unit.messaging.gammu import Spool
from turnet.clock import FrozenClock
from turnet.conversation.service import receive
from turnet.db.engine import AnyEngine
from turnet.db.transactions import effects_done, fetch, tx
from turnet.errors import NotFound
from turnet.messaging import outbox
from turnet.messaging.channels import Call, Forged, Incoming
from turnet.messaging.channels.chosen import hook_secret
from turnet.messaging.channels.sms_gammu import SmsGammu
from turnet.settings import Settings
from turnet.tasks.collect_sms import collect_sms

OURS = "+358457000000"
THEIRS = "+358401234567"
ELKS = f"46elks://u:p@?from=Tuomi&answers={OURS}"
ONE = Incoming("s9", THEIRS, OURS, "1")


async def stored(*columns: str) -> list[tuple[Any, ...]]:
    return await fetch(f"SELECT {', '.join(columns)} FROM inbound ORDER BY id")


async def store(clock: FrozenClock, incoming: Incoming = ONE, raw: bytes = b"as it came") -> bool:
    return await receive.store("46elks", incoming, raw, our_number=OURS, real=clock.real(), now=clock.now())


async def called(settings: Settings, clock: FrozenClock, body: bytes, *, secret: str = "", url: str = ELKS) -> int:
    name = url.partition(":")[0]
    public = replace(settings, base_url="https://times.tuomi.example", sms_url=url)
    secret = secret or hook_secret(settings.key(), name)
    return await receive.received(
        public, settings.key(), name, secret, Call(body, {}), real=clock.real(), now=clock.now()
    )


def an_answer(text: str = "1", id: str = "s9", **changed: str) -> bytes:
    form = {"direction": "incoming", "id": id, "from": THEIRS, "to": OURS, "message": text} | changed
    return urlencode(form).encode()


@pytest.fixture
def nudges(engine: AnyEngine) -> Iterator[list[int]]:
    """How often the worker was woken."""
    woken: list[int] = []

    async def wake() -> None:
        woken.append(1)

    before = receive._wake
    receive.on_received(wake)
    yield woken
    receive.on_received(before)


async def test_all_that_came_is_kept_and_the_worker_is_woken(
    engine: AnyEngine, clock: FrozenClock, nudges: list[int]
) -> None:
    await a_clinic()

    new = await store(clock, replace(ONE, text="כן 👍", said_at=clock.real() - timedelta(minutes=3)))
    await effects_done()

    assert (new, nudges) == (True, [1])
    assert await stored("provider", "provider_id", "sender", "our_number", "text", "raw", "state", "attempts") == [
        ("46elks", "s9", THEIRS, OURS, "כן 👍", "as it came", "new", 0)
    ]
    [(said, received, at)] = await stored("said_at", "received_at", "at")
    assert [str(moment)[:16] for moment in (said, received, at)] == [
        str(moment)[:16] for moment in (clock.real() - timedelta(minutes=3), clock.real(), clock.now())
    ]


async def test_the_same_again_is_the_first(engine: AnyEngine, clock: FrozenClock, nudges: list[int]) -> None:
    found = [await store(clock, replace(ONE, text=text)) for text in ("1", "1", "2")]
    await effects_done()

    assert (found, nudges) == ([True, False, False], [1])
    assert await stored("text") == [("1",)]


@pytest.mark.parametrize("other", [replace(ONE, id="s10"), replace(ONE, id="S9")])
async def test_control_another_id_is_another_sms(engine: AnyEngine, clock: FrozenClock, other: Incoming) -> None:
    assert [await store(clock), await store(clock, other)] == [True, True]


async def test_another_gateways_id_is_another_sms(engine: AnyEngine, clock: FrozenClock) -> None:
    await store(clock)

    assert await receive.store("link", ONE, b"", our_number=OURS, real=clock.real(), now=clock.now())


async def test_twenty_deliveries_at_once_are_one(engine: AnyEngine, clock: FrozenClock) -> None:
    found = await asyncio.gather(*(store(clock) for _ in range(20)))

    assert (sum(found), len(await stored("id"))) == (1, 1)


async def test_what_is_not_committed_wakes_nobody(engine: AnyEngine, clock: FrozenClock, nudges: list[int]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with tx():
            await store(clock)
            raise ZeroDivisionError
    await effects_done()

    assert (await stored("id"), nudges) == ([], [])


@pytest.mark.parametrize(
    ("sender", "to", "spelled", "our_number"),
    [
        (THEIRS, OURS, THEIRS, OURS),
        ("040 123 4567", "045 7000000", THEIRS, OURS),
        ("00358401234567", "", THEIRS, OURS),
        (THEIRS, "+358457000001", THEIRS, "+358457000001"),
        (THEIRS, "16400", THEIRS, "16400"),
        ("DNA Info", OURS, "DNA Info", OURS),
        ("040CLINIC24", OURS, "040CLINIC24", OURS),
        ("", OURS, "", OURS),
        ("x" * 40, OURS, "x" * 32, OURS),
    ],
)
async def test_numbers_are_spelled_one_way(
    engine: AnyEngine, clock: FrozenClock, sender: str, to: str, spelled: str, our_number: str
) -> None:
    await a_clinic()

    await store(clock, replace(ONE, sender=sender, to=to))

    assert await stored("sender", "our_number") == [(spelled, our_number)]


async def test_our_number_is_kept_as_the_settings_write_it(engine: AnyEngine, clock: FrozenClock) -> None:
    """A question remembers that spelling."""
    await a_clinic()

    await receive.store("019", replace(ONE, to=OURS), b"", our_number="0457000000", real=clock.real(), now=clock.now())

    assert await stored("our_number") == [("0457000000",)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("a\x00b", "ab"),
        ("\ud83d\udc4d", "👍"),
        ("\ud83d", "\ufffd"),
        ("'; DROP TABLE inbound; --", "'; DROP TABLE inbound; --"),
        ("{}", "{}"),
        ("\u202e1\u200f", "\u202e1\u200f"),
        ("א" * 5000, "א" * 5000),
    ],
)
async def test_whatever_somebody_writes_can_be_stored(
    engine: AnyEngine, clock: FrozenClock, text: str, kept: str
) -> None:
    await store(clock, replace(ONE, text=text, sender=f"{THEIRS}\x00", id="a\x00"), b"\x00\xff" + b"a" * 9000)

    assert await stored("text", "raw", "provider_id") == [(kept, "\ufffd" + "a" * 8191, "a")]


@pytest.mark.parametrize("id", ["", "x" * 201])
async def test_an_id_that_is_none_or_too_long_still_tells_apart(engine: AnyEngine, clock: FrozenClock, id: str) -> None:
    found = [await store(clock, replace(ONE, id=one)) for one in (id, id, f"{id}y" if id else "y")]

    assert found == [True, False, True]


# --- by way of the hook


async def test_a_call_is_stored_and_its_repetition_is_not(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    found = [await called(settings, clock, an_answer()) for _ in range(3)]

    assert (found, await stored("text", "raw")) == ([1, 0, 0], [("1", an_answer().decode())])


@pytest.mark.parametrize("secret", ["AAAAAAAAAAAAAAAAAAAAAA", "ש"])
async def test_a_wrong_secret_stores_nothing(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, secret: str
) -> None:
    with pytest.raises(NotFound):
        await called(settings, clock, an_answer(), secret=secret)

    assert await stored("id") == []


async def test_what_is_forged_stores_nothing(engine: AnyEngine, settings: Settings, clock: FrozenClock) -> None:
    body = urlencode({"MessageSid": "SM9", "From": THEIRS, "To": OURS, "Body": "2"}).encode()
    for broken in (body, b"\xff", b""):
        with pytest.raises(Forged):
            await called(settings, clock, broken, url=f"twilio://AC1:t@?from={OURS}")

    assert await stored("id") == []


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"direction=incoming&id=1", b"a=b", b"<html>", b"a=1" * 21_000])
async def test_what_cannot_be_read_is_kept_once_for_somebody_to_look_at(
    engine: AnyEngine,
    settings: Settings,
    clock: FrozenClock,
    nudges: list[int],
    body: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        with pytest.raises(ValueError):
            await called(settings, clock, body)
    await effects_done()

    [(state, sender, text, raw, id)] = await stored("state", "sender", "text", "raw", "provider_id")
    assert (state, sender, text, len(id), nudges) == ("unreadable", "", "", 64, [])
    assert raw == body.decode(errors="replace").replace("\x00", "")[:8192]
    assert [record.message for record in caplog.records] == ["a call of the SMS gateway cannot be read; it is kept"]


async def test_one_call_may_bring_several(engine: AnyEngine, settings: Settings, clock: FrozenClock) -> None:
    one = {"from": THEIRS[1:], "to": OURS[1:], "text": "1"}
    body = json.dumps({"results": [one | {"messageId": id} for id in ("a", "b", "a")]}).encode()

    found = await called(settings, clock, body, url=f"infobip://k@h.example?from={OURS}")

    assert (found, await stored("provider_id", "sender", "our_number")) == (
        2,
        [("a", THEIRS, OURS), ("b", THEIRS, OURS)],
    )


async def test_a_report_still_moves_its_message_and_is_no_sms(
    engine: AnyEngine, settings: Settings, clock: FrozenClock
) -> None:
    await add(clock, channel="sms")
    [row] = await claim(clock, channel="sms")
    await outbox.finish(row, "sent", now=clock.now(), provider_id="s1")

    assert await called(settings, clock, b"id=s1&status=delivered") == 1
    assert (await messages("state"), await stored("id")) == ([("delivered",)], [])


@pytest.mark.parametrize("first", ["answer", "report"])
async def test_an_answer_may_come_before_the_report_of_what_it_answers(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, first: str
) -> None:
    await add(clock, channel="sms")
    [row] = await claim(clock, channel="sms")
    await outbox.finish(row, "sent", now=clock.now(), provider_id="s1")
    calls = [an_answer(), b"id=s1&status=delivered", b"id=s1&status=sent", an_answer()]

    for body in calls if first == "answer" else reversed(calls):
        await called(settings, clock, body)

    assert (await messages("state"), await stored("text")) == ([("delivered",)], [("1",)])


# --- fetched


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def lies(spool: Spool, clock: FrozenClock, *texts: str) -> None:
    for number, text in enumerate(texts):
        spool.lies(
            f"IN20261201_093015_{number:02}_{THEIRS}_00.txt", text.encode("utf-16"), now=clock.real().timestamp()
        )


async def collect(settings: Settings, spool: Spool, clock: FrozenClock) -> int:
    with_modem = replace(settings, sms_url=f"{spool.url}?number={OURS}")
    return await receive.collect(with_modem, real=clock.real(), now=clock.now())


async def test_what_lies_with_a_modem_is_fetched_in_order_and_removed(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool
) -> None:
    lies(spool, clock, "כן", "2")

    assert [await collect(settings, spool, clock) for _ in range(2)] == [2, 0]
    assert await stored("provider", "sender", "our_number", "text") == [
        ("gammu", THEIRS, OURS, "כן"),
        ("gammu", THEIRS, OURS, "2"),
    ]
    assert spool.files("inbox") == []


async def test_what_lay_with_a_modem_was_said_when_it_arrived_there(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool
) -> None:
    lies(spool, clock, "1")  # a minute old
    clock.advance(minutes=40)

    await collect(settings, spool, clock)

    [(said, received)] = await stored("said_at", "received_at")
    assert received - said == timedelta(minutes=41)


async def test_cut_off_between_storing_and_removing_it_is_neither_lost_nor_doubled(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies(spool, clock, "1", "2")
    with monkeypatch.context() as dying:
        dying.setattr(SmsGammu, "remove", _die)
        with pytest.raises(SystemExit):
            await collect(settings, spool, clock)
    assert (len(spool.files("inbox")), await stored("text")) == (2, [("1",)])

    assert await collect(settings, spool, clock) == 1
    assert (spool.files("inbox"), await stored("text")) == ([], [("1",), ("2",)])


async def test_control_removing_first_would_lose_it(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies(spool, clock, "1")
    with_modem = replace(settings, sms_url=spool.url)
    [one] = await SmsGammu(spool.url).waiting(real=clock.real())
    await SmsGammu(spool.url).remove(one)

    assert (await receive.collect(with_modem, real=clock.real(), now=clock.now()), await stored("id")) == (0, [])


async def _die(*_: object) -> None:
    raise SystemExit


async def test_two_workers_fetch_it_once(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool
) -> None:
    lies(spool, clock, *"12345")

    found = await asyncio.gather(*(collect(settings, spool, clock) for _ in range(2)))

    assert (sum(found), await stored("text")) == (5, [(text,) for text in "12345"])


async def test_the_recurring_job_survives_a_modem_that_is_not_there(
    engine: AnyEngine, settings: Settings, clock: FrozenClock, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    (spool.folder / "inbox").rmdir()

    await collect_sms({"clock": clock, "settings": replace(settings, sms_url=spool.url)})
    await collect_sms({"clock": clock, "settings": settings})

    said = f"SMS that may have arrived cannot be fetched: cannot use {spool.folder}: No such file or directory"
    assert [record.message for record in caplog.records] == [said]
