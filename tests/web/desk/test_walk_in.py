"""Somebody stands at the desk: a tap opens the page, a second one books and marks them as arrived."""

import re

import pytest
from litestar import Litestar

from tests.factories import TUESDAY, a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.new_forms import aino, fields, messages, visits
from turnet.booking.states import State
from turnet.db.transactions import fetch

pytestmark = pytest.mark.usefixtures("app")

NOW = "20261201T0842Z"


def takers(text: str) -> list[str]:
    return re.findall(r'name="time" value="([^"]+)"', text)


async def test_one_press_books_now_and_marks_the_person_as_arrived(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    page = await desk.get("/desk/walk-in")

    answer = await desk.post("/desk/walk-in", data=fields(page, time=takers(page.text)[0]), partial=partial)

    [visit] = await visits()
    assert (visit.patient_name, visit.door, visit.state, visit.starts_at) == (
        "Walk-in 10.42",
        "walk_in",
        State.ARRIVED,
        TUESDAY,
    )
    assert answer.headers["HX-Redirect" if partial else "Location"] == f"/desk?did={visit.public_id}"
    assert await messages() == []


async def test_whoever_is_free_first_stands_first(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    first = await desk.get("/desk/walk-in")
    await desk.post("/desk/walk-in", data=fields(first, time=f"{NOW}/keskusta/sanna"))

    page = await desk.get("/desk/walk-in")

    assert takers(first.text) == [f"{NOW}/keskusta/sanna", f"{NOW}/keskusta/pekka", f"{NOW}/hervanta/omri"]
    assert takers(page.text) == [f"{NOW}/keskusta/pekka", f"{NOW}/hervanta/omri", "20261201T0905Z/keskusta/sanna"]


async def test_a_known_person_or_a_name_may_be_given(signs_in: Signs) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    page = await desk.get(f"/desk/walk-in?patient={known.public_id}&service=check-up")

    await desk.post("/desk/walk-in", data=fields(page, time=takers(page.text)[0]))

    assert [(visit.patient, visit.service) for visit in await visits()] == [
        (known.id, (await fetch("SELECT id FROM service WHERE slug = 'check-up'"))[0][0])
    ]


async def test_after_hours_nobody_takes_them_and_another_day_is_offered(signs_in: Signs, app: Litestar) -> None:
    await a_clinic()
    desk = await signs_in()
    app.state.clock.advance(hours=8)

    page = await desk.get("/desk/walk-in?service=check-up")

    assert takers(page.text) == []
    assert 'href="/desk/new?service=check-up"' in page.text


async def test_two_at_once_get_two_different_times(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk, colleague = await signs_in(), await signs_in("manager")
    mine, theirs = await desk.get("/desk/walk-in"), await colleague.get("/desk/walk-in")
    await desk.post("/desk/walk-in", data=fields(mine, time=f"{NOW}/keskusta/sanna"))

    answer = await colleague.post("/desk/walk-in", data=fields(theirs, time=f"{NOW}/keskusta/sanna"), partial=partial)

    assert answer.status_code == 409
    assert "That time has just gone" in answer.text
    assert f"{NOW}/keskusta/sanna" not in takers(answer.text)
    assert len(await visits()) == 1


async def test_a_double_tap_is_one_visit(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/walk-in"), time=f"{NOW}/keskusta/sanna")

    await desk.post("/desk/walk-in", data=form, partial=partial)
    again = await desk.post("/desk/walk-in", data=form, partial=partial)

    assert len(await visits()) == 1
    assert again.status_code == (204 if partial else 303)


async def test_a_wrong_number_is_said_and_nobody_is_booked(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/walk-in"), time=f"{NOW}/keskusta/sanna", name="Väinö", phone="call")

    page = await desk.post("/desk/walk-in", data=form, partial=partial)

    assert page.status_code == 422
    assert 'id="phone-error"' in page.text and 'value="Väinö"' in page.text
    assert await visits() == []


async def test_a_practitioner_takes_only_their_own(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    page = await desk.get("/desk/walk-in")

    await desk.post("/desk/walk-in", data=fields(page, time=f"{NOW}/keskusta/sanna"))

    assert takers(page.text) == [f"{NOW}/keskusta/pekka"]
    assert await visits() == []
