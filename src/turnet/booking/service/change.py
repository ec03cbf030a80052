"""One visit's row from one version to the next, or not at all if somebody was faster."""

from dataclasses import fields, replace
from typing import Any

from turnet.booking.model import Act, Visit
from turnet.booking.queries import visit_by_id
from turnet.booking.states import ALLOWED
from turnet.db.transactions import fetch
from turnet.errors import NotAllowed, Stale

_ELSEWHERE = {"practitioner", "room", "extras"}
"""Resource ids on a `Visit`, rows of their own table in a booking; extras have rows of their own altogether."""


def check_version(visit: Visit, version: int | None) -> None:
    """Raises Stale when the change was decided on an older version than the one that is stored."""
    if version is not None and version != visit.version:
        raise Stale(current=visit)


async def changed(act: Act, before: Visit, after: Visit, **columns: Any) -> Visit:
    """Stores what differs between the two, and `columns`; returns `after` with its new version.

    Raises NotAllowed for a way between states that does not exist, Stale when `before` is not what is stored.
    """
    if after.state != before.state and after.state not in ALLOWED[before.state]:
        raise NotAllowed(state=before.state)
    since = before.state_at if after.state == before.state else act.now
    after = replace(after, version=before.version + 1, updated_at=act.now, state_at=since)
    names = [field.name for field in fields(Visit) if field.name not in _ELSEWHERE]
    values = {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)} | columns
    places = ", ".join(f'"{name}" = {{}}' for name in values)
    rows = await fetch(
        f"UPDATE booking SET {places} WHERE id = {{}} AND version = {{}} RETURNING id",
        *(*values.values(), before.id, before.version),
    )
    if not rows:
        raise Stale(current=await visit_by_id(before.id))
    return after
