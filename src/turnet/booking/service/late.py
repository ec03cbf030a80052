"""Somebody runs late today: the desk and the patients' own pages say so."""

from turnet.audit.service import note
from turnet.booking.model import Act
from turnet.booking.service.attempt import attempt
from turnet.booking.service.rows import bump_diary
from turnet.clinic.model import Clinic
from turnet.clock import minute
from turnet.db.transactions import fetch
from turnet.errors import Invalid, NotFound
from turnet.scheduling.hours import local_day
from turnet.staff.permissions import require

MOST = 240
"""Minutes; whoever is later has to be moved."""


async def run_late(act: Act, clinic: Clinic, practitioner: int, minutes: int) -> None:
    """Their visits of today begin so many minutes late from now on; 0: on time again.

    Raises NotYours, NotFound for a resource that is nobody, Invalid (`minutes`).
    """
    require(act.staff, "time.late", practitioner=practitioner)
    assert act.staff is not None, "nobody else passes"
    if not any(one.id == practitioner for one in clinic.practitioners.values()):
        raise NotFound(what="practitioner")
    if not 0 <= minutes <= MOST:
        raise Invalid({"minutes": "out_of_range"})
    day, staff = local_day(clinic.setup.zone, minute(act.now)), act.staff.id

    async def work() -> None:
        await fetch(
            "INSERT INTO lateness (resource, day, minutes, staff, at) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (resource, day) DO UPDATE SET minutes = excluded.minutes, staff = excluded.staff, "
            "at = excluded.at",
            *(practitioner, day, minutes, staff, act.now),
        )
        await note(act.actor, "late", real=act.real, facts={"practitioner": practitioner, "minutes": minutes})
        await bump_diary()

    await attempt(work)
