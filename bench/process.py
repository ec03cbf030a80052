"""What the server costs while nobody asks: memory and processor time."""

import os
import time
from pathlib import Path

IDLE_SECONDS = 20


def report(pid: int) -> None:
    resident = next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    print(f"memory {resident / 1024:.0f} MB resident after the load")
    before = _processor_seconds(pid)
    time.sleep(IDLE_SECONDS)
    print(f"idle   {(_processor_seconds(pid) - before) / IDLE_SECONDS * 100:.2f} % of a core")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
