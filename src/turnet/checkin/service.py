"""Checking in without the desk: one answer, tap or form for any number of visits, in one transaction."""

from collections.abc import Collection

from turnet.booking.model import Act, Visit
from turnet.booking.queries import lateness, visit_to_change
from turnet.booking.service import arrive, confirm
from turnet.booking.service.arrive import By
from turnet.booking.service.attempt import attempt
from turnet.booking.states import State
from turnet.checkin.model import Here, Outcome, open_now, opens
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.scheduling.hours import local_day

_ALREADY = frozenset({State.ARRIVED, State.IN_ROOM})


async def check_in(act: Act, clinic: Clinic, visit_ids: Collection[int], *, by: By) -> tuple[Here, ...]:
    """What became of each visit, in the order of `visit_ids`.

    Too early, a booked visit is confirmed instead. Raises NotFound for a visit that never was.
    """

    async def work() -> tuple[Here, ...]:
        late = await lateness(local_day(clinic.setup.zone, minute(act.now)))
        found = {id: await _one(act, clinic, id, by, late) for id in sorted(visit_ids)}
        return tuple(found[id] for id in visit_ids)

    return await attempt(work, must=True)


async def _one(act: Act, clinic: Clinic, id: int, by: By, late: dict[int, int]) -> Here:
    visit = await visit_to_change(id)
    outcome = outcome_of(visit, act)
    if outcome is Outcome.ARRIVED:
        visit = await arrive(act, clinic, id, by)
    elif outcome is Outcome.EARLY:
        visit = await confirm(act, clinic, id)
    return Here(visit, outcome, late.get(visit.practitioner, 0))


def outcome_of(visit: Visit, act: Act) -> Outcome:
    """What saying "I am here" now would make of a visit."""
    if visit.state in _ALREADY:
        return Outcome.ALREADY
    if not visit.coming:
        return Outcome.OVER if visit.state is State.DONE else Outcome.NOT_COMING
    if open_now(visit, act.now):
        return Outcome.ARRIVED
    return Outcome.EARLY if act.now < opens(visit) else Outcome.OVER
