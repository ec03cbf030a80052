"""The patient says that they will come."""

from dataclasses import replace

from turnet.booking.doubts import doubted
from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_to_change
from turnet.booking.service.attempt import attempt
from turnet.booking.service.change import changed
from turnet.booking.service.facts import state_of
from turnet.booking.service.rows import bump_diary, record
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.errors import NotAllowed


async def confirm(act: Act, clinic: Clinic, visit_id: int) -> Visit:  # noqa: ARG001  (called like the other acts)
    """A booked visit is confirmed; a confirmed one stays as it is, and that settles a doubt about it.

    Raises NotFound, NotAllowed in any other state.
    """

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        if visit.state is State.CONFIRMED and not await doubted([visit.id]):
            return visit
        if not visit.coming:
            raise NotAllowed(state=visit.state)
        confirmed = visit
        if visit.state is not State.CONFIRMED:
            confirmed = await changed(act, visit, replace(visit, state=State.CONFIRMED))
        await record(act, "confirmed", [(visit.id, state_of(visit), state_of(confirmed))])
        await bump_diary()
        return confirmed

    return await attempt(work, must=True)
