"""A web process with its worker, on Tuesday: `python -m tests.races.web_process HOW`, settings as the environment says.

`stripped`: a received SMS is looked for and then written, without what makes it once.
"""

import asyncio
import os
import sys
from datetime import datetime

from tests.factories import TUESDAY
from turnet.clock import SystemClock
from turnet.conversation.service import receive
from turnet.db.transactions import after_commit, fetch
from turnet.server import serve
from turnet.settings import load

LOOKED = 0.3
"""Seconds between looking and writing: so that the other looks as well, however idle the machine is."""


class OnTuesday(SystemClock):
    """Both clocks go on from there."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = super().real() - TUESDAY

    def real(self) -> datetime:
        return super().real() - self.behind


async def look_then_write(*values: object) -> bool:
    if await fetch("SELECT id FROM inbound WHERE provider = {} AND provider_id = {}", *values[:2]):
        return False
    await asyncio.sleep(LOOKED)
    await fetch(
        "INSERT INTO inbound (provider, provider_id, sender, our_number, text, raw, said_at, received_at, at, state, "
        "attempts, outcome) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0, '')",
        *values,
    )
    after_commit(receive._nudge)
    return True


if __name__ == "__main__":
    if sys.argv[1] == "stripped":
        receive._insert = look_then_write
    serve(load(os.environ), OnTuesday())
