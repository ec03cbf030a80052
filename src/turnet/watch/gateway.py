"""Is the SMS gateway silent? It takes messages and says nothing of them, or nobody's answers come through it any more.

Both are held against what this gateway used to do: one that never reports, or a clinic that never asks, is not silent.
"""

from datetime import datetime, timedelta

from turnet.db.transactions import fetch

PATIENCE = timedelta(hours=3)
"""A telephone that is off reports late; that all of them are is unlikely."""
DAY = timedelta(days=1)
USED_TO = timedelta(days=14)
FEW = 3
"""SMS of which none was reported."""

QUIET = timedelta(days=2)
"""A weekend without an answer says nothing yet, with so many asked it does."""
ASKED = 20
ANSWERED = 10
"""So many answers within `USED_TO` before the last one: they used to come."""

_LEFT = "channel = 'sms' AND state IN ('sent', 'delivered', 'failed', 'unknown')"
_ASKING = "('reminder', 'checkin', 'feedback')"


async def unreported(now: datetime) -> int:
    """How many SMS left between a day and three hours ago, if none of them was reported and earlier ones were; else 0."""
    [(left, reported)] = await fetch(
        f"SELECT count(*), count(reported_at) FROM message WHERE {_LEFT} "  # noqa: S608
        "AND finished_at > {} AND finished_at <= {}",
        *(now - DAY, now - PATIENCE),
    )
    if left < FEW or reported:
        return 0
    [(used_to, since)] = await fetch(
        "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM message WHERE channel = 'sms' AND reported_at IS NOT NULL "  # noqa: S608
        f"AND finished_at > {{}} AND finished_at <= {{}} LIMIT {FEW}) AS earlier), "
        "(SELECT count(*) FROM (SELECT 1 AS one FROM message WHERE channel = 'sms' AND reported_at IS NOT NULL "
        "AND finished_at > {} LIMIT 1) AS later)",
        *(now - USED_TO, now - DAY, now - PATIENCE),
    )
    return int(left) if used_to >= FEW and not since else 0


async def unanswered(now: datetime) -> timedelta:
    """Since when no SMS has come in, if that is long and many were asked meanwhile; else none at all."""
    rows = await fetch(f"SELECT at FROM inbound WHERE id > 0 ORDER BY id DESC LIMIT {ANSWERED}")  # noqa: S608  (no scan, for whoever looks)
    if len(rows) < ANSWERED or rows[-1][0] < rows[0][0] - USED_TO:
        return timedelta()
    newest: datetime = rows[0][0]
    if now - newest < QUIET:
        return timedelta()
    [(asked,)] = await fetch(
        f"SELECT count(*) FROM message WHERE {_LEFT} AND kind IN {_ASKING} AND finished_at > {{}}",  # noqa: S608
        newest,
    )
    return now - newest if asked >= ASKED else timedelta()
