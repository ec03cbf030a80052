"""The patient says that they are here, without the desk; the desk takes it back where that is wrong."""

from dataclasses import replace
from typing import Literal

from turnet.booking.model import Act, Visit
from turnet.booking.queries import history, visit_to_change
from turnet.booking.service.attempt import attempt
from turnet.booking.service.change import changed, check_version
from turnet.booking.service.facts import state_of
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record
from turnet.booking.states import COMING, State
from turnet.clinic.model import Clinic
from turnet.errors import NotAllowed

By = Literal["sms", "link", "door", "tablet"]


async def arrive(act: Act, clinic: Clinic, visit_id: int, by: By) -> Visit:  # noqa: ARG001  (called like the other acts)
    """A coming visit has arrived; one that has arrived stays as it is, whoever said so first.

    When that may be said is for the caller to know. Raises NotFound, NotAllowed in any other state.
    """

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        if visit.state is State.ARRIVED:
            return visit
        if not visit.coming:
            raise NotAllowed(state=visit.state)
        arrived = await changed(act, visit, replace(visit, state=State.ARRIVED, checked_in_by=by))
        await record(act, "checked_in", [(visit.id, state_of(visit), state_of(arrived))])
        await bump_diary()
        return arrived

    return await attempt(work, must=True)


async def not_here(act: Act, clinic: Clinic, visit_id: int, *, version: int | None = None) -> Visit:  # noqa: ARG001
    """Staff say that whoever has arrived is not here after all: booked or confirmed, as it was before.

    A visit that is coming stays as it is. Raises NotFound, NotYours, Stale, NotAllowed in any other state.
    """

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        staff_only(act, "visit.mark", visit)
        if visit.coming:
            return visit
        check_version(visit, version)
        if visit.state is not State.ARRIVED:
            raise NotAllowed(state=visit.state)
        back = await changed(act, visit, replace(visit, state=await _before(visit), checked_in_by=""))
        await record(act, "marked", [(visit.id, state_of(visit), state_of(back))])
        await bump_diary()
        return back

    return await attempt(work, must=True)


async def _before(visit: Visit) -> State:
    """What a visit was when it was last still coming."""
    states = (event.before.get("state") for event in reversed(await history(visit.id)))
    return next((State(state) for state in states if state in COMING), State.BOOKED)
