"""The clinic says once what it was like before."""

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.db.transactions import fetch, tx
from turnet.errors import Invalid
from turnet.reports.model import Baseline
from turnet.staff.permissions import require

_MOST = {
    "visits": 100_000, "no_shows": 100_000, "visit_value": 10**9, "desk_hour": 10**9, "checkin_seconds": 3600,
}  # fmt: skip


async def say(act: Act, before: Baseline) -> None:
    """Replaces what was said earlier. Raises `NotYours`, and `Invalid` for numbers that cannot be."""
    require(act.staff, "value.see")
    values = {name: getattr(before, name) for name in _MOST}
    wrong = {
        name: "out_of_range" for name, value in values.items() if value is not None and not 0 <= value <= _MOST[name]
    }
    if before.visits is not None and before.no_shows is not None and before.no_shows > before.visits:
        wrong["no_shows"] = "more_than_visits"
    if wrong:
        raise Invalid(wrong)
    await _write(act, list(values.values()))


async def _write(act: Act, values: list[int | None]) -> None:
    assert act.staff is not None, "require() has asked"
    columns = [*_MOST, "answered_at", "staff"]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    async with tx():
        await fetch(
            f"INSERT INTO baseline (id, {', '.join(columns)}) VALUES (1{', {}' * len(columns)}) "  # noqa: S608
            f"ON CONFLICT (id) DO UPDATE SET {changes}",
            *(*values, act.now, act.staff.id),
        )
        await note(act.staff.actor, "baseline_said", real=act.real)
