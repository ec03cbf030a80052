"""Moving: the new time is taken and the old one given back in one transaction, so nobody ends up with neither."""

from dataclasses import replace
from datetime import datetime

from turnet.booking import messages
from turnet.booking.model import Act, Visit, Wish
from turnet.booking.queries import local_minute, visit_to_change
from turnet.booking.service.attempt import attempt, settled, taken
from turnet.booking.service.book import overbooking
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import facts
from turnet.booking.service.reach import allow, within_reach
from turnet.booking.service.rows import NO_LANES, bump_diary, drop_claims, free_lanes, insert, occupy, record
from turnet.booking.service.seating import Board, Seated, check_wish, lock, read_board, rules_for, seat
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, SlotTaken, TooLate
from turnet.scheduling.policy import may_move
from turnet.scheduling.rules import Place


async def move(
    act: Act,
    clinic: Clinic,
    visit_id: int,
    wish: Wish,
    *,
    version: int | None = None,
    tell: bool = True,
    reason: str = "",
) -> Visit:
    """Moves a visit to another time, person or place; to where it is already changes nothing.

    Its own time counts as free. Without a wished practitioner it stays with its own if they can, and with the same
    service it keeps its further ones. One that was overbooked is not any more, unless it is wished so, with a `reason`.
    Staff may leave the patient untold. Raises NotFound, NotYours, Stale, NotAllowed, TooLate (not for staff), SlotTaken
    with `alternatives`, NotOffered, Invalid (`reason`).
    """
    check_wish(act, wish)
    if wish.over:
        overbooking(act, wish, reason)

    async def work(clinic: Clinic) -> Visit:
        visit = await visit_to_change(visit_id)
        allow(act, "visit.move", visit.practitioner)
        check_version(visit, version)
        if not visit.coming or (wish.service != visit.service and not act.by_staff):
            raise NotAllowed(state=visit.state)
        wanted = _with_extras(visit, within_reach(act, wish, "visit.move"))
        if _is_there(visit, wanted):
            return visit
        _check_time(act, clinic, visit)
        rules_for(act, clinic, wanted)
        await lock(clinic, [wanted])
        return await _moved(act, clinic, visit, wanted, tell=tell, reason=reason.strip())

    try:
        return await settled(clinic, lambda current: attempt(lambda: work(current), must=True))
    except SlotTaken as error:
        raise await taken(clinic, wish, act) from error


def _with_extras(visit: Visit, wish: Wish) -> Wish:
    keeps = not wish.extras and wish.service == visit.service
    return replace(wish, extras=visit.extras) if keeps else wish


def _is_there(visit: Visit, wish: Wish) -> bool:
    return (
        wish.start == minute(visit.starts_at)
        and (wish.service, wish.extras, wish.over) == (visit.service, visit.extras, visit.overbooked)
        and wish.location in (None, visit.location)
        and wish.practitioner in (None, visit.practitioner)
        and wish.room in (None, visit.room)
    )


def _check_time(act: Act, clinic: Clinic, visit: Visit) -> None:
    """Raises TooLate with the last moment it could have been moved."""
    verdict = may_move(clinic.service(visit.service).rules, minute(visit.starts_at), minute(act.now))
    if not (verdict.allowed or act.by_staff):
        raise TooLate(until=instant(verdict.until))


async def _moved(act: Act, clinic: Clinic, visit: Visit, wish: Wish, *, tell: bool, reason: str) -> Visit:
    claim = await claim_of(visit)
    board = await read_board(act, clinic, [wish], own_claim=claim)
    [one] = seat(act, clinic, [wish], board, keep=Place(visit.practitioner, visit.room))
    await reseat(act, claim, board, one)
    # What was confirmed was another time.
    moved = await rewritten(act, clinic, visit, one, state=State.BOOKED, moved_from=visit.starts_at)
    before = facts(visit) | {"moved_from": visit.moved_from.isoformat() if visit.moved_from else None}
    after = facts(moved) | {"told": tell} | ({"reason": reason} if moved.overbooked else {})
    await record(act, "moved", [(visit.id, before, after)])
    if moved.sequence > visit.sequence:
        await messages.moved(moved, clinic, act, tell=tell)
    await bump_diary(clinic)
    return moved


async def claim_of(visit: Visit) -> int:
    [(claim,)] = await fetch("SELECT claim FROM booking WHERE id = {}", visit.id)
    assert claim is not None, "a coming visit has a claim"
    return int(claim)


async def reseat(act: Act, claim: int, board: Board, one: Seated) -> None:
    """The claim occupies this place and no other."""
    over = one.wish.over
    await drop_claims(act, board.under([one.footprint], beside=over))
    await fetch("DELETE FROM occupancy WHERE claim = {}", claim)
    await occupy([(claim, one.footprint)], await free_lanes(one.footprint) if over else NO_LANES)


async def rewritten(
    act: Act, clinic: Clinic, visit: Visit, one: Seated, *, state: State, moved_from: datetime | None
) -> Visit:
    """The visit's row says where it is now; a new time or place is a new visit for reminders, and in that `state`.

    Another room, or a lane, is nothing that a patient hears of, or would have to confirm.
    """
    moved = replace(
        visit,
        service=one.wish.service,
        practitioner=one.place.practitioner,
        room=one.place.room,
        location=one.location,
        starts_at=instant(one.wish.start),
        ends_at=instant(one.end),
        zone=clinic.zone.key,
        overbooked=one.wish.over,
        extras=one.wish.extras,
    )
    if _seen(moved) != _seen(visit):
        sequence, visit_no = visit.sequence + 1, visit.visit_no + 1
        moved = replace(moved, state=state, sequence=sequence, visit_no=visit_no, moved_from=moved_from)
    if moved.extras != visit.extras:
        await _write_extras(moved)
    return await changed(
        act,
        visit,
        moved,
        practitioner=clinic.practitioner(one.place.practitioner).row,
        room=None if one.place.room is None else clinic.room(one.place.room).row,
        wall_start=local_minute(clinic, one.wish.start),
    )


def _seen(visit: Visit) -> tuple[object, ...]:
    return visit.starts_at, visit.ends_at, visit.services, visit.practitioner, visit.location


async def _write_extras(visit: Visit) -> None:
    await fetch("DELETE FROM booking_extra WHERE booking = {}", visit.id)
    rows = [{"booking": visit.id, "service": extra, "position": n} for n, extra in enumerate(visit.extras)]
    if rows:
        await insert("booking_extra", rows)
