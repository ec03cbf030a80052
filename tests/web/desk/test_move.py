"""Moving at the desk: free times, by hand, the message shown, and what happens when somebody else was faster."""

import re

from litestar import Litestar

from tests.db.booking.acts import OMAR
from tests.factories import a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, clinic_now, form_of, now_of, send, slots, went_to, words
from turnet.booking.queries import history
from turnet.clinic import service as setup
from turnet.clock import minute
from turnet.db.transactions import fetch
from turnet.scheduling.spans import Span

THURSDAY = "2026-12-03T09:20+02:00"
TO_TEN = "to=20261203T0800Z&who=sanna"


async def queued(kind: str) -> int:
    [(found,)] = await fetch("SELECT count(*) FROM message WHERE kind = {} AND state = 'queued'", kind)
    return int(found)


async def test_free_times_of_a_week_begin_with_the_visits_own_day(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()

    page = await desk.get(f"/desk/visits/{visit.public_id}/move?back=/desk/needs")

    assert page.status_code == 200
    assert slots(page)[0] == f"/desk/visits/{visit.public_id}/move?to=20261203T0600Z&who=sanna&back=%2Fdesk%2Fneeds"
    assert "Thu 3 Dec to Wed 9 Dec" in words(page)
    assert "to=20261203T0720Z&who=sanna" in page.text.replace("&amp;", "&"), "its own time is free for itself"


async def test_with_anyone_a_time_stays_with_its_own_practitioner_where_it_can(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    await a_visit(clinic, app.state.clock, "2026-12-03T08:00+02:00", who=OMAR)
    desk = await signs_in()

    links = slots(await desk.get(f"/desk/visits/{visit.public_id}/move?who="))

    assert "to=20261203T0600Z&who=pekka" in links[0]
    assert "who=sanna" in next(link for link in links if "to=20261203T0720Z" in link)


async def test_the_question_shows_both_times_and_what_the_patient_will_read(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()

    page = await desk.get(f"/desk/visits/{visit.public_id}/move?{TO_TEN}")
    said = words(page)

    assert "Now Thu 3 Dec at 09:20 Sanna Koivisto, 1" in said
    assert "Then Thu 3 Dec at 10:00 Sanna Koivisto, 1" in said
    assert "anna@mail.example" in said
    assert 'lang="fi" dir="ltr"' in page.text
    assert "klo 10.00" in said, "the patient reads Finnish"
    assert re.search(r"/a/[\w-]{22}", page.text) is None, "no link of the patient's is given away"


async def test_moved_with_one_press_and_the_page_it_came_from_hears_of_it(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}&back=/desk?day=2026-12-03"), url)

    answer = await send(desk, url, form, partial=partial)

    assert went_to(answer) == f"/desk?day=2026-12-03&did={visit.public_id}"
    moved = await now_of(visit)
    assert (minute(moved.starts_at), moved.visit_no) == (at("2026-12-03T10:00+02:00"), 2)
    assert (await history(visit.id))[-1].actor.startswith("staff:")
    assert await queued("booking_confirmed") == 1, "who was not told of the old time hears of the new one"


async def test_the_patient_may_be_left_untold(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}"), url)
    del form["tell"]

    await send(desk, url, form, partial=partial)

    assert (await history(visit.id))[-1].after["told"] is False
    assert await queued("booking_moved") == 0


async def test_by_hand_a_time_off_the_grid_can_be_taken(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"

    page = await desk.get(f"{url}?day=2026-12-03&time=09:35&who=pekka")
    answer = await desk.post(url, data=form_of(page, url))

    went_to(answer)
    moved = await now_of(visit)
    assert minute(moved.starts_at) == at("2026-12-03T09:35+02:00")
    assert moved.practitioner == clinic.practitioners["pekka"].id


async def test_what_stands_in_the_way_is_said_before_anybody_presses(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    await a_visit(clinic, app.state.clock, "2026-12-03T10:00+02:00", who=OMAR)
    desk = await signs_in()

    page = await desk.get(f"/desk/visits/{visit.public_id}/move?{TO_TEN}")
    lunch = await desk.get(f"/desk/visits/{visit.public_id}/move?to=20261203T1010Z&who=sanna")

    assert "Taken 10:00 to 10:30." in words(page)
    assert "Not in at that time." in words(lunch)
    assert "Move to Thu" not in words(page)
    assert len(slots(page)) == 6


async def test_two_people_move_one_visit_and_the_second_sees_both_sides(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    rea, meg = await signs_in("reception"), await signs_in("manager")
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await rea.get(f"{url}?{TO_TEN}"), url)
    other = form_of(await meg.get(f"{url}?to=20261204T0600Z&who=pekka"), url)
    went_to(await meg.post(url, data=other))
    before = await now_of(visit)

    answer = await send(rea, url, form, partial=partial)

    assert answer.status_code == 409
    assert "Time Thu 3 Dec at 09:20 Fri 4 Dec at 08:00 With Sanna Koivisto Pekka Laine" in words(answer)
    assert await now_of(visit) == before

    went_to(await send(rea, url, form_of(answer, url), partial=partial))
    assert minute((await now_of(visit)).starts_at) == at("2026-12-03T10:00+02:00")


async def test_a_time_that_went_meanwhile_keeps_the_visit_and_offers_others(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}"), url)
    await a_visit(clinic, app.state.clock, "2026-12-03T10:00+02:00", who=OMAR)

    answer = await send(desk, url, form, partial=partial)

    assert answer.status_code == 409
    assert "The time has just gone" in words(answer)
    assert len(slots(answer)) == 6
    assert await now_of(visit) == visit


async def test_beside_another_visit_only_on_purpose_and_with_a_reason(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    await a_visit(clinic, app.state.clock, "2026-12-03T10:00+02:00", who=OMAR)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}"), url) | {"over": "1"}

    bare = await send(desk, url, form, partial=partial)
    assert (bare.status_code, "Say why it goes beside another visit." in words(bare)) == (422, True)
    assert await now_of(visit) == visit

    went_to(await send(desk, url, form_of(bare, url) | {"over": "1", "reason": "in pain"}, partial=partial))
    assert (await now_of(visit)).overbooked is True


async def test_a_visit_that_has_begun_is_not_moved_any_more(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}"), url)
    await fetch("UPDATE booking SET state = 'arrived' WHERE id = {}", visit.id)

    answer = await send(desk, url, form, partial=partial)

    assert (answer.status_code, "This visit is not moved any more" in words(answer)) == (409, True)


async def test_the_same_press_twice_is_one_move(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"
    form = form_of(await desk.get(f"{url}?{TO_TEN}"), url)

    await send(desk, url, form, partial=partial)
    moved = await now_of(visit)
    second = await send(desk, url, form, partial=partial)

    assert second.status_code == 409
    assert await now_of(visit) == moved


async def test_a_visit_of_several_services_needs_room_for_all_of_them(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    acute = clinic.services["acute"].id
    await fetch("INSERT INTO booking_extra (booking, service, position) VALUES ({}, {}, 0)", visit.id, acute)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/move"

    page = await desk.get(f"{url}?to=20261203T0920Z&who=sanna")
    assert "It takes 50 min, and the hours end at 12:00." in words(page).replace("\u00a0", " ")

    went_to(await desk.post(url, data=form_of(await desk.get(f"{url}?{TO_TEN}"), url)))
    moved = await now_of(visit)
    assert (minute(moved.ends_at) - minute(moved.starts_at), moved.extras) == (50, (acute,))


async def test_own_diary_means_from_it_and_into_it(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    hers = await a_visit(clinic, app.state.clock, THURSDAY)
    his = await a_visit(clinic, app.state.clock, "2026-12-03T10:00+02:00", by="pekka", who=OMAR)
    pekka: Client = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    form = {"to": "20261203T0900Z", "who": "pekka", "version": "1"}

    for url, data in (
        (f"/desk/visits/{hers.public_id}/move", form),
        (f"/desk/visits/{his.public_id}/move", form | {"who": "sanna"}),
        (f"/desk/visits/{'x' * 22}/move", form),
    ):
        assert (await pekka.post(url, data=data)).status_code == 404
    assert (await pekka.get(f"/desk/visits/{hers.public_id}/move")).status_code == 404
    assert (await now_of(hers), await now_of(his)) == (hers, his)
    assert all("who=pekka" in link for link in slots(await pekka.get(f"/desk/visits/{his.public_id}/move?who=")))

    went_to(await pekka.post(f"/desk/visits/{his.public_id}/move", data=form))


async def test_reserved_hours_and_notice_do_not_bind_who_moves_by_hand(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    await fetch("UPDATE service SET lead = 20160, horizon = 20 WHERE slug = 'check-up'")
    await setup.close(Span(at("2026-12-24T00:00+02:00"), at("2026-12-25T00:00+02:00")), {})
    desk = await signs_in()
    assert (await clinic_now()).services["check-up"].rules.lead == 20160

    page = await desk.get(f"/desk/visits/{visit.public_id}/move?to=20261203T0800Z")
    far = await desk.get(f"/desk/visits/{visit.public_id}/move?to=20270113T0800Z")

    assert "Move to Thu 3 Dec at 10:00" in words(page)
    assert "Move to Wed 13 Jan at 10:00" in words(far)


async def test_reading_costs_a_fixed_number_of_queries(app: Litestar, signs_in: Signs, statements: list[str]) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    await desk.get(f"/desk/visits/{visit.public_id}/move")

    counts = {}
    for query in ("", f"?{TO_TEN}"):
        statements.clear()
        await desk.get(f"/desk/visits/{visit.public_id}/move{query}")
        counts[query] = len(statements)
    assert counts == {"": 4, f"?{TO_TEN}": 5}
