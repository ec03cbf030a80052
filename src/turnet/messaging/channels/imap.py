"""The mailbox to which mail comes back, read over IMAP. What was read is marked as seen and stays there."""

import asyncio
import imaplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from turnet.messaging.bounces import LARGEST
from turnet.messaging.channels import Unreachable
from turnet.settings import BadSetting

T = TypeVar("T")

CALL_SECONDS = 20.0
AT_ONCE = 50
"""Mails read in one round."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Box:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    encrypted: bool


def box(url: str) -> Box:
    """Reads `imaps://user:password@host[:port][/folder]`; `imap://` is for this machine. Raises `BadSetting`."""
    read = urlsplit(url)
    host = read.hostname or ""
    if not (host and read.username and read.password):
        raise BadSetting("TURNET_BOUNCE_URL lacks a host, a user or a password: imaps://user:password@host/INBOX")
    if read.scheme != "imaps" and host not in _LOOPBACK:
        raise BadSetting("TURNET_BOUNCE_URL would send a password unencrypted; use imaps://")
    encrypted = read.scheme == "imaps"
    folder = unquote(read.path.strip("/")) or "INBOX"
    return Box(
        host,
        read.port or (993 if encrypted else 143),
        unquote(read.username),
        unquote(read.password),
        folder,
        encrypted,
    )


@dataclass(slots=True)
class Mailbox:
    """One visit of the mailbox: `unread`, then `seen` for each that was dealt with, then `close`."""

    where: Box
    _line: imaplib.IMAP4 | None = None

    async def unread(self) -> list[tuple[str, bytes]]:
        """(uid, beginning of the mail) of the oldest that nobody has seen. Raises `Unreachable`."""
        return await self._in_a_thread(lambda: list(self._unread()))

    async def seen(self, uid: str) -> None:
        """Raises `Unreachable`; the mail comes again then."""
        await self._in_a_thread(lambda: self._said(self._open().uid("STORE", uid, "+FLAGS", r"(\Seen)")))

    async def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await asyncio.to_thread(_goodbye, line)

    async def _in_a_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (imaplib.IMAP4.error, OSError) as error:
            if self._line is not None:
                self._line.shutdown()
            self._line = None
            raise Unreachable(f"{self.where.host}:{self.where.port}: {error}") from error

    def _open(self) -> imaplib.IMAP4:
        if self._line is None:
            to = self.where
            if to.encrypted:
                context = ssl.create_default_context()
                self._line = imaplib.IMAP4_SSL(to.host, to.port, ssl_context=context, timeout=CALL_SECONDS)
            else:
                self._line = imaplib.IMAP4(to.host, to.port, timeout=CALL_SECONDS)
            self._line.login(to.user, to.password)
            self._said(self._line.select(f'"{to.folder}"'))
        return self._line

    def _unread(self) -> Iterator[tuple[str, bytes]]:
        [found] = self._said(self._open().uid("SEARCH", "UNSEEN"))
        for uid in found.decode().split()[:AT_ONCE]:
            parts = self._said(self._open().uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST:d}>)"))
            yield from ((uid, part[1]) for part in parts if isinstance(part, tuple))

    @staticmethod
    def _said(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
        status, content = answer
        if status != "OK":
            raise imaplib.IMAP4.error(f"it answered {status}")
        return content


def _goodbye(line: imaplib.IMAP4) -> None:
    try:
        line.logout()
    except (imaplib.IMAP4.error, OSError):  # it had gone already
        line.shutdown()
