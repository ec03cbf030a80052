"""A series at the desk: every date is shown before anything is booked, and all are booked or none."""

import re
from datetime import timedelta

import pytest

from tests.factories import a_clinic, at
from tests.web.desk.conftest import Signs
from tests.web.desk.new_forms import aino, fields, messages, visits
from turnet.clock import instant
from turnet.db.transactions import fetch

pytestmark = pytest.mark.usefixtures("app")

START = "20261203T0720Z"
"""Thursday 3 December 2026, 09:20 in Helsinki."""


def picks(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(pick_\d+)" value="([^"]+)"', text):
        found.setdefault(name, []).append(value)
    return found


async def test_every_date_is_shown_and_nothing_is_booked_yet(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    form = fields(await desk.get(f"/desk/new?start={START}&who=sanna&service=check-up&patient={known.public_id}"))

    page = await desk.post("/desk/new/series", data=form | {"weeks": "2", "times": "6"}, partial=partial)

    assert page.status_code == 200
    assert [codes[0] for codes in picks(page.text).values()] == [
        f"{day}T0720Z/keskusta/sanna"
        for day in ("20261203", "20261217", "20261231", "20270114", "20270128", "20270211")
    ]
    assert "Every date is free" in page.text
    assert await visits() == []


async def test_a_date_that_is_not_free_asks_for_another_time(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    there = "start=20261217T0720Z&who=sanna&service=check-up"
    await desk.post("/desk/new", data=fields(await desk.get(f"/desk/new?{there}"), name="Eero Salo"))
    form = fields(await desk.get(f"/desk/new?start={START}&who=sanna&service=check-up"), name="Väinö Aalto")

    page = await desk.post("/desk/new/series", data=form | {"weeks": "2", "times": "3"})

    assert "1 date is not free" in page.text
    free, taken, last = picks(page.text).values()
    assert free == [f"{START}/keskusta/sanna", "-"] and last == ["20261231T0720Z/keskusta/sanna", "-"]
    assert taken[-1] == "-" and len(taken) > 2 and "20261217T0720Z/keskusta/sanna" not in taken
    assert fields(page)["pick_1"] == "-", "left out unless somebody chooses"


async def test_what_was_kept_is_booked_together_and_told_once(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    form = fields(await desk.get(f"/desk/new?start={START}&who=sanna&service=check-up&patient={known.public_id}"))
    shown = await desk.post("/desk/new/series", data=form | {"weeks": "2", "times": "4"})

    answer = await desk.post("/desk/new/series", data=fields(shown, pick_2="-"), partial=partial)
    again = await desk.post("/desk/new/series", data=fields(shown, pick_2="-"), partial=partial)

    found = await visits()
    assert answer.status_code == again.status_code == (204 if partial else 303)
    first = instant(at("2026-12-03T09:20+02:00"))
    assert [visit.starts_at - first for visit in found] == [timedelta(weeks=n) for n in (0, 2, 6)]
    assert {(visit.patient, visit.party is None) for visit in found} == {(known.id, False)}
    assert await messages() == [("series_booked", "email", "aino@example.com", "fi")]


async def test_a_date_that_went_meanwhile_books_none(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(
        await desk.get(f"/desk/new?start={START}&who=sanna&service=check-up"), name="Väinö Aalto", phone="0400000555"
    )
    shown = await desk.post("/desk/new/series", data=form | {"weeks": "1", "times": "3"})
    there = fields(await desk.get("/desk/new?start=20261210T0720Z&who=sanna&service=check-up"), name="Eero Salo")
    await desk.post("/desk/new", data=there)

    answer = await desk.post("/desk/new/series", data=fields(shown), partial=partial)

    assert answer.status_code == 409
    assert "One of the times has just gone" in answer.text
    assert [visit.patient_name for visit in await visits()] == ["Eero Salo"]
    assert 'value="Väinö Aalto"' in answer.text


async def test_the_same_time_of_day_across_a_change_of_the_clock(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new?start=20270325T0720Z&who=sanna&service=check-up"), name="Väinö Aalto")

    page = await desk.post("/desk/new/series", data=form | {"weeks": "1", "times": "2"})

    assert [codes[0] for codes in picks(page.text).values()] == [
        "20270325T0720Z/keskusta/sanna", "20270401T0620Z/keskusta/sanna"
    ]  # fmt: skip


async def test_a_wrong_field_is_put_right_before_the_dates(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()

    page = await desk.post(
        "/desk/new/series", data=fields(await desk.get("/desk/new"), times="3", phone="call"), partial=partial
    )

    assert page.status_code == 422
    assert 'id="name-error"' in page.text and 'id="phone-error"' in page.text


async def test_a_series_without_a_date_is_no_series(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new"), name="Väinö Aalto", times="2")
    shown = await desk.post("/desk/new/series", data=form)

    page = await desk.post("/desk/new/series", data=fields(shown, pick_0="-", pick_1="-"))

    assert page.status_code == 422
    assert await visits() == []
    assert await fetch("SELECT COUNT(*) FROM party") == [(0,)]


async def test_a_series_is_never_booked_as_one_visit(signs_in: Signs, partial: bool) -> None:
    """The number was typed and the button pressed before the page had named the dates."""
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get(f"/desk/new?start={START}&who=sanna&service=check-up"), name="Väinö Aalto", times="3")

    page = await desk.post("/desk/new", data=form, partial=partial)

    assert page.status_code == 200
    assert len(picks(page.text)) == 3
    assert await visits() == []
