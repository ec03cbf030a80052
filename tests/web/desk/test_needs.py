"""The worklist: visits in blocked time, messages that did not arrive, people nobody has looked at."""

import re
from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar

from tests.db.booking.acts import ANNA, OMAR
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, form_of, now_of, send, went_to, words
from turnet.booking.model import Person, Visit
from turnet.booking.sheet import sheet
from turnet.clinic.model import Clinic
from turnet.clinic.queries import clinic as current_clinic
from turnet.db.transactions import fetch

ILL = {"whom": "who/sanna", "day": "2026-12-03", "until_day": "2026-12-03", "reason": "Ill"}
SILENT = Person("Silent Sam", phone="", email="sam@mail.example")


async def an_ill_day(app: Litestar, desk: Client, clinic: Clinic) -> list[Visit]:
    """Three visits with Sanna on Thursday, and Sanna is ill."""
    clock = app.state.clock
    visits = [
        await a_visit(clinic, clock, f"2026-12-03T{time}+02:00", who=who)
        for time, who in (("09:20", ANNA), ("10:00", OMAR), ("10:40", SILENT))
    ]
    went_to(await desk.post("/desk/blocks", data=ILL))
    return visits


async def asked() -> list[int]:
    rows = await fetch("SELECT booking FROM message WHERE kind = 'choose_new_time' ORDER BY booking")
    return [booking for (booking,) in rows]


async def fail(visit: Visit, clock: Any) -> None:
    await fetch(
        "UPDATE message SET state = 'failed', finished_at = {} WHERE booking = {} AND kind = 'booking_confirmed'",
        *(clock.now(), visit.id),
    )


async def known(*visits: Visit) -> None:
    for visit in visits:
        await fetch("UPDATE patient SET provisional = {} WHERE id = {}", False, visit.patient)


