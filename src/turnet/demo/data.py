"""Fills an empty database with a clinic that looks real, in one transaction: all of it is there or nothing.

Rows of the past are written straight into the tables; nobody ever acted to make them.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from turnet import clock as minutes
from turnet.booking.model import visit_token
from turnet.booking.states import State
from turnet.clinic import queries
from turnet.clinic.model import Clinic
from turnet.clock import Clock
from turnet.db.transactions import fetch, tx
from turnet.demo import clinics
from turnet.demo.building import build
from turnet.demo.people import Someone, people
from turnet.demo.reminded import Contacts, reminded
from turnet.demo.visits import Planned, Planner
from turnet.ids import _READABLE as READABLE  # the alphabet of every reference
from turnet.ids import fingerprint, token_hash
from turnet.patients.indexing import index
from turnet.reminders.model import RoundKind
from turnet.reminders.queries import active_rounds
from turnet.scheduling.hours import is_open, local, local_day

SEED = 20
_ROWS = 150
"""Rows a statement: far below what either engine takes as arguments."""

_MESSAGE = (
    "id dedupe kind channel recipient language booking sequence facts state due_at not_after attempts created_at "
    "finished_at"
)

_AT_THE_DESK = "staff:3"
"""The receptionist of `turnet.demo.staff`, hired third."""

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
        said("patients")
        someone = people(rng, lang, clinic.region, today)
        patients = await _patients(someone, rng, now)
        said("visits")
        planned = Planner(clinic, someone, rng, today, minutes.minute(now)).plan()
        writer = _Writer(clinic, key, rng, someone, patients, now)
        bookings = await writer.write(planned)
        said("messages")
        await writer.messages(planned, bookings)
        await writer.events(planned, bookings)
        await writer.reminders(planned, bookings)
    return clinic


class _Writer:
    """Turns what was planned into rows."""

    def __init__(
        self, clinic: Clinic, key: bytes, rng: Random, people: Sequence[Someone], patients: list[int], now: datetime
    ) -> None:
        self.clinic, self.key, self.rng, self.people, self.patients, self.now = clinic, key, rng, people, patients, now
        self.references: set[str] = set()

    async def write(self, planned: Sequence[Planned]) -> list[int]:
        """Claims, occupancy and bookings; returns the bookings' ids in the order of `planned`."""
        publics = [_public_id(self.rng) for _visit in planned]
        taking = [(public, visit) for public, visit in zip(publics, planned, strict=True) if visit.taken]
        claims = await _insert(
            "claim", "kind public_id owner address made_at",
            [("booking", public, "", "", minutes.instant(visit.made)) for public, visit in taking],
            by="public_id",
        )  # fmt: skip
        await _insert(
            "occupancy", "resource lane starts_at ends_at claim",
            [(resource, 0, span.start, span.end, claims[public]) for public, v in taking for resource, span in v.taken],
        )  # fmt: skip
        rows = [
            self._booking(public, visit, claims.get(public)) for public, visit in zip(publics, planned, strict=True)
        ]
        bookings = await _insert("booking", " ".join(rows[0]), [tuple(row.values()) for row in rows], by="public_id")
        return [bookings[public] for public in publics]

    def _booking(self, public: str, visit: Planned, claim: int | None) -> dict[str, Any]:
        someone = self.people[visit.patient]
        start, made = minutes.instant(visit.start), minutes.instant(visit.made)
        day, wall = local(self.clinic.setup.zone, visit.start)
        cancelled = None if visit.cancelled is None else minutes.instant(visit.cancelled)
        return {
            "public_id": public,
            "reference": self._reference(),
            "state": str(visit.state),
            "claim": claim,
            "service": visit.service,
            "practitioner": self.clinic.practitioner(visit.place.practitioner).row,
            "room": None if visit.place.room is None else self.clinic.room(visit.place.room).row,
            "location": visit.location,
            "patient": self.patients[visit.patient],
            "phone": someone.phone,
            "email": someone.email,
            "mailbox": someone.email,
            "language": self._language(someone),
            "for_whom": "child" if someone.guardian is not None else "me",
            "note": "",
            "starts_at": start,
            "ends_at": start + timedelta(minutes=visit.minutes),
            "wall_start": f"{day.isoformat()}T{wall // 60:02d}:{wall % 60:02d}",
            "zone": self.clinic.setup.zone,
            "door": visit.door,
            "referrer": "",
            "outside_hours": not is_open(self.clinic.setup, visit.made),
            "link_no": 1,
            "token_hash": token_hash(visit_token(self.key, public, 1)),
            "version": 2 if visit.state is not State.BOOKED else 1,
            "sequence": 1 if cancelled else 0,
            "visit_no": 1,
            "cancelled_at": cancelled,
            "created_at": made,
            "updated_at": cancelled or made,
        }

    def _language(self, someone: Someone) -> str:
        return someone.language if someone.language in self.clinic.languages else self.clinic.default_language

    def _reference(self) -> str:
        while True:
            code = "".join(self.rng.choices(READABLE, k=6))
            reference = f"{code[:4]}-{code[4:]}"
            if reference not in self.references:
                self.references.add(reference)
                return reference

    async def messages(self, planned: Sequence[Planned], bookings: Sequence[int]) -> None:
        """What the clinic has told people so far: every visit in writing, every cancelled one taken back."""
        rows = []
        for visit, booking in zip(planned, bookings, strict=True):
            rows.append(self._message("booking_confirmed", visit, booking, 0, visit.made))
            if visit.cancelled is not None:
                rows.append(self._message("booking_cancelled", visit, booking, 1, visit.cancelled + 10))
        await _insert("message", _MESSAGE, rows)

    def _message(self, kind: str, visit: Planned, booking: int, sequence: int, at: int) -> tuple[Any, ...]:
        someone = self.people[visit.patient]
        channel = "email" if someone.email else "sms"
        due = minutes.instant(at)
        return (
            uuid.UUID(int=self.rng.getrandbits(128), version=4), f"{kind}:{booking}:{sequence}:{channel}", kind,
            channel, someone.email or someone.phone, self._language(someone), booking, sequence, "{}", "sent", due,
            minutes.instant(max(visit.start, at + 60)), 1, due, due + timedelta(seconds=4),
        )  # fmt: skip

    async def events(self, planned: Sequence[Planned], bookings: Sequence[int]) -> None:
        rows = []
        for visit, booking in zip(planned, bookings, strict=True):
            by, facts = "patient" if visit.door == "web" else _AT_THE_DESK, self._facts(visit)
            booked = json.dumps({**facts, "state": State.BOOKED})
            rows.append((booking, minutes.instant(visit.made), by, "booked", "{}", booked))
            if visit.cancelled is not None:
                after = json.dumps({**facts, "state": State.CANCELLED})
                rows.append((booking, minutes.instant(visit.cancelled), by, "cancelled", booked, after))
        await _insert("booking_event", "booking at actor act before after", rows)

    def _facts(self, visit: Planned) -> dict[str, Any]:
        return {
            "starts_at": minutes.instant(visit.start).isoformat(),
            "service": visit.service,
            "practitioner": visit.place.practitioner,
            "room": visit.place.room,
            "location": visit.location,
        }

    async def reminders(self, planned: Sequence[Planned], bookings: Sequence[int]) -> None:
        """What people have been reminded of so far, so that a demo that starts has nothing to catch up with."""
        messages, steps = [], []
        contacts = [
            Contacts(someone.phone, someone.email, self._language(someone))
            for someone in (self.people[visit.patient] for visit in planned)
        ]
        rounds = [round for round in await active_rounds() if round.kind is RoundKind.REMINDER]
        for sent in reminded(
            self.clinic, rounds, list(zip(bookings, planned, contacts, strict=True)), minutes.minute(self.now)
        ):
            id, at = uuid.UUID(int=self.rng.getrandbits(128), version=4), minutes.instant(sent.at)
            rule, channel, first = sent.to.rule, sent.to.channel, min(sent.visits, key=lambda visit: visit.start)
            messages.append((
                id, f"reminder:{sent.visits[0].booking}:1:{rule}:{channel}:{sent.at}", "reminder", channel,
                sent.to.contact, sent.to.language, first.booking, 0, json.dumps({"rule": rule}), "sent", at,
                minutes.instant(first.start - 60), 1, at, at + timedelta(seconds=4),
            ))  # fmt: skip
            steps += [(v.booking, 1, rule, channel, minutes.instant(v.due), "taken", id, "", at) for v in sent.visits]
        await _insert("message", _MESSAGE, messages)
        await _insert("step", "booking visit_no rule channel due_at state message reason created_at", steps)


