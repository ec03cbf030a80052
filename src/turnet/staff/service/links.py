"""One-time links: the first owner's, an invitation, a way back in. Bound to one account, used once, dead after a while."""

import secrets as random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from turnet.audit.service import note
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, NotFound
from turnet.ids import random_id, token_hash
from turnet.patients.model import clean_email, clean_name
from turnet.staff import passwords, secrets
from turnet.staff.model import Knock, Role, initials_of
from turnet.staff.service import entering, feeds, limits, sessions
from turnet.staff.service.entering import Entered

LIFE = {"owner": timedelta(days=1), "invite": timedelta(days=7), "reset": timedelta(days=1)}
"""Kind → how long a link may be used, in real time."""


_LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Link:
    """What stands behind a link that can still be used."""

    kind: str
    user: int | None
    name: str
    email: str = field(repr=False)
    clinic: str = field(default="", repr=False)


async def make(kind: str, user: int | None, real: datetime, *, by: int | None = None) -> str:
    """Returns the token; links of the same kind for the same account die. Inside the act's transaction."""
    token = random.token_urlsafe(32)
    if user is not None:
        await fetch('DELETE FROM staff_link WHERE "user" = {} AND used_at IS NULL RETURNING id', user)
    await fetch(
        'INSERT INTO staff_link (token_hash, kind, "user", made_by, expires_at) VALUES ({}, {}, {}, {}, {})',
        *(token_hash(token), kind, user, by, real + LIFE[kind]),
    )
    return token


async def first_owner(real: datetime) -> str | None:
    """A link for whoever installs this; None once there is an account."""
    async with tx():
        await fetch("DELETE FROM staff_link WHERE expires_at <= {} RETURNING id", real)
        if await fetch("SELECT id FROM staff_user LIMIT 1"):
            return None
        return await make("owner", None, real)


async def behind(knock: Knock, token: str) -> Link:
    """Raises NotFound when it was used, is too old or never was, and TooMany for guesses."""
    rows = await fetch(
        'SELECT l.kind, l."user", COALESCE(u.name, {}), COALESCE(u.email, {}), c.name FROM staff_link l '
        'LEFT JOIN staff_user u ON u.id = l."user" LEFT JOIN clinic c ON c.id = 1 '
        "WHERE l.token_hash = {} AND l.used_at IS NULL AND l.expires_at > {} AND u.disabled_at IS NULL",
        *("", "", token_hash(token), knock.real),
    )
    if rows and not (rows[0][0] == "owner" and await fetch("SELECT id FROM staff_user LIMIT 1")):
        return Link(*rows[0])
    await limits.count(knock, limits.of_links(knock))
    raise NotFound(link="staff")


async def join(
    knock: Knock, token: str, password: str, *, name: str = "", email: str = "", language: str = ""
) -> Entered:
    """Sets the password and logs in; a code that the account asks for is still asked. The link is used up.

    `name` and `email` count for the first owner only: an invitation is bound to its address. Raises Invalid, NotFound.
    """
    link = await behind(knock, token)
    name, email, password = _checked(link, name, email, password)
    made = await secrets.hashed(password)
    async with tx():
        await _use(token, knock.real)
        user = link.user if link.user is not None else await _owner(name, email, language, knock.real)
        await fetch("UPDATE staff_user SET password_hash = {} WHERE id = {} RETURNING id", made, user)
        if link.kind == "invite" and language:
            await fetch("UPDATE staff_user SET language = {} WHERE id = {} RETURNING id", language, user)
        await sessions.end_all(user)
        await feeds.revoke_all(user, real=knock.real)
        act = {"owner": "owner_joined", "invite": "joined", "reset": "password_set"}[link.kind]
        await note(f"staff:{user}", act, real=knock.real, staff=user)
        [(public_id,)] = await fetch("SELECT public_id FROM staff_user WHERE id = {}", user)
        return await entering.enter(knock, user, public_id, await entering.stage_of(user))


def _checked(link: Link, name: str, email: str, password: str) -> tuple[str, str, str]:
    """All that is to be put right, at once. Raises Invalid."""
    wrong: dict[str, str] = {}
    if link.kind == "owner":
        try:
            name, email = cleaned(name, email)
        except Invalid as error:
            wrong |= error.fields
    else:
        name, email = link.name, link.email
    try:
        password = passwords.checked(password, (name, email, link.clinic))
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(wrong)
    return name, email, password


def cleaned(name: str, email: str) -> tuple[str, str]:
    """Raises Invalid for both at once."""
    wrong: dict[str, str] = {}
    try:
        name = clean_name(name)
    except Invalid as error:
        wrong |= error.fields
    try:
        email = clean_email(email)
        if len(email) > _LONGEST_EMAIL:
            wrong["email"] = "too_long"
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(wrong)
    return name, email


async def _use(token: str, real: datetime) -> None:
    """One of two people with the same link wins. Raises NotFound for the other."""
    used = await fetch(
        "UPDATE staff_link SET used_at = {} WHERE token_hash = {} AND used_at IS NULL RETURNING id",
        *(real, token_hash(token)),
    )
    if not used:
        raise NotFound(link="staff")


async def _owner(name: str, email: str, language: str, real: datetime) -> int:
    """The first account; two links at once make one. Raises NotFound."""
    await fetch("UPDATE clinic SET staff_totp = staff_totp WHERE id = 1 RETURNING id")  # its row is the lock
    if await fetch("SELECT id FROM staff_user LIMIT 1"):
        raise NotFound(link="staff")
    return await insert(name, email, Role.OWNER, real, language=language)


async def insert(
    name: str, email: str, role: Role, real: datetime, *, language: str, practitioner: int | None = None,
    all_diaries: bool = False, password_hash: str = "",
) -> int:  # fmt: skip
    """A new account (`practitioner` is a row id); inside the act's transaction."""
    [(id,)] = await fetch(
        "INSERT INTO staff_user (public_id, email, name, initials, role, practitioner, all_diaries, language, "
        "password_hash, totp_secret, totp_step, pin_hash, view, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0, {}, {}, {}) RETURNING id",
        *(random_id(), email, name, initials_of(name), role.value, practitioner, all_diaries, language or "en"),
        *(password_hash, "", "", "{}", real),
    )
    return int(id)
