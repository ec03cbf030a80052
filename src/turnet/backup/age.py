"""Encryption to an age key, so that a backup can lie anywhere; `age -d` opens it too."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pyrage  # type: ignore[import-untyped]

from turnet.backup import BackupError

MAGIC = b"age-encryption.org/v1"

Recipient = Any
Identity = Any
"""pyrage's, which has no types."""


class Stopped(Exception):
    """The process ends; nothing is left of what was begun."""


class Broken(Exception):
    """The file is not whole."""


class Watched:
    """A stream that can be told to stop, and that remembers its trouble, because pyrage does not."""

    def __init__(self, stream: BinaryIO, stop: threading.Event) -> None:
        self._stream, self._stop = stream, stop
        self.trouble: Exception | None = None

    def read(self, count: int = -1) -> bytes:
        data: bytes = self._try(self._stream.read, count)
        return data

    def write(self, data: bytes) -> int:
        written: int = self._try(self._stream.write, data)
        return written

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, work: Callable[..., Any], *args: Any) -> Any:
        try:
            if self._stop.is_set():
                raise Stopped
            return work(*args)
        except Exception as trouble:
            self.trouble = trouble
            raise


def recipient_of(key: str) -> Recipient | None:
    """Whom a backup is encrypted to. Raises `BackupError` for what is no age public key."""
    try:
        return pyrage.x25519.Recipient.from_str(key) if key else None
    except pyrage.RecipientError as error:
        raise BackupError(
            "TURNET_BACKUP_KEY is not an age public key: copy the line that age-keygen calls its public key"
        ) from error


def identities_in(file: Path) -> list[Identity]:
    """The age keys of a file as age-keygen writes it. Raises `BackupError` when there is none."""
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (UnicodeDecodeError, pyrage.IdentityError):
        found = []
    if not found:
        raise BackupError(f"{file} holds no age key: name the file that age-keygen wrote (AGE-SECRET-KEY-1…)")
    return found


def encrypt(source: Watched, out: Watched, recipient: Recipient) -> None:
    """Raises `Stopped` or OSError."""
    try:
        pyrage.encrypt_io(source, out, [recipient])
    except pyrage.EncryptError as error:
        raise source.trouble or out.trouble or error from None


def decrypt(source: Watched, out: Watched, identities: list[Identity]) -> None:
    """Raises `Broken`, `Stopped`, OSError, or `BackupError` when none of the keys opens it."""
    try:
        pyrage.decrypt_io(source, out, identities)
    except (pyrage.DecryptError, OSError) as error:
        if trouble := source.trouble or out.trouble:
            raise trouble from None
        if "matching keys" in str(error):
            raise BackupError("the backup is encrypted to another key than the one of --identity") from None
        raise Broken from error
