"""Who works at the made-up clinic's desk: one account of every role, one password for all of them."""

from dataclasses import dataclass
from datetime import datetime

from turnet.clinic.model import Clinic
from turnet.db.guards import violated
from turnet.db.transactions import fetch, tx
from turnet.staff import secrets
from turnet.staff.model import Role
from turnet.staff.service.links import insert

PASSWORD = "open the demo desk"  # noqa: S105  (everybody may know it: there is nothing real behind it)
_SALT = b"the demo's staff"
"""The same seed makes the same data."""


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    role: Role
    name: str


_NAMES = {
    "FI": (("Elina Aho", "elina"), ("Marko Vuori", "marko"), ("Rea Lehto", "rea"), ("Kaija Saari", "kaija")),
    "IL": (("אלינור ארז", "elinor"), ("מתן ורד", "matan"), ("רינה לביא", "rina"), ("קרן סלע", "keren")),
}
"""Owner, manager, reception and read-only, with the first part of their address."""


def logins(clinic: Clinic) -> list[Login]:
    """The practitioner is the clinic's first."""
    domain = clinic.email.rpartition("@")[2]
    first = next(iter(clinic.practitioners.values()))
    owner, manager, reception, reader = _NAMES["IL" if clinic.region == "IL" else "FI"]
    found = [
        (owner, Role.OWNER), (manager, Role.MANAGER), (reception, Role.RECEPTION),
        ((clinic.text(first.name, clinic.default_language).text, first.slug.partition("-")[0]), Role.PRACTITIONER),
        (reader, Role.READ_ONLY),
    ]  # fmt: skip
    return [Login(f"{local}@{domain}", role, name) for (name, local), role in found]


async def hire(clinic: Clinic, real: datetime) -> bool:
    """Adds the accounts where there are none yet; no codes are asked. True when they were made now."""
    if await fetch("SELECT id FROM staff_user LIMIT 1"):
        return False
    made = await secrets.hashed(PASSWORD, salt=_SALT)
    first = next(iter(clinic.practitioners.values()))
    try:
        async with tx():
            await fetch("UPDATE clinic SET staff_totp = {} WHERE id = 1 RETURNING id", False)
            for login in logins(clinic):
                await insert(
                    login.name, login.email, login.role, real, language=clinic.default_language, password_hash=made,
                    practitioner=first.row if login.role is Role.PRACTITIONER else None,
                )  # fmt: skip
    except Exception as error:
        if violated(error) is None:
            raise
        return False  # another demo on the same database was quicker
    return True
