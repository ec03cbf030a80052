"""Accounts as whoever sits at the machine itself deals with them: by address, with nobody's permission to ask for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from turnet.db.transactions import fetch
from turnet.errors import Invalid
from turnet.staff.model import Knock, Role
from turnet.staff.service import accounts
from turnet.staff.service.accounts import Part

_LINES: Mapping[tuple[str, str], str] = {
    ("email", "taken"): "there is an account with that address; turnet user reset prints a link for it",
    (
        "practitioner",
        "required",
    ): "--practitioner is missing: whose diary is theirs? The address of their page ends with it",
    ("practitioner", "unknown"): "there is no practitioner of that short name; the address of their page ends with it",
    ("role", "last_owner"): "this is the only owner; make somebody else owner first",
}


class Refused(ValueError):
    """One line that says why, and what to do."""


@contextmanager
def _in_a_line() -> Iterator[None]:
    """Raises Refused for Invalid."""
    try:
        yield
    except Invalid as error:
        said = [_LINES.get(wrong) or f"{wrong[0]} cannot be used: {wrong[1]}" for wrong in error.fields.items()]
        raise Refused("; ".join(said)) from error


async def add(real: datetime, *, email: str, name: str, role: str, practitioner: str, all_diaries: bool) -> str:
    """Returns the token of a one-time link; `practitioner` is a slug or empty. Raises Refused."""
    clinic = await fetch("SELECT languages FROM clinic WHERE id = 1")
    language = clinic[0][0].partition(",")[0] if clinic else "en"
    with _in_a_line():
        part = Part(Role(role), await _diary(practitioner), all_diaries)
        _public_id, token = await accounts.invite(_here(real), None, name, email, part, language=language)
    return token


async def _diary(slug: str) -> int | None:
    """The practitioner's row id. Raises Invalid."""
    rows = await fetch("SELECT id FROM practitioner WHERE slug = {}", slug) if slug else [(None,)]
    if not rows:
        raise Invalid({"practitioner": "unknown"})
    return None if rows[0][0] is None else int(rows[0][0])


async def disable(real: datetime, email: str) -> None:
    """Raises Refused, for the last owner too."""
    with _in_a_line():
        await accounts.disable(_here(real), None, await _public_id_of(email))


async def enable(real: datetime, email: str) -> None:
    await accounts.enable(_here(real), None, await _public_id_of(email))


async def reset(real: datetime, email: str) -> str:
    """Forgets the codes, ends the sessions, returns the token of a one-time link."""
    public_id = await _public_id_of(email)
    await accounts.clear_codes(_here(real), None, public_id)
    return await accounts.link(_here(real), None, public_id)


def _here(real: datetime) -> Knock:
    return Knock(real, key=b"", limited=False)


async def _public_id_of(email: str) -> str:
    rows = await fetch("SELECT public_id FROM staff_user WHERE email = {}", email.strip().lower())
    if not rows:
        raise Refused(f"there is no account with the address {email}; turnet user list shows them")
    return str(rows[0][0])
