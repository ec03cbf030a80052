"""Booking at the desk: what fits, whom it is for, what is kept, and that nothing typed is lost."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar

from tests.factories import a_clinic, at
from tests.web.desk.conftest import Signs
from turnet.booking import queries
from turnet.booking.model import Visit
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.patients import callers
from turnet.patients.tables import ContactPoint, Patient, PatientContact

pytestmark = pytest.mark.usefixtures("app")

NOW = "20261201T0900Z"
"""Tuesday 1 December 2026, 11:00 in Helsinki."""
GAP = f"{NOW}/keskusta/sanna"
TYPED = {"service": "check-up", "answered": "1", "tell": "1", "once": "k" * 20}


async def aino(**more: object) -> Patient:
    """Somebody known, with a number and an address."""
    row = {
        "public_id": "aino".ljust(22, "_"),
        "name": "Aino Mäkinen",
        "language": "fi",
        "provisional": False,
        "birth_year": 1985,
    }
    patient = Patient(**row | more, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    await patient.save()
    for kind, value in (("phone", "+358400000123"), ("email", "aino@example.com")):
        known = await ContactPoint.objects().get(ContactPoint.value == value)
        point = known or ContactPoint(kind=kind, value=value, raw=value)
        await point.save()
        await PatientContact(patient=patient.id, contact_point=point.id).save()
    return patient


async def visits() -> list[Visit]:
    return await queries.visits_by_id([id for (id,) in await fetch("SELECT id FROM booking")])


def fields(page: httpx.Response) -> Mapping[str, str]:
    """What a browser would send of the page's form: hidden fields, texts, what is checked and selected."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            one = dict(attrs)
            name, value = one.get("name") or "", one.get("value") or ""
            if tag == "input" and name and (one.get("type") not in ("radio", "checkbox") or "checked" in one):
                found[name] = value
            elif tag == "select":
                self.select = name
            elif tag == "option" and ("selected" in one or self.select not in found):
                found[self.select] = value

    Reader().feed(page.text)
    return found


async def test_the_first_times_that_fit_are_proposed_and_the_first_is_chosen(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    page = await desk.get("/desk/new?service=check-up")

    assert page.status_code == 200
    codes = re.findall(r'name="time" value="([^"]+)"( checked)?', page.text)
    assert codes[0] == ("20261201T0900Z/keskusta/sanna", " checked")
    assert [code for code, checked in codes if checked] == ["20261201T0900Z/keskusta/sanna"]
    assert len(codes) == 9
    assert {code[:8] for code, _ in codes} == {"20261201", "20261202", "20261203"}
    assert "Book Tue 1 Dec at 11:00" in page.text


async def test_a_known_caller_is_booked_by_what_the_page_already_holds(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    page = await desk.get(f"/desk/new?patient={known.public_id}")
    answer = await desk.post("/desk/new", data=fields(page), partial=partial)

    [visit] = await visits()
    assert (visit.patient, visit.patient_name, visit.phone, visit.email, visit.door) == (
        known.id, "Aino Mäkinen", "+358400000123", "aino@example.com", "phone",
    )  # fmt: skip
    assert visit.language == "fi"
    assert answer.status_code == (204 if partial else 303)
    assert answer.headers["HX-Redirect" if partial else "Location"] == f"/desk?did={visit.public_id}"
    assert await fetch("SELECT kind, channel, recipient, language FROM message") == [
        ("booking_confirmed", "email", "aino@example.com", "fi")
    ]
