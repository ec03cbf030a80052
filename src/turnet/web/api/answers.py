"""What the API says: one struct per answer, which is also its schema."""

from datetime import datetime
from typing import Annotated

import msgspec

from turnet.booking.model import Visit
from turnet.booking.states import COMING, State
from turnet.clinic.model import Clinic, Location, Practitioner, Service
from turnet.clock import instant, minute
from turnet.scheduling import policy
from turnet.scheduling.rules import Slot
from turnet.web.api.times import written, written_minute

Time = Annotated[
    str,
    msgspec.Meta(
        description="With the clinic's offset, whole seconds.",
        examples=["2026-12-01T09:30:00+02:00"],
        extra_json_schema={"format": "date-time"},
    ),
]
Slug = Annotated[str, msgspec.Meta(description="ASCII, the same in every language.")]


class LocationAnswer(msgspec.Struct):
    slug: Slug
    name: str
    address: str
    city: str
    directions: str
    phone: str
    email: str
    latitude: float | None
    longitude: float | None


class ClinicAnswer(msgspec.Struct):
    name: str
    timezone: str
    """IANA zone of every time in this API."""
    languages: list[str]
    """The default one first."""
    now: Time
    phone: str
    email: str
    out_of_hours: str
    locations: list[LocationAnswer]


class ServiceAnswer(msgspec.Struct):
    slug: Slug
    name: str
    summary: str
    instructions: str
    minutes: int
    price: int
    """In minor units of `currency`; 0 when the clinic names none."""
    late_fee: int
    currency: str
    urgent: bool
    online: bool
    """False: by telephone only, no times on offer here."""
    people: int
    """The most people booked together."""
    practitioners: list[Slug]


class PractitionerAnswer(msgspec.Struct):
    slug: Slug
    name: str
    title: str
    about: str
    languages: list[str]
    services: list[Slug]


class SlotAnswer(msgspec.Struct):
    start: Time
    end: Time
    location: Slug
    practitioners: list[Slug]


class SlotsAnswer(msgspec.Struct):
    timezone: str
    version: str
    """Changes whenever what is free may have changed."""
    slots: list[SlotAnswer]


class HoldAnswer(msgspec.Struct):
    hold: str
    """Send it with the booking; it proves nothing else."""
    expires_at: Time


class BookedAnswer(msgspec.Struct):
    reference: str
    start: Time
    end: Time
    service: Slug
    practitioner: Slug
    location: Slug
    manage_url: str
    """The patient's own link; its last part is the token of `/bookings/{token}`."""


class VisitAnswer(msgspec.Struct):
    reference: str
    status: State
    start: Time
    end: Time
    service: Slug
    practitioner: Slug
    location: Slug
    version: int
    """Send it with a move or a cancellation to have it refused when somebody was faster."""
    language: str
    can_move: bool
    move_until: Time
    can_cancel: bool
    cancel_until: Time
    can_undo: bool
    undo_until: Time | None
    """Until when a cancelled visit can be had back."""


def clinic_answer(clinic: Clinic, language: str, now: datetime) -> ClinicAnswer:
    return ClinicAnswer(
        name=clinic.text(clinic.name, language).text,
        timezone=clinic.zone.key,
        languages=list(clinic.languages),
        now=written(now, clinic.zone),
        phone=clinic.phone,
        email=clinic.email,
        out_of_hours=clinic.text(clinic.out_of_hours, language).text,
        locations=[_location(clinic, location, language) for location in clinic.locations.values()],
    )


def _location(clinic: Clinic, location: Location, language: str) -> LocationAnswer:
    return LocationAnswer(
        slug=location.slug,
        name=clinic.text(location.name, language).text,
        address=clinic.text(location.address, language).text,
        city=clinic.text(location.city, language).text,
        directions=clinic.text(location.directions, language).text,
        phone=location.phone,
        email=location.email,
        latitude=location.latitude,
        longitude=location.longitude,
    )


def service_answer(clinic: Clinic, service: Service, language: str) -> ServiceAnswer:
    return ServiceAnswer(
        slug=service.slug,
        name=clinic.text(service.name, language).text,
        summary=clinic.text(service.summary, language).text,
        instructions=clinic.text(service.instructions, language).text,
        minutes=service.rules.minutes,
        price=service.price,
        late_fee=service.late_fee,
        currency=clinic.currency,
        urgent=service.urgent,
        online=service.online,
        people=service.rules.people,
        practitioners=[clinic.practitioner(one).slug for one in service.rules.practitioners],
    )


def practitioner_answer(clinic: Clinic, practitioner: Practitioner, language: str) -> PractitionerAnswer:
    return PractitionerAnswer(
        slug=practitioner.slug,
        name=clinic.text(practitioner.name, language).text,
        title=clinic.text(practitioner.title, language).text,
        about=clinic.text(practitioner.about, language).text,
        languages=list(practitioner.languages),
        services=[s.slug for s in clinic.services.values() if practitioner.id in s.rules.practitioners],
    )


def slot_answer(clinic: Clinic, slot: Slot) -> SlotAnswer:
    return SlotAnswer(
        start=written_minute(slot.start, clinic.zone),
        end=written_minute(slot.end, clinic.zone),
        location=clinic.location(slot.location).slug,
        practitioners=[clinic.practitioner(one).slug for one in slot.practitioners],
    )


def booked_answer(clinic: Clinic, visit: Visit, manage_url: str) -> BookedAnswer:
    return BookedAnswer(
        reference=visit.reference,
        start=written(visit.starts_at, clinic.zone),
        end=written(visit.ends_at, clinic.zone),
        service=clinic.service(visit.service).slug,
        practitioner=clinic.practitioner(visit.practitioner).slug,
        location=clinic.location(visit.location).slug,
        manage_url=manage_url,
    )


def visit_answer(clinic: Clinic, visit: Visit, now: datetime) -> VisitAnswer:
    """Never a telephone number, an address, a note or a name: whoever has the link may be anybody."""
    service = clinic.service(visit.service)
    move, cancel = (
        ask(service.rules, minute(visit.starts_at), minute(now)) for ask in (policy.may_move, policy.may_cancel)
    )
    coming = visit.state in COMING
    return VisitAnswer(
        reference=visit.reference,
        status=visit.state,
        start=written(visit.starts_at, clinic.zone),
        end=written(visit.ends_at, clinic.zone),
        service=service.slug,
        practitioner=clinic.practitioner(visit.practitioner).slug,
        location=clinic.location(visit.location).slug,
        version=visit.version,
        language=visit.language,
        can_move=coming and move.allowed,
        move_until=written(instant(move.until), clinic.zone),
        can_cancel=coming and cancel.allowed,
        cancel_until=written(instant(cancel.until), clinic.zone),
        can_undo=visit.state is State.CANCELLED and visit.undo_until is not None and now < visit.undo_until,
        undo_until=written(visit.undo_until, clinic.zone) if visit.undo_until else None,
    )
