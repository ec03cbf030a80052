"""`turnet outbox` beside a running server, and without one: the same act either way."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.chaos.conftest import Server
from tests.conftest import _closed
from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from turnet import cli
from turnet.booking.messages import told
from turnet.clock import FrozenClock
from turnet.control import LINE_SECONDS
from turnet.db.engine import bind, engine_for
from turnet.db.transactions import fetch, tx
from turnet.messaging import outbox
from turnet.messaging.held import held_since
from turnet.server import only_server
from turnet.settings import Settings

T = TypeVar("T")
NOBODY = UUID(int=1)
Turnet = Callable[..., tuple[int, str, str]]
HOUR = timedelta(hours=1)
RESTORED = datetime.now(UTC).replace(second=0, microsecond=0) - 2 * HOUR
on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def within(settings: Settings, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    async def opened() -> T:
        engine = engine_for(settings)
        bind(engine)
        try:
            return await work()
        finally:
            await _closed(engine)

    return asyncio.run(opened())


@pytest.fixture
def restored(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A clinic whose sending is held, with one mail that was due before the restore and one that is due since."""
    monkeypatch.setenv("TURNET_DATA", str(settings.data))
    monkeypatch.setenv("TURNET_DATABASE_URL", settings.database_url)

    async def fill() -> None:
        clinic = await a_clinic()
        visit = await a_booking(clinic, FrozenClock(datetime.now(UTC)))
        async with tx():
            for to, due_at in (("older@tuomi.example", RESTORED - HOUR), ("newer@tuomi.example", RESTORED)):
                await outbox.add(
                    "desk_booked", channel="email", recipient=to, language="en", dedupe=to, due_at=due_at,
                    not_after=visit.starts_at, now=due_at, booking=visit.id, facts=told(visit),
                )  # fmt: skip
        await fetch("UPDATE clinic SET sending_held_at = {} WHERE id = 1", RESTORED)

    within(settings, fill)
    return settings


def states(settings: Settings) -> list[tuple[str, str]]:
    return within(settings, lambda: fetch("SELECT recipient, state FROM message ORDER BY due_at"))  # type: ignore[return-value]


@pytest.fixture
def turnet(capsys: pytest.CaptureFixture[str]) -> Turnet:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(arguments)
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def server(restored: Settings) -> Iterator[Server]:
    server = Server(restored)
    yield server
    if server.running:
        server.kill()


def _eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "it did not happen within 20 s"
        time.sleep(0.05)


# --- beside a server


@pytest.mark.slow
@on_sqlite
def test_running_server_says_that_sending_is_held_and_lets_it_go(server: Server, turnet: Turnet) -> None:
    server.start()

    answer = turnet("outbox", "release", "--drop-older")
    _eventually(lambda: "sent" in dict(states(server.settings)).values())

    log = (server.settings.data / "server.log").read_text()
    assert answer == (0, "released: 1 to be sent, 1 dropped\n", "")
    assert log.count(f"nothing is sent to people since the restore of {RESTORED:%Y-%m-%d %H:%M} UTC") == 1
    assert states(server.settings) == [("older@tuomi.example", "cancelled"), ("newer@tuomi.example", "sent")]


@pytest.mark.slow
@on_sqlite
def test_a_new_server_takes_the_place_of_one_that_was_killed(server: Server, turnet: Turnet) -> None:
    server.start()
    server.kill()
    left = (server.settings.data / "control.sock").is_socket()
    server.start()

    twice = [turnet("outbox", "release"), turnet("outbox", "release")]

    assert left
    assert twice == [
        (0, "released: 2 to be sent, 0 dropped\n", ""),
        (1, "", "turnet: nothing is held: messages leave as they become due\n"),
    ]


@pytest.mark.slow
@on_sqlite
def test_an_open_connection_does_not_hold_up_the_end(server: Server) -> None:
    server.start()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(server.settings.data / "control.sock"))
        time.sleep(0.2)  # the server is another process: nothing tells that it has let us in
        began = time.monotonic()

        code = server.stop()

        assert (code, time.monotonic() - began < LINE_SECONDS - 1, silent.recv(1)) == (0, True, b"")
    assert not (server.settings.data / "control.sock").exists()


