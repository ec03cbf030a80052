"""Settings: environment first, then `turnet.toml` in the data directory, then the default.

`Setting` rows below are the only list; `docs/settings.md` is checked against it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path


class BadSetting(ValueError):
    """A setting cannot be used; the text says which, what it is and what to write instead."""


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    help: str

    @property
    def field(self) -> str:
        return self.name.removeprefix("TURNET_").lower()


SETTINGS = (
    Setting("TURNET_DATA", "turnet-data", "The state directory: database, key, outbox, `turnet.toml`."),
    Setting("TURNET_DATABASE_URL", "", "Empty: SQLite in the data directory. Or `postgresql://user:pass@host/name`."),
    Setting("TURNET_QUEUE_URL", "", "Empty: in memory. Or `postgresql://…` (turnet[pgqueue]) or `redis://…` (turnet[redis])."),
    Setting("TURNET_LISTEN", "127.0.0.1:8000", "Address and port to listen on."),
    Setting("TURNET_BASE_URL", "", "The address patients use, such as `https://times.clinic.example`. Required off loopback."),
    Setting("TURNET_TRUSTED_PROXIES", "", "Addresses of reverse proxies whose forwarded headers are believed, comma-separated."),
    Setting("TURNET_SECRET_FILE", "", "The key behind patients' links. Empty: `secret.key` in the data directory."),
    Setting("TURNET_MAIL_URL", "file:", "`smtp://user:pass@host:587?tls=starttls`, `smtps://…`, or `file:` for .eml files."),
    Setting("TURNET_MAIL_FROM", "", "The clinic's sending address; also the calendar's organizer, so it should receive mail."),
    Setting("TURNET_BOUNCE_MAIL", "", "Where mail comes back that cannot be delivered, such as `bounces@clinic.example`; what follows a `+` must arrive there too. Empty: at the sending address, unread by turnet."),
    Setting("TURNET_BOUNCE_URL", "", "That mailbox: `imaps://user:pass@host/INBOX`, read every five minutes. Empty: the mail server hands them over (docs/messages.md)."),
    Setting("TURNET_SMS_URL", "file:", "`android://user:pass@host/path`, `gammu:///var/spool/gammu`, `twilio://sid:token@?from=…`, `46elks://`, `019://`, `link://`, `infobip://`, or `file:`: one JSON line per SMS."),
    Setting("TURNET_ADMIN_MAIL", "", "Where the server reports trouble: one mail when it begins, one when it is over."),
    Setting("TURNET_PING_URL", "", "Asked every five minutes while all is well, so that a dead man's switch elsewhere notices silence."),
    Setting("TURNET_BACKUP_KEY", "", "An age public key (`age1…`): backups are encrypted to it. Empty: they are not."),
    Setting("TURNET_LIMITS", "on", "`off` lifts every per-address, per-contact and hold cap: for load tests only."),
)  # fmt: skip


SMS_GATEWAYS = ("file", "android", "gammu", "twilio", "46elks", "019", "link", "infobip")


@dataclass(frozen=True)
class Settings:
    data: Path = Path("turnet-data")
    database_url: str = ""
    queue_url: str = ""
    listen: str = "127.0.0.1:8000"
    base_url: str = ""
    trusted_proxies: str = ""
    secret_file: str = ""
    mail_url: str = "file:"
    mail_from: str = ""
    bounce_mail: str = ""
    bounce_url: str = ""
    sms_url: str = "file:"
    admin_mail: str = ""
    ping_url: str = ""
    backup_key: str = ""
    limits: str = "on"
    demo: bool = False

    @property
    def database_file(self) -> Path:
        return self.data / "turnet.db"

    @property
    def on_sqlite(self) -> bool:
        return not self.database_url

    @property
    def key_file(self) -> Path:
        return Path(self.secret_file) if self.secret_file else self.data / "secret.key"

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def origin(self) -> str:
        """`https://host[:port]`, without a slash at the end."""
        return self.base_url or f"http://{self.listen}"

    @property
    def https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def limited(self) -> bool:
        return self.limits == "on"

    def key(self) -> bytes:
        return self.key_file.read_bytes()


def load(env: Mapping[str, str], *, data: Path | None = None, demo: bool = False) -> Settings:
    """Reads and checks the settings. Raises `BadSetting` with one line that says what to do."""
    default = "turnet-demo" if demo else SETTINGS[0].default
    data = data or Path(env.get("TURNET_DATA") or default)
    stored = _stored(data / "turnet.toml")
    values = {s.field: env.get(s.name) or stored.get(s.field) or s.default for s in SETTINGS[1:]}
    if demo:
        values |= {"mail_url": "file:", "sms_url": "file:"}
    values["base_url"] = values["base_url"].rstrip("/")
    settings = Settings(data=data, demo=demo, **values)
    _check(settings)
    return settings


def _stored(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    try:
        read = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{file}: {error}") from error
    known = {f.name for f in fields(Settings)}
    for name in read:
        if name not in known:
            raise BadSetting(f"{file}: unknown setting {name!r}; docs/settings.md lists them")
    return {name: str(value) for name, value in read.items()}


def _check(settings: Settings) -> None:
    for name, shown, good, want in _wanted(settings):
        if not good:
            raise BadSetting(f"TURNET_{name} is {shown!r}; it must be {want}")


def _wanted(settings: Settings) -> Iterator[tuple[str, str, bool, str]]:
    """(setting, what of its value may be shown, is it usable, what it must be)"""
    host, _, port = settings.listen.rpartition(":")
    listens = bool(host) and port.isdecimal() and int(port) <= 65535
    yield "LISTEN", settings.listen, listens, "an address and a port, such as 127.0.0.1:8000"
    local = bool(settings.base_url) or not listens or settings.host in {"127.0.0.1", "::1", "localhost"}
    yield "BASE_URL", "", local, "set when listening off loopback, because links in messages are made from it"
    for name, value, schemes, want in (
        ("DATABASE_URL", settings.database_url, {"", "postgresql", "postgres"}, "empty or postgresql://user:pass@host/name"),
        ("BASE_URL", settings.base_url, {"", "http", "https"}, "an http:// or https:// address"),
        ("MAIL_URL", settings.mail_url, {"smtp", "smtps", "file"}, "smtp://…, smtps://… or file:"),
        ("BOUNCE_URL", settings.bounce_url, {"", "imaps", "imap"}, "empty or imaps://user:pass@host/INBOX"),
        ("SMS_URL", settings.sms_url, set(SMS_GATEWAYS), f"{'://, '.join(SMS_GATEWAYS[1:])}:// or file:"),
        ("PING_URL", settings.ping_url, {"", "http", "https"}, "an http:// or https:// address"),
        ("QUEUE_URL", settings.queue_url, {"", "postgresql", "postgres", "redis", "rediss"}, "empty, postgresql://… or redis://…"),
    ):  # fmt: skip
        scheme, colon, _rest = value.partition(":")
        yield (
            name,
            value.split("://")[0] + "://…" if "@" in value else value,
            (scheme if colon else value) in schemes,
            want,
        )
    addresses = (
        ("MAIL_FROM", settings.mail_from),
        ("BOUNCE_MAIL", settings.bounce_mail),
        ("ADMIN_MAIL", settings.admin_mail),
    )
    for name, value in addresses:
        yield name, value, not value or "@" in value.strip("@"), "a mail address, such as times@clinic.example"
    encrypts = not settings.backup_key or settings.backup_key.startswith("age1")
    yield "BACKUP_KEY", settings.backup_key[:8] + "…", encrypts, "an age public key, age1…"
    yield "LIMITS", settings.limits, settings.limits in {"on", "off"}, "on or off"
