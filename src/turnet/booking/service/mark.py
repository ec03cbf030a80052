"""The states of the day: arrived, in the room, done, not come."""

from dataclasses import replace

from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_to_change
from turnet.booking.service.attempt import attempt
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import state_of
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record
from turnet.booking.states import COMING, State
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.errors import NotAllowed
from turnet.scheduling.hours import local_day

ON_THE_DAY = frozenset({State.ARRIVED, State.IN_ROOM, State.DONE, State.NO_SHOW})
"""Nobody has come, or not come, before the day of the visit."""


async def mark(act: Act, clinic: Clinic, visit_id: int, to: State, *, version: int | None = None) -> Visit:
    """Staff say what state a visit is in; one that is in it already stays as it is, so a double tap is one.

    Cancelling and taking that back have acts of their own. Raises NotFound, NotYours, Stale, NotAllowed.
    """

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        staff_only(act, "visit.mark", visit)
        if visit.state == to:
            return visit
        check_version(visit, version)
        if State.CANCELLED in (visit.state, to) or (to in ON_THE_DAY and _is_ahead(act, clinic, visit)):
            raise NotAllowed(state=visit.state)
        by = "" if to in COMING else visit.checked_in_by
        marked = await changed(act, visit, replace(visit, state=to, checked_in_by=by))
        await record(act, "marked", [(visit.id, state_of(visit), state_of(marked))])
        await bump_diary()
        return marked

    return await attempt(work, must=True)


def _is_ahead(act: Act, clinic: Clinic, visit: Visit) -> bool:
    zone = clinic.setup.zone
    return local_day(zone, minute(visit.starts_at)) > local_day(zone, minute(act.now))
