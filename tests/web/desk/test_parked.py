"""A form put aside: it survives a reload, belongs to its writer alone, and is gone when it was booked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.factories import REA, TUESDAY, a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.new_forms import aino, fields, visits
from turnet.db.transactions import fetch
from turnet.staff.service import parking
from turnet.staff.tables import StaffUser

pytestmark = pytest.mark.usefixtures("app")


async def the_parked() -> list[str]:
    return [public_id for (public_id,) in await fetch("SELECT public_id FROM parked_form ORDER BY id")]


async def test_an_unfinished_form_waits_by_name_and_comes_back_as_it_was(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    page = await desk.get(f"/desk/new?patient={known.public_id}&service=root-canal&back=/desk?day=2026-12-03")
    typed = {"desk_note": "Afraid of <needles>", "email": "work@example.com", "part": "afternoon"}

    answer = await desk.post("/desk/parked", data=fields(page, **typed), partial=partial)
    [laid] = await the_parked()
    listed = await desk.get(answer.headers["HX-Redirect" if partial else "Location"])
    again = await desk.get(f"/desk/parked/{laid}")

    assert f'href="/desk/parked/{laid}"><bdi>Aino Mäkinen</bdi>' in listed.text
    assert fields(again) | typed == fields(again)
    assert (fields(again)["service"], fields(again)["patient"]) == ("root-canal", known.public_id)
    assert fields(again)["back"] == "/desk?day=2026-12-03"
    assert f'href="/desk/parked/{laid}"' not in again.text, "it is this one"


async def test_parking_it_again_changes_it_and_booking_forgets_it(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    await desk.post("/desk/parked", data=fields(await desk.get("/desk/new"), name="Väinö Aalto"))
    [laid] = await the_parked()

    await desk.post("/desk/parked", data=fields(await desk.get(f"/desk/parked/{laid}"), phone="0400000555"))
    assert await the_parked() == [laid]
    await desk.post("/desk/new", data=fields(await desk.get(f"/desk/parked/{laid}")))

    assert [(visit.patient_name, visit.phone) for visit in await visits()] == [("Väinö Aalto", "+358400000555")]
    assert await the_parked() == []


async def test_nobody_else_sees_or_drops_it(signs_in: Signs) -> None:
    await a_clinic()
    desk, colleague = await signs_in(), await signs_in("manager")
    await desk.post("/desk/parked", data=fields(await desk.get("/desk/new"), name="Väinö Aalto"))
    [laid] = await the_parked()

    assert (await colleague.get(f"/desk/parked/{laid}")).status_code == 404
    assert (await colleague.post(f"/desk/parked/{laid}/drop")).status_code == 404
    assert "Väinö" not in (await colleague.get("/desk/new")).text
    await colleague.post("/desk/new", data=fields(await colleague.get("/desk/new"), name="Eero Salo", parked=laid))
    await colleague.post("/desk/parked", data=fields(await colleague.get("/desk/new"), name="Mine", parked=laid))
    assert await fetch("SELECT fields FROM parked_form WHERE public_id = {} AND fields LIKE '%Väinö%'", laid) != []


async def test_forgetting_it(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    await desk.post("/desk/parked", data=fields(await desk.get("/desk/new"), name="Väinö Aalto"))
    [laid] = await the_parked()

    answer = await desk.post(f"/desk/parked/{laid}/drop", partial=partial)
    gone = await desk.post(f"/desk/parked/{laid}/drop", partial=partial)

    assert (answer.status_code, gone.status_code) == (204 if partial else 303, 404)
    assert await the_parked() == []


async def test_only_so_many_of_one_person_are_kept(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new"), name="Väinö Aalto")

    for _ in range(21):
        await desk.post("/desk/parked", data=form)

    assert len(await the_parked()) == 20


async def test_after_a_week_they_go_when_another_is_put_aside() -> None:
    await a_clinic()
    user = await StaffUser.insert(
        StaffUser(public_id="r", email="r@tuomi.example", name="Rea", role="reception", created_at=TUESDAY)
    )
    rea = replace(REA, id=user[0]["id"])
    await parking.park(rea, {"name": "Väinö"}, now=TUESDAY)

    await parking.park(rea, {"name": "Eero"}, now=TUESDAY + timedelta(days=8))

    assert [one.fields for one in await parking.parked(rea)] == [{"name": "Eero"}]


async def test_a_time_that_passed_meanwhile_is_not_booked(signs_in: Signs, app: Litestar) -> None:
    await a_clinic()
    desk = await signs_in()
    await desk.post(
        "/desk/parked", data=fields(await desk.get("/desk/new?start=20261201T0900Z&who=sanna"), name="Väinö")
    )
    [laid] = await the_parked()
    for _ in range(2):
        app.state.clock.at += timedelta(hours=11)
        await desk.get("/desk/new")

    page = await desk.get(f"/desk/parked/{laid}")
    answer = await desk.post("/desk/new", data=fields(page))

    assert answer.status_code == 422
    assert await visits() == []
