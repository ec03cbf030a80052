"""Makes steps ahead of time, puts those that are due into the outbox, and says what of a reminder is still true."""

from datetime import datetime
from uuid import UUID

from turnet.booking.model import Visit


async def plan(now: datetime) -> None:
    """Makes the steps of every visit that is near, and drops those that are no longer true. Repeating it is harmless."""


async def take_due(now: datetime) -> None:
    """Puts due steps into the outbox: one message for all visits of one contact on one day. Repeating it is harmless."""


async def visits_to_name(message: UUID, *, now: datetime) -> tuple[Visit, ...]:
    """The visits that this reminder may still speak of, by start; steps that are no longer true are dropped."""
    return ()
