"""Rows of made-up visits: who occupies what when, the visits themselves, and what happened to each."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from turnet import clock as minutes
from turnet.booking.model import visit_token
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.demo.history import History
from turnet.demo.people import Someone
from turnet.demo.rows import insert, public_id
from turnet.demo.visits import Planned
from turnet.ids import _READABLE as READABLE  # the alphabet of every reference
from turnet.ids import token_hash
from turnet.scheduling.hours import is_open, local

AT_THE_DESK = "staff:3"
"""The receptionist of `turnet.demo.staff`, hired third."""
_DOORS = {"sms": "patient:sms", "link": "patient", "door": "patient:door", "tablet": "patient:tablet"}
"""How somebody checked in → who did it, as the audit says it."""


class Diary:
    def __init__(
        self,
        clinic: Clinic,
        key: bytes,
        rng: Random,
        people: Sequence[Someone],
        patients: Sequence[int],
        history: History,
    ) -> None:
        self.clinic, self.key, self.rng, self.people, self.patients = clinic, key, rng, people, patients
        self.history, self.planned = history, history.visits
        self.references: set[str] = set()
        self.bookings: list[int] = []
        """Ids, in the order of what was planned."""

    async def write(self) -> None:
        planned = self.planned
        publics = [public_id(self.rng) for _visit in planned]
        taking = [(public, visit) for public, visit in zip(publics, planned, strict=True) if visit.taken]
        claims = await insert(
            "claim", "kind public_id owner address made_at",
            [("booking", public, "", "", minutes.instant(visit.made)) for public, visit in taking],
            by="public_id",
        )  # fmt: skip
        await insert(
            "occupancy", "resource lane starts_at ends_at claim",
            [(resource, 0, span.start, span.end, claims[public]) for public, v in taking for resource, span in v.taken],
        )  # fmt: skip
        rows = [self._booking(place, public, claims.get(public)) for place, public in enumerate(publics)]
        bookings = await insert("booking", " ".join(rows[0]), [tuple(row.values()) for row in rows], by="public_id")
        self.bookings = [bookings[public] for public in publics]
        events = [event for place in range(len(planned)) for event in self._events(place)]
        await insert("booking_event", "booking at actor act before after", events)

    def _booking(self, place: int, public: str, claim: int | None) -> dict[str, Any]:
        visit = self.planned[place]
        someone = self.people[visit.patient]
        start, made = minutes.instant(visit.start), minutes.instant(visit.made)
        _at, way = self.history.lives.here.get(place, (0, ""))
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
            "language": self.history.contacts[place].language,
            "for_whom": "child" if someone.guardian is not None else "me",
            "note": "",
            "starts_at": start,
            "ends_at": start + timedelta(minutes=visit.minutes),
            "wall_start": self._wall(visit.start),
            "zone": self.clinic.setup.zone,
            "door": visit.door,
            "referrer": "",
            "outside_hours": not is_open(self.clinic.setup, visit.made),
            "link_no": 1,
            "token_hash": token_hash(visit_token(self.key, public, 1)),
            "version": 2 if visit.state is not State.BOOKED else 1,
            "visit_no": 1,
            "checked_in_by": way,
            "created_at": made,
            "updated_at": made,
            **self._cancellation(visit),
        }

    def _cancellation(self, visit: Planned) -> dict[str, Any]:
        cancelled = None if visit.cancelled is None else minutes.instant(visit.cancelled)
        return {
            "sequence": 1 if cancelled else 0,
            "cancelled_at": cancelled,
            "cancelled_by": "patient" if cancelled else "",
            "cancelled_late": self._late(visit),
            "cancel_code": visit.cancel_code,
        }

    def _wall(self, at: int) -> str:
        day, wall = local(self.clinic.setup.zone, at)
        return f"{day.isoformat()}T{wall // 60:02d}:{wall % 60:02d}"

    def _late(self, visit: Planned) -> bool:
        until = self.clinic.service(visit.service).rules.cancel_until
        return visit.cancelled is not None and visit.cancelled > visit.start - until

    def _reference(self) -> str:
        while True:
            code = "".join(self.rng.choices(READABLE, k=6))
            reference = f"{code[:4]}-{code[4:]}"
            if reference not in self.references:
                self.references.add(reference)
                return reference

    def _events(self, place: int) -> list[tuple[Any, ...]]:
        visit, booking = self.planned[place], self.bookings[place]
        by, facts = "patient" if visit.door == "web" else AT_THE_DESK, self._facts(visit)
        booked = {**facts, "state": State.BOOKED}
        found: list[tuple[int, str, str, Mapping[str, Any], Mapping[str, Any]]] = [
            (visit.made, by, "booked", {}, booked)
        ]
        if visit.cancelled is not None:
            after = {**facts, "state": State.CANCELLED, "late": self._late(visit), "by": "patient"}
            found.append((visit.cancelled, AT_THE_DESK if self._late(visit) else by, "cancelled", booked, after))
        before = State.BOOKED
        if (at := self.history.lives.confirmed.get(place)) is not None:
            found.append((at, "patient:sms", "confirmed", {"state": before}, {"state": State.CONFIRMED}))
            before = State.CONFIRMED
        if place in self.history.lives.here:
            at, way = self.history.lives.here[place]
            after = {"state": State.ARRIVED, "checked_in_by": way}
            found.append((at, _DOORS[way], "checked_in", {"state": before}, after))
        return [
            (booking, minutes.instant(at), who, act, json.dumps(was), json.dumps(now))
            for at, who, act, was, now in found
        ]

    def _facts(self, visit: Planned) -> dict[str, Any]:
        return {
            "starts_at": minutes.instant(visit.start).isoformat(),
            "service": visit.service,
            "practitioner": visit.place.practitioner,
            "room": visit.place.room,
            "location": visit.location,
        }
