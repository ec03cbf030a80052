"""What everybody does about their own account."""

from datetime import datetime, timedelta

from turnet.audit.service import note
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.i18n import LANGUAGES
from turnet.patients.model import clean_name
from turnet.staff import passwords, secrets
from turnet.staff.model import Knock, Session
from turnet.staff.service import limits, sessions

PROVEN_FOR = timedelta(minutes=15)
"""How long after the password was given a sensitive act does not ask for it again; real time."""


def proven(session: Session, real: datetime) -> bool:
    return real - session.proven_at < PROVEN_FOR


async def prove(knock: Knock, session: Session, password: str) -> None:
    """Before a sensitive act: nothing when the password was given a moment ago. Raises Invalid (`current`) and TooMany."""
    if not proven(session, knock.real):
        await _give(knock, session, password)


async def _give(knock: Knock, session: Session, password: str) -> None:
    staff = session.staff
    held = limits.of_codes(knock, staff.id, session.public_id)
    await limits.count(knock, held)
    [(stored,)] = await fetch("SELECT password_hash FROM staff_user WHERE id = {}", staff.id)
    if not await secrets.matches(passwords.normal(password[: passwords.LONGEST + 1]), stored):
        async with tx():
            await note("visitor", "proof_failed", real=knock.real, staff=staff.id, facts={"from": knock.address[:8]})
        raise Invalid({"current": "wrong"})
    async with tx():
        await limits.forgive(knock, held)
        await fetch("UPDATE staff_session SET proven_at = {} WHERE id = {} RETURNING id", knock.real, session.id)


async def change_password(knock: Knock, session: Session, current: str, new: str) -> str:
    """Always asks for the current one. Every other session ends, and a link that lay about; returns this one's new token.

    Raises Invalid (`current`, `new`) and TooMany.
    """
    staff = session.staff
    [(clinic,)] = await fetch("SELECT name FROM clinic WHERE id = 1")
    new = passwords.checked(new, (staff.name, staff.email, clinic), field="new")
    await _give(knock, session, current)
    made = await secrets.hashed(new)
    async with tx():
        await fetch("UPDATE staff_user SET password_hash = {} WHERE id = {} RETURNING id", made, staff.id)
        await fetch('DELETE FROM staff_link WHERE "user" = {} AND used_at IS NULL RETURNING id', staff.id)
        await sessions.end_all(staff.id, but=session.id)
        await note(staff.actor, "password_set", real=knock.real, staff=staff.id)
        return await sessions.renew(session.id)


async def set_name(knock: Knock, session: Session, name: str, initials: str, language: str) -> None:
    """How others see them, and what the desk speaks to them. Raises Invalid (`name`, `initials`, `language`)."""
    wrong: dict[str, str] = {}
    try:
        name = clean_name(name)
    except Invalid as error:
        wrong |= error.fields
    try:
        initials = clean_initials(initials)
    except Invalid as error:
        wrong |= error.fields
    if language not in LANGUAGES:
        wrong["language"] = "unknown"
    if wrong:
        raise Invalid(wrong)
    async with tx():
        await fetch(
            "UPDATE staff_user SET name = {}, initials = {}, language = {} WHERE id = {} RETURNING id",
            *(name, initials, language, session.staff.id),
        )
        await note(session.staff.actor, "name_set", real=knock.real, staff=session.staff.id)


def clean_initials(typed: str) -> str:
    """One to four letters or digits. Raises Invalid (`initials`)."""
    initials = typed.strip()
    if not (1 <= len(initials) <= 4 and initials.isalnum()):
        raise Invalid({"initials": "letters"})
    return initials
