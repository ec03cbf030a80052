"""The only place from where anything leaves for a person: one module per way of sending.

Trouble
├── Refused       this message will never be accepted: wrong address, rejected content
├── Deferred      not now, but perhaps later: 4xx, a full mailbox
└── Unreachable   the server itself: refused, silent, hung up, wrong password; others need not try now
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, ready to leave."""

    id: UUID
    """The outbox row's: a second try carries the same."""
    sender: str
    recipient: str
    content: bytes
    """A whole mail, or an SMS's text in UTF-8."""
    at: datetime
    """Business time."""


class Trouble(Exception):
    """The text is for staff and the log: what the server said, never whom the message was for."""


class Refused(Trouble):
    pass


class Deferred(Trouble):
    pass


class Unreachable(Trouble):
    pass


class Channel(Protocol):
    async def send(self, parcel: Parcel) -> str | None:
        """Hands the parcel over and returns the server's own id for it, if it gave one. Raises `Trouble`."""
        ...

    async def close(self) -> None:
        """Lets go of connections; the next `send` opens them again."""
        ...
