"""The next seven days on paper, in the clinic's language and time."""

import re
from datetime import datetime

import pytest

from tests.db.booking.acts import an_act
from tests.factories import TUESDAY, a_clinic, at
from turnet.backup import week
from turnet.booking import service
from turnet.booking.model import Person, Visit, Wish
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock
from turnet.db.engine import AnyEngine

EEVA = Person("Eeva <Mäkelä>", phone="+358401234567", language="fi")
DANA = Person("דנה לוי", email="dana@mail.example", language="he")


async def booked(clinic: Clinic, clock: FrozenClock, start: str, who: Person = EEVA, by: str = "sanna") -> Visit:
    wish = Wish(clinic.services["check-up"].id, at(start), None, clinic.practitioners[by].id)
    return (await service.book(an_act(clock), clinic, wish, who, once=start + by)).visit


def text(page: str) -> list[str]:
    """What a reader sees, cell by cell."""
    body = page.partition("<body>")[2]
    return [cell.strip() for cell in re.split(r"<[^>]*>", body) if cell.strip()]


async def test_seven_days_by_practitioner_and_time(engine: AnyEngine, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    late = await booked(clinic, clock, "2026-12-03T10:00+02:00", DANA)
    early = await booked(clinic, clock, "2026-12-03T09:20+02:00")
    other = await booked(clinic, clock, "2026-12-03T08:00+02:00", by="pekka")
    cancelled = await booked(clinic, clock, "2026-12-04T08:00+02:00")
    await service.cancel(an_act(clock), clinic, cancelled.id)
    beyond = await booked(clinic, clock, "2026-12-08T08:00+02:00")

    page = await week.shown(clinic, TUESDAY)

    def room(visit: Visit) -> str:
        assert visit.room is not None
        return clinic.room(visit.room).name["en"]

    heads = ["When", "Name", "Telephone", "Visit", "Room", "Where", "Reference"]
    seen = text(page)
    assert seen[seen.index("Thursday 3 December") : seen.index("Friday 4 December")] == [
        "Thursday 3 December",
        "Sanna Koivisto", *heads,
        "09:20", "Eeva &lt;Mäkelä&gt;", "+358 40 1234567", "Check-up", room(early), "Keskusta", early.reference,
        "10:00", "דנה לוי", "dana@mail.example", "Check-up", room(late), "Keskusta", late.reference,
        "Pekka Laine", *heads,
        "08:00", "Eeva &lt;Mäkelä&gt;", "+358 40 1234567", "Check-up", room(other), "Keskusta", other.reference,
    ]  # fmt: skip
    assert seen[seen.index("Friday 4 December") :][:2] == ["Friday 4 December", "No visits."]
    assert [line for line in seen if line in {"Tuesday 1 December", "Monday 7 December", "Tuesday 8 December"}] == [
        "Tuesday 1 December", "Monday 7 December",
    ]  # fmt: skip
    assert (cancelled.reference in page, beyond.reference in page) == (False, False)
    assert "Tue 1 Dec at 10:42" in page


@pytest.mark.parametrize(("languages", "tag"), [("fi,en", 'lang="fi" dir="ltr"'), ("he,en", 'lang="he" dir="rtl"')])
async def test_in_the_clinic_s_language(engine: AnyEngine, languages: str, tag: str) -> None:
    page = await week.shown(await a_clinic(languages=languages), TUESDAY)

    assert f"<html {tag}>" in page
    assert {"fi,en": "tiistai 1. joulukuuta", "he,en": "יום שלישי, 1 בדצמבר"}[languages] in page
    assert {"fi,en": "Hammashoitola Tuomi", "he,en": "מרפאת תומי"}[languages] in page


async def test_it_asks_nobody_for_anything(engine: AnyEngine) -> None:
    page = await week.shown(await a_clinic(), TUESDAY)

    assert re.findall(r"src=|href=|url\(|@import|<script|<link", page) == []


async def test_days_begin_at_the_clinic_s_midnight(engine: AnyEngine) -> None:
    clinic = await a_clinic(zone="Asia/Jerusalem", region="IL")

    seen = text(await week.shown(clinic, datetime.fromisoformat("2026-12-01T22:30+00:00")))

    assert [line for line in seen if "December" in line][:1] == ["Wednesday 2 December"]
