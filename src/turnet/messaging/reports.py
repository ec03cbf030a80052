"""What became of SMS after a gateway had taken them: told through our hook, or asked for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from turnet import metrics
from turnet.db.transactions import fetch, tx
from turnet.db.versions import raise_diary
from turnet.messaging.channels import Report
from turnet.messaging.channels.chosen import gateway
from turnet.settings import Settings

ASKED_FOR = timedelta(days=1)
ASKED_EACH_TIME = 100
ASKED_AT_ONCE = 10
"""What is known of these is written down before the next are asked about: the job may be cut off."""

_FROM = {"sent": ("unknown",), "delivered": ("sent", "unknown"), "failed": ("sent", "unknown")}
"""Only forward: what somebody received, or never will, stays so. A report proves that an unknown one had left."""


async def ask(settings: Settings, *, now: datetime, real: datetime) -> int:
    """Asks a gateway that does not call about what it took lately. Returns how many changed. Raises `Trouble`."""
    ours = gateway(settings)
    if ours is None or not ours.asks:
        return 0
    rows = await fetch(
        "SELECT id FROM message WHERE channel = 'sms' AND state IN ('sent', 'unknown') AND finished_at > {} "  # noqa: S608
        f"ORDER BY finished_at DESC LIMIT {ASKED_EACH_TIME:d}",
        now - ASKED_FOR,
    )
    ids, changed = [str(row) for (row,) in rows], 0
    try:
        for start in range(0, len(ids), ASKED_AT_ONCE):
            found = await ours.ask(ids[start : start + ASKED_AT_ONCE], real=real)
            changed += await apply(found, now=now, real=real)
    finally:
        await ours.close()
    return changed


async def apply(reports: Sequence[Report], *, now: datetime, real: datetime) -> int:
    """Late, repeated and unknown ones change nothing. Returns how many messages changed."""
    async with tx():
        changed = sum([await _apply(report, now, real) for report in reports])
        if changed and any(report.state == "failed" for report in reports):
            await raise_diary()
        return changed


async def _apply(report: Report, now: datetime, real: datetime) -> int:
    before = _FROM[report.state]
    column, value = _which(report.message)
    changed = await fetch(
        "UPDATE message SET state = {}, error = {}, reported_at = {}, "  # noqa: S608
        "finished_at = CASE WHEN state = 'unknown' OR {} = 'failed' THEN {} ELSE finished_at END "
        f"WHERE {column} = {{}} AND channel = 'sms' AND state IN ({', '.join(['{}'] * len(before))}) RETURNING id",
        *(report.state, report.error or None, real, report.state, now, value, *before),
    )
    if changed:
        metrics.SENDS.labels("sms", report.state).inc(len(changed))
    return len(changed)


def _which(message: str) -> tuple[str, object]:
    try:
        return "id", UUID(message)
    except ValueError:
        return "provider_id", message
