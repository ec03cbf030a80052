"""A diary as calendar programs read it: parsers that nobody here wrote agree, and the same diary is the same bytes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import vobject

from tests.factories import REA
from tests.unit.messaging.libical import complaints
from tests.unit.messaging.people import SETTINGS, a_clinic, a_visit
from turnet.booking.feed import FeedVisit
from turnet.booking.states import State
from turnet.messaging.feed import initials, written
from turnet.staff.feeds import Reader, Scope

CLINIC = a_clinic()
STARTS = datetime(2027, 4, 1, 11, 30, tzinfo=UTC)
_VISIT = a_visit()
BOOKED = FeedVisit(
    "a" * 22, "K7M2-QX", State.BOOKED, 0, STARTS, STARTS + timedelta(minutes=30), STARTS - timedelta(days=9),
    _VISIT.service, _VISIT.room, _VISIT.location, "דנה לוי־כהן; הבת של רות, ושל דוד " * 3, "+358401234567",
)  # fmt: skip
CANCELLED = replace(BOOKED, public_id="b" * 22, state=State.CANCELLED, sequence=3)


def reader(scope: Scope) -> Reader:
    return Reader(1, scope, None, REA, 7)


@pytest.mark.parametrize("scope", list(Scope))
def test_libical_finds_nothing_wrong(scope: Scope) -> None:
    assert complaints(written([BOOKED, CANCELLED], reader(scope), CLINIC, SETTINGS)) == []


def test_libical_would_find_a_missing_organizer() -> None:
    lines = written([BOOKED], reader(Scope.BUSY), CLINIC, SETTINGS).replace(b"\r\n ", b"").split(b"\r\n")

    assert complaints(b"\r\n".join(line for line in lines if not line.startswith(b"ORGANIZER"))) != []


def test_vobject_reads_what_was_written() -> None:
    read = vobject.readOne(written([BOOKED], reader(Scope.FULL), CLINIC, SETTINGS).decode())

    assert (read.vevent.summary.value, read.vevent.dtstart.value) == (BOOKED.patient_name.strip(), STARTS)


def test_no_line_is_longer_than_75_octets_and_no_letter_is_cut() -> None:
    lines = written([BOOKED, CANCELLED], reader(Scope.FULL), CLINIC, SETTINGS).split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    assert [line.decode() for line in lines][-1] == ""


@pytest.mark.parametrize(
    ("name", "short"), [("Anna Virtanen", "A. V."), ("דנה לוי כהן", "ד. ל."), ("Cher", "C."), ("", "")]
)
def test_initials_are_two_at_most(name: str, short: str) -> None:
    assert initials(name) == short
