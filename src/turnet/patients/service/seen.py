"""Looking at a patient's card is written down: who saw whom, and when."""

import json
from datetime import timedelta

from turnet.booking.model import Act
from turnet.db.transactions import fetch, tx
from turnet.patients.service.reach import theirs

AGAIN = timedelta(minutes=10)
"""Looking again within this real time is the same look."""


async def saw(act: Act, patient: int) -> None:
    """Raises NotYours, as looking itself does."""
    await theirs(act, "patient.see", patient)
    async with tx():
        await fetch(
            "INSERT INTO audit_entry (at, actor, act, patient, facts) SELECT {}, {}, {}, id, {} FROM patient WHERE id = {} "
            "AND NOT EXISTS (SELECT 1 FROM audit_entry WHERE actor = {} AND act = {} AND patient = {} AND at > {})",
            *(act.real, act.actor, "patient_seen", json.dumps({}), patient),
            *(act.actor, "patient_seen", patient, act.real - AGAIN),
        )
