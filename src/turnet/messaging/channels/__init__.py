"""The only place from where anything leaves for a person: one module per way of sending.

Trouble
├── Refused       this message will never be accepted: wrong address, rejected content
├── Deferred      not now, but perhaps later: 4xx, a full mailbox
├── Unreachable   the server itself: refused, silent, hung up, wrong password; others need not try now
└── Unsure        it was handed over and nothing clear came back: it may have been sent
"""

from collections.abc import Mapping, Sequence
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


class Unsure(Trouble):
    """Only raised by a channel that is not `repeatable`: a second try could reach the person twice."""


class Channel(Protocol):
    repeatable: bool
    """A parcel sent again under the same id reaches nobody twice, or does no harm."""

    async def send(self, parcel: Parcel) -> str | None:
        """Hands the parcel over and returns the server's own id for it, if it gave one. Raises `Trouble`."""
        ...

    async def close(self) -> None:
        """Lets go of connections; the next `send` opens them again."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says became of an SMS it took."""

    provider_id: str
    """Its own id of it, or ours as text where it repeats that."""
    state: str
    """`sent` (on its way), `delivered` or `failed`."""
    error: str = ""


class Gateway(Channel, Protocol):
    """An SMS gateway that says later how it went, by calling us or by being asked."""

    name: str
    """As in `/hooks/sms/{name}/{secret}`."""

    def reports(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        """What a call to our hook says; `headers` in lower case. Raises `ValueError` when it cannot be read."""
        ...

    async def ask(self, provider_ids: Sequence[str]) -> list[Report]:
        """What it knows by now of these; a gateway that calls us has nothing to be asked. Raises `Trouble`."""
        ...
