"""Blocking time, and lifting it again."""

import pytest
from litestar import Litestar

from tests.factories import a_clinic, at
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, clinic_now, form_of, now_of, send, went_to, words
from turnet.clinic.blocks import blocks
from turnet.db.transactions import fetch
from turnet.scheduling.spans import Span

EVER = Span(0, at("2030-01-01T00:00+02:00"))
NOON = {"whom": "who/sanna", "day": "2026-12-03", "time": "12:00", "until_day": "2026-12-03", "until_time": "13:00"}


async def test_an_hour_of_somebody(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    desk = await signs_in(name="Rea")

    answer = await send(desk, "/desk/blocks", NOON | {"reason": "<i>Lunch</i>"}, partial=partial)

    [made] = await blocks(EVER)
    assert (made.resource, made.by) == (clinic.practitioners["sanna"].id, "Rea")
    assert made.span == Span(at("2026-12-03T12:00+02:00"), at("2026-12-03T13:00+02:00"))
    assert went_to(answer) == f"/desk/blocks?made={made.id}"
    page = await desk.get(went_to(answer))
    assert "Sanna Koivisto is blocked." in words(page)
    assert "Sanna Koivisto <i>Lunch</i> Thu 3 Dec, 12:00 to 13:00, Rea" in words(page)


async def test_without_times_it_is_whole_days(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()

    went_to(await desk.post("/desk/blocks", data=NOON | {"time": "", "until_time": "", "until_day": "2026-12-04"}))

    [made] = await blocks(EVER)
    assert made.span == Span(at("2026-12-03T00:00+02:00"), at("2026-12-05T00:00+02:00"))
    assert "Thu 3 Dec to Fri 4 Dec" in words(await desk.get("/desk/blocks"))
    assert clinic.version < (await clinic_now()).version


async def test_a_room(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in()

    went_to(await desk.post("/desk/blocks", data=NOON | {"whom": "room/room-2", "reason": "Repair"}))

    assert [one.resource for one in await blocks(EVER)] == [clinic.rooms["room-2"].id]


async def test_visits_that_lie_in_it_stay_and_become_work(app: Litestar, signs_in: Signs, partial: bool) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()

    answer = await send(desk, "/desk/blocks", NOON | {"time": "", "until_time": "", "reason": "Ill"}, partial=partial)

    [made] = await blocks(EVER)
    assert went_to(answer) == f"/desk/needs?made={made.id}"
    assert await now_of(visit) == visit
    assert "1 visit lies in it" in words(await desk.get("/desk/blocks"))


async def test_a_second_block_over_the_first_counts_whom_it_strikes(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00")
    await a_visit(clinic, app.state.clock, "2026-12-03T13:00+02:00")
    desk = await signs_in()
    await desk.post("/desk/blocks", data=NOON | {"time": "09:00", "until_time": "10:00", "reason": "Meeting"})

    answer = await desk.post("/desk/blocks", data=NOON | {"time": "09:00", "until_time": "17:00", "reason": "Ill"})

    second = max(one.id for one in await blocks(EVER))
    assert went_to(answer) == f"/desk/needs?made={second}"
    assert "Sanna Koivisto is blocked. 2 visits lie in that time." in words(await desk.get(went_to(answer)))
    page = words(await desk.get("/desk/blocks"))
    assert ("1 visit lies in it" in page, "2 visits lie in it" in page) == (True, True)


async def test_a_third_block_over_the_first_two_leads_to_whom_it_strikes(app: Litestar, signs_in: Signs) -> None:
    """Nobody lies in this one alone."""
    clinic = await a_clinic()
    await a_visit(clinic, app.state.clock, "2026-12-03T09:20+02:00")
    desk = await signs_in()
    for reason in ("Meeting", "Ill", "Holiday"):
        answer = await desk.post("/desk/blocks", data=NOON | {"time": "09:00", "until_time": "10:00", "reason": reason})

    assert went_to(answer) == f"/desk/needs?made={max(one.id for one in await blocks(EVER))}"
    assert words(await desk.get("/desk/blocks")).count("1 visit lies in it") == 3


async def test_lifted_from_the_list_and_from_the_toast(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    for url in ("list", "toast"):
        page = await desk.get(went_to(await desk.post("/desk/blocks", data=NOON)))
        [made] = await blocks(EVER)
        action = "/desk/blocks/lift" if url == "list" else f"/desk/blocks/lift?block={made.id}"
        answer = await send(desk, action, form_of(page, action), partial=partial)
        assert (went_to(answer), await blocks(EVER)) == ("/desk/blocks", [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"whom": ""}, "Choose who or what is not there."),
        ({"whom": "who/nobody"}, "Choose who or what is not there."),
        ({"day": ""}, "Choose the first day."),
        ({"day": "tomorrow"}, "Choose the first day."),
        ({"until_time": "11:00"}, "It has to end after it begins"),
        ({"until_time": "12:00"}, "It has to end after it begins"),
        ({"until_day": "2199-12-03"}, "It has to end after it begins"),
        ({"reason": "x" * 300}, "Keep the reason to one line."),
    ],
)
async def test_what_cannot_be_blocked_is_said_and_kept(
    app: Litestar, signs_in: Signs, wrong: dict[str, str], said: str, partial: bool
) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await send(desk, "/desk/blocks", NOON | {"reason": "Lunch"} | wrong, partial=partial)

    assert (answer.status_code, said in words(answer)) == (422, True)
    assert form_of(answer, "/desk/blocks")["reason"] == wrong.get("reason", "Lunch")
    assert await blocks(EVER) == []


async def test_a_practitioner_blocks_their_own_time_and_nothing_else(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    pekka = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    desk = await signs_in("reception")
    went_to(await desk.post("/desk/blocks", data=NOON))
    [hers] = await blocks(EVER)

    page = await pekka.get("/desk/blocks")
    assert "who/sanna" not in page.text
    assert "room/" not in page.text
    assert form_of(page, "/desk/blocks")["whom"] == "who/pekka"
    assert "Thu 3 Dec" not in words(page), "hers is not shown"

    for whom in ("who/sanna", "room/room-1"):
        assert (await pekka.post("/desk/blocks", data=NOON | {"whom": whom})).status_code == 404
    assert (await pekka.post("/desk/blocks/lift", data={"block": str(hers.id)})).status_code == 404
    assert (await pekka.post("/desk/blocks/lift", data={"block": "9" * 30})).status_code == 404
    assert await blocks(EVER) == [hers]

    went_to(await pekka.post("/desk/blocks", data=NOON | {"whom": "who/pekka"}))
    assert len(await blocks(EVER)) == 2


async def test_closures_of_the_whole_clinic_are_not_lifted_here(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    await fetch("INSERT INTO closure (starts_at, ends_at, reason) VALUES ({}, {}, {})", *EVER, "{}")
    [(closure,)] = await fetch("SELECT id FROM closure")

    assert (await desk.post("/desk/blocks/lift", data={"block": str(closure)})).status_code == 404
    assert len(await blocks(EVER)) == 1


async def test_a_gap_fills_the_form(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    form = form_of(await desk.get("/desk/blocks?who=sanna&start=20261203T1000Z&end=20261203T1100Z"), "/desk/blocks")

    assert {name: form[name] for name in NOON} == NOON
