"""Writing the audit: inside the act's own transaction where there is one."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from turnet.db.transactions import fetch


async def note(
    actor: str,
    act: str,
    *,
    real: datetime,
    patient: int | None = None,
    booking: int | None = None,
    staff: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """One row that nobody can change. `facts`: ids, states and counts; never names, addresses, notes or secrets."""
    await fetch(
        "INSERT INTO audit_entry (at, actor, act, patient, booking, staff, facts) VALUES ({}, {}, {}, {}, {}, {}, {})",
        *(real, actor, act, patient, booking, staff, json.dumps(facts or {})),
    )
