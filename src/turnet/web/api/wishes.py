"""What a client may ask for, read from a body: a time, and who comes. Ends, prices and states are never read."""

from dataclasses import dataclass
from datetime import date, datetime

from turnet.booking.model import Person, Wish
from turnet.clinic.model import Clinic, Location, Practitioner, Service
from turnet.clock import minute
from turnet.errors import Invalid, NotOffered
from turnet.patients.model import person_from
from turnet.web.api.bodies import Fields

LARGEST_PARTY = 20
"""A limit where the service is unknown and cannot say its own."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time as it was asked for."""

    fields: Fields
    service: Service | None
    start: datetime | None
    practitioner: Practitioner | None
    location: Location | None
    people: int

    @classmethod
    def read(cls, fields: Fields, clinic: Clinic, service: Service | None) -> "Wanted":
        """`service` None: it is unknown, which `fields` has noted already."""
        practitioner = fields.one_of("practitioner", clinic.practitioners)
        if service and practitioner and practitioner.id not in service.rules.practitioners:
            fields.refuse("practitioner", "not_for_service")
        people = fields.whole("people", least=1, most=service.rules.people if service else LARGEST_PARTY)
        start, location = fields.time("start"), fields.one_of("location", clinic.locations)
        return cls(fields, service, start, practitioner, location, people or 1)

    def wish(self) -> Wish:
        """Raises Invalid for whatever was wrong in the body so far, NotOffered for a start between two minutes."""
        if self.fields.wrong or self.service is None or self.start is None:
            raise self.fields.refusal()
        if self.start.second or self.start.microsecond:
            raise NotOffered
        return Wish(
            self.service.id,
            minute(self.start),
            self.location.id if self.location else None,
            self.practitioner.id if self.practitioner else None,
            self.people,
        )


def read_person(fields: Fields, clinic: Clinic, *, language: str, today: date) -> Person | None:
    """Who comes; None when something is wrong, which `fields` has noted. `language` stands in for one not given."""
    patient = fields.inside("patient")
    given = {name: patient.text(name) for name in ("name", "phone", "email", "for")}
    birth_year = patient.whole("birth_year", least=1, most=9999)
    given["birth_year"] = "" if birth_year is None else str(birth_year)
    given["note"] = fields.text("note")
    spoken = patient.one_of("language", {code: code for code in clinic.languages}) or language
    try:
        return person_from(given, region=clinic.region, language=spoken, today=today)
    except Invalid as invalid:
        for name, code in invalid.fields.items():
            (fields if name == "note" else patient).refuse(name, code)
        return None
