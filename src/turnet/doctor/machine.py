"""The machine and the settings."""

import ipaddress
import stat

from turnet.backup import BackupError
from turnet.backup.age import recipient_of
from turnet.doctor.model import Check, Finding, Patient
from turnet.messaging.addresses import leads_nowhere

FIXED_SQLITE = (3, 51, 3)
"""Older ones may corrupt a write-ahead log when two connections write and checkpoint in the same instant."""


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


async def somebody_to_tell(patient: Patient) -> list[Finding]:
    """Who hears of trouble, and whether mail leaves at all."""
    settings, found = patient.settings, []
    if settings.demo:
        return []
    if settings.mail_url.startswith("file"):
        found.append(
            Finding(
                "mail is only written to files: nobody receives any",
                "TURNET_MAIL_URL",
                "set it to your mail server, such as smtp://desk:secret@mail.clinic.example:587",
            )
        )
    if not settings.admin_mail:
        found.append(
            Finding(
                "nobody gets a mail when something goes wrong with the server",
                "TURNET_ADMIN_MAIL",
                "set it to an address that somebody reads",
                wrong=False,
            )
        )
    return found


async def postgres_tools(patient: Patient) -> list[Finding]:
    if patient.settings.on_sqlite or patient.can_dump():
        return []
    return [
        Finding("pg_dump is missing, so no backup can be made", "this machine", "apt-get install postgresql-client")
    ]


async def backup_key(patient: Patient) -> list[Finding]:
    try:
        recipient_of(patient.settings.backup_key)
    except BackupError as error:
        what, _, do = str(error).partition(": ")
        return [Finding(f"{what}, so no backup can be made", "TURNET_BACKUP_KEY", do)]
    return []


async def time_service(patient: Patient) -> list[Finding]:
    if await patient.time_is_kept() is not False:
        return []
    return [
        Finding(
            "nothing keeps this machine's clock right, and reminders go by it",
            "this machine's clock",
            "let NTP set it (timedatectl set-ntp true)",
            wrong=False,
        )
    ]


MACHINE: tuple[Check, ...] = (
    sqlite_version,
    addresses,
    key_file,
    somebody_to_tell,
    backup_key,
    postgres_tools,
    time_service,
)
