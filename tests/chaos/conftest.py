"""A real server in a process of its own, on loopback, that can be killed."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.factories import a_clinic
from turnet.db.engine import bind, engine_for
from turnet.settings import Settings


def lasting_port() -> int:
    """Free, and below those that outgoing connections are given: a server that was killed comes back to it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class Server:
    """`turnet serve` on a data directory with the test clinic."""

    command: Sequence[str | Path] = (Path(sys.executable).parent / "turnet", "serve")

    def __init__(self, settings: Settings) -> None:
        self.port = lasting_port()
        self.settings = settings
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("TURNET_")}
        env |= {
            "TURNET_DATA": str(self.settings.data),
            "TURNET_DATABASE_URL": self.settings.database_url,
            "TURNET_LISTEN": f"127.0.0.1:{self.port}",
            "TURNET_BASE_URL": "http://times.tuomi.example",
            "TURNET_LIMITS": "off",
        }
        with (self.settings.data / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self.command, env=env, stdout=subprocess.DEVNULL, stderr=log)
        until = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/up", timeout=2):
                    return
            except OSError:
                assert self._process.poll() is None, (self.settings.data / "server.log").read_text()
                assert time.monotonic() < until, "the server did not answer within 30 s"
                time.sleep(0.05)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        code = self._process.wait(timeout=20)
        self._process = None
        return code

    @property
    def running(self) -> bool:
        return self._process is not None


async def _seed(settings: Settings) -> None:
    engine = engine_for(settings)
    bind(engine)
    try:
        await a_clinic()
    finally:
        await engine.close_connection_pool()


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    asyncio.run(_seed(settings))
    server = Server(settings)
    yield server
    if server.running:
        server.kill()
