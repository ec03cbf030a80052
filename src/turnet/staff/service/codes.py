"""Codes of an authenticator (TOTP): six digits every half minute, each good once; recovery codes for a lost telephone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp

from turnet.audit.service import note
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, NotAllowed, NotSignedIn
from turnet.ids import random_id
from turnet.staff import secrets
from turnet.staff.model import Knock, Session, Staff
from turnet.staff.queries import codes_required, recovery_left
from turnet.staff.service import limits, sessions
from turnet.staff.service.entering import Entered

STEP_SECONDS = 30
_DIGITS = 6
RECOVERY_CODES = 8
MOST_TRIES = 5
"""Wrong codes or PINs before the password is asked again."""
SEED_LIFE = timedelta(minutes=30)
"""How long a picture may stand on a screen before it is confirmed."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A new secret that nobody has confirmed yet. It is stored nowhere: the page brings `sealed` back."""

    secret: str = field(repr=False)
    sealed: str = field(repr=False)
    address: str = field(repr=False)
    """`otpauth://…`, what the picture says."""


def new_seed(knock: Knock, staff: Staff, clinic: str) -> Seed:
    secret = pyotp.random_base32()
    until = int((knock.real + SEED_LIFE).timestamp())
    return _seed(secret, secrets.seal(knock.key, f"{staff.id}:{until}:{secret}"), staff, clinic)


def same_seed(knock: Knock, staff: Staff, clinic: str, sealed: str) -> Seed:
    """Of a page that is shown again. Raises Invalid (`seed`)."""
    return _seed(_opened(knock, staff, sealed), sealed, staff, clinic)


def _seed(secret: str, sealed: str, staff: Staff, clinic: str) -> Seed:
    return Seed(secret, sealed, pyotp.TOTP(secret).provisioning_uri(name=staff.email, issuer_name=clinic))


def _opened(knock: Knock, staff: Staff, sealed: str) -> str:
    user, _, rest = (secrets.unseal(knock.key, sealed) or "").partition(":")
    until, _, secret = rest.partition(":")
    if user != str(staff.id) or int(until) < knock.real.timestamp():
        raise Invalid({"seed": "old"})
    return secret


