"""Somebody was told by telephone what a message could not tell them."""

from turnet.booking.model import Act, Visit
from turnet.booking.needs import TOLD
from turnet.booking.queries import visit_to_change
from turnet.booking.service.attempt import attempt
from turnet.booking.service.reach import staff_only
from turnet.booking.service.rows import bump_diary, record


async def told_by_phone(act: Act, visit_id: int) -> Visit:
    """Ends what failed messages of this visit ask for; the event holds nothing but that. Raises NotFound, NotYours."""

    async def work() -> Visit:
        visit = await visit_to_change(visit_id)
        staff_only(act, "message.send", visit)
        await record(act, TOLD, [(visit.id, {}, {})])
        await bump_diary()
        return visit

    return await attempt(work, must=True)
