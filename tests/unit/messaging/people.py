"""A clinic and a visit without a database: everything a message can speak of, each part replaceable."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic, Location, Practitioner, Service
from turnet.messaging.compose import Composer
from turnet.messaging.kinds import KINDS
from turnet.messaging.outbox import Claimed
from turnet.scheduling.rules import ServiceRules, Setup
from turnet.settings import Settings

NOW = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)
"""Tuesday 1 December 2026, 10:42 in Helsinki."""

SETTINGS = Settings(base_url="https://times.tuomi.example", mail_from="Tuomi <appointments@tuomi.example>")

LOCATION = Location(
    id=1,
    slug="keskusta",
    name={"en": "Keskusta", "he": "מרכז"},
    address={"en": "Hämeenkatu 14 B"},
    city={"en": "Tampere", "he": "טמפרה"},
    directions={"en": "By the square; second floor, ring twice.", "he": "ליד הכיכר; קומה שנייה."},
    phone="+35830000140",
    email="keskusta@tuomi.example",
    latitude=61.498,
    longitude=23.761,
)

SERVICE = Service(
    id=1,
    slug="check-up",
    name={"en": "Check-up", "fi": "Tarkastus", "he": "בדיקה"},
    summary={},
    instructions={"en": "Bring a list of your medicines."},
    rules=ServiceRules(id=1, minutes=30, practitioners=(1,), rooms=(), move_until=1440, cancel_until=1440),
    price=7900,
    late_fee=4000,
    urgent=False,
    online=True,
)

PRACTITIONER = Practitioner(
    id=1, row=1, slug="sanna", name={"en": "Sanna Koivisto"}, title={"en": "Dentist"}, about={}, languages=("fi",)
)


def a_clinic(
    *,
    zone: str = "Europe/Helsinki",
    location: Location = LOCATION,
    service: Service = SERVICE,
    practitioner: Practitioner = PRACTITIONER,
    **more: Any,
) -> Clinic:
    clinic = Clinic(
        version=1,
        name={"en": "Tuomi Dental", "fi": "Hammashoitola Tuomi", "he": "מרפאת תומי"},
        strapline={},
        languages=("en", "fi", "he"),
        region="FI",
        currency="EUR",
        phone="+35830000116",
        email="desk@tuomi.example",
        brand="#14603c",
        out_of_hours={},
        privacy={},
        zone=ZoneInfo(zone),
        services={service.slug: service},
        practitioners={practitioner.slug: practitioner},
        locations={location.slug: location},
        rooms={},
        setup=Setup(zone=zone),
        moved_slugs={},
        _by_id={("service", 1): service, ("practitioner", 1): practitioner, ("location", 1): location},
    )
    return replace(clinic, **more)


def a_visit(**more: Any) -> Visit:
    """Thursday 3 December 2026, 09:20 in Helsinki, half an hour."""
    starts = more.pop("starts_at", datetime(2026, 12, 3, 7, 20, tzinfo=UTC))
    visit = Visit(
        id=7,
        public_id="7f3c2e7f3c2e7f3c2e7f3c",
        reference="K7M2-QX",
        state=State.BOOKED,
        service=1,
        practitioner=1,
        room=None,
        location=1,
        patient_name="Dana Levi",
        phone="+358401234567",
        email="dana@example.com",
        language="en",
        for_whom="me",
        note="I am afraid of needles",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        zone="Europe/Helsinki",
        door="web",
        link_no=1,
        version=1,
        sequence=0,
        visit_no=1,
        moved_from=None,
        cancelled_at=None,
        undo_until=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(visit, **more)


TROUBLE = {
    "what": "Mail does not leave",
    "where": "smtp://mail.tuomi.example:587",
    "do": "Run turnet doctor.\nIt says what the server answered.",
    "since": "2026-12-01T07:00:00+00:00",
    "until": "2026-12-01T08:30:00+00:00",
}
"""What the server says when something is wrong."""


MONTH = {
    "month": "November 2026", "spent": "27 € for 300 SMS", "chairs": "about 20 (11 to 32)", "outside": "40 of 90",
    "nps": "+62", "advice": "Nothing: all is well.", "link": "https://times.tuomi.example/admin/value",
}  # fmt: skip
"""What the owner reads on the first of the month."""

FACTS = {
    "incident": TROUBLE, "incident_over": TROUBLE, "month_page": MONTH,
    "desk_answer": {"text": "We are open until six."},
    "missed_call": {"link": "https://times.tuomi.example/fi/"},
}  # fmt: skip
"""Of kinds whose words cannot be read from a visit."""


def the_row(kind: str, visit: Visit | None, *, channel: str = "email", language: str = "") -> Claimed:
    recipient = "desk@tuomi.example" if visit is None else visit.phone if channel == "sms" else visit.email
    return Claimed(
        id=UUID(int=5),
        kind=kind,
        channel=channel,
        recipient=recipient,
        language=language or (visit.language if visit else "en"),
        booking=visit.id if visit else None,
        sequence=visit.sequence if visit else 0,
        facts=FACTS.get(kind, {}),
        due_at=NOW,
        not_after=NOW + timedelta(days=2),
        attempts=1,
        lease="l",
        lease_until=NOW + timedelta(minutes=1),
    )


def composer(settings: Settings = SETTINGS) -> Composer:
    return Composer(settings, b"k" * 32)


def fitting(kind: str, visit: Visit) -> Visit:
    """The visit in the state that a message of this kind speaks of."""
    state = State.CANCELLED if KINDS[kind].about.value == "cancellation" else State.BOOKED
    moved = datetime(2026, 12, 2, 7, 0, tzinfo=UTC) if kind.endswith("_moved") else None
    return replace(visit, state=state, moved_from=moved)
