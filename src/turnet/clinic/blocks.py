"""Reads of blocked time: what keeps a person, a room, a place or the whole clinic away, and who said so."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from turnet.clinic.model import Texts
from turnet.db.transactions import fetch
from turnet.scheduling.spans import Span

_BLOCK = (
    "SELECT c.id, c.resource, c.location, c.starts_at, c.ends_at, c.reason, u.name, c.made_at "
    "FROM closure c LEFT JOIN staff_user u ON u.id = c.staff "
)


@dataclass(frozen=True, slots=True)
class Block:
    id: int
    resource: int | None
    """A practitioner's or a room's; with neither this nor a location it is the whole clinic."""
    location: int | None
    span: Span
    reason: Texts
    by: str
    """Name of whoever blocked it at the desk; empty when it comes from the setup."""
    made_at: datetime | None
    """Business time."""


async def blocks(span: Span) -> list[Block]:
    """Those that touch `span`, by start."""
    rows = await fetch(
        _BLOCK + "WHERE c.ends_at > {} AND c.starts_at < {} ORDER BY c.starts_at, c.id", span.start, span.end
    )
    return [_block(row) for row in rows]


async def block(id: int) -> Block | None:
    rows = await fetch(_BLOCK + "WHERE c.id = {}", id)
    return _block(rows[0]) if rows else None


def _block(cells: tuple[Any, ...]) -> Block:
    id, resource, location, start, end, reason, by, made_at = cells
    return Block(id, resource, location, Span(start, end), json.loads(reason or "{}"), by or "", made_at)
