"""Looks at an installation and says what is wrong: what, where, and what to do. It changes nothing.

Each check is a function that returns its findings; a healthy installation has none.
"""

from turnet.doctor.database import DATABASE, migrations
from turnet.doctor.machine import FIXED_SQLITE, MACHINE
from turnet.doctor.model import Finding, Patient
from turnet.doctor.running import RUNNING
from turnet.doctor.trial import mail_test, sms_test

__all__ = ["FIXED_SQLITE", "Finding", "Patient", "examine", "mail_test", "migrations", "sms_test"]


async def examine(patient: Patient) -> list[Finding]:
    """Every finding, the first check's first. The engine is bound and open; without a schema the rest is not asked."""
    found = [finding for check in MACHINE for finding in await check(patient)]
    missing = await migrations(patient)
    if missing:
        return found + missing
    return found + [finding for check in (*DATABASE, *RUNNING) for finding in await check(patient)]
