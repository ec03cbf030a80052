"""Who may do what to whose: one table, role × act × object. What does not stand here nobody may do.

An object is a diary, named by its practitioner's resource id: `OWN` reaches the person's own, `ALL` everybody's. Acts of
services call `require`, so that every door has the rule; pages ask `may` to know what to offer.
"""

from collections.abc import Mapping
from enum import IntEnum

from turnet.errors import NotYours
from turnet.staff.model import Role, Staff


class Reach(IntEnum):
    NONE = 0
    OWN = 1
    ALL = 2


_ROLES = (Role.OWNER, Role.MANAGER, Role.RECEPTION, Role.PRACTITIONER, Role.READ_ONLY)


def _row(reaches: str) -> Mapping[Role, Reach]:
    """Five letters in the order of the roles: `a` everybody's, `o` their own, `-` none."""
    meaning = {"a": Reach.ALL, "o": Reach.OWN, "-": Reach.NONE}
    return dict(zip(_ROLES, (meaning[letter] for letter in reaches), strict=True))


TABLE: Mapping[str, Mapping[Role, Reach]] = {
    # owner, manager, reception, practitioner, read-only
    "diary.see": _row("aaaoa"),
    "visit.book": _row("aaao-"),
    "visit.overbook": _row("aaao-"),
    "visit.move": _row("aaao-"),
    "visit.cancel": _row("aaao-"),
    "visit.mark": _row("aaao-"),
    "visit.note": _row("aaao-"),
    "time.block": _row("aaao-"),
    "time.late": _row("aaao-"),
    "patient.see": _row("aaaoa"),
    "patient.edit": _row("aaao-"),
    "patient.merge": _row("aaa--"),
    "message.send": _row("aaao-"),
    "inbox.work": _row("aaa--"),
    "feedback.see": _row("aaaoa"),
    "feedback.work": _row("aaao-"),
    "rounds.manage": _row("aa---"),
    "texting.manage": _row("aa---"),
    "value.see": _row("aa---"),
    "staff.manage": _row("aa---"),
    "staff.policy": _row("a----"),
    "audit.see": _row("aa---"),
    "own.account": _row("ooooo"),
    "own.feed": _row("ooooo"),
}


def reach(staff: Staff, act: str) -> Reach:
    """How far the act goes for this person. An act that is not in the table raises KeyError: nobody forgot it quietly."""
    found = TABLE[act][staff.role]
    return Reach.ALL if found is Reach.OWN and staff.all_diaries and not act.startswith("own.") else found


def may(staff: Staff, act: str, *, practitioner: int | None = None) -> bool:
    """With a practitioner (resource id): in their diary. Without: for anybody at all."""
    found = reach(staff, act)
    if found is Reach.OWN and practitioner is not None:
        return practitioner == staff.practitioner
    return found is not Reach.NONE


def require(staff: Staff | None, act: str, *, practitioner: int | None = None) -> None:
    """Raises NotYours, which looks like something that is not there."""
    if staff is None or not may(staff, act, practitioner=practitioner):
        raise NotYours(act=act)
