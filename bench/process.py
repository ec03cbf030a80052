"""What the server costs while nobody asks: memory and processor time."""

import contextlib
import json
import os
import time
import urllib.request
from pathlib import Path

IDLE_SECONDS = 20
PATIENCE_SECONDS = 180


def memory(pid: int, when: str) -> None:
    resident = next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    print(f"memory {resident / 1024:.0f} MB resident {when}")


def idle(pid: int, port: int) -> None:
    """Once the mails of the bookings have left."""
    until = time.monotonic() + PATIENCE_SECONDS
    while _queued(port) and time.monotonic() < until:
        time.sleep(1)
    before = _processor_seconds(pid)
    time.sleep(IDLE_SECONDS)
    print(f"idle   {(_processor_seconds(pid) - before) / IDLE_SECONDS * 100:.2f} % of a core")


def tree_seconds(pid: int) -> float:
    """Processor seconds so far of a process and its children."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return sum(_processor_seconds(one) for one, parent in parents.items() if pid in (one, parent))


def _queued(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=10) as answer:
        return int(json.loads(answer.read())["messages_queued"])


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