def step_of(secret: str, typed: str, real: datetime, after: int) -> int | None:
    """The time step that the code belongs to, one before or after now at most, and later than `after`; else None."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    now, codes = int(real.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    fitting = (
        step
        for step in (now - 1, now, now + 1)
        if step > after and compare_digest(codes.at(step * STEP_SECONDS), digits)
    )
    return next(fitting, None)


async def enter(knock: Knock, session: Session, typed: str) -> Entered:
    """The second half of logging in, by code or recovery code.

    Raises Invalid (`code`: `wrong`), TooMany, and NotSignedIn when too many were wrong: then the password is asked again.
    """
    staff = session.staff
    held = limits.of_codes(knock, staff.id, limits.known_device(knock, staff.public_id))
    await limits.count(knock, held)
    async with tx():
        right = await _used(knock, staff, typed)
        if right:
            await limits.forgive(knock, held)
            token = await sessions.renew(session.id)
            await note(staff.actor, "login", real=knock.real, staff=staff.id)
    if not right:
        await wrong(knock, session, "code_failed")
        raise Invalid({"code": "wrong"})
    return Entered(token, "full", limits.device(knock.key, staff.public_id, random_id()))


async def _used(knock: Knock, staff: Staff, typed: str) -> bool:
    """Takes a code of this moment, or a recovery code, and sees to it that nobody uses it again."""
    if sum(sign.isalnum() for sign in typed) > _DIGITS:
        return await _recovered(knock, staff, typed)
    [(sealed, last)] = await fetch("SELECT totp_secret, totp_step FROM staff_user WHERE id = {}", staff.id)
    secret = secrets.unseal(knock.key, sealed)
    step = step_of(secret, typed, knock.real, last) if secret else None
    return step is not None and bool(
        await fetch(
            "UPDATE staff_user SET totp_step = {} WHERE id = {} AND totp_step < {} RETURNING id", step, staff.id, step
        )
    )


async def _recovered(knock: Knock, staff: Staff, typed: str) -> bool:
    used = await fetch(
        'UPDATE recovery_code SET used_at = {} WHERE "user" = {} AND code_hash = {} AND used_at IS NULL RETURNING id',
        *(knock.real, staff.id, secrets.recovery_hash(typed)),
    )
    if used:
        await note(
            staff.actor, "recovery_used", real=knock.real, staff=staff.id, facts={"left": await recovery_left(staff.id)}
        )
    return bool(used)


async def wrong(knock: Knock, session: Session, act: str) -> None:
    """Counts a wrong code or PIN; with too many the session ends and NotSignedIn is raised."""
    async with tx():
        rows = await fetch("UPDATE staff_session SET tries = tries + 1 WHERE id = {} RETURNING tries", session.id)
        over = not rows or rows[0][0] >= MOST_TRIES
        if over:
            await sessions.end([session.public_id])
        await note("visitor", act, real=knock.real, staff=session.staff.id, facts={"from": knock.address[:8]})
    if over:
        raise NotSignedIn(stage="login")


# --- setting up


async def turn_on(knock: Knock, session: Session, sealed: str, typed: str) -> tuple[list[str], Entered]:
    """Begins to ask for codes: the code proves that the picture arrived. Returns recovery codes, which are shown once.

    Every other session ends. Raises Invalid (`code` or `seed`).
    """
    staff = session.staff
    secret = _opened(knock, staff, sealed)
    step = step_of(secret, typed, knock.real, 0)
    if step is None:
        raise Invalid({"code": "wrong"})
    async with tx():
        await fetch(
            "UPDATE staff_user SET totp_secret = {}, totp_step = {} WHERE id = {} RETURNING id",
            *(secrets.seal(knock.key, secret), step, staff.id),
        )
        codes = await _make_recovery(staff)
        await sessions.end_all(staff.id, but=session.id)
        token = await sessions.renew(session.id)
        await note(staff.actor, "codes_on", real=knock.real, staff=staff.id)
        if session.stage != "full":
            await note(staff.actor, "login", real=knock.real, staff=staff.id)
    return codes, Entered(token, "full", limits.device(knock.key, staff.public_id, random_id()))


async def turn_off(knock: Knock, session: Session) -> None:
    """Raises NotAllowed where the role must have codes."""
    if await codes_required(session.staff.role):
        raise NotAllowed(why="codes are required")
    async with tx():
        await clear(session.staff.id)
        await sessions.end_all(session.staff.id, but=session.id)
        await note(session.staff.actor, "codes_off", real=knock.real, staff=session.staff.id)


async def clear(user: int) -> None:
    """Inside the act's transaction."""
    await fetch("UPDATE staff_user SET totp_secret = {}, totp_step = 0 WHERE id = {} RETURNING id", "", user)
    await fetch('DELETE FROM recovery_code WHERE "user" = {} RETURNING id', user)


async def recovery(knock: Knock, session: Session) -> list[str]:
    """New recovery codes; those from before are dead. Raises NotAllowed where no codes are asked."""
    staff = session.staff
    async with tx():
        [(sealed,)] = await fetch("SELECT totp_secret FROM staff_user WHERE id = {}", staff.id)
        if not sealed:
            raise NotAllowed(why="no codes are asked")
        codes = await _make_recovery(staff)
        await note(staff.actor, "recovery_made", real=knock.real, staff=staff.id)
    return codes


async def _make_recovery(staff: Staff) -> list[str]:
    await fetch('DELETE FROM recovery_code WHERE "user" = {} RETURNING id', staff.id)
    codes = [secrets.recovery_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        await fetch(
            'INSERT INTO recovery_code ("user", code_hash) VALUES ({}, {})', staff.id, secrets.recovery_hash(code)
        )
    return codes
