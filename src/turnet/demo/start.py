"""Where a demo lives: a directory marked by `.demo`, on which no real clinic is ever served."""

from pathlib import Path

from turnet.clinic import queries
from turnet.clock import SystemClock
from turnet.db.guards import violated
from turnet.db.transactions import fetch
from turnet.demo.clock import load_shift
from turnet.demo.data import Progress, fill
from turnet.demo.staff import hire
from turnet.ids import fingerprint
from turnet.settings import BadSetting, Settings

MARK = ".demo"
KEY = b"turnet demo: made-up people only"
"""The same in every demo, so that a second one on the same database opens the same links."""


def is_demo(data: Path) -> bool:
    return (data / MARK).exists()


def claim_directory(settings: Settings) -> None:
    """Marks an empty or new directory, or takes one up again. Raises `BadSetting` when it holds anything else."""
    if not is_demo(settings.data):
        if settings.data.is_dir() and any(settings.data.iterdir()):
            raise BadSetting(f"{settings.data} is not a demo's directory; name an empty one with --data")
        settings.data.mkdir(parents=True, exist_ok=True)
        (settings.data / MARK).write_text("A demo: made-up people, nothing is really sent. turnet serve refuses it.\n")
    if not settings.key_file.exists():
        settings.key_file.touch(mode=0o600)
        settings.key_file.write_bytes(KEY)


async def ready(lang: str, *, said: Progress = lambda _step: None) -> bool:
    """Makes the clinic, or joins the one that is there; the engine is bound and migrated. True when it was made now.

    Raises `BadSetting` when the database belongs to a real clinic.
    """
    clock = SystemClock()
    rows = await fetch("SELECT key_fingerprint FROM clinic WHERE id = 1")
    if not rows:
        try:
            await hire(await fill(KEY, clock, lang, said=said), clock.real())
            return True
        except Exception as error:
            if violated(error) is None:
                raise
            rows = await fetch("SELECT key_fingerprint FROM clinic WHERE id = 1")  # another demo was quicker
    if rows[0][0] != fingerprint(KEY):
        raise BadSetting(
            "the database of TURNET_DATABASE_URL holds a clinic that is not a demo; name an empty database"
        )
    await load_shift(clock)
    clinic = await queries.load()
    assert clinic is not None
    await hire(clinic, clock.real())
    return False
