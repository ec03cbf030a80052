"""The control socket: one line in, one line out, for the owner of the data directory only."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from turnet import control
from turnet.clock import Clock, FrozenClock
from turnet.control import Arguments, Declined, NoAnswer, answering, ask
from turnet.errors import TooMany
from turnet.settings import Settings


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture(autouse=True)
def _commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this test's own, instead of the program's."""

    async def echo(clock: Clock, arguments: Arguments) -> Any:
        return {"said": arguments["say"], "at": clock.now().isoformat()}

    async def refuse(_clock: Clock, _arguments: Arguments) -> Any:
        raise TooMany(what="two\nlines")

    async def fail(_clock: Clock, arguments: Arguments) -> Any:
        return arguments["missing"]

    async def work(_clock: Clock, arguments: Arguments) -> Any:
        Path(arguments["began"]).touch()
        await asyncio.sleep(0.3)
        return "done"

    monkeypatch.setattr(control, "COMMANDS", {"echo": echo, "refuse": refuse, "fail": fail, "work": work})


async def asked(settings: Settings, command: str, **arguments: Any) -> Any:
    return await asyncio.to_thread(ask, settings, command, arguments)


async def sent(settings: Settings, line: bytes) -> Any:
    """What a raw line is answered with."""
    reader, writer = await asyncio.open_unix_connection(str(settings.data / "control.sock"))
    writer.write(line)
    answer = await reader.readline()
    writer.close()
    return json.loads(answer)


# --- asking


async def test_a_command_is_done_and_answered(here: Settings, clock: FrozenClock) -> None:
    async with answering(here, clock):
        assert await asked(here, "echo", say="שלום") == {"said": "שלום", "at": "2026-12-01T08:42:00+00:00"}


async def test_what_the_command_refuses_is_one_line(here: Settings, clock: FrozenClock) -> None:
    async with answering(here, clock):
        with pytest.raises(Declined, match=r"^too_many \{'what': 'two\\nlines'\}$"):
            await asked(here, "refuse")


async def test_what_the_command_did_not_expect_is_logged_and_said(
    here: Settings, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with answering(here, clock):
        with pytest.raises(Declined, match=r"^KeyError: 'missing'$"):
            await asked(here, "fail")

    assert caplog.messages == ["command failed"]


async def test_a_command_that_an_older_server_does_not_know_says_what_to_do(here: Settings, clock: FrozenClock) -> None:
    async with answering(here, clock):
        with pytest.raises(Declined, match="does not know 'fly': restart it if turnet was upgraded"):
            await asked(here, "fly")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"[]\n",
        b'"echo"\n',
        b'{"command": "echo"}\n',
        b"\xff\xfe\n",
        b"[" * 20_000 + b"\n",
        b'{"command": "echo", "arguments": "' + b"x" * control.LONGEST_LINE + b'"}\n',
    ],
    ids=["empty", "half", "list", "text", "without arguments", "no text", "too deep", "too long"],
)
async def test_a_line_that_is_no_command_is_answered_and_the_next_one_served(
    here: Settings, clock: FrozenClock, line: bytes
) -> None:
    async with answering(here, clock):
        said = await sent(here, line)
        after = await asked(here, "echo", say="next")

    assert (said["error"][:14], after["said"]) == ("not understood", "next")


@pytest.mark.parametrize("name", [None, 7, ["echo"]])
async def test_a_command_must_have_a_name(here: Settings, clock: FrozenClock, name: object) -> None:
    async with answering(here, clock):
        said = await sent(here, json.dumps({"command": name, "arguments": {}}).encode() + b"\n")

    assert said == {"error": f"the running server does not know {name!r}: restart it if turnet was upgraded"}


async def test_whoever_says_nothing_is_cut_off(
    here: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "LINE_SECONDS", 0.05)
    async with answering(here, clock):
        reader, writer = await asyncio.open_unix_connection(str(here.data / "control.sock"))
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


# --- the socket


async def test_only_its_owner_may_speak_to_it(here: Settings, clock: FrozenClock) -> None:
    mask = os.umask(0)
    try:
        async with answering(here, clock):
            assert stat.S_IMODE((here.data / "control.sock").stat().st_mode) == 0o600
    finally:
        os.umask(mask)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_somebody_else_is_told_who_may(clock: FrozenClock, tmp_path_factory: pytest.TempPathFactory) -> None:
    code = f"""
import os, sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from turnet.control import ask
from turnet.settings import Settings
os.setuid(65534)
try:
    ask(Settings(data=Path(".")), "echo", {{"say": "me"}})
except Exception as error:
    print(error)
"""
    here = Settings(data=tmp_path_factory.mktemp("open"))
    here.data.chmod(0o755)
    async with answering(here, clock):
        said = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code], cwd=here.data, capture_output=True, text=True
        )

    assert (said.stdout, said.stderr) == (
        "may not speak to control.sock: run this as the user that the server runs as\n",
        "",
    )


