"""What a backup says of itself: its first member."""

from datetime import datetime

import msgspec

from turnet.settings import SETTINGS, Settings

NAME = "manifest.json"
KEY, SETTINGS_FILE = "secret.key", "settings.toml"
DATABASE = {"sqlite": "database.sqlite", "postgres": "database.dump"}
FORMAT = 1

_OF_THE_MACHINE = {"TURNET_DATA", "TURNET_DATABASE_URL", "TURNET_QUEUE_URL", "TURNET_SECRET_FILE"}
"""Where things lie on this machine, and servers that a copy on another one must not join."""


class Member(msgspec.Struct, frozen=True):
    size: int
    """Bytes."""
    sha256: str


class Facts(msgspec.Struct, frozen=True):
    """What the copied database holds."""

    schema: list[str]
    """Ids of the migrations it has seen, oldest first."""
    clinic: str
    key_fingerprint: str
    visits: int
    patients: int
    messages: int


class Manifest(msgspec.Struct, frozen=True):
    turnet: str
    """Version."""
    engine: str
    """`sqlite` or `postgres`."""
    made_at: datetime
    facts: Facts
    members: dict[str, Member]
    """All but this one."""
    format: int = FORMAT


FACTS = (
    "SELECT name FROM migration WHERE app_name = 'turnet' ORDER BY name",
    "SELECT name, languages, key_fingerprint FROM clinic WHERE id = 1",
    "SELECT (SELECT count(*) FROM booking), (SELECT count(*) FROM patient), (SELECT count(*) FROM message)",
)
"""What `facts_of` wants the rows of."""


def facts_of(migrations: list[tuple[str]], clinics: list[tuple[str, str, str]], counts: list[tuple[int, ...]]) -> Facts:
    (name, languages, key_fingerprint), *_ = clinics
    names: dict[str, str] = msgspec.json.decode(name)
    clinic = names.get(languages.partition(",")[0]) or next(iter(names.values()), "")
    return Facts([each for (each,) in migrations], clinic, key_fingerprint, *counts[0])


def settings_text(settings: Settings) -> str:
    """What is not as by default, as lines of `turnet.toml`."""
    lines = [
        f"{setting.field} = {_quoted(value)}"
        for setting in SETTINGS
        if setting.name not in _OF_THE_MACHINE and (value := getattr(settings, setting.field)) != setting.default
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    """TOML's basic strings are JSON's."""
    return msgspec.json.encode(value).decode()
