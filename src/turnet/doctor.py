"""Looks at an installation and says what is wrong: what, where, and what to do. It changes nothing.

Each check is a function that returns its findings; a healthy installation has none.
"""

import ipaddress
import shutil
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from turnet.clinic import queries
from turnet.clock import Clock
from turnet.db.engine import bound
from turnet.db.guards import NO_OVERLAP
from turnet.db.start import pending
from turnet.db.transactions import fetch, on_sqlite
from turnet.ids import fingerprint
from turnet.messaging import outbox
from turnet.messaging.addresses import leads_nowhere
from turnet.messaging.channels import Trouble
from turnet.messaging.deliver import deliverer, send_test
from turnet.scheduling.check import check
from turnet.scheduling.rules import BadRules
from turnet.settings import BadSetting, Settings

FIXED_SQLITE = (3, 51, 3)
"""Older ones may corrupt a write-ahead log when two connections write and checkpoint in the same instant."""
LITTLE_DISK, SCARCE_DISK = 200 << 20, 1 << 30
CLOCKS_APART = timedelta(seconds=2)
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    where: str
    do: str
    wrong: bool = True
    """False: worth knowing, but nothing is broken."""


def _disk_free(settings: Settings) -> int:
    return shutil.disk_usage(settings.data).free


async def _database_now(clock: Clock) -> datetime:
    if on_sqlite():
        return clock.real()
    now: datetime = (await fetch("SELECT clock_timestamp()"))[0][0]
    return now


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    settings: Settings
    clock: Clock
    sqlite_version: tuple[int, ...] = sqlite3.sqlite_version_info
    disk_free: Callable[[Settings], int] = _disk_free
    """Bytes."""
    database_now: Callable[[Clock], Awaitable[datetime]] = _database_now


Check = Callable[[Patient], Awaitable[list[Finding]]]


async def examine(patient: Patient) -> list[Finding]:
    """Every finding, the first check's first. The engine is bound and open; without a schema the rest is not asked."""
    found = [finding for check in MACHINE for finding in await check(patient)]
    missing = await migrations(patient)
    return found + missing if missing else found + [finding for check in DATABASE for finding in await check(patient)]


# --- the machine and the settings


async def sqlite_version(patient: Patient) -> list[Finding]:
    if not patient.settings.on_sqlite or patient.sqlite_version >= FIXED_SQLITE:
        return []
    version = ".".join(map(str, patient.sqlite_version))
    return [
        Finding(
            f"SQLite {version} can, very rarely, damage its write-ahead log; 3.51.3 and newer cannot",
            "the SQLite library of this Python",
            "never let a second program write to turnet.db; install a Python with a newer SQLite when there is one",
            wrong=False,
        )
    ]


async def disk(patient: Patient) -> list[Finding]:
    free = patient.disk_free(patient.settings)
    if free >= SCARCE_DISK:
        return []
    return [
        Finding(
            f"only {free >> 20} MB are free",
            str(patient.settings.data),
            "make room, before visits can no longer be stored",
            wrong=free < LITTLE_DISK,
        )
    ]  # fmt: skip


async def addresses(patient: Patient) -> list[Finding]:
    """The address patients use, and who may say where a request came from."""
    settings, found = patient.settings, []
    if leads_nowhere(settings):
        found.append(
            Finding(
                f"patients cannot reach {settings.origin}, so no message is sent to them",
                "TURNET_BASE_URL",
                "set it to the address that patients use, such as https://times.clinic.example",
            )
        )
    elif not settings.demo and not settings.https:
        found.append(
            Finding(
                f"{settings.origin} is not encrypted: links and forms can be read on the way",
                "TURNET_BASE_URL",
                "put a reverse proxy with a certificate in front and write https://",
            )
        )
    for address in filter(None, (part.strip() for part in settings.trusted_proxies.split(","))):
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            found.append(
                Finding(
                    f"{address!r} is not an address", "TURNET_TRUSTED_PROXIES",
                    "list the proxies' IP addresses, comma-separated, such as 127.0.0.1,::1",
                )
            )  # fmt: skip
    return found


async def key_file(patient: Patient) -> list[Finding]:
    file = patient.settings.key_file
    if not file.is_file():
        return [Finding("the key behind patients' links is missing", str(file), "put it back from a backup")]
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return [
            Finding("others on this machine can read the key behind patients' links", str(file), f"chmod 600 {file}")
        ]
    return []


MACHINE: tuple[Check, ...] = (sqlite_version, disk, addresses, key_file)


# --- the database


async def migrations(_patient: Patient) -> list[Finding]:
    """Raises `NewerSchema`."""
    missing = await pending(bound())
    if not missing:
        return []
    return [
        Finding(f"the schema is older than this turnet: {', '.join(missing)} to run", "the database", "turnet migrate")
    ]


async def integrity(patient: Patient) -> list[Finding]:
    if not on_sqlite():
        return []
    said = [row[0] for row in await fetch("PRAGMA integrity_check(5)")]
    found = [
        Finding(f"damaged: {line}", _database(patient), "restore the last backup") for line in said if line != "ok"
    ]
    orphans = await fetch("PRAGMA foreign_key_check")
    if orphans:
        found.append(
            Finding(
                f"{len(orphans)} rows of {orphans[0][0]} point to nothing",
                _database(patient),
                "restore the last backup",
            )
        )
    return found


