"""Everything that can be wrong with an installation while it runs. `docs/watching.md` lists the same; a test compares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from turnet.db.disk import RESERVED
from turnet.messaging.limits import ALARM
from turnet.watch.seen import Seen

MAX_CLOCK_OFFSET = 2.0
"""Seconds between this process's clock and its database's."""
MAX_WAITING = 600.0
"""Seconds that the oldest due message may wait."""
SEVERAL_FAILED = 3
SEVERAL_IN_VAIN = 2
"""A booking is two messages: one that stays may be one full mailbox; after two hours it counts all the same."""
MAX_BACKUP_AGE = 26 * 3600.0
"""Seconds."""
FIRST_HOUR = 3600.0
"""Seconds after the start in which the daily backup may still be on its way."""
LITTLE_DISK, LITTLE_SHARE, MUCH_DISK = 1 << 30, 10, 10 << 30
"""Bytes that should be free in any case, the tenth of the disk, and the bytes that are enough on any disk."""
MAX_LAG = 2.0
MAX_SILENCE = 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Texts are one line each, for whoever looks after the server: never a patient's name, address or number."""

    name: str
    what: str
    where: str
    do: str


@dataclass(frozen=True, slots=True)
class Condition:
    name: str
    means: str
    where: str
    do: str
    found: Callable[[Seen], str | None]
    """What is wrong, in numbers; None when it is not."""
    stops_bookings: bool = False
    for_people: bool = False
    """The server itself is well: somebody at the clinic has something to do."""


def troubles(seen: Seen) -> list[Trouble]:
    return [Trouble(one.name, what, one.where, one.do) for one, what in _found(seen)]


def ready(seen: Seen) -> bool:
    """Visitors can book."""
    return not seen.pending_migrations and not any(one.stops_bookings for one, _ in _found(seen))


def well(seen: Seen) -> bool:
    """Nothing is wrong with the server."""
    return not seen.pending_migrations and all(one.for_people for one, _ in _found(seen))


def _found(seen: Seen) -> Iterator[tuple[Condition, str]]:
    for condition in CONDITIONS:
        what = condition.found(seen)
        if what is not None:
            yield condition, what


def _database_unwritable(seen: Seen) -> str | None:
    return None if seen.database_writes else "the database takes no writes: nothing can be booked or changed"


def _disk_almost_full(seen: Seen) -> str | None:
    if not seen.on_sqlite or seen.disk_free_bytes >= RESERVED:
        return None
    return f"only {seen.disk_free_bytes >> 20} MB are free: no new visits are taken"


