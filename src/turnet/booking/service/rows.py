"""The statements that acts share. Table and column names are ours, values are arguments."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from turnet.booking.model import Act
from turnet.db.transactions import fetch
from turnet.scheduling.spans import Span

Footprint = Mapping[int, Span]
"""Resource → the time taken of it."""


def marks(values: Sequence[object]) -> str:
    return ", ".join(["{}"] * len(values))


async def insert(table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Adds the rows, all with the same columns, in one statement; returns their ids in the same order."""
    columns = ", ".join(f'"{column}"' for column in rows[0])
    one = f"({marks(list(rows[0]))})"
    added = await fetch(
        f'INSERT INTO "{table}" ({columns}) VALUES {", ".join([one] * len(rows))} RETURNING id',
        *(value for row in rows for value in row.values()),
    )
    return sorted(new for (new,) in added)


async def occupy(claimed: Iterable[tuple[int, Footprint]]) -> None:
    """Lane 0, in resource order."""
    await insert(
        "occupancy",
        [
            {"resource": resource, "starts_at": span.start, "ends_at": span.end, "claim": claim}
            for claim, footprint in claimed
            for resource, span in sorted(footprint.items())
        ],
    )


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


async def bump_diary() -> None:
    """What is free has changed; last of all, because everybody who writes waits for this row."""
    await fetch("UPDATE diary SET version = version + 1 WHERE id = 1")
