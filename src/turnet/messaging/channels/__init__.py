"""The only place from where anything leaves for a person: one module per way of sending.

Trouble
├── Refused       this message will never be accepted: wrong address, rejected content
├── Deferred      not now, but perhaps later: 4xx, a full mailbox
├── Unreachable   the server itself: refused, silent, hung up, wrong password; others need not try now
└── Unsure        it was handed over and nothing clear came back: it may have been sent
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
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
    until: datetime | None = None
    """Business time after which it had better not arrive, where whoever takes it can be told."""
    returns: str = ""
    """Where a mail comes back to when it cannot be delivered; empty: to its sender."""
    asks: bool = False
    """An answer is expected: an SMS leaves from a number that can receive it, if there is one."""


NO_NUMBER = "the number is not a whole international one"
NOT_IN_USE = "the number is not in use"


class Trouble(Exception):
    """The text is for staff and the log: what the server said, never whom the message was for."""


class Refused(Trouble):
    pass


class Deferred(Trouble):
    def __init__(self, said: str, *, after: timedelta | None = None) -> None:
        """`after`: it asked to be left alone for so long, by every message."""
        super().__init__(said)
        self.after = after


class Unreachable(Trouble):
    pass


class Unsure(Trouble):
    """Only raised by a channel that is not `repeatable`: a second try could reach the person twice."""


class Channel(Protocol):
    @property
    def repeatable(self) -> bool:
        """A parcel sent again under the same id reaches nobody twice, or does no harm."""
        ...

    async def send(self, parcel: Parcel) -> str | None:
        """Hands the parcel over and returns the server's own id for it, if it gave one. Raises `Trouble`."""
        ...

    async def close(self) -> None:
        """Lets go of connections; the next `send` opens them again."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says became of an SMS it took."""

    message: str
    """Our id of it as text where the gateway repeats that, else its own."""
    state: str
    """`sent` (on its way), `delivered` or `failed`."""
    error: str = ""
    """The gateway's code or reason; never a number or a text."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An SMS that somebody wrote to us."""

    id: str
    """The gateway's own; where it has none, what tells this SMS from others: `told_apart`."""
    sender: str
    """As the gateway writes it: a number in any spelling, or a name."""
    to: str
    """Our number, in any spelling; empty where the gateway does not say."""
    text: str
    said_at: datetime | None = None
    """When it was sent or taken, as they say; None where they do not, or not in which zone."""


def told_apart(*what: str) -> str:
    """The same for the same, and for nothing else."""
    return hashlib.sha256("\x00".join(what).encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a gateway to our hook."""

    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""
    query: str = ""
    """As it came, without the question mark."""


class Forged(Exception):
    """The call does not carry the signature that it should."""


class Gateway(Channel, Protocol):
    """An SMS gateway. It says later how it went, and what people wrote, by calling us or by being asked."""

    @property
    def name(self) -> str:
        """As in `/hooks/sms/{name}/{secret}`."""
        ...

    @property
    def asks(self) -> bool:
        """Does it have to be asked, because it may not call?"""
        ...

    @property
    def sender(self) -> str:
        """What an SMS leaves from: a number or a name; empty for a telephone whose number nobody told us."""
        ...

    @property
    def number(self) -> str:
        """What an SMS that asks leaves from; empty as `sender` is."""
        ...

    @property
    def receives(self) -> bool:
        """Can an answer to what leaves from `number` come back?"""
        ...

    def reports(self, call: Call) -> list[Report]:
        """What a call to our hook says about SMS of ours. Raises `Forged`, or `ValueError` when it cannot be read."""
        ...

    def incoming(self, call: Call) -> list[Incoming]:
        """The SMS that a call to our hook brings, none if it is a report. Raises as `reports` does."""
        ...

    async def ask(self, ids: Sequence[str], *, real: datetime) -> list[Report]:
        """What it knows by now of these, which are our ids. Raises `Trouble`."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """An SMS that lies with a gateway until we have it."""

    incoming: Incoming
    raw: bytes
    where: tuple[Path, ...]


class Inbox(Protocol):
    """A gateway that does not bring what people write: it has to be fetched."""

    async def waiting(self, *, real: datetime) -> list[Waiting]:
        """What lies there whole, oldest first. Raises `Trouble`."""
        ...

    async def remove(self, taken: Waiting) -> None:
        """Once it is stored with us. What is gone already is fine. Raises `Trouble`."""
        ...
