"""Tells systemd how this process is (sd_notify(3)): lines in one datagram to the socket that NOTIFY_SOCKET names.

Without the variable nobody asked, and nothing is said.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

from turnet.pulse import Pulse

log = logging.getLogger("turnet.notify")


def notify(*facts: str) -> None:
    """`notify("READY=1", "STATUS=serving")`. Nothing may hang or fail on what systemd makes of it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as out:
        try:
            out.sendto("\n".join(facts).encode(), name)
        except OSError as error:
            log.warning("systemd does not listen", extra={"socket": address, "why": str(error)})


def watchdog_seconds(env: Mapping[str, str]) -> float | None:
    """How long systemd waits for a sign of life before it kills and restarts; None when it does not watch this process."""
    microseconds = env.get("WATCHDOG_USEC", "")
    mine = env.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) and mine else None


async def watched(pulse: Pulse, patience: float) -> None:
    """Until cancelled, four signs of life per `patience` seconds, but only while loop and worker are steady.

    A loop that is blocked gives none, because this runs on it.
    """
    steady = True
    while True:
        steady, was = pulse.steady(patience / 2), steady
        if steady:
            notify("WATCHDOG=1")
        elif was:
            log.error("the worker takes no jobs", extra={"restart_in_seconds": round(patience)})
            notify("STATUS=the worker takes no jobs; waiting for a restart")
        await asyncio.sleep(patience / 4)
