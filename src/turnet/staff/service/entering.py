"""Logging in: a password, then a code where the account has one. The answer never tells which of them was wrong, or for whom."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from turnet.audit.service import note
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, TooMany
from turnet.ids import random_id
from turnet.staff import secrets
from turnet.staff.model import Knock, Role
from turnet.staff.passwords import LONGEST, normal
from turnet.staff.queries import codes_required
from turnet.staff.service import limits, sessions

_COLUMNS = "id, public_id, role, password_hash, totp_secret, disabled_at FROM staff_user"


@dataclass(frozen=True, slots=True)
class Entered:
    """A new token for the browser, and what is still missing: `code`, `totp`, or nothing (`full`)."""

    token: str = field(repr=False)
    stage: str
    device: str = field(default="", repr=False)
    """For the browser to be known by next time; given once nothing is missing."""


async def log_in(knock: Knock, email: str, password: str, *, old: str = "") -> Entered:
    """`old` is the token that the browser had, whose session ends. Raises Invalid (`password`: `wrong`) and TooMany."""
    account = email.strip().lower()
    rows = await fetch(f"SELECT {_COLUMNS} WHERE email = {{}}", account)
    user = _User(*rows[0]) if rows else None
    known = limits.known_device(knock, user.public_id) if user else ""
    held = limits.of_passwords(knock, account, known)
    try:
        await limits.count(knock, held)
    except TooMany as error:
        if error.facts.get("first"):
            await _noted(knock, "login_stopped", user)
        raise
    if not await _right(password, user, stranger=not known):
        await _noted(knock, "login_failed", user)
        wait = await limits.seconds_to_wait(knock, account)
        await asyncio.sleep(0 if known else wait)
        raise Invalid({"password": "wrong"})
    assert user is not None
    renewed = await secrets.hashed(normal(password)) if secrets.outdated(user.password_hash) else ""
    async with tx():
        await _unchanged(user)
        await limits.forgive(knock, held)
        if renewed:
            await fetch("UPDATE staff_user SET password_hash = {} WHERE id = {} RETURNING id", renewed, user.id)
        await sessions.end_if_known(old)
        return await enter(knock, user.id, user.public_id, await _stage(user))


async def enter(knock: Knock, user: int, public_id: str, stage: str) -> Entered:
    """Begins a session; whoever calls has seen the proof. Inside the act's transaction."""
    token = await sessions.begin(knock, user, stage)
    if stage != "full":
        return Entered(token, stage)
    await note(f"staff:{user}", "login", real=knock.real, staff=user)
    return Entered(token, stage, limits.device(knock.key, public_id, random_id()))


async def stage_of(user: int) -> str:
    """What is missing once the password is right. Inside the act's transaction."""
    [row] = await fetch(f"SELECT {_COLUMNS} WHERE id = {{}}", user)
    return await _stage(_User(*row))


@dataclass(frozen=True, slots=True)
class _User:
    id: int
    public_id: str
    role: str
    password_hash: str = field(repr=False)
    totp_secret: str = field(repr=False)
    disabled_at: Any


async def _right(password: str, user: _User | None, *, stranger: bool) -> bool:
    """Takes as long for nobody, for a disabled account and for one whose invitation was not taken up."""
    stored = user.password_hash if user else ""
    right = await secrets.matches(normal(password[: LONGEST + 1]), stored, stranger=stranger)
    return right and user is not None and user.disabled_at is None


async def _unchanged(user: _User) -> None:
    """Raises Invalid when the account was disabled or got another password while this one was looked at."""
    rows = await fetch("SELECT password_hash, disabled_at FROM staff_user WHERE id = {}", user.id)
    if rows != [(user.password_hash, None)]:
        raise Invalid({"password": "wrong"})


async def _stage(user: _User) -> str:
    if user.totp_secret:
        return "code"
    return "totp" if await codes_required(Role(user.role)) else "full"


async def _noted(knock: Knock, act: str, user: _User | None) -> None:
    async with tx():
        await note("visitor", act, real=knock.real, staff=user.id if user else None, facts={"from": knock.address[:8]})
