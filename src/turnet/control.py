"""Commands that write, asked of the server that runs: on SQLite it alone writes to its data directory.

One line of JSON in, `{"command": name, "arguments": {…}}`; one out, `{"ok": …}` or `{"error": "one line"}`. The socket
lies in the data directory and only its owner may speak to it.
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from turnet.clock import Clock
from turnet.messaging import held
from turnet.settings import Settings
from turnet.staff.service import console

log = logging.getLogger("turnet.control")

NAME = "control.sock"
LONGEST_LINE = 64 * 1024
LINE_SECONDS = 5.0
"""How long a line may take to arrive."""
ANSWER_SECONDS = 60.0
"""How long a command may take before who asked gives up."""
GRACE_SECONDS = 10
"""How long commands that run may take to end when the process stops."""
LONGEST_ADDRESS = 103
"""Bytes of a path that every system takes for a socket; Linux takes four more."""

Arguments = Mapping[str, Any]
Command = Callable[[Clock, Arguments], Awaitable[Any]]


async def _release(clock: Clock, arguments: Arguments) -> Any:
    return asdict(await held.release(clock.now(), drop_older=bool(arguments["drop_older"])))


async def _again(clock: Clock, arguments: Arguments) -> Any:
    return str(await held.again(UUID(arguments["id"]), clock.now()))


async def _user_add(clock: Clock, arguments: Arguments) -> Any:
    return await console.add(clock.real(), **arguments)


async def _user_disable(clock: Clock, arguments: Arguments) -> Any:
    await console.disable(clock.real(), arguments["email"])


async def _user_enable(clock: Clock, arguments: Arguments) -> Any:
    await console.enable(clock.real(), arguments["email"])


async def _user_reset(clock: Clock, arguments: Arguments) -> Any:
    return await console.reset(clock.real(), arguments["email"])


COMMANDS: dict[str, Command] = {
    "outbox release": _release,
    "outbox again": _again,
    "user add": _user_add,
    "user disable": _user_disable,
    "user enable": _user_enable,
    "user reset": _user_reset,
}
"""Each is one act; the database is bound and open. What it returns is JSON."""


class NoAnswer(RuntimeError):
    """Another process holds the directory and does not answer; the text says what to do."""


class Declined(RuntimeError):
    """The server's one line about why it did not do what it was asked."""


# --- the server's side


@asynccontextmanager
async def answering(settings: Settings, clock: Clock) -> AsyncIterator[None]:
    """Answers while inside. The caller holds the directory's lock, so a socket found there is a dead server's."""
    try:
        listener = _listener(settings.data)
    except OSError as error:
        log.warning("no control.sock, so commands that write need this server stopped", extra={"why": str(error)})
        yield
        return
    connections = _Connections(clock)
    server = await asyncio.start_unix_server(connections.connected, sock=listener, limit=LONGEST_LINE)
    try:
        yield
    finally:
        server.close()
        (settings.data / NAME).unlink(missing_ok=True)
        await connections.close()


def _listener(folder: Path) -> socket.socket:
    """Bound, and closed to others before anybody can connect, which begins with listening."""
    (folder / NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _address(folder) as address:
            listener.bind(address)
            Path(address).chmod(0o600)
    except BaseException:
        listener.close()
        raise
    return listener


class _Connections:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: set[asyncio.Task[Any]] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        """Those that have not asked yet."""
        self._ending = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._ending:  # it was let in before the end and gets its turn after it
            writer.close()
            return
        self._open.add(task)
        self._silent.add(writer)
        try:
            line = await _line(reader)
            self._silent.discard(writer)
            if line:
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            log.warning("who asked did not wait for the answer")
        finally:
            self._silent.discard(writer)
            self._open.discard(task)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            name, arguments = asked["command"], asked["arguments"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return {"error": 'not understood: send one line such as {"command": "…", "arguments": {}}'}
        command = COMMANDS.get(name) if isinstance(name, str) else None
        if command is None:
            return {"error": f"the running server does not know {name!r}: restart it if turnet was upgraded"}
        try:
            return {"ok": await command(self._clock, arguments)}
        except Exception as error:  # noqa: BLE001  (whoever asked gets it, in one line)
            return {"error": _line_for(error, name)}

    async def close(self) -> None:
        """Whoever has not asked is cut off; a command that runs gets the time to end."""
        self._ending = True
        for writer in self._silent:
            writer.close()
        if self._open:
            await asyncio.wait(self._open, timeout=GRACE_SECONDS)


async def _line(reader: asyncio.StreamReader) -> bytes:
    """Empty when none came: nobody spoke in time, or the connection is gone."""
    try:
        async with asyncio.timeout(LINE_SECONDS):
            return await reader.readline()
    except (TimeoutError, ConnectionError):
        return b""
    except ValueError:
        return b"a longer line than the reader takes"


def _line_for(error: Exception, command: str) -> str:
    if type(error).__module__.startswith("turnet."):
        return " ".join(str(error).split())
    log.error("command failed", extra={"command": command}, exc_info=error)
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


# --- the asking side


def ask(settings: Settings, command: str, arguments: Arguments) -> Any:
    """The running server's answer. Raises `NoAnswer` when there is none, and `Declined`."""
    file = settings.data / NAME
    line = json.dumps({"command": command, "arguments": arguments}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            with _address(settings.data) as address:
                connection.connect(address)
            connection.sendall(line)
            answer = connection.makefile("rb").readline()
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoAnswer(
            f"another turnet works on {settings.data} and does not listen at {NAME}: it may be starting, ending or an "
            "older version; try again, or stop it first"
        ) from None
    except PermissionError:
        raise NoAnswer(f"may not speak to {file}: run this as the user that the server runs as") from None
    except (TimeoutError, ConnectionError):
        answer = b""
    if not answer:
        raise NoAnswer(
            f"the server of {settings.data} did not answer, and may have done it or not: look before you repeat"
        )
    said = json.loads(answer)
    if "error" in said:
        raise Declined(said["error"])
    return said["ok"]


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """A name of the socket that is short enough for the system, however long the directory's is."""
    if len(os.fsencode(folder / NAME)) <= LONGEST_ADDRESS:
        yield str(folder / NAME)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