async def guard(patient: Patient) -> list[Finding]:
    """The database's own refusal of two visits in one chair."""
    wanted = 2 if on_sqlite() else 1
    there = await fetch(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE {}"
        if on_sqlite()
        else "SELECT conname FROM pg_constraint WHERE conname LIKE {} AND contype = 'x'",
        f"{NO_OVERLAP}%",
    )
    if len(there) == wanted:
        return []
    return [
        Finding(
            f"the guard against double booking ({NO_OVERLAP}) is missing", _database(patient), "restore the last backup"
        )
    ]


async def key_of_database(patient: Patient) -> list[Finding]:
    rows = await fetch("SELECT key_fingerprint FROM clinic WHERE id = 1")
    file = patient.settings.key_file
    if not rows or not rows[0][0] or not file.is_file() or fingerprint(file.read_bytes()) == rows[0][0]:
        return []
    return [
        Finding(
            "the key is not the one patients' links were made with", str(file), "put the right one back from a backup"
        )
    ]


async def clocks(patient: Patient) -> list[Finding]:
    """The machine's clock against the database's, and against what was written before."""
    latest = await fetch("SELECT at FROM booking_event WHERE at > {} ORDER BY at DESC LIMIT 1", patient.clock.now())
    apart = {
        "database": abs(await patient.database_now(patient.clock) - patient.clock.real()),
        "last entry": latest[0][0] - patient.clock.now() if latest else timedelta(),
    }
    return [
        Finding(
            f"the clock is {by.total_seconds():.0f} s off the {other}",
            "this machine's clock",
            "let NTP set it (timedatectl set-ntp true)",
        )
        for other, by in apart.items()
        if by > CLOCKS_APART
    ]


async def setup(patient: Patient) -> list[Finding]:
    clinic = await queries.load()
    if clinic is None:
        return [Finding("there is no clinic yet", _database(patient), "turnet init")]
    try:
        check(clinic.setup)
    except BadRules as error:
        return [Finding(str(error), "the clinic's hours and services", "correct it")]
    working = {rule.practitioner for rule in clinic.setup.weekly} | {who for who, _day in clinic.setup.dated}
    return [
        Finding(
            f"nobody with hours does {clinic.text(service.name, clinic.default_language)}, so it has no free times",
            f"service {service.slug}",
            "name a practitioner for it, or give one hours",
            wrong=False,
        )
        for service in clinic.services.values()
        if not working & set(service.rules.practitioners)
    ]


async def messages(patient: Patient) -> list[Finding]:
    health = await outbox.health(patient.clock.now())
    found = []
    if health.failed_last_day:
        why = await fetch("SELECT error FROM message WHERE state = 'failed' ORDER BY finished_at DESC LIMIT 1")
        found.append(
            Finding(
                f"{health.failed_last_day} messages could not be delivered since yesterday; the last: {why[0][0]}",
                "TURNET_MAIL_URL, TURNET_SMS_URL",
                "turnet doctor --mail YOUR-ADDRESS tries the mail server",
            )
        )
    if health.oldest_due_age_seconds > LATE.total_seconds():
        found.append(
            Finding(
                f"a message has been waiting for {health.oldest_due_age_seconds / 60:.0f} minutes",
                "the outbox",
                "see that turnet serve (or a worker) runs and that the mail server answers",
            )
        )
    return found


async def wall_times(patient: Patient) -> list[Finding]:
    """A zone's rules changed after visits were sold: what the patient was told is no longer that instant."""
    rows = await fetch(
        "SELECT reference, starts_at, wall_start, zone FROM booking "
        "WHERE starts_at > {} AND state IN ('booked', 'confirmed')",
        patient.clock.now(),
    )
    return [
        Finding(
            f"sold as {wall.replace('T', ' ')}, now at {shown.replace('T', ' ')} in {zone}",
            f"visit {reference}",
            "call the patient and move the visit",
        )
        for reference, start, wall, zone in rows
        if (shown := _wall(start, zone)) != wall
    ]


def _wall(start: datetime, zone: str) -> str:
    try:
        return start.astimezone(UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    except ZoneInfoNotFoundError:
        return "an unknown time"


def _database(patient: Patient) -> str:
    return str(patient.settings.database_file) if patient.settings.on_sqlite else "the Postgres database"


DATABASE: tuple[Check, ...] = (integrity, guard, key_of_database, clocks, setup, messages, wall_times)


# --- one mail, for real


async def mail_test(patient: Patient, address: str) -> list[Finding]:
    """Sends one mail at once and says what the mail server answered when it did not take it."""
    clinic = await queries.load()
    if clinic is None:
        return [Finding("a test mail needs a clinic to come from", _database(patient), "turnet init")]
    try:
        await send_test(deliverer(patient.settings, patient.clock), clinic, address)
    except (Trouble, BadSetting) as error:
        return [
            Finding(f"no test mail left: {error}", "TURNET_MAIL_URL", "correct the address, the user or the password")
        ]
    return []
