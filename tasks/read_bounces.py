"""Reads the mailbox to which mail comes back."""

import logging
from typing import Any

from turnet.clock import Clock
from turnet.messaging import bounces
from turnet.messaging.channels import Unreachable
from turnet.messaging.channels.imap import Mailbox, box
from turnet.settings import Settings

log = logging.getLogger("turnet.messaging")


async def read_bounces(context: dict[str, Any]) -> None:
    """A mail is marked as seen once what it says is written down; cut off before, it is read again and counts once."""
    clock: Clock = context["clock"]
    settings: Settings = context["settings"]
    if not settings.bounce_url:
        return
    mailbox = Mailbox(box(settings.bounce_url))
    try:
        for uid, mail in await mailbox.unread():
            await bounces.take(mail, settings, settings.key(), now=clock.now(), real=clock.real())
            await mailbox.seen(uid)
    except Unreachable as trouble:
        log.warning("the mailbox for returned mail cannot be read: %s", trouble)
    finally:
        await mailbox.close()
