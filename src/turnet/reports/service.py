"""The clinic says once what it was like before, and what SMS may cost."""

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.messaging import texting
from turnet.messaging.texting import Policy
from turnet.reports.model import Baseline
from turnet.staff.permissions import require

_MOST = {
    "visits": 100_000, "no_shows": 100_000, "visit_value": 10**9, "desk_hour": 10**9, "checkin_seconds": 3600,
}  # fmt: skip


def wrong(before: Baseline) -> dict[str, str]:
    """What cannot have been, by name."""
    values = {name: getattr(before, name) for name in _MOST}
    found = {
        name: "out_of_range" for name, value in values.items() if value is not None and not 0 <= value <= _MOST[name]
    }
    if before.visits is not None and before.no_shows is not None and before.no_shows > before.visits:
        found["no_shows"] = "more_than_visits"
    return found


async def say(act: Act, before: Baseline) -> None:
    """Replaces what was said earlier. Raises `NotYours`, and `Invalid` for what is `wrong`."""
    require(act.staff, "value.see")
    if found := wrong(before):
        raise Invalid(found)
    await _write(act, [getattr(before, name) for name in _MOST])


async def _write(act: Act, values: list[int | None]) -> None:
    columns = [*_MOST, "answered_at", "staff"]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    async with tx():
        await fetch(
            f"INSERT INTO baseline (id, {', '.join(columns)}) VALUES (1{', {}' * len(columns)}) "  # noqa: S608
            f"ON CONFLICT (id) DO UPDATE SET {changes}",
            *(*values, act.now, act.staff.id if act.staff else None),
        )
        await note(act.actor, "baseline_said", real=act.real)


async def decide(act: Act, wanted: Policy) -> None:
    """What SMS cost and how far they go, from the next one on. Raises `NotYours` and `Invalid`."""
    require(act.staff, "texting.manage")
    async with tx():
        await texting.decide(wanted)
        await note(act.actor, "texting_decided", real=act.real)
