"""Fills an empty database with a clinic that looks real, in one transaction: all of it is there or nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from turnet import clock as minutes
from turnet.clinic import queries
from turnet.clinic.model import Clinic
from turnet.clock import Clock
from turnet.db.transactions import fetch, tx
from turnet.demo import clinics
from turnet.demo.building import build
from turnet.demo.diary import Diary
from turnet.demo.history import History
from turnet.demo.people import Someone, people
from turnet.demo.rows import insert, public_id
from turnet.demo.switched_on import switch_on
from turnet.demo.visits import Planner
from turnet.ids import fingerprint
from turnet.patients.indexing import index
from turnet.scheduling.hours import local_day

SEED = 20

Progress = Callable[[str], None]
"""Told what is being made, for a progress bar."""


async def fill(key: bytes, clock: Clock, lang: str, *, seed: int = SEED, said: Progress = lambda _step: None) -> Clinic:
    """A whole clinic in an empty, migrated database. The same seed on the same day gives the same data.

    Raises `Invalid` when there is a clinic already.
    """
    now = clock.now()
    made_up = clinics.EREZ if lang == "he" else clinics.TUOMI
    today = local_day(made_up.zone, minutes.minute(now))
    rng = Random(f"{seed} {lang} {today}")  # noqa: S311  (dice, not secrets)
    async with tx():
        said("the clinic")
        await build(lang, today, fingerprint(key))
        clinic = await queries.load()
        assert clinic is not None
        await switch_on(clinic, now)
        said("patients")
        someone = people(rng, lang, clinic.region, today)
        patients = await _patients(someone, rng, now)
        said("visits")
        planned = Planner(clinic, someone, rng, today, minutes.minute(now)).plan()
        history = await History.of(clinic, someone, planned, rng, minutes.minute(now))
        diary = Diary(clinic, key, rng, someone, patients, history)
        await diary.write()
        said("messages")
        await history.write(diary.bookings, [patients[visit.patient] for visit in planned], key)
    return clinic


async def _patients(someone: Sequence[Someone], rng: Random, now: datetime) -> list[int]:
    """People and how to reach them; a child is reached through a parent's contact points."""
    born = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=400)
    publics = [public_id(rng) for _one in someone]
    ids = await insert(
        "patient", "public_id name birth_year language provisional created_at",
        [(p, one.name, one.birth_year, one.language, False, born) for p, one in zip(publics, someone, strict=True)],
        by="public_id",
    )  # fmt: skip
    patients = [ids[public] for public in publics]
    for patient, one in zip(patients, someone, strict=True):
        if one.guardian is not None:
            await fetch("UPDATE patient SET guardian = {} WHERE id = {}", patients[one.guardian], patient)
    reached = dict.fromkeys(
        (kind, value) for one in someone for kind, value in (("phone", one.phone), ("email", one.email)) if value
    )
    contacts = await insert(
        "contact_point", "kind value raw", [(kind, value, value) for kind, value in reached], by="value"
    )
    links = [
        (patient, contacts[value])
        for patient, one in zip(patients, someone, strict=True)
        for value in (one.phone, one.email)
        if value
    ]
    await insert("patient_contact", "patient contact_point", links)
    agreed = [patient for patient, one in zip(patients, someone, strict=True) if one.offers]
    await insert(
        "consent", "patient purpose given source actor at",
        [(patient, "offers", True, "web", "patient", born) for patient in agreed],
    )  # fmt: skip
    await index(patients, now=now)
    return patients
