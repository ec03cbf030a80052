"""Settings: environment first, then `turnet.toml` in the data directory, then the default.

`Setting` rows below are the only list; `docs/settings.md` is checked against it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit


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
    Setting("TURNET_SMS_URL", "file:", "`file:` writes one JSON line per SMS to `outbox/sms.jsonl`."),
    Setting("TURNET_ADMIN_MAIL", "", "Where the server reports trouble."),
    Setting("TURNET_LIMITS", "on", "`off` lifts every per-address, per-contact and hold cap: for load tests only."),
)  # fmt: skip


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
    sms_url: str = "file:"
    admin_mail: str = ""
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
    def refuse(name: str, value: str, want: str) -> None:
        raise BadSetting(f"TURNET_{name} is {value!r}; it must be {want}")

    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        refuse("LISTEN", settings.listen, "an address and a port, such as 127.0.0.1:8000")
    if settings.database_url and urlsplit(settings.database_url).scheme not in {"postgresql", "postgres"}:
        refuse(
            "DATABASE_URL", settings.database_url.split("://")[0] + "://…", "empty or postgresql://user:pass@host/name"
        )
    if settings.base_url and urlsplit(settings.base_url).scheme not in {"http", "https"}:
        refuse("BASE_URL", settings.base_url, "an http:// or https:// address")
    if not settings.base_url and settings.host not in {"127.0.0.1", "::1", "localhost"}:
        refuse("BASE_URL", "", "set when listening off loopback, because links in messages are made from it")
    if urlsplit(settings.mail_url).scheme not in {"smtp", "smtps", "file"}:
        refuse("MAIL_URL", settings.mail_url.split("://")[0] + "://…", "smtp://…, smtps://… or file:")
    if urlsplit(settings.sms_url).scheme != "file":
        refuse("SMS_URL", settings.sms_url.split("://")[0] + "://…", "file:")
    if urlsplit(settings.queue_url).scheme not in {"", "postgresql", "postgres", "redis", "rediss"}:
        refuse("QUEUE_URL", settings.queue_url.split("://")[0] + "://…", "empty, postgresql://… or redis://…")
    if settings.limits not in {"on", "off"}:
        refuse("LIMITS", settings.limits, "on or off")
