"""Accounts of others: who is let in, as what, and who no longer. `by` None is whoever sits at the machine itself.

A manager reaches everybody but owners; nobody reaches their own role; the last owner stays.
"""

from dataclasses import dataclass

from turnet.audit.service import note
from turnet.db.guards import translated
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, NotAllowed, NotFound, NotYours
from turnet.staff import permissions
from turnet.staff.model import Knock, Role, Staff
from turnet.staff.service import codes, links, sessions


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is here."""

    role: Role
    practitioner: int | None = None
    """Row id; whose diary is theirs."""
    all_diaries: bool = False

    def __post_init__(self) -> None:
        """Raises Invalid for a practitioner without a diary."""
        if self.role is Role.PRACTITIONER and self.practitioner is None:
            raise Invalid({"practitioner": "required"})


async def invite(
    knock: Knock, by: Staff | None, name: str, email: str, part: Part, *, language: str
) -> tuple[str, str]:
    """Returns the account's public id and the token of its one-time link.

    An address that has an account keeps it untouched. Raises Invalid (`name`, `email`) and NotYours.
    """
    _may(by, part.role)
    name, email = links.cleaned(name, email)
    taken = Invalid({"email": "taken"})
    with translated("staff_user", taken), translated("staff_user_email", taken):
        async with tx():
            user = await links.insert(
                name, email, part.role, knock.real,
                language=language, practitioner=part.practitioner, all_diaries=part.all_diaries,
            )  # fmt: skip
            await _note(knock, by, "invited", user, role=part.role.value)
            [(public_id,)] = await fetch("SELECT public_id FROM staff_user WHERE id = {}", user)
            return str(public_id), await links.make("invite", user, knock.real, by=by.id if by else None)


async def change(knock: Knock, by: Staff | None, public_id: str, part: Part) -> None:
    """Another role or diary: their sessions end, and feeds of the diary before. Raises NotAllowed for one's own, Invalid for the last owner."""
    async with tx():
        found = await _found(by, public_id)
        _may(by, part.role)
        if by and by.public_id == public_id:
            raise NotAllowed(why="one's own role")
        if found.role is Role.OWNER and part.role is not Role.OWNER:
            await _another_owner(found.id)
        await fetch(
            'UPDATE calendar_feed SET revoked_at = {} WHERE "user" = {} AND revoked_at IS NULL AND "user" NOT IN '
            "(SELECT id FROM staff_user WHERE practitioner = {}) RETURNING id",
            *(knock.real, found.id, part.practitioner or 0),
        )
        await fetch(
            "UPDATE staff_user SET role = {}, practitioner = {}, all_diaries = {} WHERE id = {} RETURNING id",
            *(part.role.value, part.practitioner, part.all_diaries, found.id),
        )
        await sessions.end_all(found.id)
        await _note(knock, by, "role_changed", found.id, before=found.role.value, after=part.role.value)


async def disable(knock: Knock, by: Staff | None, public_id: str) -> None:
    """Out at once, on every device; links to this account die. Raises NotAllowed for oneself, Invalid for the last owner."""
    async with tx():
        found = await _found(by, public_id)
        if by and by.public_id == public_id:
            raise NotAllowed(why="oneself")
        if found.role is Role.OWNER:
            await _another_owner(found.id)
        await fetch("UPDATE staff_user SET disabled_at = {} WHERE id = {} RETURNING id", knock.real, found.id)
        await fetch('DELETE FROM staff_link WHERE "user" = {} AND used_at IS NULL RETURNING id', found.id)
        await fetch(
            'UPDATE calendar_feed SET revoked_at = {} WHERE "user" = {} AND revoked_at IS NULL RETURNING id',
            knock.real,
            found.id,
        )
        await sessions.end_all(found.id)
        await _note(knock, by, "disabled", found.id)


async def enable(knock: Knock, by: Staff | None, public_id: str) -> None:
    async with tx():
        found = await _found(by, public_id)
        await fetch("UPDATE staff_user SET disabled_at = NULL WHERE id = {} RETURNING id", found.id)
        await _note(knock, by, "enabled", found.id)


async def end_sessions(knock: Knock, by: Staff | None, public_id: str) -> None:
    async with tx():
        found = await _found(by, public_id)
        await sessions.end_all(found.id)
        await _note(knock, by, "sessions_ended", found.id)


async def link(knock: Knock, by: Staff | None, public_id: str) -> str:
    """A one-time link: the invitation again, or a new password for somebody who has joined. Raises NotAllowed if disabled."""
    async with tx():
        found = await _found(by, public_id)
        if found.disabled:
            raise NotAllowed(why="disabled")
        await _note(knock, by, "reset_made", found.id)
        return await links.make("reset" if found.joined else "invite", found.id, knock.real, by=by.id if by else None)


async def clear_codes(knock: Knock, by: Staff | None, public_id: str) -> None:
    """For a lost telephone: no codes are asked until new ones are set up. Their sessions end."""
    async with tx():
        found = await _found(by, public_id)
        await codes.clear(found.id)
        await sessions.end_all(found.id)
        await _note(knock, by, "codes_cleared", found.id)


async def set_codes_policy(knock: Knock, by: Staff, *, required: bool) -> None:
    """Must owner and managers have codes? Those at work without them set them up before they go on."""
    permissions.require(by, "staff.policy")
    async with tx():
        await fetch("UPDATE clinic SET staff_totp = {} WHERE id = 1 RETURNING id", required)
        if required:
            await fetch(
                "UPDATE staff_session SET stage = 'totp' WHERE stage = 'full' AND \"user\" IN (SELECT id FROM staff_user "
                "WHERE role IN ('owner', 'manager') AND totp_secret = {}) RETURNING id",
                "",
            )
        await note(by.actor, "codes_policy", real=knock.real, facts={"required": required})


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    role: Role
    joined: bool
    disabled: bool


async def _found(by: Staff | None, public_id: str) -> _Found:
    """Inside the act's transaction. Raises NotFound and NotYours, which look alike."""
    rows = await fetch("SELECT id, role, password_hash, disabled_at FROM staff_user WHERE public_id = {}", public_id)
    if not rows:
        raise NotFound(staff=public_id)
    id, role, password, disabled = rows[0]
    _may(by, Role(role))
    return _Found(id, Role(role), bool(password), disabled is not None)


def _may(by: Staff | None, role: Role) -> None:
    """May `by` deal with accounts of this role? Raises NotYours."""
    if by is None:
        return
    permissions.require(by, "staff.manage")
    if role is Role.OWNER and by.role is not Role.OWNER:
        raise NotYours(act="staff.manage")


async def _another_owner(user: int) -> None:
    """Two owners who take each other's part at once: the clinic's row is the lock. Raises Invalid."""
    await fetch("UPDATE clinic SET staff_totp = staff_totp WHERE id = 1 RETURNING id")
    others = await fetch(
        "SELECT id FROM staff_user WHERE role = 'owner' AND id <> {} AND disabled_at IS NULL AND password_hash <> {} LIMIT 1",
        *(user, ""),
    )
    if not others:
        raise Invalid({"role": "last_owner"})


async def _note(knock: Knock, by: Staff | None, act: str, user: int, **facts: object) -> None:
    await note(by.actor if by else "system", act, real=knock.real, staff=user, facts=facts)
