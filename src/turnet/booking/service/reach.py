"""Whose diary somebody at the desk acts in: asked by every act, so that every door has the same answer."""

from dataclasses import replace

from turnet.booking.model import Act, Visit, Wish
from turnet.errors import NotYours
from turnet.staff.model import Staff
from turnet.staff.permissions import Reach, reach, require


def allow(act: Act, what: str, practitioner: int) -> None:
    """Of an act that patients have too. Raises NotYours for staff whose role does not reach this practitioner."""
    if act.staff is not None:
        require(act.staff, what, practitioner=practitioner)


def staff_only(act: Act, what: str, visit: Visit) -> Staff:
    """Of an act on a visit that only staff have. Raises NotYours."""
    require(act.staff, what, practitioner=visit.practitioner)
    assert act.staff is not None, "nobody else passes"
    return act.staff


def within_reach(act: Act, wish: Wish, what: str) -> Wish:
    """The wish, narrowed to their own diary for staff who work in no other. Raises NotYours."""
    if act.staff is None:
        return wish
    if wish.practitioner is not None:
        require(act.staff, what, practitioner=wish.practitioner)
        return wish
    found = reach(act.staff, what)
    if found is Reach.NONE or (found is Reach.OWN and act.staff.practitioner is None):
        raise NotYours(act=what)
    return replace(wish, practitioner=act.staff.practitioner) if found is Reach.OWN else wish
