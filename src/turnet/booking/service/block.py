"""Blocked time: lunch, a meeting, an illness. Visits that lie in it stay where they are until somebody moves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.clinic.model import Clinic
from turnet.clinic.service import change, close, open_again
from turnet.db.disk import check_room
from turnet.db.transactions import fetch, on_sqlite
from turnet.errors import Invalid, NotFound, NotYours
from turnet.patients.model import clean_note
from turnet.scheduling.check import LONGEST_HORIZON
from turnet.scheduling.rules import DAY
from turnet.scheduling.spans import Span
from turnet.staff.permissions import Reach, reach, require

LONGEST_REASON = 200


async def block(act: Act, clinic: Clinic, resource: int, span: Span, reason: str) -> int:
    """A person or room is not there; returns the closure's id. `queries.affected` lists the visits that lie in it.

    Raises NotYours, NotFound for a resource that is none, Invalid (`until`, `reason`).
    """
    _may_block(act, clinic, resource)
    assert act.staff is not None, "nobody else passes"
    text = clean_note(reason, field="reason")
    if len(text) > LONGEST_REASON:
        raise Invalid({"reason": "too_long"})
    if not 0 < span.end - span.start <= LONGEST_HORIZON * DAY:
        raise Invalid({"until": "out_of_range"})
    check_room()
    texts = {clinic.default_language: text} if text else {}
    async with changing_hours(resource):
        closure = await close(span, texts, resource=resource, staff=act.staff.id, made_at=act.now)
        facts = {"closure": closure, "resource": resource, "from": span.start, "until": span.end}
        await note(act.actor, "blocked", real=act.real, facts=facts)
    return closure


@asynccontextmanager
async def changing_hours(resource: int) -> AsyncIterator[None]:
    """A change of the setup that waits for acts on this resource; those that read the old setup look again."""
    async with change():
        if not on_sqlite():
            await fetch("SELECT id FROM resource WHERE id = {} FOR UPDATE", resource)
        yield


async def unblock(act: Act, clinic: Clinic, closure_id: int) -> None:
    """Lifts the block of one person or room. Raises NotFound, NotYours; of the clinic's own closures too."""
    rows = await fetch("SELECT resource, starts_at, ends_at FROM closure WHERE id = {}", closure_id)
    if not rows or rows[0][0] is None:
        raise NotFound(what="closure")
    resource, start, end = rows[0]
    _may_block(act, clinic, resource)
    async with changing_hours(resource):
        await open_again(closure_id)
        facts = {"closure": closure_id, "resource": resource, "from": start, "until": end}
        await note(act.actor, "unblocked", real=act.real, facts=facts)


def _may_block(act: Act, clinic: Clinic, resource: int) -> None:
    """A room is in everybody's diary. Raises NotYours, NotFound."""
    if any(one.id == resource for one in clinic.practitioners.values()):
        require(act.staff, "time.block", practitioner=resource)
    elif any(room.id == resource for room in clinic.rooms.values()):
        require(act.staff, "time.block")
        assert act.staff is not None, "nobody else passes"
        if reach(act.staff, "time.block") is not Reach.ALL:
            raise NotYours(act="time.block")
    else:
        raise NotFound(what="resource")
