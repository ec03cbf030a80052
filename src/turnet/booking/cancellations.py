"""Why patients cancelled, as far as they tapped it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from turnet.db.transactions import fetch

CODES = ("time", "ill", "not_needed", "elsewhere")
"""The time does not suit; ill; not needed any more; somewhere else."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What patients cancelled in one month."""

    month: int
    """Between which two of the bounds."""
    codes: Mapping[str, int]
    """Code → how many; the empty one: nothing was tapped."""
    late: int
    """Of these, after the last moment for changes."""

    @property
    def count(self) -> int:
        return sum(self.codes.values())


async def cancellations(bounds: Sequence[datetime]) -> list[Cancelled]:
    """By when patients cancelled, between each two of `bounds`; months without one are left out."""
    months = " ".join(f"WHEN cancelled_at < {{}} THEN {month}" for month in range(len(bounds) - 1))
    rows = await fetch(
        f"SELECT CASE {months} END, cancel_code, count(*), sum(CASE WHEN cancelled_late THEN 1 ELSE 0 END) "  # noqa: S608
        "FROM booking WHERE starts_at >= {} AND state = 'cancelled' AND cancelled_by = 'patient' "
        "AND cancelled_at >= {} AND cancelled_at < {} GROUP BY 1, 2 ORDER BY 1, 2",
        *(*bounds[1:], bounds[0], bounds[0], bounds[-1]),
    )
    found: dict[int, dict[str, int]] = {}
    late: dict[int, int] = {}
    for month, code, count, tardy in rows:
        found.setdefault(month, {})[code] = count
        late[month] = late.get(month, 0) + int(tardy)
    return [Cancelled(month, codes, late[month]) for month, codes in found.items()]
