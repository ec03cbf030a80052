"""Cancelling at the desk: who, why, how late, and what the patient hears."""

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, form_of, now_of, send, went_to, words
from turnet.booking.states import State
from turnet.db.transactions import fetch

THURSDAY = "2026-12-03T09:20+02:00"


@pytest.mark.parametrize("by", ["patient", "clinic"])
async def test_cancelled_with_who_and_why(app: Litestar, signs_in: Signs, by: str, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"
    form = form_of(await desk.get(f"{url}?back=/desk"), url)

    answer = await send(desk, url, form | {"by": by, "reason": "Ill"}, partial=partial)

    assert went_to(answer) == f"/desk?did={visit.public_id}"
    gone = await now_of(visit)
    assert (gone.state, gone.cancelled_by, gone.cancelled_late) == (State.CANCELLED, by, False)
    assert (await fetch("SELECT cancel_reason FROM booking"))[0][0] == "Ill"


async def test_the_page_shows_the_patients_words_and_asks_who_first(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"

    page = await desk.get(url)

    assert form_of(page, url)["by"] == "patient"
    assert "Cancel Thu 3 Dec at 09:20" in words(page)
    assert "anna@mail.example" in words(page)
    assert "It comes late" not in words(page)


async def test_late_is_said_before_and_written_down(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, "2026-12-01T11:40+02:00", service="acute")
    await fetch("UPDATE service SET cancel_until = 1440")
    await fetch("UPDATE diary SET setup_version = setup_version + 1")
    app.state.clock.advance(minutes=5)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"

    page = await desk.get(url)
    assert "It comes late: until Mon 30 Nov at 11:40 it could be cancelled freely." in words(page)

    went_to(await send(desk, url, form_of(page, url), partial=partial))
    assert (await now_of(visit)).cancelled_late is True


async def test_nobody_is_told_when_staff_say_so(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"
    form = form_of(await desk.get(url), url)
    del form["tell"]

    went_to(await desk.post(url, data=form))

    rows = await fetch("SELECT kind FROM message WHERE state = 'queued'")
    assert [kind for (kind,) in rows if kind == "booking_cancelled"] == []


async def test_what_was_typed_stays_when_somebody_was_faster(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk, other = await signs_in("reception"), await signs_in("manager")
    url, move = (f"/desk/visits/{visit.public_id}/{act}" for act in ("cancel", "move"))
    form = form_of(await desk.get(url), url) | {"by": "clinic", "reason": "Doctor ill <b>"}
    went_to(await other.post(move, data=form_of(await other.get(f"{move}?to=20261204T0800Z&who=pekka"), move)))

    answer = await send(desk, url, form, partial=partial)

    assert answer.status_code == 409
    assert "Somebody changed this visit meanwhile" in words(answer)
    assert "Time Thu 3 Dec at 09:20 Fri 4 Dec at 10:00" in words(answer)
    again = form_of(answer, url)
    assert (again["by"], again["reason"]) == ("clinic", "Doctor ill <b>")
    assert (await now_of(visit)).state is State.BOOKED

    went_to(await send(desk, url, again, partial=partial))
    assert (await now_of(visit)).state is State.CANCELLED


async def test_what_is_cancelled_already_stays_so(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"
    form = form_of(await desk.get(url), url)

    went_to(await send(desk, url, form, partial=partial))
    gone = await now_of(visit)
    went_to(await send(desk, url, form, partial=partial))

    assert await now_of(visit) == gone
    assert "There is nothing to cancel" in words(await desk.get(url))


async def test_a_form_without_who_is_asked_again(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/cancel"

    answer = await send(desk, url, {"by": "nobody", "reason": "x" * 3000, "version": "1"}, partial=partial)

    assert answer.status_code == 422
    assert "Choose who wanted it." in words(answer)
    assert "The note is too long." in words(answer)
    assert await now_of(visit) == visit


async def test_another_diary_is_not_there(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    pekka = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    url = f"/desk/visits/{visit.public_id}/cancel"

    assert [(await pekka.get(url)).status_code, (await pekka.post(url, data={"by": "patient"})).status_code] == [
        404,
        404,
    ]
    assert await now_of(visit) == visit
