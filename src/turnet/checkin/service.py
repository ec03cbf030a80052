"""Checking in without the desk: one answer, tap or form for any number of visits, in one transaction."""

from collections.abc import Collection
from datetime import datetime

from turnet.booking.model import Act
from turnet.booking.queries import lateness, visit_to_change
from turnet.booking.service import arrive, confirm
from turnet.booking.service.arrive import By
from turnet.booking.service.attempt import attempt
from turnet.checkin.model import Here, Outcome, outcome_of
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.scheduling.hours import local_day


async def check_in(
    act: Act, clinic: Clinic, visit_ids: Collection[int], *, by: By, said: datetime | None = None
) -> tuple[Here, ...]:
    """What became of each visit, in the order of `visit_ids`.

    `said`: when they said so, where that is heard later. Too early, a booked visit is confirmed instead. Raises NotFound for a visit that never was.
    """

    async def work() -> tuple[Here, ...]:
        late = await lateness(local_day(clinic.setup.zone, minute(act.now)))
        found = {id: await _one(act, clinic, id, by, late, said) for id in sorted(visit_ids)}
        return tuple(found[id] for id in visit_ids)

    return await attempt(work, must=True)


async def _one(act: Act, clinic: Clinic, id: int, by: By, late: dict[int, int], said: datetime | None) -> Here:
    visit = await visit_to_change(id)
    outcome = outcome_of(visit, act.now, said)
    if outcome is Outcome.ARRIVED:
        visit = await arrive(act, clinic, id, by)
    elif outcome is Outcome.EARLY:
        visit = await confirm(act, clinic, id)
    return Here(visit, outcome, late.get(visit.practitioner, 0))
