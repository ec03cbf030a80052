"""Reads of accounts and sessions."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from turnet.db.transactions import fetch
from turnet.ids import token_hash
from turnet.staff.model import Role, Session, Staff

IDLE = timedelta(hours=12)
"""Real time without anybody there after which a session is over."""
FRONT_DESK_IDLE = timedelta(minutes=15)
"""The same on a shared machine, where it only locks."""

WITH_CODES = frozenset({Role.OWNER, Role.MANAGER})
"""Who must confirm a login with a code, unless the owner turned that off."""

STAFF = (
    "u.id, u.public_id, u.name, u.initials, u.role, p.resource, u.all_diaries, u.language, u.email "
    "FROM staff_user u LEFT JOIN practitioner p ON p.id = u.practitioner"
)
"""Columns of a `Staff`, in its order, and the tables they come from."""

_SESSION = (
    "SELECT s.id, s.public_id, s.stage, s.front_desk, s.locked, s.created_at, s.seen_at, s.proven_at, s.ends_at, s.agent, "
    "u.view, u.id, u.public_id, u.name, u.initials, u.role, p.resource, u.all_diaries, u.language, u.email "
    "FROM staff_session s JOIN staff_user u ON u.id = s.user LEFT JOIN practitioner p ON p.id = u.practitioner "
)


def staff_of(cells: tuple[Any, ...]) -> Staff:
    id, public_id, name, initials, role, practitioner, all_diaries, language, email = cells
    return Staff(id, public_id, name, initials, Role(role), practitioner, bool(all_diaries), language, email)


async def session_of(token: str, real: datetime) -> Session | None:
    """The session behind a cookie's token, whatever its stage; None when it ended or its account is disabled.

    At the front desk it is `locked` by itself when nobody was there for a while. Looking does not count as being there.
    """
    rows = await fetch(
        _SESSION + "WHERE s.token_hash = {} AND s.ends_at > {} AND s.seen_at > {} AND u.disabled_at IS NULL",
        *(token_hash(token), real, real - IDLE),
    )
    if not rows:
        return None
    session = session_from(rows[0])
    left_alone = session.front_desk and session.seen_at <= real - FRONT_DESK_IDLE
    return replace(session, locked=session.locked or left_alone)


def session_from(cells: tuple[Any, ...]) -> Session:
    id, public_id, stage, front_desk, locked, created_at, seen_at, proven_at, ends_at, agent, view, *staff = cells
    return Session(
        id, public_id, staff_of(tuple(staff)), stage, bool(front_desk), bool(locked), created_at, seen_at, proven_at, ends_at,
        agent, json.loads(view or "{}"),
    )  # fmt: skip


async def staff_by_id(id: int) -> Staff | None:
    rows = await fetch(f"SELECT {STAFF} WHERE u.id = {{}}", id)
    return staff_of(rows[0]) if rows else None


async def active(roles: Collection[Role]) -> list[Staff]:
    """Everybody with one of these roles who has joined and may log in."""
    rows = await fetch(
        f"SELECT {STAFF} WHERE u.disabled_at IS NULL AND u.password_hash <> {{}} "
        f"AND u.role IN ({', '.join(['{}'] * len(roles))}) ORDER BY u.id",
        *("", *(role.value for role in roles)),
    )
    return [staff_of(row) for row in rows]


async def codes_required(role: Role) -> bool:
    rows = await fetch("SELECT staff_totp FROM clinic WHERE id = 1")
    return role in WITH_CODES and bool(rows and rows[0][0])


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list of accounts."""

    staff: Staff
    practitioner: int | None
    """Row id of whose diary is theirs."""
    state: str
    """`active`, `invited` or `disabled`."""
    has_codes: bool
    has_pin: bool
    seen_at: datetime | None
    """Real time; None: logged out everywhere."""


_ACCOUNTS = f"""SELECT u.practitioner, u.password_hash <> {{}}, u.disabled_at, u.totp_secret <> {{}}, u.pin_hash <> {{}},
    (SELECT s.seen_at FROM staff_session s WHERE s."user" = u.id ORDER BY s.seen_at DESC LIMIT 1), {STAFF}"""  # noqa: S608


async def accounts() -> list[Account]:
    """Everybody, by name."""
    return [_account(row) for row in await fetch(_ACCOUNTS + " ORDER BY u.name, u.id", "", "", "")]


async def account(public_id: str) -> Account | None:
    rows = await fetch(_ACCOUNTS + " WHERE u.public_id = {}", "", "", "", public_id)
    return _account(rows[0]) if rows else None


def _account(cells: tuple[Any, ...]) -> Account:
    practitioner, joined, disabled_at, codes, pin, seen_at, *staff = cells
    state = "disabled" if disabled_at else "active" if joined else "invited"
    return Account(staff_of(tuple(staff)), practitioner, state, bool(codes), bool(pin), seen_at)


async def sessions_of(user: int, real: datetime) -> list[Session]:
    """Where the account is logged in, the newest first."""
    rows = await fetch(
        _SESSION + 'WHERE s."user" = {} AND s.ends_at > {} AND s.seen_at > {} ORDER BY s.seen_at DESC, s.id DESC',
        *(user, real, real - IDLE),
    )
    return [session_from(row) for row in rows]


async def nobody_yet() -> bool:
    """Before the first owner has come."""
    return not await fetch("SELECT id FROM staff_user LIMIT 1")


async def recovery_left(user: int) -> int:
    """Recovery codes that can still be used."""
    [(count,)] = await fetch('SELECT count(*) FROM recovery_code WHERE "user" = {} AND used_at IS NULL', user)
    return int(count)
