"""Somebody called and nobody answered: they get the link to book by themselves, at most once a day, unless they refused."""

import hmac
from datetime import datetime, timedelta

from turnet.clinic.queries import clinic as current_clinic
from turnet.clock import minute
from turnet.db.transactions import tx
from turnet.errors import NotFound
from turnet.messaging import outbox
from turnet.messaging.channels.chosen import hook_secret
from turnet.messaging.refusals import opted_out
from turnet.patients.callers import calling_from
from turnet.patients.model import clean_phone
from turnet.scheduling.hours import local_day
from turnet.settings import Settings

NAME = "call"
"""In the secret's purpose: it opens no SMS hook."""
USEFUL = timedelta(hours=1)


async def missed_call(settings: Settings, key: bytes, secret: str, caller: str, *, now: datetime) -> None:
    """`caller` in any spelling. Raises NotFound for a wrong secret, Invalid for what is no number."""
    if not hmac.compare_digest(hook_secret(key, NAME).encode(), secret.encode()):
        raise NotFound
    clinic = await current_clinic()
    if clinic is None:
        raise NotFound
    phone = clean_phone(caller, clinic.region)
    if await opted_out(phone, "offers"):
        return  # who said STOP is written to about visits alone
    known = await calling_from(phone)
    language = known[0].language if known else clinic.default_language
    day = local_day(clinic.setup.zone, minute(now))
    async with tx():
        await outbox.add(
            "missed_call",
            channel="sms",
            recipient=phone,
            language=language,
            dedupe=f"missed_call:{phone}:{day}",
            due_at=now,
            not_after=now + USEFUL,
            now=now,
            facts={"link": f"{settings.origin}/{language}/"},
        )


def address(settings: Settings, key: bytes) -> str:
    """Where a telephone exchange reports missed calls to; whoever knows it can make us text a number."""
    return f"{settings.origin}/hooks/call/{hook_secret(key, NAME)}"
