"""Room on the disk below a SQLite database.

When it runs short, nothing new is taken, so that what is there can still be changed. When it has run out, a file that
was laid by for this gives way to an act that must not fail.
"""

import logging
import os
import shutil
from pathlib import Path

from turnet.db.engine import LiteEngine, bound
from turnet.errors import Unavailable

log = logging.getLogger("turnet.db")

RESERVED = 200 << 20
"""Bytes below which nothing new is taken."""
BALLAST = 16 << 20
PLENTY = 1 << 30
"""Bytes above which the ballast is laid by again."""

_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")


def free(folder: Path) -> int:
    """Bytes."""
    return shutil.disk_usage(folder).free


def folder() -> Path | None:
    """Where the database lies; None when that is a server's affair."""
    engine = bound()
    return Path(engine.path).parent if isinstance(engine, LiteEngine) else None


def check_room() -> None:
    """Raises `Unavailable` when the disk is too nearly full to take anything new."""
    data = folder()
    if data is not None and free(data) < RESERVED:
        raise Unavailable(why="little room on the disk")


def lay_ballast(data: Path) -> None:
    """Really takes the room, when there is plenty. Repeating it is harmless."""
    file = _ballast(data)
    if file.exists() or free(data) < PLENTY:
        return
    try:
        with file.open("wb") as written:
            os.posix_fallocate(written.fileno(), 0, BALLAST)
    except OSError as error:
        file.unlink(missing_ok=True)
        log.warning("no room could be laid by", exc_info=error)


def drop_ballast(refusal: Unavailable) -> bool:
    """True when the database refused because the disk is full, and there is a little room now."""
    data = folder()
    if data is None or getattr(refusal.__cause__, "sqlite_errorname", "") not in _FULL:
        return False
    try:
        _ballast(data).unlink()
    except FileNotFoundError:
        return False
    log.error("the disk is full: the room laid by was given up")
    return True


def _ballast(data: Path) -> Path:
    return data / "ballast"