def _disk_little(seen: Seen) -> str | None:
    wanted = max(LITTLE_DISK, min(seen.disk_size_bytes // LITTLE_SHARE, MUCH_DISK))
    return None if seen.disk_free_bytes >= wanted else f"only {seen.disk_free_bytes >> 20} MB are free"


def _clocks_apart(seen: Seen) -> str | None:
    apart = abs(seen.clock_offset_seconds)
    return None if apart <= MAX_CLOCK_OFFSET else f"the clock is {apart:.0f} s off the database's"


def _clock_leapt(seen: Seen) -> str | None:
    ahead = seen.clock_ahead_seconds
    return f"the clock leapt forward by {ahead / 60:.0f} minutes: reminders wait" if ahead else None


def _outbox_stuck(seen: Seen) -> str | None:
    waiting = seen.oldest_message_waiting_seconds
    if seen.sending_held_seconds is not None or waiting <= MAX_WAITING:
        return None
    return f"a message has been waiting for {waiting / 60:.0f} minutes"


def _messages_failing(seen: Seen) -> str | None:
    failed, in_vain = seen.messages_failed_last_hour, seen.messages_tried_in_vain
    if failed >= SEVERAL_FAILED or in_vain >= SEVERAL_IN_VAIN:
        return f"in the last hour {failed} messages could not be delivered; {in_vain} more are being tried for half an hour"
    return "one message is being tried for two hours" if seen.messages_tried_for_hours else None


def _sms_unknown(seen: Seen) -> str | None:
    unknown = seen.messages_unknown_lately
    return f"of {unknown} SMS of the last two days nobody knows whether they left" if unknown else None


def _sms_unreported(seen: Seen) -> str | None:
    silent = seen.sms_unreported
    return f"of {silent} SMS the gateway has not said for hours what became of them, of none at all" if silent else None


def _replies_silent(seen: Seen) -> str | None:
    days = seen.replies_missing_days
    return f"nobody's answer by SMS has come in for {days:.0f} days, though many were asked" if days else None


def _sms_budget(seen: Seen) -> str | None:
    share = seen.sms_budget_share
    if share is None or share * 100 < ALARM:
        return None
    what = "reminders, cancellations, answers and what staff write"
    left = f"only {what} still leave" if share >= 1 else f"when it is spent, only {what} leave"
    return f"{share * 100:.0f} % of the month's budget for SMS is spent: {left}"


def _reminders_missed(seen: Seen) -> str | None:
    missed = seen.reminders_missed_lately
    return f"{missed} reminders of the last two days came too late to be sent" if missed else None


def _backup_old(seen: Seen) -> str | None:
    age = seen.installed_seconds if seen.backup_age_seconds is None else seen.backup_age_seconds
    if age <= MAX_BACKUP_AGE or seen.up_seconds < FIRST_HOUR:
        return None
    if seen.backup_age_seconds is None:
        return "there is no backup"
    return f"the newest backup is {age / 3600:.0f} hours old"


def _sending_held(seen: Seen) -> str | None:
    return None if seen.sending_held_seconds is None else "nothing is sent to people since a restore"


def _loop_slow(seen: Seen) -> str | None:
    lag = seen.loop_lag_seconds
    return f"the server answers {lag:.1f} s late" if lag > MAX_LAG else None


def _job_failing(seen: Seen) -> str | None:
    return f"fails each time: {', '.join(seen.jobs_failing)}" if seen.jobs_failing else None


def _worker_silent(seen: Seen) -> str | None:
    silent = seen.worker_silent_seconds
    return f"the worker has not been seen for {silent:.0f} s" if silent is not None and silent > MAX_SILENCE else None


CONDITIONS = (
    Condition(
        "database_unwritable", "a small write, tried every few seconds, fails or does not come back", "the database",
        "look whether the disk is full or read-only, or whether the Postgres server runs; the log says what it answered",
        _database_unwritable, stops_bookings=True,
    ),
    Condition(
        "disk_almost_full", "less than 200 MB are free: visits are changed and cancelled, but no new ones are taken",
        "the data directory's disk", "make room: delete old logs and packages (df -h, journalctl --vacuum-size=200M)",
        _disk_almost_full, stops_bookings=True,
    ),
    Condition(
        "disk_little", "less than 1 GB is free, or less than a tenth of the disk (10 GB are always enough)",
        "the data directory's disk", "make room before visits can no longer be stored (df -h, du -xhd 1 /var)",
        _disk_little,
    ),
    Condition(
        "clocks_apart", "this machine and its Postgres server disagree by more than 2 seconds", "both machines' clocks",
        "let NTP set them (timedatectl set-ntp true)", _clocks_apart, stops_bookings=True,
    ),
    Condition(
        "clock_leapt", "the clock leapt forward by more than 10 minutes: reminders wait, and nothing counts as too late",
        "this machine's clock",
        "put the clock right (timedatectl); if it is right as it is, restart turnet: that is your consent",
        _clock_leapt,
    ),
    Condition(
        "outbox_stuck", "a message that is due has been waiting for more than 10 minutes", "the outbox",
        "see that turnet serve (or a worker) runs, and what its log says; turnet outbox lists what waits",
        _outbox_stuck,
    ),
    Condition(
        "messages_failing", "3 messages failed within an hour, or 2 are being tried for half an hour, or one for two hours",
        "TURNET_MAIL_URL, TURNET_SMS_URL",
        "turnet outbox says why; turnet doctor --mail YOUR-ADDRESS and --sms YOUR-NUMBER try both ways",
        _messages_failing, for_people=True,
    ),
    Condition(
        "sms_unknown", "an SMS was handed over and nothing clear came back: sending it again could reach somebody twice",
        "the outbox", "turnet outbox lists them: look in the gateway's own log; turnet outbox again sends one that never arrived",
        _sms_unknown, for_people=True,
    ),
    Condition(
        "sms_unreported", "SMS are handed over, but the gateway, which used to report what became of them, is silent for hours",
        "TURNET_SMS_URL",
        "look whether the gateway or its telephone is on, has credit and reaches this server; "
        "call whoever must know today", _sms_unreported, for_people=True,
    ),
    Condition(
        "replies_silent", "no SMS has come in for two days, though they used to come and many were asked",
        "TURNET_SMS_URL", "answer an SMS of ours yourself; if it does not appear in the inbox, see how the gateway reports "
        "to this server", _replies_silent, for_people=True,
    ),
    Condition(
        "sms_budget", "80 % of the month's budget for SMS is spent", "Price, budget and countries, under More",
        "raise the budget, or leave it: reminders of visits and answers leave all the same", _sms_budget, for_people=True,
    ),
    Condition(
        "reminders_missed", "reminders fell due while they could not be sent, and are of no use any more",
        "the diary", "call those patients: turnet day lists a day's visits", _reminders_missed, for_people=True,
    ),
    Condition(
        "backup_old", "the newest backup is older than 26 hours, or there is none", "the data directory's backups",
        "turnet backup FILE says what stands in the way; on Postgres pg_dump must be installed", _backup_old,
    ),
    Condition(
        "sending_held", "after a restore nothing is sent to people until somebody has looked at what would leave",
        "the outbox", "turnet outbox lists it, turnet outbox release lets it go", _sending_held,
    ),
    Condition(
        "loop_slow", "the server answers more than 2 seconds late: the machine is overloaded or its disk stalls",
        "this machine", "see what else runs on it (top, iostat)", _loop_slow,
    ),
    Condition(
        "worker_silent", "the part that sends messages and does what recurs has not been seen for a minute",
        "turnet serve, or turnet worker", "restart it, and keep its log from before", _worker_silent,
    ),
    Condition(
        "job_failing", "something that recurs, such as reminders or the backup, failed three times in a row",
        "turnet serve, or turnet worker", "the log says why; turnet doctor may say what to mend", _job_failing,
    ),
)  # fmt: skip
