"""The two programs that are measured, started for the run and ended after it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def turnet() -> Iterator[tuple[int, int]]:
    """Port and process id of a demo server with one more route, a constant one behind the same middleware."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        env = os.environ | {"TURNET_LIMITS": "off", "TURNET_DATA": data, "TURNET_LISTEN": f"127.0.0.1:{port}"}
        command = [sys.executable, "-m", "bench.app"]
        with running(command, env, f"http://127.0.0.1:{port}/up") as process:
            yield port, process.pid


@contextlib.contextmanager
def peer(folder: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of django-appointment, from a folder whose `run.sh` sets it up and serves it."""
    port = free_port()
    command = ["bash", str(folder / "run.sh")]
    home = Path(os.environ.get("PEER_HOME") or Path(tempfile.gettempdir()) / "turnet-peer-django-appointment")
    env = os.environ | {"PEER_HOME": str(home)}
    if not (home / "db.sqlite3").exists():
        subprocess.run([*command, "setup"], env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with running([*command, "serve", str(port)], env, f"http://127.0.0.1:{port}/appointment/request/1/") as process:
        yield port, process.pid


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str], page: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        _wait(page, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(page: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(page, timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
