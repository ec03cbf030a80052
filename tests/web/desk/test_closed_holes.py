"""What an outside look at the desk found: each of these was open once."""

import re

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.staff_in import PASSWORD, code, enters, joined
from tests.web.desk.test_feeds import _desk_of, _made
from tests.web.desk.test_patient_card import known, online
from tests.web.desk.test_patient_card import public_id as card_of
from tests.web.desk.test_people import public_id
from turnet.db.transactions import fetch
from turnet.staff.service import limits


async def test_codes_guessed_from_many_addresses_are_counted_together(app: Litestar) -> None:
    await a_clinic()
    await joined(app, codes=True)
    answers = []
    for n in range(6):
        stranger = Client(app, address=f"198.51.100.{n}")
        await enters(stranger)
        answers += [(await stranger.post("/login/code", data={"code": "000000"})).status_code for _ in range(4)]

    assert answers == [422] * 20 + [429] * 4


async def test_browser_that_was_here_is_not_held_back_by_strangers_codes(app: Litestar, client: Client) -> None:
    await a_clinic()
    user = await joined(app, codes=True)
    await enters(client)
    await client.post("/login/code", data={"code": code(app)})
    await client.post("/logout")
    await fetch("UPDATE tally SET count = {} WHERE key = {}", limits.CODES_OF_STRANGERS, f"code:{user}")
    answers = []
    for one in (client, Client(app)):
        await enters(one)
        answers.append((await one.post("/login/code", data={"code": "000000"})).status_code)

    assert answers == [422, 429]


async def test_password_given_again_is_counted_by_session_whatever_the_address(app: Litestar, client: Client) -> None:
    await a_clinic()
    await joined(app)
    await enters(client)
    wrong = {"current": "guess", "new": "another long phrase 7", "again": "another long phrase 7"}
    answers = []
    for n in range(3):
        thief = Client(app, address=f"198.51.100.{n}")
        thief.cookies.update(client.cookies)
        answers += [(await thief.post("/desk/me/password", data=wrong)).status_code for _ in range(5)]

    assert answers == [422] * 10 + [429] * 5


async def test_link_that_lay_about_dies_with_the_old_password(app: Litestar, client: Client, signs_in: Signs) -> None:
    await a_clinic()
    owner = await signs_in("owner")
    link = f"/admin/staff/{await public_id(await joined(app))}/link"
    [path] = re.findall(r"(/join/[\w-]+)", (await owner.post(link)).text)[:1]
    await enters(client)

    new = {"current": PASSWORD, "new": "another long phrase 7", "again": "another long phrase 7"}
    assert (await client.post("/desk/me/password", data=new)).status_code == 303
    assert (await Client(app).get(path)).status_code == 404


async def test_feed_does_not_follow_its_owner_to_another_diary(signs_in: Signs, client: Client) -> None:
    clinic = await a_clinic()
    path = await _made(await _desk_of(signs_in, clinic))
    [(sanna,)] = await fetch("SELECT public_id FROM staff_user")
    owner = await signs_in("owner")
    answers = []
    for who in ("sanna", "pekka"):
        form = {"role": "practitioner", "practitioner": who}
        assert (await owner.post(f"/admin/staff/{sanna}", data=form)).status_code == 303
        answers.append((await client.get(path)).status_code)

    assert answers == [200, 404]


async def test_children_who_never_came_to_them_are_not_named(app: Litestar, signs_in: Signs) -> None:
    booked = await online(app)
    child = await known(app, "Otso Salo")
    await fetch("UPDATE patient SET guardian = {} WHERE id = {}", booked.visit.patient, child.id)
    path = f"/desk/patients/{await card_of(booked.visit.patient)}"
    [(row,)] = await fetch("SELECT id FROM practitioner WHERE resource = {}", booked.visit.practitioner)

    assert "Otso Salo" in (await (await signs_in("reception")).get(path)).text
    assert "Otso Salo" not in (await (await signs_in("practitioner", practitioner=row)).get(path)).text


async def test_reading_a_card_through_another_page_is_written_down(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    anna, otso, liisa = [await known(app, name) for name in ("Anna Salo", "Otso Salo", "Liisa Salo")]
    desk = await signs_in("reception")

    await desk.get(f"/desk/patients/{anna.public_id}/edit")
    await desk.get(f"/desk/patients/{otso.public_id}/merge?with={liisa.public_id}")

    seen = await fetch("SELECT patient FROM audit_entry WHERE act = 'patient_seen' ORDER BY patient")
    assert seen == [(one.id,) for one in (anna, otso, liisa)]


@pytest.mark.parametrize("asked", ["/desk/patients?show=new&after=" + "9" * 30, "/login?next=/desk/%D7%90"])
async def test_address_that_no_page_of_ours_has_breaks_nothing(signs_in: Signs, asked: str) -> None:
    await a_clinic()

    assert (await (await signs_in("reception")).get(asked)).status_code in (200, 303)


async def test_what_no_browser_sends_breaks_nothing(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    anna, otso = await known(app), await known(app, "Otso Salo")
    desk, version = await signs_in("reception"), "9" * 5000
    path = f"/desk/patients/{anna.public_id}"
    away = {"HX-Request-Type": "partial", "HX-Current-URL": "http://["}

    assert (await desk.post(f"{path}/edit", data={"name": "Anna Salo", "version": version})).status_code == 409
    merging = {"other": otso.public_id, "version": version}
    assert (await desk.post(f"{path}/merge", data=merging)).status_code == 409
    assert (await desk.request("OPTIONS", path)).status_code == 404
    assert (await Client(app).get("/desk", headers=away)).status_code == 204
    assert (await Client(app).post("/login", data={"email": "a\0b", "password": "x"})).status_code in (400, 422)
    assert (await desk.get("/desk/patients/suggest?q=a%00")).status_code in (200, 400)
