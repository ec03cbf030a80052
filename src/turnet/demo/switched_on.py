"""The demo has everything on: every round, two-way reminders, what an SMS costs, and what the clinic was like before."""

import json
from datetime import datetime

from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch, marks
from turnet.demo.clinics import in_three
from turnet.messaging.texting import Policy, decide

_POLICY = {"EUR": Policy(price=7_900, budget=30_000), "ILS": Policy(price=30_000, budget=120_000)}
"""7.9 cents a part and 300 € a month; 0.30 ₪ and 1,200 ₪."""
_BEFORE = {"EUR": (600, 58, 14_000, 3_100, 90), "ILS": (640, 66, 48_000, 6_800, 90)}
"""Visits and no-shows a month, what a visit brings in, what an hour at the desk costs, seconds to check somebody in."""

_ASKING = ("one_day", "checkin", "feedback")
OFFER = "offer_evenings"
_OFFERED = in_three(
    "New: evening times on Tuesdays and Thursdays, until 18.",
    "Uutta: ilta-aikoja tiistaisin ja torstaisin klo 18 asti.",
    "חדש: תורים בשעות הערב בימי ג׳ וה׳, עד 18:00.",
)


async def switch_on(clinic: Clinic, now: datetime) -> None:
    """Inside the transaction that makes the clinic."""
    await fetch("UPDATE message_round SET active = {} RETURNING id", True)
    await fetch(
        f"UPDATE message_round SET answers = {{}} WHERE name IN ({marks(_ASKING)}) RETURNING id",  # noqa: S608
        *(True, *_ASKING),
    )
    await fetch(
        "INSERT INTO message_round (name, kind, channels, days, at_minute, answers, text, active, position) "
        "VALUES ({}, 'offer', 'email', 7, 1020, {}, {}, {}, 7)",
        *(OFFER, False, json.dumps({language: _OFFERED[language] for language in clinic.languages}), True),
    )
    await decide(_POLICY[clinic.currency])
    await fetch(
        "INSERT INTO baseline (id, visits, no_shows, visit_value, desk_hour, checkin_seconds, answered_at) "
        "VALUES (1, {}, {}, {}, {}, {}, {})",
        *(*_BEFORE[clinic.currency], now),
    )