async def test_a_dead_servers_socket_is_replaced(here: Settings, clock: FrozenClock) -> None:
    with dead_socket(here):
        async with answering(here, clock):
            assert (await asked(here, "echo", say="alive"))["said"] == "alive"


@contextmanager
def dead_socket(settings: Settings) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(settings.data / "control.sock"))
    yield


async def test_the_socket_is_gone_afterwards(here: Settings, clock: FrozenClock) -> None:
    async with answering(here, clock):
        during = (here.data / "control.sock").is_socket()

    assert (during, list(here.data.iterdir())) == (True, [])


async def test_a_directory_with_a_name_too_long_for_a_socket_is_served(tmp_path: Path, clock: FrozenClock) -> None:
    here = Settings(data=tmp_path / ("a very long name " * 7) / "turnet-data")
    here.data.mkdir(parents=True)
    before = len(list(Path("/proc/self/fd").iterdir()))

    async with answering(here, clock):
        said = await asked(here, "echo", say="far away")

    assert (said["said"], list(here.data.iterdir())) == ("far away", [])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_control_the_system_would_not_take_that_name(tmp_path: Path) -> None:
    folder = tmp_path / ("a very long name " * 7)
    folder.mkdir()

    with socket.socket(socket.AF_UNIX) as one, pytest.raises(OSError, match="too long"):
        one.bind(str(folder / "control.sock"))


async def test_where_no_socket_can_be_made_the_clinic_is_served_all_the_same(
    here: Settings, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    (here.data / "control.sock").mkdir()

    async with answering(here, clock):
        said = list(caplog.messages)

    assert said == ["no control.sock, so commands that write need this server stopped"]


# --- the end


@pytest.mark.parametrize("turns", [1, 2, 3, 4])
async def test_whoever_has_not_asked_does_not_hold_up_the_end(here: Settings, clock: FrozenClock, turns: int) -> None:
    """However far the server has come with letting it in."""
    async with answering(here, clock):
        reader, writer = await asyncio.open_unix_connection(str(here.data / "control.sock"))
        for _ in range(turns):
            await asyncio.sleep(0)
        began = monotonic()

    assert monotonic() - began < 1
    async with asyncio.timeout(2):
        assert await reader.read() == b""
    writer.close()


async def test_a_command_that_runs_is_finished_and_answered(here: Settings, clock: FrozenClock) -> None:
    began = here.data / "began"
    async with answering(here, clock):
        asking = asyncio.create_task(asked(here, "work", began=str(began)))
        while not began.exists():
            await asyncio.sleep(0.01)

    assert await asking == "done"


# --- nobody answers


def test_where_nobody_listens_it_says_what_to_do(here: Settings) -> None:
    said = (
        f"another turnet works on {here.data} and does not listen at control.sock: it may be starting, ending or an "
        "older version; try again, or stop it first"
    )
    with pytest.raises(NoAnswer) as nothing:
        ask(here, "echo", {})
    with dead_socket(here), pytest.raises(NoAnswer) as dead:
        ask(here, "echo", {})

    assert (str(nothing.value), str(dead.value)) == (said, said)


@asynccontextmanager
async def mute(settings: Settings, *, closes: bool) -> AsyncIterator[None]:
    """A server that takes a connection and then hangs, or ends."""
    waiting: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        waiting.append(writer)
        if closes:
            writer.close()

    server = await asyncio.start_unix_server(connected, str(settings.data / "control.sock"))
    yield
    for writer in waiting:
        writer.close()
    server.close()


@pytest.mark.parametrize("closes", [False, True], ids=["hangs", "ends"])
async def test_a_server_that_hangs_or_ends_leaves_it_open_what_was_done(
    here: Settings, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    monkeypatch.setattr(control, "ANSWER_SECONDS", 0.2)

    async with mute(here, closes=closes):
        with pytest.raises(NoAnswer, match="did not answer, and may have done it or not: look before you repeat"):
            await asked(here, "echo", say="?")
