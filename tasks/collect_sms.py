"""Fetches what people write from a gateway that does not bring it."""

import logging
from typing import Any

from turnet.clock import Clock
from turnet.conversation.service import receive
from turnet.messaging.channels import Trouble
from turnet.settings import Settings

log = logging.getLogger("turnet.conversation")


async def collect_sms(context: dict[str, Any]) -> None:
    """What cannot be fetched now lies there until the next time."""
    clock: Clock = context["clock"]
    settings: Settings = context["settings"]
    try:
        await receive.collect(settings, real=clock.real(), now=clock.now())
    except Trouble as trouble:
        log.warning("SMS that may have arrived cannot be fetched: %s", trouble)
