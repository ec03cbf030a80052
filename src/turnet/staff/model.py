"""Staff as everybody else reads them: frozen, without the database."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    RECEPTION = "reception"
    PRACTITIONER = "practitioner"
    READ_ONLY = "read_only"


def initials_of(name: str) -> str:
    """`RR` for Rea Reception: of the first and the last part of a name, or the first letters of the only one."""
    parts = name.split()
    return (parts[0][0] + parts[-1][0] if len(parts) > 1 else name[:2]).upper()


@dataclass(frozen=True, slots=True)
class Staff:
    """One account, as far as others need to know it."""

    id: int
    public_id: str
    name: str
    initials: str
    role: Role
    practitioner: int | None
    """Resource id of their own diary."""
    all_diaries: bool
    language: str
    email: str = field(default="", repr=False)

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return f"staff:{self.id}"


@dataclass(frozen=True, slots=True)
class Session:
    """One login on one device. All instants are real time."""

    id: int
    public_id: str
    staff: Staff
    stage: str
    """`full`, or what is still missing: `code`, `totp`."""
    front_desk: bool
    locked: bool
    created_at: datetime
    seen_at: datetime
    proven_at: datetime
    ends_at: datetime
    agent: str
    view: dict[str, str] = field(default_factory=dict)
    """How they like the diary: `at` (location slug), `with` (practitioner slug)."""


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the staff's door: the circumstances of logging in, of a one-time link, of an act on accounts."""

    real: datetime
    key: bytes = field(repr=False)
    """The installation's: what seeds are encrypted and known devices are recognised with."""
    address: str = ""
    """The client's address (IPv6 by /64), hashed."""
    agent: str = ""
    device: str = field(default="", repr=False)
    """What a browser that has logged in before shows of it."""
    limited: bool = True
