"""What whoever has a number or an address wants to be sent: behind a link that only a message to it carries."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from turnet.db.transactions import fetch, tx
from turnet.errors import NotFound
from turnet.ids import signed, unsigned
from turnet.messaging import refusals
from turnet.messaging.kinds import KINDS, Consent
from turnet.messaging.refusals import PURPOSES, purpose_of
from turnet.settings import Settings

REFUSABLE = frozenset({Consent.REMINDER, Consent.FEEDBACK, Consent.OFFER})
LISTED = frozenset({Consent.FEEDBACK, Consent.OFFER})
"""Mail that a mail program may unsubscribe from with one click (RFC 8058)."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Who holds the link."""

    contact: str = field(repr=False)
    channel: str
    language: str
    purpose: str | None
    """Of the message that carried it; None: it belongs to a visit."""


def link(settings: Settings, key: bytes, message: UUID) -> str:
    return f"{settings.origin}/u/{signed(key, 'u', message)}"


async def behind(key: bytes, token: str) -> Chooser:
    """Raises NotFound for a link that no message carried."""
    message = unsigned(key, "u", token)
    rows = (
        await fetch("SELECT recipient, channel, language, kind FROM message WHERE id = {}", message) if message else []
    )
    if not rows:
        raise NotFound(what="choices")
    contact, channel, language, kind = rows[0]
    return Chooser(contact, channel, language, purpose_of(KINDS[kind]) if kind in KINDS else None)


async def wanted(chooser: Chooser) -> dict[str, bool]:
    """Purpose → is it sent, as far as this contact says?"""
    return {purpose: not await refusals.opted_out(chooser.contact, purpose) for purpose in PURPOSES}


async def choose(chooser: Chooser, purposes: Collection[str], *, now: datetime) -> None:
    """These are sent, the others are not any more. What belongs to a visit that somebody booked is not among them."""
    async with tx():
        for purpose in PURPOSES:
            if purpose in purposes:
                await refusals.opt_in(chooser.contact, purpose, now=now)
            else:
                await refusals.opt_out(chooser.contact, purpose, source="link", now=now)


async def unsubscribe(chooser: Chooser, *, now: datetime) -> None:
    """With one click in a mail program: no more of what carried the link."""
    if chooser.purpose:
        async with tx():
            await refusals.opt_out(chooser.contact, chooser.purpose, source="mail", now=now)
