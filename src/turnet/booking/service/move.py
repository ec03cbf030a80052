"""Moving: the new time is taken and the old one given back in one transaction, so nobody ends up with neither."""

from dataclasses import replace

from turnet.booking import messages
from turnet.booking.model import Act, Visit, Wish
from turnet.booking.queries import local_minute, visit_to_change
from turnet.booking.service.attempt import attempt, taken
from turnet.booking.service.book import facts
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.rows import bump_diary, drop_claims, occupy, record
from turnet.booking.service.seating import Seated, lock, read_board, rules_for, seat
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.clock import instant, minute
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, SlotTaken, TooLate
from turnet.scheduling.policy import may_move
from turnet.scheduling.rules import Place


async def move(act: Act, clinic: Clinic, visit_id: int, wish: Wish, *, version: int | None = None) -> Visit:
    """Moves a visit to another time, person or place; to where it is already changes nothing.

    Its own time counts as free. Without a wished practitioner it stays with its own if they can. Raises NotFound,
    Stale, NotAllowed, TooLate (not for staff), SlotTaken with `alternatives`, NotOffered.
    """

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        check_version(visit, version)
        if not visit.coming or (wish.service != visit.service and not act.by_staff):
            raise NotAllowed(state=visit.state)
        if _is_there(visit, wish):
            return visit
        _check_time(act, clinic, visit)
        rules_for(act, clinic, wish)
        await lock(clinic, [wish])
        return await _moved(act, clinic, visit, wish)

    try:
        return await attempt(work, must=True)
    except SlotTaken as error:
        raise await taken(clinic, wish, act) from error


def _is_there(visit: Visit, wish: Wish) -> bool:
    return (
        wish.start == minute(visit.starts_at)
        and wish.service == visit.service
        and wish.location in (None, visit.location)
        and wish.practitioner in (None, visit.practitioner)
    )


def _check_time(act: Act, clinic: Clinic, visit: Visit) -> None:
    """Raises TooLate with the last moment it could have been moved."""
    verdict = may_move(clinic.service(visit.service).rules, minute(visit.starts_at), minute(act.now))
    if not (verdict.allowed or act.by_staff):
        raise TooLate(until=instant(verdict.until))


async def _moved(act: Act, clinic: Clinic, visit: Visit, wish: Wish) -> Visit:
    claim = await _claim_of(visit)
    board = await read_board(act, clinic, [wish], own_claim=claim)
    [one] = seat(act, clinic, [wish], board, keep=Place(visit.practitioner, visit.room))
    await drop_claims(act, board.under([one.footprint]))
    await fetch("DELETE FROM occupancy WHERE claim = {}", claim)
    await occupy([(claim, one.footprint)])
    moved = await _written(act, clinic, visit, one)
    await record(act, "moved", [(visit.id, facts(visit), facts(moved))])
    await messages.moved(moved, clinic, act)
    await bump_diary()
    return moved


async def _claim_of(visit: Visit) -> int:
    [(claim,)] = await fetch("SELECT claim FROM booking WHERE id = {}", visit.id)
    assert claim is not None, "a coming visit has a claim"
    return int(claim)


async def _written(act: Act, clinic: Clinic, visit: Visit, one: Seated) -> Visit:
    """A moved visit is no longer confirmed: what was confirmed is another time."""
    moved = replace(
        visit,
        state=State.BOOKED,
        service=one.wish.service,
        practitioner=one.place.practitioner,
        room=one.place.room,
        location=one.location,
        starts_at=instant(one.wish.start),
        ends_at=instant(one.end),
        zone=clinic.zone.key,
        sequence=visit.sequence + 1,
        visit_no=visit.visit_no + 1,
        moved_from=visit.starts_at,
    )
    return await changed(
        act,
        visit,
        moved,
        practitioner=clinic.practitioner(one.place.practitioner).row,
        room=None if one.place.room is None else clinic.room(one.place.room).row,
        wall_start=local_minute(clinic, one.wish.start),
    )