async def _patients(someone: Sequence[Someone], rng: Random, now: datetime) -> list[int]:
    """People and how to reach them; a child is reached through a parent's contact points."""
    born = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=400)
    publics = [_public_id(rng) for _one in someone]
    ids = await _insert(
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
    contacts = await _insert(
        "contact_point", "kind value raw", [(kind, value, value) for kind, value in reached], by="value"
    )
    links = [
        (patient, contacts[value])
        for patient, one in zip(patients, someone, strict=True)
        for value in (one.phone, one.email)
        if value
    ]
    await _insert("patient_contact", "patient contact_point", links)
    await index(patients, now=now)
    return patients


async def _insert(table: str, columns: str, rows: Sequence[tuple[Any, ...]], *, by: str = "") -> dict[str, int]:
    """Many rows a statement; returns ids by the values of the column `by`."""
    names = ", ".join(f'"{name}"' for name in columns.split())
    one = f"({', '.join(['{}'] * len(columns.split()))})"
    returning = f' RETURNING "{by}", id' if by else ""
    ids: dict[str, int] = {}
    for part in _parts(rows):
        values = ", ".join([one] * len(part))
        found = await fetch(
            f'INSERT INTO "{table}" ({names}) VALUES {values}{returning}',  # noqa: S608  (our own names)
            *(value for row in part for value in row),
        )
        ids.update(found)
    return ids


def _parts(rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
    return (rows[n : n + _ROWS] for n in range(0, len(rows), _ROWS))


def _public_id(rng: Random) -> str:
    return base64.urlsafe_b64encode(rng.randbytes(16)).decode().rstrip("=")
