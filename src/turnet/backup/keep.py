"""The folder of backups: which there are, which are kept."""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from turnet.settings import Settings

DAYS, WEEKS, BEFORE = 7, 4, 3
"""How many are kept: the last of so many days and weeks, and the last before a migration."""
EVERY = timedelta(hours=24)

_STAMP = "%Y-%m-%dT%H%MZ"
_DATED = r"(\d{4}-\d\d-\d\dT\d{4}Z)\.tar\.gz(\.age)?"
_DAILY = re.compile(rf"turnet-{_DATED}")
_BEFORE = re.compile(rf"before-\d{{4}}-{_DATED}")


@dataclass(frozen=True, slots=True)
class Kept:
    file: Path
    made_at: datetime
    size: int
    """Bytes."""


def folder(settings: Settings) -> Path:
    return settings.data / "backups"


def name_at(made_at: datetime, *, before: str = "", encrypted: bool = False) -> str:
    """`turnet-2026-12-01T0842Z.tar.gz`, or `before-0004-…` when made before that migration."""
    return f"{f'before-{before}' if before else 'turnet'}-{made_at:{_STAMP}}.tar.gz{'.age' if encrypted else ''}"


def newest(settings: Settings) -> Kept | None:
    """The newest whole backup of those made each day, or None."""
    return max(daily(settings), key=_age, default=None)


def daily(settings: Settings) -> list[Kept]:
    return _found(settings, _DAILY)


def before_migrations(settings: Settings) -> list[Kept]:
    return _found(settings, _BEFORE)


def _found(settings: Settings, names: re.Pattern[str]) -> list[Kept]:
    if not folder(settings).is_dir():
        return []
    return [
        Kept(file, made_at, file.stat().st_size)
        for file in folder(settings).iterdir()
        if (match := names.fullmatch(file.name)) and (made_at := _dated(match[1]))
    ]


def _dated(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # somebody else's file: there is no such day
        return None


def is_due(kept: Sequence[Kept], now: datetime) -> bool:
    """One dated after `now` was made while the clock was wrong and does not count."""
    return not any(timedelta() <= now - one.made_at < EVERY for one in kept)


def to_delete(kept: Sequence[Kept], now: datetime) -> list[Kept]:
    """All but the last of each of seven days and of four weeks, in UTC.

    What is dated after `now` stays: it may be the clock that is wrong.
    """
    past = [one for one in kept if one.made_at <= now]
    keep = [*_last_of(past, DAYS, _day), *_last_of(past, WEEKS, _week)]
    return [one for one in past if one not in keep]


def _last_of(kept: Sequence[Kept], count: int, period: Callable[[Kept], Hashable]) -> list[Kept]:
    """The newest of each of the `count` latest periods that have one."""
    last = {period(one): one for one in sorted(kept, key=_age)}
    return sorted(last.values(), key=_age)[-count:]


def _age(one: Kept) -> tuple[datetime, str]:
    return one.made_at, one.file.name


def _day(one: Kept) -> Hashable:
    return one.made_at.date()


def _week(one: Kept) -> Hashable:
    return one.made_at.isocalendar()[:2]


def tidy(settings: Settings, now: datetime) -> None:
    surplus = sorted(before_migrations(settings), key=_age)[:-BEFORE]
    for one in [*to_delete(daily(settings), now), *surplus]:
        one.file.unlink(missing_ok=True)
