"""Messages as files, for trying things out and for the demo: a mail per `.eml`, an SMS per line of JSON."""

import asyncio
import errno
import os
from pathlib import Path

import msgspec

from turnet.messaging.channels import Parcel, Unreachable
from turnet.messaging.sms_text import parts


class MailFolder:
    """`<id>.eml` in a folder, there whole or not at all; a second try replaces the first."""

    repeatable = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, parcel: Parcel) -> str | None:
        await asyncio.to_thread(self._write, parcel)
        return None

    def _write(self, parcel: Parcel) -> None:
        unfinished = self._folder / f".{parcel.id}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(parcel.content)
            unfinished.replace(self._folder / f"{parcel.id}.eml")
        except OSError as error:
            raise Unreachable(f"cannot write to {self._folder}: {error.strerror}") from error

    async def close(self) -> None:
        """Nothing stays open."""


class SmsFile:
    """One line of JSON per SMS: `{id, to, sender, text, parts, at}`."""

    repeatable = False

    def __init__(self, file: Path) -> None:
        self._file = file

    async def send(self, parcel: Parcel) -> str | None:
        text = parcel.content.decode()
        line = {
            "id": str(parcel.id),
            "to": parcel.recipient,
            "sender": parcel.sender,
            "text": text,
            "parts": parts(text),
            "at": parcel.at.isoformat(timespec="seconds"),
        }
        await asyncio.to_thread(self._append, msgspec.json.encode(line) + b"\n")
        return None

    def _append(self, line: bytes) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                before = os.fstat(descriptor).st_size
                if os.write(descriptor, line) < len(line):
                    os.ftruncate(descriptor, before)  # half a line would spoil the one that is tried next
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unreachable(f"cannot write to {self._file}: {error.strerror}") from error

    async def close(self) -> None:
        """Nothing stays open."""
