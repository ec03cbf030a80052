"""Files that are whole or not there at all, that only their owner reads, and one maker of backups at a time."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

from turnet.backup import Running

PART = ".part"


@contextmanager
def whole(file: Path) -> Iterator[BinaryIO]:
    """Written beside `file` and put in its place once durable; after a failure nothing is left of it."""
    part = file.with_name(file.name + PART)
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync(file.parent)


def sync(folder: Path) -> None:
    """Makes the folder's names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def belongs_to_owner_of(folder: Path, *files: Path) -> None:
    """What root makes in the data directory must stay usable for whoever serves it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        for file in files:
            os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)


@asynccontextmanager
async def only_one(folder: Path, *, wait: bool) -> AsyncIterator[None]:
    """The folder's lock, which the system frees when its holder dies. Raises `Running` unless `wait`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while not _locked(descriptor):
            if not wait:
                raise Running("another backup is being made")
            await asyncio.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
