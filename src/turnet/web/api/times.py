"""Times of the API: `YYYY-MM-DDTHH:MM:SS±HH:MM` with the clinic's offset out, any explicit offset in."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from turnet.clock import instant

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Calendar arithmetic is safe between them, and nothing outside can ever be on offer."""


def written(at: datetime, zone: ZoneInfo) -> str:
    """Whole seconds; `+00:00` rather than `Z`."""
    return at.astimezone(zone).isoformat(timespec="seconds")


@lru_cache(maxsize=16_384)
def written_minute(minute: int, zone: ZoneInfo) -> str:
    """`minute` since 1970 UTC; the same few thousand starts are written over and over."""
    return written(instant(minute), zone)


def read_time(text: str) -> datetime | str:
    """An aware time between `EARLIEST` and `LATEST`, or the code of what is wrong with the text."""
    found = _TIME.fullmatch(text)
    if found is None:
        return "not_a_time"
    if found[3] is None:
        return "no_offset"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return "not_a_time"
    return min(max(at, EARLIEST), LATEST)


def read_date(text: str) -> date | str:
    """A date, or the code of what is wrong with the text."""
    if not _DATE.fullmatch(text):
        return "not_a_date"
    try:
        return date.fromisoformat(text)
    except ValueError:
        return "not_a_date"
