"""What there is to see of an installation at one moment. One look serves `/ready`, `/metrics`, incidents and `doctor`."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from turnet.backup import keep
from turnet.clock import Clock
from turnet.db.engine import bound
from turnet.db.start import pending
from turnet.db.transactions import fetch, on_sqlite
from turnet.messaging import outbox
from turnet.messaging.held import held_since
from turnet.messaging.texting import budget_share
from turnet.reminders.queries import missed_since
from turnet.settings import Settings
from turnet.watch.gateway import unanswered, unreported

LATELY = timedelta(days=2)
"""How far back is counted what a person has to do something about."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows. All seconds are ages."""

    pending_migrations: tuple[str, ...] = ()
    clock_offset_seconds: float = 0.0
    """By how much the database's clock is ahead of this process's."""
    messages_queued: int = 0
    oldest_message_waiting_seconds: float = 0.0
    messages_tried_in_vain: int = 0
    """Still queued, though first tried half an hour ago …"""
    messages_tried_for_hours: int = 0
    """… or two hours ago."""
    messages_failed_last_hour: int = 0
    messages_failed_last_day: int = 0
    messages_unknown: int = 0
    messages_unknown_lately: int = 0
    reminders_missed_lately: int = 0
    sending_held_seconds: float | None = None
    """None: nothing is held."""
    sms_unreported: int = 0
    """SMS of the last day of which the gateway said nothing for hours, though it used to; 0 when it says anything."""
    replies_missing_days: float = 0.0
    """Since anybody's answer came in, though they used to and were asked; 0 while they do."""
    sms_budget_share: float | None = None
    """How much of the month's budget for SMS is spent, 1 being all; None without one."""


@dataclass(frozen=True, slots=True)
class Seen(Stored):
    database_writes: bool = True
    on_sqlite: bool = True
    disk_free_bytes: int = 0
    disk_size_bytes: int = 0
    backup_age_seconds: float | None = None
    """None before the first."""
    backup_bytes: int | None = None
    installed_seconds: float = 0.0
    up_seconds: float = 0.0
    clock_ahead_seconds: float = 0.0
    """After a leap; 0 while the clock can be believed."""
    loop_lag_seconds: float = 0.0
    worker_silent_seconds: float | None = None
    """None in a process without a worker."""
    jobs_failing: tuple[str, ...] = ()
    """Each failed several times in a row."""


async def stored_now(clock: Clock) -> Stored:
    """Every query by an index, so that years of history cost nothing; with an older schema only that is said."""
    waiting = tuple(await pending(bound()))
    if waiting:
        return Stored(pending_migrations=waiting)
    now, real = clock.now(), clock.real()
    health = await outbox.health(now)
    tried = "(SELECT count(*) FROM message WHERE state = 'queued' AND attempts > 0 AND created_at <= {})"
    [(in_vain, for_hours, failed, unknown)] = await fetch(
        f"SELECT {tried}, {tried}, "  # noqa: S608  (our own words)
        "(SELECT count(*) FROM message WHERE state = 'failed' AND due_at > {} AND finished_at > {}), "
        "(SELECT count(*) FROM message WHERE state = 'unknown' AND due_at > {})",
        *(
            now - timedelta(minutes=30),
            now - timedelta(hours=2),
            now - outbox.LONGEST_WAIT,
            now - timedelta(hours=1),
            now - LATELY,
        ),
    )
    held = await held_since()
    return Stored(
        clock_offset_seconds=await _clock_offset(clock),
        messages_queued=health.queued,
        oldest_message_waiting_seconds=health.oldest_due_age_seconds,
        messages_tried_in_vain=in_vain,
        messages_tried_for_hours=for_hours,
        messages_failed_last_hour=failed,
        messages_failed_last_day=health.failed_last_day,
        messages_unknown=health.unknown,
        messages_unknown_lately=unknown,
        reminders_missed_lately=await missed_since(now - LATELY),
        sending_held_seconds=(real - held).total_seconds() if held else None,
        sms_unreported=await unreported(now),
        replies_missing_days=(await unanswered(now)) / timedelta(days=1),
        sms_budget_share=await budget_share(now),
    )


async def _clock_offset(clock: Clock) -> float:
    """SQLite has no clock of its own."""
    if on_sqlite():
        return 0.0
    ((there,),) = await fetch("SELECT clock_timestamp()")
    assert isinstance(there, datetime)
    return (there - clock.real()).total_seconds()


def around(settings: Settings, real: datetime) -> dict[str, Any]:
    """What lies on the disk, as fields of `Seen`."""
    disk, kept = shutil.disk_usage(settings.data), keep.newest(settings)
    return {
        "on_sqlite": settings.on_sqlite,
        "disk_free_bytes": disk.free,
        "disk_size_bytes": disk.total,
        "backup_age_seconds": (real - kept.made_at).total_seconds() if kept else None,
        "backup_bytes": kept.size if kept else None,
        "installed_seconds": (real - _installed(settings, real)).total_seconds(),
    }


def _installed(settings: Settings, real: datetime) -> datetime:
    """The key is made with the installation and never written again."""
    try:
        return datetime.fromtimestamp(settings.key_file.stat().st_mtime, UTC)
    except FileNotFoundError:
        return real
