"""A copy of a SQLite database that a server may be writing to, and what a copy must be to count."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from turnet.backup import BackupError
from turnet.backup.age import Stopped
from turnet.backup.manifest import FACTS, Facts, facts_of
from turnet.settings import Settings

_BUSY_SECONDS = 30.0
_INSTRUCTIONS = 100_000
"""Between two looks at whether to stop: a few milliseconds."""


def size(settings: Settings) -> int:
    """Bytes, the write-ahead log included. Raises `BackupError` when there is no database."""
    file = settings.database_file
    if not file.is_file():
        raise BackupError(
            f"there is no clinic in {settings.data}; turnet init makes one, --data names another directory"
        )
    log = file.with_name(f"{file.name}-wal")
    return file.stat().st_size + (log.stat().st_size if log.exists() else 0)


def copy(settings: Settings, target: Path, said: Callable[[str], None], stop: threading.Event) -> Facts:
    """One moment of the database, without waiting for writers or holding them up, and without what was deleted.

    It is read through a connection of its own that cannot write. Raises `BackupError` when the copy is not sound.
    """
    said("copying the database")
    with _opened(settings.database_file, stop) as live:
        live.execute("VACUUM INTO ?", (str(target),))
    said("checking the copy")
    return sound(target, stop)


def sound(file: Path, stop: threading.Event) -> Facts:
    """What a copy holds. Raises `BackupError` when it is damaged or holds no clinic."""
    with _opened(file, stop) as copied:
        for question in ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"):
            if (said := copied.execute(question).fetchall()) not in ([("ok",)], []):
                raise BackupError(f"the database is damaged ({said[0][0]}): restore the last sound backup")
        answers = [copied.execute(question).fetchall() for question in FACTS]
    if not answers[1]:
        raise BackupError("there is no clinic in the database; turnet init makes one")
    return facts_of(*answers)


@contextmanager
def _opened(file: Path, stop: threading.Event) -> Iterator[sqlite3.Connection]:
    """Raises `Stopped` out of whatever runs once `stop` is set, and `BackupError` for what SQLite cannot do."""
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
    )
    connection.execute("PRAGMA temp_store=MEMORY")  # the machine's own folder for that may be small or not writable
    connection.set_progress_handler(stop.is_set, _INSTRUCTIONS)
    with closing(connection):
        try:
            yield connection
        except sqlite3.Error as error:
            if stop.is_set():
                raise Stopped from error
            raise BackupError(f"the database or its copy cannot be read or written: {error}") from error
