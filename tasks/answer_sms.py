"""Works on what people wrote by SMS, and ends questions that nobody answered in time."""

from typing import Any

from turnet.conversation.service.answer import work
from turnet.messaging.deliver import Deliverer


async def answer_sms(context: dict[str, Any]) -> None:
    if context["watch"].clock_leapt():
        return  # every question would seem too old, or every visit begun
    deliverer: Deliverer = context["deliverer"]
    await work(context["settings"], context["clock"], lambda: deliverer.stopping)
