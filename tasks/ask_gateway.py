"""Asks an SMS gateway that does not call back what became of the messages it took."""

import logging
from typing import Any

from turnet.clock import Clock
from turnet.messaging import reports
from turnet.messaging.channels import Trouble
from turnet.settings import Settings

log = logging.getLogger("turnet.messaging")


async def ask_gateway(context: dict[str, Any]) -> None:
    """What it does not answer now it is asked again next time."""
    clock: Clock = context["clock"]
    settings: Settings = context["settings"]
    try:
        await reports.ask(settings, now=clock.now(), real=clock.real())
    except Trouble as trouble:
        log.warning("the SMS gateway did not say what became of messages: %s", trouble)
