"""A year of a busy clinic: as many statements as for a day, each along an index."""

import re
from datetime import timedelta

import pytest

from tests.db.messaging.acts import KEY, a_booking
from tests.factories import a_clinic
from turnet.booking.cancellations import cancellations
from turnet.booking.queries import visits_by_id
from turnet.booking.tables import Booking
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine
from turnet.db.transactions import fetch
from turnet.feedback.queries import MOST, cells, comments
from turnet.feedback.service import asked, reasons
from turnet.feedback.tables import Feedback

VISITS = 20_000
_NUMBERS = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {most}) "


async def a_year(clock: FrozenClock) -> None:
    """Copies of one visit and its question, with a score from 0 to 10 and every tenth with words."""
    visit = await a_booking(await a_clinic(), clock, state="done")
    await asked(visit, contact="+358401234567", channel="sms", key=KEY, now=clock.now())
    numbers = _NUMBERS.format(most=VISITS - 1)
    own = {
        "id": f"{visit.id} + n",
        "public_id": "'v' || n",
        "reference": "'R' || n",
        "claim": "NULL",
        "token_hash": "'h' || n",
    }
    names = [column._meta.db_column_name for column in Booking._meta.columns]
    values = ", ".join(own.get(name, f"b.{name}") for name in names)
    await fetch(f"INSERT INTO booking ({', '.join(names)}) {numbers} SELECT {values} FROM booking b, n")
    own = {
        "id": "f.id + n", "public_id": "'f' || n", "booking": f"{visit.id} + n", "token_hash": "'t' || n", "score": "n % 11",
        "contact": "'+35850' || n", "comment": "CASE WHEN n % 10 = 0 THEN 'Words' ELSE '' END", "scored_at": "f.asked_at",
    }  # fmt: skip
    names = [column._meta.db_column_name for column in Feedback._meta.columns]
    values = ", ".join(own.get(name, f"f.{name}") for name in names)
    await fetch(f"INSERT INTO feedback ({', '.join(names)}) {numbers} SELECT {values} FROM feedback f, n")


@pytest.mark.slow
async def test_a_year_is_three_statements(
    engine: AnyEngine,
    clock: FrozenClock,
    statements: list[str],
) -> None:
    await a_year(clock)
    bounds = [clock.now() + timedelta(days=30 * month + 1) for month in range(-13, 1)]
    statements.clear()

    found = await cells(bounds)
    written = await comments(bounds[0], bounds[-1])
    await cancellations(bounds)

    assert (sum(cell.tally.asked for cell in found), len(written), len(statements)) == (VISITS, MOST, 3)


@pytest.mark.slow
async def test_who_was_asked_lately_is_looked_up_by_indexes(
    engine: AnyEngine,
    clock: FrozenClock,
    statements: list[str],
) -> None:
    await a_year(clock)
    [visit] = await visits_by_id([1])
    lite = "Lite" in type(engine).__name__
    if not lite:
        await fetch("SET enable_seqscan = off")  # the copies are all of one patient, which no index narrows
    statements.clear()
    await reasons([visit], contact="+358501", channel="sms", now=clock.now())
    [sql] = [one for one in statements if "FROM booking b JOIN patient t" in one]

    plain = re.sub(r"\?|\$\d+", "{}", sql)
    since = clock.now() - timedelta(days=30)
    args = ("+358501", "+358501", since, since, visit.id)
    plan = str(await fetch(("EXPLAIN QUERY PLAN " if lite else "EXPLAIN ") + plain, *args))

    assert ("feedback_of_contact" in plan, "SCAN f" in plan, "Seq Scan on feedback" in plan) == (True, False, False)
