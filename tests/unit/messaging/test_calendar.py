"""Calendars as mail clients read them: golden files, and three parsers that nobody here wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from tests.unit.messaging.libical import complaints
from tests.unit.messaging.people import LOCATION, NOW, SETTINGS, a_clinic, a_visit
from turnet.booking.model import Visit
from turnet.booking.states import State
from turnet.clinic.model import Clinic
from turnet.messaging import calendar
from turnet.messaging.calendar import CANCEL, REQUEST, google_link, invitation, outlook_link, published

GOLDEN = Path(__file__).parent / "golden"

HEBREW = a_clinic(
    zone="Asia/Jerusalem",
    languages=("he",),
    name={"he": 'מרפאת שיניים "תומי, בנו ונכדיו"; תל אביב'},
    location=replace(
        LOCATION,
        name={"he": "מרכז"},
        city={"he": "טמפרה"},
        address={"he": "רחוב אבן גבירול 14, כניסה ב; קומה 2"},
        latitude=32.0853,
        longitude=34.7818,
    ),
)
"""Wrote its texts in Hebrew only; the visit's own language is English, so no translation decides what is compared."""
BOOKED = a_visit(patient_name="דנה לוי־כהן", starts_at=datetime(2027, 4, 1, 11, 30, tzinfo=UTC))
MOVED = replace(
    BOOKED, sequence=1, starts_at=BOOKED.starts_at + timedelta(days=1), ends_at=BOOKED.ends_at + timedelta(days=1)
)
MOVED_AGAIN = replace(MOVED, sequence=2, ends_at=MOVED.ends_at + timedelta(minutes=30))
CANCELLED = replace(MOVED_AGAIN, sequence=3, state=State.CANCELLED)
LIFE = [
    ("created", BOOKED, REQUEST),
    ("moved", MOVED, REQUEST),
    ("moved-again", MOVED_AGAIN, REQUEST),
    ("cancelled", CANCELLED, CANCEL),
]


def invited(visit: Visit, clinic: Clinic = HEBREW, method: str = REQUEST) -> bytes:
    return invitation(visit, clinic, SETTINGS, method=method, attendee=visit.email, stamp=NOW)


@pytest.mark.parametrize(("name", "visit", "method"), LIFE)
def test_a_visits_life_matches_its_golden_calendars(name: str, visit: Visit, method: str) -> None:
    assert invited(visit, method=method) == (GOLDEN / f"{name}.ics").read_bytes()


def test_every_change_is_the_same_event_with_a_higher_sequence() -> None:
    events = [Calendar.from_ical(invited(visit, method=method)) for _name, visit, method in LIFE]

    assert [(str(one["METHOD"]), str(one.events[0]["STATUS"]), one.events[0]["SEQUENCE"]) for one in events] == [
        ("REQUEST", "CONFIRMED", 0),
        ("REQUEST", "CONFIRMED", 1),
        ("REQUEST", "CONFIRMED", 2),
        ("CANCEL", "CANCELLED", 3),
    ]
    assert len({str(one.events[0]["UID"]) for one in events}) == 1


@pytest.mark.parametrize(("name", "visit", "method"), LIFE)
def test_lines_end_in_crlf_and_hold_at_most_75_octets_of_whole_characters(name: str, visit: Visit, method: str) -> None:
    raw = invited(visit, method=method)
    lines = raw.split(b"\r\n")

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode() for line in lines[:-1])
    assert any(line.startswith(b" ") for line in lines)


def test_commas_semicolons_and_line_breaks_are_escaped_and_read_back_as_they_were() -> None:
    raw = invited(BOOKED).replace(b"\r\n ", b"").decode()
    event = Calendar.from_ical(raw).events[0]

    assert r"LOCATION:מרכז\, רחוב אבן גבירול 14\, כניסה ב\; קומה 2\, טמפרה" in raw
    assert str(event["LOCATION"]) == "מרכז, רחוב אבן גבירול 14, כניסה ב; קומה 2, טמפרה"
    assert str(event["SUMMARY"]) == 'מרפאת שיניים "תומי, בנו ונכדיו"; תל אביב'
    assert str(event["DESCRIPTION"]).count("\n") == 2


@pytest.mark.parametrize(("name", "visit", "method"), LIFE)
def test_libical_finds_nothing_wrong(name: str, visit: Visit, method: str) -> None:
    assert complaints(invited(visit, method=method)) == []


def test_libical_would_find_a_missing_organizer() -> None:
    raw = invited(BOOKED).replace(b"\r\n ", b"")
    without = b"\r\n".join(line for line in raw.split(b"\r\n") if not line.startswith(b"ORGANIZER"))

    assert complaints(without) == [
        "Failed iTIP restrictions for ORGANIZER property. Expected 1 instances of the property and got 0"
    ]


