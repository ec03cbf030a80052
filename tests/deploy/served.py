"""The program as it is installed, started as systemd starts it: with a socket on which it says how it is."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from turnet.settings import Settings

PATIENCE = 40.0
"""Seconds for something that happens at once on a machine that is not busy."""


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)

    def next(self, within: float = PATIENCE) -> list[str]:
        """The lines of the next datagram; none when nothing came in time."""
        self._socket.settimeout(within)
        with suppress(TimeoutError):
            return self._socket.recv(4096).decode().splitlines()
        return []

    def until(self, line: str) -> list[list[str]]:
        """Everything up to the datagram with this line."""
        said, end = [], time.monotonic() + PATIENCE
        while not said or line not in said[-1]:
            assert time.monotonic() < end, f"never said {line}, only {said}"
            said.append(self.next(1))
        return [each for each in said if each]

    def within(self, seconds: float) -> list[list[str]]:
        """Everything that comes in that time."""
        end, said = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            said.append(self.next(left))
        return [each for each in said if each]

    def close(self) -> None:
        self._socket.close()


class Program:
    """`turnet serve` or `turnet worker` with the settings of a directory."""

    def __init__(self, command: list[str], settings: Settings, systemd: Systemd | None = None, **more: str) -> None:
        environment = {name: text for name, text in os.environ.items() if not name.startswith(("TURNET_", "NOTIFY_"))}
        environment |= {"TURNET_DATA": str(settings.data), "TURNET_DATABASE_URL": settings.database_url}
        environment |= {"TURNET_LISTEN": settings.listen, "NOTIFY_SOCKET": systemd.address if systemd else ""} | more
        self.log = settings.data.parent / f"{settings.data.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd="/")
        self.port = settings.port

    def get(self, path: str, *, source: str = "127.0.0.1", **headers: str) -> tuple[int, dict[str, Any], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10, source_address=(source, 0))
        with closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def stopped(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def killed(self) -> None:
        self.process.kill()
        self.process.wait()


TURNET = [str(Path(sys.executable).with_name("turnet"))]


def free_port() -> int:
    """Below those that the system gives to connections, so that none takes it before the program does."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
