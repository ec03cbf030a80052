"""Cancelling, and taking it back within ten minutes.

A cancelled visit's claim becomes an `undo` that ends by itself: patients are not offered the time while it lasts,
staff may take it. `sequence` only ever rises, also for an undo: a calendar that learned of the cancellation hears of
the visit again under a higher number, and a second cancellation is not mistaken for the first.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from turnet.booking import messages
from turnet.booking.cancellations import CODES
from turnet.booking.model import Act, Visit, Wish
from turnet.booking.queries import visit_to_change
from turnet.booking.service.attempt import attempt, taken
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import facts
from turnet.booking.service.move import reseat
from turnet.booking.service.reach import allow
from turnet.booking.service.rows import bump_diary, insert, record
from turnet.booking.service.seating import lock, read_board, seat_exactly, setup_for
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid, NotAllowed, NotOffered, SlotTaken, TooLate
from turnet.ids import random_id
from turnet.scheduling.policy import Verdict, may_cancel
from turnet.scheduling.rules import Place

UNDO = timedelta(minutes=10)

Party = Literal["patient", "clinic"]


async def cancel(
    act: Act,
    clinic: Clinic,
    visit_id: int,
    *,
    reason: str = "",
    code: str = "",
    version: int | None = None,
    by: Party = "patient",
    tell: bool = True,
) -> Visit:
    """Cancels a visit; one that is cancelled already stays as it is.

    `by`: who wanted it. Staff may cancel after the last moment, and the visit says that it was late; they may leave the
    patient untold. `reason` is what staff wrote, `code` what the patient tapped. Raises Invalid, NotFound, NotYours, Stale, NotAllowed, TooLate (not for staff).
    """

    _check_code(code)

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        allow(act, "visit.cancel", visit.practitioner)
        if visit.state == State.CANCELLED:
            return visit
        check_version(visit, version)
        if not visit.coming:
            raise NotAllowed(state=visit.state)
        verdict = _verdict(act, clinic, visit)
        if not (verdict.allowed or act.by_staff):
            raise TooLate(until=instant(verdict.until))
        cancelled = replace(visit, cancelled_by=by, cancelled_late=not verdict.allowed, cancel_code=code)
        return await _cancelled(act, clinic, visit, cancelled, reason, tell=tell)

    return await attempt(work, must=True)


def _check_code(code: str) -> None:
    if code and code not in CODES:
        raise Invalid({"code": "unknown"})


async def say_why(visit_id: int, code: str) -> None:
    """Adds to a visit that its patient has cancelled why they did. Raises Invalid, and NotAllowed for any other visit.

    It is counted and changes nothing that anybody is told, so the visit's version and history stay as they are.
    """
    _check_code(code)
    async with tx():
        said = await fetch(
            "UPDATE booking SET cancel_code = {} WHERE id = {} AND state = 'cancelled' AND cancelled_by = 'patient' "
            "RETURNING id",
            *(code, visit_id),
        )
    if not said:
        raise NotAllowed(state="not_cancelled")


def _verdict(act: Act, clinic: Clinic, visit: Visit) -> Verdict:
    return may_cancel(clinic.service(visit.service).rules, minute(visit.starts_at), minute(act.now))


async def _cancelled(act: Act, clinic: Clinic, visit: Visit, after: Visit, reason: str, *, tell: bool) -> Visit:
    until = act.now + UNDO
    cancelled = await changed(
        act,
        visit,
        replace(
            after,
            state=State.CANCELLED,
            sequence=visit.sequence + 1,
            cancelled_at=act.now,
            undo_until=until,
        ),
        cancel_reason=reason,
    )
    await fetch(
        "UPDATE claim SET kind = 'undo', expires_at = {} WHERE id = (SELECT claim FROM booking WHERE id = {})",
        *(until, visit.id),
    )
    how = {"late": cancelled.cancelled_late, "by": cancelled.cancelled_by, "told": tell}
    await record(act, "cancelled", [(visit.id, facts(visit), facts(cancelled) | how)])
    await messages.cancelled(cancelled, clinic, act, tell=tell)
    await bump_diary()
    return cancelled


async def undo_cancel(act: Act, clinic: Clinic, visit_id: int) -> Visit:
    """Brings a visit back to the time it had; one that is coming already stays as it is.

    What the clinic cancelled only the clinic brings back.

    Raises NotFound, NotYours, NotAllowed, TooLate, and SlotTaken with `alternatives` when staff gave the time to
    somebody else.
    """
    visit: Visit | None = None

    async def work() -> Visit:
        nonlocal visit
        visit = await visit_to_change(visit_id)
        allow(act, "visit.cancel", visit.practitioner)
        if visit.coming:
            return visit
        if visit.state != State.CANCELLED or visit.undo_until is None:
            raise NotAllowed(state=visit.state)
        if visit.cancelled_by == "clinic" and not act.by_staff:
            raise NotAllowed(state=visit.state)
        if visit.undo_until <= act.now:
            raise TooLate(until=visit.undo_until)
        return await restored(act, clinic, visit)

    try:
        return await attempt(work, must=True)
    except SlotTaken as error:
        assert visit is not None
        wish = Wish(visit.service, minute(visit.starts_at), visit.location, visit.practitioner)
        raise await taken(clinic, wish, act) from error


async def restored(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    """Inside a transaction: the cancelled visit has its time again. Raises SlotTaken, NotAllowed."""
    kept = await fetch(
        "UPDATE claim SET kind = 'booking', expires_at = NULL "
        "WHERE id = (SELECT claim FROM booking WHERE id = {}) AND kind = 'undo' RETURNING id",
        visit.id,
    )
    claim = kept[0][0] if kept else await _occupied_anew(act, clinic, visit)
    back = replace(visit, state=State.BOOKED, sequence=visit.sequence + 1, cancelled_at=None, undo_until=None)
    back = await changed(
        act, visit, replace(back, cancelled_by="", cancelled_late=False, cancel_code=""), cancel_reason="", claim=claim
    )
    await record(act, "undone", [(visit.id, facts(visit), facts(back) | {"undid": "cancelled"})])
    await messages.undone(back, clinic, act)
    await bump_diary()
    return back


async def _occupied_anew(act: Act, clinic: Clinic, visit: Visit) -> int:
    """A claim on the time it had, because its own gave way to a hold or a visit that staff made there meanwhile.

    Raises SlotTaken while that is still there, NotAllowed when the clinic does not do this any more.
    """
    wish = Wish(
        visit.service, minute(visit.starts_at), visit.location, visit.practitioner, room=visit.room,
        extras=visit.extras, by_hand=True, over=visit.overbooked,
    )  # fmt: skip
    try:
        setup_for(clinic, wish).services[wish.service]
    except (NotOffered, KeyError):
        raise NotAllowed(state=visit.state) from None
    await lock(clinic, [wish])
    board = await read_board(act, clinic, [wish])
    one = seat_exactly(clinic, wish, board, visit.location, Place(visit.practitioner, visit.room))
    [claim] = await insert("claim", [{"kind": "booking", "public_id": random_id(), "made_at": act.now}])
    await reseat(act, claim, board, one)
    return claim