EDGES = [
    ("Asia/Jerusalem", "2027-03-25T14:30"),  # the day before the clocks go forward
    ("Asia/Jerusalem", "2027-03-26T14:30"),
    ("Asia/Jerusalem", "2027-04-01T14:30"),
    ("Asia/Jerusalem", "2027-10-31T09:00"),  # the day they go back
    ("Asia/Jerusalem", "2027-11-01T09:00"),
    ("Europe/Helsinki", "2027-03-27T14:30"),
    ("Europe/Helsinki", "2027-03-28T14:30"),
    ("Europe/Helsinki", "2027-10-31T03:30"),  # twice that night; the first
    ("Europe/Helsinki", "2027-10-31T14:30"),
    ("Europe/Helsinki", "2026-12-03T09:20"),
]


@pytest.mark.parametrize(("zone", "local"), EDGES)
def test_other_programs_read_the_hour_that_was_sold(zone: str, local: str) -> None:
    starts = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    raw = invited(a_visit(starts_at=starts), a_clinic(zone=zone))

    by_vobject = vobject.readOne(raw.decode()).vevent.dtstart.value.astimezone(ZoneInfo(zone))
    by_icalendar = Calendar.from_ical(raw).events[0].start.astimezone(ZoneInfo(zone))

    assert f"{by_vobject:%Y-%m-%dT%H:%M}" == local
    assert f"{by_icalendar:%Y-%m-%dT%H:%M}" == local
    assert complaints(raw) == []


def test_the_description_says_the_wall_clock_time_and_its_zone() -> None:
    event = Calendar.from_ical(invited(a_visit(), a_clinic())).events[0]

    assert str(event["DESCRIPTION"]) == (
        "Thursday 3 December at 09:20 (Europe/Helsinki)\nReference: K7M2-QX\nTelephone: \u200e+358 300 00140"
    )


def test_an_event_names_no_treatment_no_practitioner_and_no_link_that_acts() -> None:
    everything = invited(a_visit(), a_clinic()) + published(a_visit(), a_clinic(), SETTINGS)
    raw = everything.replace(b"\r\n ", b"").decode()

    assert [word for word in ("Check-up", "Dentist", "Sanna", "/a/", "needles", "medicines") if word in raw] == []


def test_a_child_is_not_named_as_the_owner_of_the_parents_address() -> None:
    event = Calendar.from_ical(invited(a_visit(for_whom="child", patient_name="Eero Levi"), a_clinic())).events[0]

    assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["CN"]) == ("mailto:dana@example.com", "dana@example.com")


@pytest.mark.parametrize(
    "name", ["O'Brien & <b>", 'Eve "the" Q; x:y, z', "Eve\r\nATTENDEE:mailto:x@y.example", "דנה\u2028לוי"]
)
def test_a_hostile_name_stays_one_parameter(name: str) -> None:
    raw = invited(a_visit(patient_name=name), a_clinic())
    read = Calendar.from_ical(raw)

    assert len(read.events) == 1
    assert raw.replace(b"\r\n ", b"").count(b"\r\nATTENDEE") == 1
    assert read.events[0]["ATTENDEE"].params["CN"] == calendar.one_line(name).replace('"', "'")
    assert complaints(raw) == []


def test_the_download_is_published_and_names_nobody() -> None:
    raw = published(a_visit(), a_clinic(), SETTINGS)
    event = Calendar.from_ical(raw).events[0]

    assert b"METHOD:PUBLISH\r\n" in raw
    assert (raw.count(b"ATTENDEE"), raw.count(b"Dana")) == (0, 0)
    assert (str(event["UID"]), event["SEQUENCE"]) == (calendar.uid(a_visit()), 0)
    assert complaints(raw) == []


def test_the_download_of_an_unchanged_visit_never_changes() -> None:
    assert published(a_visit(), a_clinic()) == published(a_visit(), a_clinic())


def test_the_download_of_a_cancelled_visit_says_so() -> None:
    event = Calendar.from_ical(published(a_visit(state=State.CANCELLED), a_clinic())).events[0]

    assert str(event["STATUS"]) == "CANCELLED"


def test_links_into_web_calendars_carry_the_instant() -> None:
    google = parse_qs(urlsplit(google_link(a_visit(), a_clinic())).query)
    outlook = parse_qs(urlsplit(outlook_link(a_visit(), a_clinic())).query)

    assert (google["dates"], google["ctz"], google["text"]) == (
        ["20261203T072000Z/20261203T075000Z"], ["Europe/Helsinki"], ["Tuomi Dental"],
    )  # fmt: skip
    assert (outlook["startdt"], outlook["enddt"], outlook["location"]) == (
        ["2026-12-03T07:20:00Z"], ["2026-12-03T07:50:00Z"], ["Keskusta, Hämeenkatu 14 B, Tampere"],
    )  # fmt: skip
