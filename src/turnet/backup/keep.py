"""The folder of backups: which there are, which are kept."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from turnet.settings import Settings


@dataclass(frozen=True, slots=True)
class Kept:
    file: Path
    made_at: datetime
    size: int
    """Bytes."""


def folder(settings: Settings) -> Path:
    return settings.data / "backups"


def newest(settings: Settings) -> Kept | None:
    """The newest whole backup, or None."""
    return None
