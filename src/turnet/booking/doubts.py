"""Visits whose people wrote that they cannot come, and which nobody has settled since.

Read from what was asked and answered, so that nothing has to be taken back. It ends when the visit is moved or is not
coming any more, when they or the desk say afterwards that they come, and when the desk is done with their conversation.
"""

from collections.abc import Collection

from turnet.db.transactions import fetch, marks

ASKED = (
    "prompt_subject y JOIN prompt q ON q.id = y.prompt "
    "JOIN booking b ON b.id = y.booking LEFT JOIN conversation k ON k.phone = q.phone"
)
"""Which time instead, or who of them: nobody is asked that who did not say that they cannot come …"""
DOUBTED = (
    "y.visit_no = b.visit_no AND b.state IN ('booked', 'confirmed') "
    "AND (q.kind = 'times' OR (q.kind = 'which' AND q.state <> 'answered' AND y.wish LIKE '%\"cannot\"%')) "
    "AND (q.state = 'open' OR (k.state = 'open' AND k.since <= q.ended_at)) "
    "AND NOT (b.state = 'confirmed' AND EXISTS (SELECT 1 FROM booking_event e WHERE e.booking = b.id "
    "AND e.act IN ('confirmed', 'marked') AND e.at > q.asked_at))"
)
"""… and it is open, or the conversation has been since it ended."""
SURE = "CASE q.kind WHEN 'times' THEN 1 ELSE 0 END"
"""0: it is one of several, and nobody said which."""


async def doubted(visits: Collection[int]) -> frozenset[int]:
    """Those of these visits (row ids) that are in doubt."""
    if not visits:
        return frozenset()
    rows = await fetch(
        f"SELECT DISTINCT y.booking FROM {ASKED} WHERE y.booking IN ({marks(visits)}) AND {DOUBTED}",  # noqa: S608
        *visits,
    )
    return frozenset(id for (id,) in rows)


async def doubts_of(phone: str) -> frozenset[int]:
    """Row ids of the visits in doubt about which this telephone was asked."""
    rows = await fetch(f"SELECT DISTINCT y.booking FROM {ASKED} WHERE q.phone = {{}} AND {DOUBTED}", phone)  # noqa: S608
    return frozenset(id for (id,) in rows)
