"""A machine that several people pass by: its session locks after a short while and opens again with a PIN."""

from turnet.audit.service import note
from turnet.db.transactions import after_commit, fetch, tx
from turnet.errors import Invalid, NotAllowed
from turnet.staff import secrets
from turnet.staff.model import Knock, Session
from turnet.staff.service import limits, sessions
from turnet.staff.service.codes import wrong

_ROWS = ("01234567890", "09876543210")


def clean_pin(typed: str) -> str:
    """Four to eight digits. Raises Invalid (`pin`)."""
    pin = typed.strip()
    if not (pin.isascii() and pin.isdecimal() and 4 <= len(pin) <= 8):
        raise Invalid({"pin": "digits"})
    if len(set(pin)) < 3 or any(pin in row for row in _ROWS):
        raise Invalid({"pin": "simple"})
    return pin


async def set_pin(knock: Knock, session: Session, typed: str) -> None:
    made = await secrets.hashed(clean_pin(typed))
    async with tx():
        await fetch("UPDATE staff_user SET pin_hash = {} WHERE id = {} RETURNING id", made, session.staff.id)
        await note(session.staff.actor, "pin_set", real=knock.real, staff=session.staff.id)


async def stand_here(knock: Knock, session: Session, *, on: bool) -> None:
    """This browser stands at the front desk, or no longer. Raises NotAllowed without a PIN to open it again."""
    async with tx():
        [(pin,)] = await fetch("SELECT pin_hash FROM staff_user WHERE id = {}", session.staff.id)
        if on and not pin:
            raise NotAllowed(why="there is no PIN")
        await fetch("UPDATE staff_session SET front_desk = {} WHERE id = {} RETURNING id", on, session.id)
        await note(session.staff.actor, "front_desk", real=knock.real, staff=session.staff.id, facts={"on": on})


async def lock(knock: Knock, session: Session) -> None:
    """At once, in every tab. Raises NotAllowed where no PIN would open it."""
    if not session.front_desk:
        raise NotAllowed(why="not at the front desk")
    async with tx():
        await fetch("UPDATE staff_session SET locked = {} WHERE id = {} RETURNING id", True, session.id)
        await note(session.staff.actor, "locked", real=knock.real, staff=session.staff.id)
        after_commit(lambda: sessions.ended(session.public_id))


async def unlock(knock: Knock, session: Session, typed: str) -> None:
    """Raises Invalid (`pin`: `wrong`), TooMany, and NotSignedIn when too many were wrong."""
    staff = session.staff
    held = limits.of_codes(knock, staff.id, limits.known_device(knock, staff.public_id))
    await limits.count(knock, held)
    [(stored,)] = await fetch("SELECT pin_hash FROM staff_user WHERE id = {}", staff.id)
    if not await secrets.matches(typed.strip()[:8], stored):
        await wrong(knock, session, "unlock_failed")
        raise Invalid({"pin": "wrong"})
    async with tx():
        await limits.forgive(knock, held)
        await fetch(
            "UPDATE staff_session SET locked = {}, tries = 0, seen_at = {} WHERE id = {} RETURNING id",
            *(False, knock.real, session.id),
        )
        await note(staff.actor, "unlocked", real=knock.real, staff=staff.id)
