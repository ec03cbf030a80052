"""The statements that acts share. Table and column names are ours, values are arguments."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any

from turnet.booking.model import Act
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch, marks
from turnet.scheduling.spans import Span

Footprint = Mapping[int, Span]
"""Resource → the time taken of it."""
NO_LANES: Mapping[int, int] = MappingProxyType({})


class SetupMoved(Exception):
    """The clinic's hours, closures or services changed since the act read them: it must look again."""


async def insert(table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Adds the rows, all with the same columns, in one statement; returns their ids in the same order."""
    columns = ", ".join(f'"{column}"' for column in rows[0])
    one = f"({marks(list(rows[0]))})"
    added = await fetch(
        f'INSERT INTO "{table}" ({columns}) VALUES {", ".join([one] * len(rows))} RETURNING id',
        *(value for row in rows for value in row.values()),
    )
    return sorted(new for (new,) in added)


async def occupy(claimed: Iterable[tuple[int, Footprint]], lanes: Mapping[int, int] = NO_LANES) -> None:
    """In resource order; in lane 0 where `lanes` (resource → lane) says nothing else."""
    await insert(
        "occupancy",
        [
            {
                "resource": resource,
                "lane": lanes.get(resource, 0),
                "starts_at": span.start,
                "ends_at": span.end,
                "claim": claim,
            }
            for claim, footprint in claimed
            for resource, span in sorted(footprint.items())
        ],
    )


async def free_lanes(footprint: Footprint) -> dict[int, int]:
    """Resource → the lowest lane from 1 up in which its time is free; asked for under the lock."""
    lanes = {}
    for resource, span in sorted(footprint.items()):
        rows = await fetch(
            "SELECT DISTINCT lane FROM occupancy WHERE resource = {} AND ends_at > {} AND starts_at < {}",
            *(resource, span.start, span.end),
        )
        used = {lane for (lane,) in rows}
        lanes[resource] = next(lane for lane in count(1) if lane not in used)
    return lanes


async def drop_claims(act: Act, claims: Sequence[int], *, owner: str = "") -> None:
    """Deletes those of `claims` that still are what the act took them for, and every hold of the owner."""
    conditions, args = [], []
    if claims:
        still = "(expires_at <= {} OR kind = 'undo')" if act.by_staff else "expires_at <= {}"
        conditions.append(f"(id IN ({marks(claims)}) AND kind <> 'booking' AND {still})")
        args += [*claims, act.now]
    if owner:
        conditions.append("(owner = {} AND kind = 'hold')")
        args.append(owner)
    if conditions:
        await fetch(f"DELETE FROM claim WHERE {' OR '.join(conditions)}", *args)


async def record(act: Act, what: str, changes: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """The audit: one row for each (booking, before, after)."""
    await insert(
        "booking_event",
        [
            {
                "booking": booking,
                "at": act.now,
                "actor": act.actor,
                "act": what,
                "before": json.dumps(before),
                "after": json.dumps(after),
            }
            for booking, before, after in changes
        ],
    )


async def bump_diary(clinic: Clinic | None = None) -> None:
    """What is free, or shown at the desk, has changed; last of all, because everybody who writes waits for this row.

    An act that relied on the setup's hours and closures names the `clinic` it read. Raises SetupMoved when that is not
    the setup any more: whoever changed it has waited for this row too.
    """
    rows = await fetch("UPDATE diary SET version = version + 1 WHERE id = 1 RETURNING setup_version")
    if clinic is not None and rows and rows[0][0] != clinic.version:
        raise SetupMoved