@on_sqlite
def test_a_directory_in_use_by_something_else_is_one_line(restored: Settings, turnet: Turnet) -> None:
    with only_server(restored):
        answer = turnet("outbox", "release")

    assert answer[:2] == (1, "")
    assert answer[2] == (
        f"turnet: another turnet works on {restored.data} and does not listen at control.sock: it may be starting, "
        "ending or an older version; try again, or stop it first\n"
    )
    assert within(restored, held_since) == RESTORED


# --- without one


def test_without_a_server_it_is_done_here(restored: Settings, turnet: Turnet) -> None:
    answers = [turnet("outbox", "release", "--drop-older"), turnet("outbox", "release")]

    assert answers == [
        (0, "released: 1 to be sent, 1 dropped\n", ""),
        (1, "", "turnet: nothing is held: messages leave as they become due\n"),
    ]
    assert states(restored) == [("older@tuomi.example", "cancelled"), ("newer@tuomi.example", "queued")]


def test_the_list_says_what_waits_and_what_went_wrong(restored: Settings, turnet: Turnet) -> None:
    async def failed() -> tuple[str, str]:
        await fetch(
            "UPDATE message SET state = 'failed', error = 'no such mailbox', finished_at = {} WHERE recipient = {}",
            *(RESTORED + HOUR, "newer@tuomi.example"),
        )
        [(id, reference)] = await fetch(
            "SELECT m.id, b.reference FROM message m JOIN booking b ON b.id = m.booking WHERE m.state = 'failed'"
        )
        return str(id), reference

    id, reference = within(restored, failed)
    local = ZoneInfo("Europe/Helsinki")
    older, since, ended = [
        f"{at.astimezone(local):%Y-%m-%d %H:%M}" for at in (RESTORED - HOUR, RESTORED, RESTORED + HOUR)
    ]

    code, out, err = turnet("outbox")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "1 failed, 1 queued",
        (
            f"nothing is sent since the restore of {since}; 1 of 1 that wait were due before it and may have been sent "
            "already: turnet outbox release sends all, --drop-older only the rest"
        ),
        "",
        "waiting:",
        f"{older}\tdesk_booked\temail\to…@tuomi.example\t{reference}\tmay have been sent",
        "",
        "failed or unknown:",
        f"{ended}\tfailed\tdesk_booked\temail\tn…@tuomi.example\t{id}\tno such mailbox",
    ]
    assert turnet("outbox", "again", id) == (0, f"queued again as {id}\n", "")
    assert states(restored)[1] == ("newer@tuomi.example", "queued")


def test_a_long_list_is_cut_and_counted(restored: Settings, turnet: Turnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("turnet.cli.outbox"), "SHOWN", 1)

    code, out, err = turnet("outbox")

    assert (code, out.splitlines()[-1], err) == (0, "… and 1 more", "")


def test_an_empty_outbox_is_one_line(settings: Settings, turnet: Turnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNET_DATA", str(settings.data))
    monkeypatch.setenv("TURNET_DATABASE_URL", settings.database_url)
    within(settings, a_clinic)

    assert turnet("outbox") == (0, "no messages\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("again", str(NOBODY)), 1, f"there is no message {NOBODY}; turnet outbox lists them"),
        (("again", "4711"), 2, "'4711' is not a valid UUID. See turnet outbox again --help"),
        (("release", "--all"), 2, "No such option '--all'. See turnet outbox release --help"),
    ],
)
@on_sqlite
def test_what_cannot_be_done_is_one_line(
    restored: Settings, turnet: Turnet, arguments: tuple[str, ...], code: int, said: str
) -> None:
    answer = turnet("outbox", *arguments)

    assert (answer[:2], answer[2].count("\n")) == ((code, ""), 1)
    assert answer[2].endswith(f"{said}\n")


@on_sqlite
def test_a_directory_without_a_clinic_stays_untouched(
    turnet: Turnet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TURNET_DATABASE_URL", raising=False)
    nowhere = settings.data / "mistyped"

    for arguments in (("outbox", "--data", str(nowhere)), ("outbox", "--data", str(nowhere), "release")):
        code, _out, err = turnet(*arguments)
        assert (code, err.startswith(f"turnet: there is no clinic in {nowhere}; ")) == (1, True)
    assert not nowhere.exists()


@pytest.mark.parametrize("name", ["release", "again"])
def test_its_commands_have_help_with_an_example(turnet: Turnet, name: str) -> None:
    code, out, _err = turnet("outbox", name, "--help")

    assert (code, f"Example:\n    turnet outbox {name}" in out) == (0, True)
