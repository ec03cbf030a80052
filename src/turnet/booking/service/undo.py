"""Taking back what one has just done to a visit, within ten minutes and if nothing came after it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from turnet.booking import messages
from turnet.booking.model import Act, Event, Visit, Wish
from turnet.booking.queries import history, visit_to_change, visits_of_party
from turnet.booking.service.attempt import attempt, taken
from turnet.booking.service.cancel import UNDO, restored
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import facts, state_of
from turnet.booking.service.move import claim_of, reseat, rewritten
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record
from turnet.booking.service.seating import lock, read_board, seat_exactly
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, SlotTaken, TooLate
from turnet.scheduling.rules import Place

Undo = Callable[[Act, Clinic, Visit, Event], Awaitable[Visit]]


async def undo_last(act: Act, clinic: Clinic, visit_id: int, *, version: int | None = None) -> Visit:
    """Takes back the newest event of a visit: marked, moved, cancelled, booked or noted, by the same person.

    Raises NotFound, NotYours, Stale, NotAllowed when it was somebody else's or cannot be taken back, TooLate after ten
    minutes, SlotTaken with `alternatives` when somebody has the time it had before.
    """
    wish: Wish | None = None

    async def work() -> Visit:
        nonlocal wish
        visit = await visit_to_change(visit_id)
        newest = next(iter(reversed(await history(visit_id))), None)
        what, undo = _UNDOING.get(newest.act if newest else "", ("visit.mark", None))
        staff_only(act, what, visit)
        check_version(visit, version)
        if newest is None or undo is None or newest.actor != act.actor:
            raise NotAllowed(state=visit.state)
        if newest.at + UNDO <= act.now:
            raise TooLate(until=newest.at + UNDO)
        wish = _back_to(newest) if newest.act == "moved" else _there(visit)
        return await undo(act, clinic, visit, newest)

    try:
        return await attempt(work, must=True)
    except SlotTaken as error:
        assert wish is not None, "only a known place can be taken"
        raise await taken(clinic, wish, act) from error


def _there(visit: Visit) -> Wish:
    return Wish(visit.service, minute(visit.starts_at), visit.location, visit.practitioner)


def _back_to(event: Event) -> Wish:
    """The place a visit was moved from."""
    before = event.before
    return Wish(
        service=before["service"],
        start=minute(datetime.fromisoformat(before["starts_at"])),
        location=before["location"],
        practitioner=before["practitioner"],
        room=before["room"],
        extras=tuple(before.get("extras", ())),
        by_hand=True,
        over=before.get("overbooked", False),
    )


async def _unmarked(act: Act, clinic: Clinic, visit: Visit, event: Event) -> Visit:  # noqa: ARG001  (called alike)
    was = replace(visit, state=State(event.before["state"]), checked_in_by=event.before.get("checked_in_by", ""))
    back = await changed(act, visit, was)
    await _record(act, visit, back, event, state_of)
    await bump_diary()
    return back


async def _unmoved(act: Act, clinic: Clinic, visit: Visit, event: Event) -> Visit:
    wish, was = _back_to(event), event.before
    await lock(clinic, [wish])
    claim = await claim_of(visit)
    board = await read_board(act, clinic, [wish], own_claim=claim)
    one = seat_exactly(clinic, wish, board, was["location"], Place(was["practitioner"], was["room"]))
    await reseat(act, claim, board, one)
    earlier = datetime.fromisoformat(was["moved_from"]) if was.get("moved_from") else None
    back = await rewritten(act, clinic, visit, one, state=State(was["state"]), moved_from=earlier)
    await _record(act, visit, back, event, facts)
    if back.sequence > visit.sequence:
        await messages.moved_back(back, clinic, act, told=event.after.get("told", True), since=event.at)
    await bump_diary()
    return back


async def _uncancelled(act: Act, clinic: Clinic, visit: Visit, event: Event) -> Visit:  # noqa: ARG001
    return await restored(act, clinic, visit)


async def _unbooked(act: Act, clinic: Clinic, visit: Visit, event: Event) -> Visit:  # noqa: ARG001
    """With all that was booked together; what is not as it was booked any more stays."""
    for one in await visits_of_party(visit.party) if visit.party else []:
        if one.version == 1 and one.id != visit.id:
            staff_only(act, "visit.book", one)
            await _taken_back(act, clinic, one)
    return await _taken_back(act, clinic, visit)


async def _taken_back(act: Act, clinic: Clinic, visit: Visit) -> Visit:
    """Gone at once: nothing is kept for an undo of the undo."""
    after = replace(
        visit,
        state=State.CANCELLED,
        sequence=visit.sequence + 1,
        cancelled_at=act.now,
        cancelled_by="clinic",
        undo_until=act.now,
    )
    gone = await changed(act, visit, after)
    await fetch("DELETE FROM claim WHERE id = (SELECT claim FROM booking WHERE id = {})", visit.id)
    await record(act, "undone", [(visit.id, facts(visit), facts(gone) | {"undid": "booked"})])
    await messages.taken_back(gone, clinic, act)
    await bump_diary()
    return gone


async def _unnoted(act: Act, clinic: Clinic, visit: Visit, event: Event) -> Visit:  # noqa: ARG001
    [(was,)] = await fetch("SELECT desk_note_was FROM booking WHERE id = {}", visit.id)
    back = await changed(act, visit, replace(visit, desk_note=was), desk_note_was="")
    await _record(act, visit, back, event, state_of)
    await bump_diary()
    return back


async def _record(
    act: Act, visit: Visit, back: Visit, event: Event, said: Callable[[Visit], Mapping[str, Any]]
) -> None:
    await record(act, "undone", [(visit.id, said(visit), {**said(back), "undid": event.act})])


_UNDOING: Mapping[str, tuple[str, Undo]] = {
    "marked": ("visit.mark", _unmarked),
    "moved": ("visit.move", _unmoved),
    "cancelled": ("visit.cancel", _uncancelled),
    "booked": ("visit.book", _unbooked),
    "noted": ("visit.note", _unnoted),
}
"""Event → (permission it takes, how it is taken back)."""
