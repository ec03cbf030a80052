"""A modem on this machine, through gammu-smsd: it sends files out of one folder and lays what arrives into another.

A message is a file named with our id, and stays where it can be seen after it has left: a second try finds it.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from turnet.messaging.channels import (
    NO_NUMBER,
    Call,
    Incoming,
    Parcel,
    Refused,
    Report,
    Unreachable,
    Waiting,
    told_apart,
)
from turnet.settings import BadSetting

KEPT = timedelta(days=2)
"""How long a message stays that left: longer than anybody asks about it."""
SETTLES = timedelta(seconds=2)
"""smsd writes the parts of an SMS one after the other, and no name says how many come."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_OURS = re.compile(r"OUT.*_([0-9a-f]{32})-([0-9]+)\.txt")
_ARRIVED = re.compile(r"(IN[0-9]{8}_[0-9]{6}_[0-9]+_(.*))_([0-9]+)\.txt")

Found = TypeVar("Found")


class SmsGammu:
    name = "gammu"
    repeatable = True
    asks = True
    receives = True

    def __init__(self, url: str) -> None:
        """Reads `gammu:///var/spool/gammu?number=+358…`. Raises `BadSetting`."""
        read = urlsplit(url)
        options = dict(parse_qsl(read.query.replace("+", "%2B")))
        self.number = self.sender = options.pop("number", "")
        if read.netloc or not read.path.startswith("/") or options:
            raise BadSetting("TURNET_SMS_URL is not like gammu:///var/spool/gammu?number=+358… (docs/sms.md)")
        if self.number and not _E164.fullmatch(self.number):
            raise BadSetting(f"TURNET_SMS_URL has number={self.number}; write the SIM's as +358…, or leave it out")
        self._spool = Path(read.path)

    async def send(self, parcel: Parcel) -> str | None:
        if not _E164.fullmatch(parcel.recipient):
            raise Refused(NO_NUMBER)
        await self._aside(lambda: self._lay_out(parcel))
        return str(parcel.id)

    def _lay_out(self, parcel: Parcel) -> None:
        if parcel.id in self._laid_out("outbox") or parcel.id in self._laid_out("sent"):
            return  # in this order: one that leaves meanwhile is seen in the second
        until = int(parcel.until.timestamp()) if parcel.until else 0
        name = f"OUTC{parcel.at:%Y%m%d_%H%M%S}_00_{parcel.recipient}_{parcel.id.hex}-{until}.txt"
        unfinished = self._spool / "outbox" / f".{name}"
        unfinished.write_bytes(b"\xfe\xff" + parcel.content.decode().encode("utf-16-be"))
        unfinished.replace(self._spool / "outbox" / name)

    def _laid_out(self, folder: str) -> dict[UUID, tuple[Path, int]]:
        """Our id → its file in this folder, and until when it is of use, in seconds since 1970 or 0."""
        named = ((file, _OURS.fullmatch(file.name)) for file in (self._spool / folder).iterdir())
        return {UUID(read[1]): (file, int(read[2])) for file, read in named if read}

    async def ask(self, ids: Sequence[str], *, real: datetime) -> list[Report]:
        wanted = {UUID(one): one for one in ids}
        return await self._aside(lambda: list(self._became(wanted, real)))

    def _became(self, wanted: dict[UUID, str], real: datetime) -> Iterator[Report]:
        for id, (file, until) in self._laid_out("outbox").items():
            if 0 < until <= real.timestamp() and id in wanted and _gone(file):
                yield Report(wanted[id], "failed", "the modem did not take it in time")
        for folder, state, error in (("sent", "sent", ""), ("error", "failed", "the modem could not send it")):
            for id, (file, _until) in self._laid_out(folder).items():
                if id in wanted:
                    yield Report(wanted[id], state, error)
                elif _changed(file) < real - KEPT:
                    file.unlink(missing_ok=True)

    def reports(self, _call: Call) -> list[Report]:
        raise ValueError("gammu-smsd does not call")

    def incoming(self, _call: Call) -> list[Incoming]:
        raise ValueError("gammu-smsd does not call")

    async def waiting(self, *, real: datetime) -> list[Waiting]:
        return await self._aside(lambda: self._arrived(real))

    def _arrived(self, real: datetime) -> list[Waiting]:
        parts: defaultdict[tuple[str, str], list[tuple[int, Path]]] = defaultdict(list)
        for file in (self._spool / "inbox").iterdir():
            if read := _ARRIVED.fullmatch(file.name):
                parts[read[1], read[2]].append((int(read[3]), file))
        whole = ((name, [file for _, file in sorted(files)]) for name, files in sorted(parts.items()))
        return [one for (name, sender), files in whole if (one := _read(name, sender, files, real))]

    async def remove(self, taken: Waiting) -> None:
        """The last part last: as long as anything is left, it is known again by that."""
        await self._aside(lambda: _remove(taken.where))

    async def _aside(self, work: Callable[[], Found]) -> Found:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise Unreachable(f"cannot use {self._spool}: {error.strerror}") from error

    async def close(self) -> None:
        """Nothing stays open."""


def _remove(files: Sequence[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _read(name: str, sender: str, files: Sequence[Path], real: datetime) -> Waiting | None:
    """None while parts may still come, or when another process has taken it."""
    try:
        if max(map(_changed, files)) > real - SETTLES:
            return None
        written = files[-1].stat().st_mtime_ns  # a name comes again when the sender writes twice within a second
        text = "".join(_text(file.read_bytes()) for file in files)
    except FileNotFoundError:
        return None
    raw = "\n".join([*(file.name for file in files), text]).encode()
    arrived = datetime.fromtimestamp(written / 1e9, UTC)
    return Waiting(Incoming(told_apart(name, str(written)), sender, "", text, arrived), raw, tuple(files))


def _text(content: bytes) -> str:
    """smsd fills the rest of a file with zeros."""
    unicode = content[:2] in {b"\xfe\xff", b"\xff\xfe"}
    return content.decode("utf-16" if unicode else "utf-8", "replace").partition("\x00")[0]


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _gone(file: Path) -> bool:
    """Taken back before smsd took it."""
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True