async def test_all_are_asked_at_once_and_nothing_moves(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    visits = await an_ill_day(app, desk, clinic)

    page = await desk.get("/desk/needs")
    assert "Sanna Koivisto is not there Thu 3 Dec, the whole day Ill. 3 visits lie in that time." in words(page)
    form = form_of(page, "/desk/needs/ask")
    answer = await send(desk, "/desk/needs/ask", form, partial=partial)
    await send(desk, "/desk/needs/ask", form, partial=partial)

    assert went_to(answer) == "/desk/needs?asked=3"
    assert await asked() == [visit.id for visit in visits]
    assert [(await now_of(visit)).starts_at for visit in visits] == [visit.starts_at for visit in visits]
    after = words(await desk.get("/desk/needs?asked=3"))
    assert "3 people are asked to choose a new time." in after
    assert "3 were asked and have not answered." in after
    assert "Asked Tue 1 Dec at 10:42, no answer yet" in after


async def test_who_answered_is_off_the_list(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    visits = await an_ill_day(app, desk, clinic)
    await desk.post("/desk/needs/ask", data=form_of(await desk.get("/desk/needs"), "/desk/needs/ask"))

    move = f"/desk/visits/{visits[0].public_id}/move"
    went_to(await desk.post(move, data=form_of(await desk.get(f"{move}?to=20261204T0800Z&who=sanna"), move)))
    cancel = f"/desk/visits/{visits[1].public_id}/cancel"
    went_to(await desk.post(cancel, data=form_of(await desk.get(cancel), cancel)))

    assert "1 visit lies in that time. 1 was asked and has not answered." in words(await desk.get("/desk/needs"))


async def test_only_those_who_are_still_in_it_are_asked(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    visits = await an_ill_day(app, desk, clinic)
    elsewhere = await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00", by="pekka", who=OMAR)
    ids = " ".join([visits[0].public_id, elsewhere.public_id, "nobody", ""])

    answer = await send(desk, "/desk/needs/ask", {"visits": ids}, partial=partial)

    assert went_to(answer) == "/desk/needs?asked=1"
    assert await asked() == [visits[0].id]


async def test_a_failed_message_asks_for_a_call_until_somebody_made_it(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()
    await known(visit)
    await fail(visit, app.state.clock)

    page = await desk.get("/desk/needs")
    assert "A message did not arrive" in words(page)
    assert 'href="tel:+358401234567"' in page.text
    assert "anna@mail.example" in words(page)

    form = form_of(page, "/desk/needs/told")
    assert went_to(await send(desk, "/desk/needs/told", form, partial=partial)) == f"/desk/needs?did={visit.public_id}"
    assert "Written down: Anna Virtanen knows." in words(await desk.get(f"/desk/needs?did={visit.public_id}"))
    assert "Nothing needs you just now." in words(await desk.get("/desk/needs"))
    assert (await desk.get("/desk/needs/count")).text == ""


async def test_a_failure_that_was_made_good_asks_for_nothing(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    clock = app.state.clock
    visit = await a_visit(clinic, clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()
    await known(visit)
    await fail(visit, clock)
    clock.advance(minutes=1)

    url = f"/desk/visits/{visit.public_id}/message"
    went_to(await desk.post(url, data=form_of(await desk.get(url), url) | {"text": "See you on Thursday."}))

    assert "A message did not arrive" not in words(await desk.get("/desk/needs"))


async def test_people_from_the_web_wait_to_be_looked_at(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    first = await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00", who=Person("<b>New</b>", phone="+358401"))
    desk = await signs_in()
    [(patient,)] = await fetch("SELECT public_id FROM patient WHERE id = {}", first.patient)

    page = await desk.get("/desk/needs")

    assert "New from the web" in words(page)
    assert "&lt;b&gt;New&lt;/b&gt;" in page.text
    assert f'href="/desk/patients/{patient}?back=/desk/needs"' in page.text
    assert "1 thing" in (await desk.get("/desk/needs/count")).text


async def test_the_number_on_the_bar(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk, reader = await signs_in("reception"), await signs_in("read_only")
    visits = await an_ill_day(app, desk, clinic)
    await fail(visits[0], app.state.clock)

    assert "7 things" in (await desk.get("/desk/needs/count")).text, "3 in the way, 1 to call, 3 new people"
    assert (await reader.get("/desk/needs/count")).text == ""
    assert "Nothing needs you just now." in words(await reader.get("/desk/needs"))


async def test_a_practitioner_has_only_their_own_work(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("reception")
    pekka = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    sanna = await signs_in(
        "practitioner", practitioner=clinic.practitioners["sanna"].row, email="s@x", public_id="s" * 22
    )
    visits = await an_ill_day(app, desk, clinic)
    await fail(visits[0], app.state.clock)

    assert "Nothing needs you just now." in words(await pekka.get("/desk/needs"))
    assert (await pekka.post("/desk/needs/told", data={"visit": visits[0].public_id})).status_code == 404
    assert went_to(await pekka.post("/desk/needs/ask", data={"visits": visits[0].public_id})) == "/desk/needs?asked=0"
    assert await asked() == []

    hers = words(await sanna.get("/desk/needs"))
    assert "3 visits lie in that time." in hers
    assert "A message did not arrive" in hers
    assert "New from the web" not in hers, "she does not merge patients"


async def test_the_list_costs_the_same_for_any_number_of_visits(
    app: Litestar, signs_in: Signs, statements: list[str]
) -> None:
    clinic = await a_clinic()
    desk = await signs_in()
    await an_ill_day(app, desk, clinic)
    await desk.get("/desk/needs")
    statements.clear()

    await desk.get("/desk/needs")

    assert len(statements) == 7, (
        "the session, what failed, who is new, the visits in the way, when they were asked, the block, who waits by SMS"
    )


async def test_the_visit_stops_asking_for_a_call_as_well(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()
    await fail(visit, app.state.clock)
    days = {"first": visit.starts_at.date(), "last": visit.starts_at.date(), "now": app.state.clock.now()}
    assert [entry.failed for entry in (await sheet(clinic, **days)).visits] == ["email"]

    await desk.post("/desk/needs/told", data={"visit": visit.public_id})

    assert [entry.failed for entry in (await sheet(clinic, **days)).visits] == [""]


async def test_whom_the_clinics_cancellation_did_not_reach_is_to_be_called(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    theirs, ours = [await a_visit(clinic, app.state.clock, f"2026-12-03T{at}+02:00") for at in ("09:20", "13:00")]
    desk = await signs_in()
    for visit, by in ((theirs, "patient"), (ours, "clinic")):
        await desk.post(f"/desk/visits/{visit.public_id}/cancel", data={"by": by, "tell": "1"})
    await fetch(
        "UPDATE message SET state = 'failed', finished_at = {} WHERE kind = 'booking_cancelled'", app.state.clock.now()
    )

    page = await desk.get("/desk/needs")

    assert [f"/desk/visits/{visit.public_id}" in page.text for visit in (theirs, ours)] == [False, True]
    assert "E-mail anna@mail.example Cancellation, Thu 3 Dec at 13:00" in words(page)


# --- one truth with the inbox's list of what did not arrive


async def lost_twice(app: Litestar) -> list[Visit]:
    """Two visits of Anna's, of which neither confirmation arrived, and she left one address only."""
    clinic, who = await a_clinic(), replace(ANNA, email="")
    visits = [await a_visit(clinic, app.state.clock, f"2026-12-03T{at}+02:00", who=who) for at in ("09:20", "13:00")]
    await known(*visits)
    for visit in visits:
        await fail(visit, app.state.clock)
    return visits


LISTS = ("/desk/needs", "/desk/inbox/failed")


@pytest.mark.parametrize("done_on", LISTS)
async def test_a_dead_number_is_one_line_and_off_both_lists_at_once(
    app: Litestar, signs_in: Signs, done_on: str, partial: bool
) -> None:
    visits = await lost_twice(app)
    desk = await signs_in()
    before = [await desk.get(path) for path in LISTS]
    act = re.search(rf'action="({done_on}/(?:[^"]+/done|told))"', before[LISTS.index(done_on)].text)
    assert act

    went_to(await send(desk, act[1], form_of(before[LISTS.index(done_on)], act[1]), partial=partial))

    for page in before:
        assert (page.text.count('href="tel:'), "Thu 3 Dec at 09:20" in words(page), "13:00" in words(page)) == (
            1,
            True,
            True,
        )
    assert ["tel:" in (await desk.get(path)).text for path in LISTS] == [False, False]
    assert (await desk.get("/desk/needs/count")).text == ""
    clinic, day = await current_clinic(), visits[0].starts_at.date()
    assert clinic is not None
    entries = (await sheet(clinic, day, day, now=app.state.clock.now())).visits
    assert [entry.failed for entry in entries] == ["", ""]


async def test_a_message_that_went_another_way_ends_both(app: Litestar, signs_in: Signs) -> None:
    visit = await a_visit(await a_clinic(), app.state.clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()
    await fail(visit, app.state.clock)
    page = await desk.get("/desk/inbox/failed")
    app.state.clock.advance(minutes=1)

    url = f"/desk/visits/{visit.public_id}/message"
    form = form_of(await desk.get(f"{url}?back=/desk/inbox/failed"), url)
    went_to(await desk.post(url, data=form | {"text": "See you on Thursday."}))

    assert ("Write another way" in words(page), form["channel"]) == (True, "sms")
    assert ["tel:" in (await desk.get(path)).text for path in LISTS] == [False, False]


async def test_where_no_other_way_is_known_the_contact_is_to_be_put_right(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    visits = await lost_twice(app)
    desk = await signs_in()
    url = f"/desk/visits/{visits[0].public_id}/message"

    listed, page = await desk.get("/desk/inbox/failed"), await desk.get(url)
    refused = await send(desk, url, {"channel": "sms", "text": "See you."}, partial=partial)

    assert "No other number or address is known. Put the contact right" in words(listed)
    for path in LISTS:
        assert f'{visits[0].public_id}?back={path}#reach">Put the contact right</a>' in (await desk.get(path)).text
    assert "Write another way" not in words(listed)
    assert "Nothing arrives at 040 1234567. Call Put the contact right" in words(page)
    assert (refused.status_code, "<textarea" in page.text) == (422, False)
    assert await fetch("SELECT count(*) FROM message WHERE kind = 'desk_message'") == [(0,)]
