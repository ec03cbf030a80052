"""The database and what is written in it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from turnet.clinic import queries
from turnet.db.engine import bound
from turnet.db.guards import NO_OVERLAP
from turnet.db.start import pending
from turnet.db.transactions import fetch, on_sqlite
from turnet.doctor.model import Check, Finding, Patient
from turnet.ids import fingerprint
from turnet.scheduling.check import check
from turnet.scheduling.rules import BadRules

CLOCKS_APART = timedelta(seconds=2)


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
    found = [Finding(f"damaged: {line}", patient.database, "restore the last backup") for line in said if line != "ok"]
    orphans = await fetch("PRAGMA foreign_key_check")
    if orphans:
        found.append(
            Finding(
                f"{len(orphans)} rows of {orphans[0][0]} point to nothing",
                patient.database,
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
            f"the guard against double booking ({NO_OVERLAP}) is missing", patient.database, "restore the last backup"
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
        return [Finding("there is no clinic yet", patient.database, "turnet init")]
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


DATABASE: tuple[Check, ...] = (integrity, guard, key_of_database, clocks, setup, wall_times)
