"""Booking at the desk: what fits, whom it is for, what is kept meanwhile, and that nothing typed is lost."""

import re
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.factories import TUESDAY, a_clinic, at
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from tests.web.desk.new_forms import aino, fields, holds, messages, visits
from turnet.clock import instant
from turnet.db.transactions import fetch

pytestmark = pytest.mark.usefixtures("app")

GAP = "20261203T0725Z"
"""Thursday 3 December 2026, 09:25 in Helsinki: no patient is offered that minute."""


def codes(text: str) -> list[str]:
    return re.findall(r'name="time"[^>]* value="([^"]+)"', text)


def chosen(text: str) -> list[str]:
    return re.findall(r'name="time"[^>]* value="([^"]+)" checked', text)


async def test_the_first_times_that_fit_are_spread_over_days_and_the_first_is_chosen(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    page = await desk.get("/desk/new?service=check-up")

    assert page.status_code == 200
    assert chosen(page.text) == ["20261201T0900Z/keskusta/sanna"]
    assert [code.partition("T")[0] for code in codes(page.text)] == ["20261201"] * 3 + ["20261202"] * 3 + [
        "20261203"
    ] * 3
    assert "Book Tue 1 Dec at 11:00" in page.text


async def test_part_of_day_weekdays_person_and_first_day_narrow_what_fits(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    wishes = {
        "service": "check-up",
        "part": "afternoon",
        "day_3": "1",
        "day_4": "1",
        "who": "pekka",
        "from": "2026-12-07",
    }

    page = await desk.post("/desk/new/look", data=wishes, partial=partial)

    assert codes(page.text) == [
        f"202612{day}T{clock}Z/keskusta/pekka" for day in (10, 11, 17) for clock in ("1100", "1120", "1140")
    ]  # fmt: skip
    assert ("<!doctype html>" in page.text) is not partial


async def test_lead_time_and_horizon_are_for_patients_alone(signs_in: Signs) -> None:
    await a_clinic()
    await fetch("UPDATE service SET lead = 2880, horizon = 3 WHERE slug = 'check-up'")
    desk = await signs_in()

    soon = await desk.get("/desk/new?service=check-up")
    later = await desk.post("/desk/new/look", data={"service": "check-up", "from": "2027-03-01"})

    assert codes(soon.text)[0] == "20261201T0900Z/keskusta/sanna"
    assert codes(later.text)[0] == "20270301T0600Z/keskusta/sanna"


async def test_a_known_caller_is_booked_by_what_the_page_already_holds(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    page = await desk.get(f"/desk/new?patient={known.public_id}")
    answer = await desk.post("/desk/new", data=fields(page), partial=partial)

    [visit] = await visits()
    assert (visit.patient, visit.patient_name, visit.phone, visit.email, visit.language, visit.door) == (
        known.id, "Aino Mäkinen", "+358400000123", "aino@example.com", "fi", "phone",
    )  # fmt: skip
    assert answer.status_code == (204 if partial else 303)
    assert answer.headers["HX-Redirect" if partial else "Location"] == f"/desk?did={visit.public_id}"
    assert await messages() == [("booking_confirmed", "email", "aino@example.com", "fi")]


async def test_the_confirmation_is_read_back_before_anything_is_booked(signs_in: Signs) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    page = await desk.get(f"/desk/new?patient={known.public_id}")
    by_text = await desk.post("/desk/new/look", data=fields(page, email=""))

    assert 'By mail to <b><bdi dir="ltr">aino@example.com</bdi></b>' in page.text
    assert "Hammashoitola Tuomi" in page.text, "in the patient's language"
    assert "/a/…" in page.text, "a preview gives no link away"
    assert 'By text message to <b><bdi class="num" dir="ltr">040 0000123</bdi></b>' in by_text.text


async def test_without_the_tick_nobody_is_written_to(signs_in: Signs) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    form = fields(await desk.get(f"/desk/new?patient={known.public_id}"))
    del form["tell"]
    await desk.post("/desk/new", data=form)

    assert len(await visits()) == 1
    assert await messages() == []


async def test_another_number_given_on_the_telephone_is_used_and_remembered(signs_in: Signs) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    page = await desk.get(f"/desk/new?patient={known.public_id}")
    await desk.post("/desk/new", data=fields(page, phone="040 000 0999", email=""))

    [visit] = await visits()
    assert (visit.phone, visit.email) == ("+358400000999", "")
    assert await messages() == [("booking_confirmed", "sms", "+358400000999", "fi")]
    assert await fetch(
        "SELECT c.value FROM patient_contact l JOIN contact_point c ON c.id = l.contact_point WHERE l.patient = {} "
        "ORDER BY c.value",
        known.id,
    ) == [("+358400000123",), ("+358400000999",), ("aino@example.com",)]


async def test_a_new_patient_is_written_down_with_the_visit(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()

    page = await desk.get("/desk/new")
    typed = {
        "name": "Väinö  Aalto",
        "phone": "040 000 0555",
        "birth_year": "1948",
        "language": "fi",
        "desk_note": "Deaf in one ear",
    }
    await desk.post("/desk/new", data=fields(page, **typed), partial=partial)

    [visit] = await visits()
    assert (visit.patient_name, visit.phone, visit.desk_note) == ("Väinö Aalto", "+358400000555", "Deaf in one ear")
    assert [
        tuple(map(bool_or_not, row)) for row in await fetch("SELECT birth_year, language, provisional FROM patient")
    ] == [(1948, "fi", False)]


def bool_or_not(value: object) -> object:
    return bool(value) if value in (0, 1) else value


async def test_somebody_without_number_and_address_is_booked_too(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    await desk.post("/desk/new", data=fields(await desk.get("/desk/new"), name="Väinö Aalto"))

    assert [visit.patient_name for visit in await visits()] == ["Väinö Aalto"]
    assert await messages() == []


async def test_what_is_wrong_stands_beside_its_field_and_everything_typed_stays(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    typed = {
        "name": "",
        "phone": "call her",
        "birth_year": "85",
        "note": "Afraid of <needles>",
        "desk_note": "Owes 20 €",
    }

    page = await desk.post("/desk/new", data=fields(await desk.get("/desk/new"), **typed), partial=partial)

    assert page.status_code == 422
    assert re.findall(r'id="(\w+)-error"', page.text) == ["name", "phone", "birth_year"]
    assert (
        {name: fields(page)[name] for name in typed} == typed
        if not partial
        else "Afraid of &lt;needles&gt;" in page.text
    )
    assert await visits() == []


async def test_a_search_without_javascript_lists_people_to_choose(signs_in: Signs) -> None:
    await a_clinic()
    known = await aino()
    await fetch("DELETE FROM patient_key")
    await fetch("INSERT INTO patient_key (patient, key) VALUES ({}, 'waino')", known.id)
    desk = await signs_in()

    listed = await desk.post("/desk/new/look", data=fields(await desk.get("/desk/new"), q="Aino"))
    taken = await desk.post("/desk/new/look", data=fields(listed, choose=known.public_id))
    other = await desk.post("/desk/new/look", data=fields(taken, other="1"))

    assert f'name="choose" value="{known.public_id}"' in listed.text
    assert fields(taken)["phone"] == "+358400000123"
    assert {name: fields(other)[name] for name in ("patient", "phone", "email", "name")} == dict.fromkeys(
        ("patient", "phone", "email", "name"), ""
    )


async def test_what_was_looked_for_in_vain_begins_a_new_patient(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    by_name = await desk.post("/desk/new/look", data={"q": "Väinö Aalto"})
    by_number = await desk.post("/desk/new/look", data={"q": "040 000 0777"})

    assert fields(by_name)["name"] == "Väinö Aalto"
    assert fields(by_number)["phone"] == "040 000 0777"


# --- gaps and what is kept


async def test_opening_a_gap_keeps_it_for_ten_minutes(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await desk.post(
        "/desk/new/hold", data={"start": GAP, "who": "sanna", "back": "/desk?day=2026-12-03"}, partial=partial
    )
    where = answer.headers["HX-Redirect" if partial else "Location"]
    page = await desk.get(where)

    assert where == f"/desk/new?start={GAP}&service=check-up&who=sanna&back=%2Fdesk%3Fday%3D2026-12-03"
    [held] = await holds()
    assert held["expires_at"] == TUESDAY + timedelta(minutes=10)
    assert held["staff"] is not None
    assert chosen(page.text) == [f"{GAP}/keskusta/sanna"]


async def test_looking_at_the_form_writes_nothing(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")

    assert chosen(page.text) == [f"{GAP}/keskusta/sanna"]
    assert await holds() == []


async def test_the_page_keeps_its_time_and_says_until_when(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")

    kept = await desk.post("/desk/new/hold", data=fields(page), partial=True)

    assert "Kept for the caller until <b class=num>10:52</b>" in kept.text
    assert "<form" not in kept.text, "what is being typed is left alone"
    assert len(await holds()) == 1


async def test_a_gap_offers_what_there_is_room_for(signs_in: Signs) -> None:
    """25 minutes before lunch: a check-up takes 30, so the shorter service is proposed."""
    await a_clinic()
    desk = await signs_in()

    page = await desk.get("/desk/new?start=20261203T0935Z&who=sanna")

    assert fields(page)["service"] == "acute"


async def test_another_time_gives_the_first_one_back(signs_in: Signs) -> None:
    await a_clinic()
    desk, colleague = await signs_in(), await signs_in("manager")
    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")
    await desk.post("/desk/new/hold", data=fields(page), partial=True)

    await desk.post("/desk/new/look", data=fields(page, time="20261203T1100Z/keskusta/pekka"))
    theirs = await colleague.post(
        "/desk/new/look", data=fields(await colleague.get(f"/desk/new?start={GAP}&who=sanna"))
    )

    assert theirs.status_code == 200
    assert len(await holds()) == 2


async def test_a_colleagues_kept_time_is_not_taken_and_nothing_typed_is_lost(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk, colleague = await signs_in(), await signs_in("manager")
    await colleague.post("/desk/new/hold", data={"start": GAP, "who": "sanna"})

    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")
    answer = await desk.post("/desk/new", data=fields(page, name="Väinö Aalto", desk_note="Owes 20 €"), partial=partial)

    assert answer.status_code == 409
    assert await visits() == []
    assert chosen(answer.text) == [], "no other time is booked by pressing again"
    assert codes(answer.text)[0].startswith("20261203")
    assert "Väinö Aalto" in answer.text and "Owes 20 €" in answer.text
    assert "Thu 3 Dec at 09:25 with <bdi>Sanna Koivisto</bdi> is not free for this" in answer.text
    assert "/desk/why?service=check-up&amp;start=20261203T0725Z&amp;who=sanna" in answer.text


async def test_a_time_that_went_while_the_page_was_open_is_said_where_it_was_to_be_kept(signs_in: Signs) -> None:
    await a_clinic()
    desk, colleague = await signs_in(), await signs_in("manager")
    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")
    await colleague.post("/desk/new/hold", data={"start": GAP, "who": "sanna"})

    answer = await desk.post("/desk/new/hold", data=fields(page, name="Väinö Aalto"), partial=True)

    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#new")
    assert "Väinö Aalto" in answer.text


async def test_an_expired_keep_does_not_stop_the_booking(signs_in: Signs, app: Litestar) -> None:
    await a_clinic()
    desk = await signs_in()
    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")
    await desk.post("/desk/new/hold", data=fields(page), partial=True)
    app.state.clock.advance(minutes=11)

    answer = await desk.post("/desk/new", data=fields(page, name="Väinö Aalto"))

    assert answer.status_code == 303
    assert [visit.starts_at for visit in await visits()] == [instant(at("2026-12-03T09:25+02:00"))]


async def test_the_same_form_twice_is_one_visit(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new"), name="Väinö Aalto", phone="0400000555")

    first = await desk.post("/desk/new", data=form, partial=partial)
    again = await desk.post("/desk/new", data=form, partial=partial)

    assert len(await visits()) == 1
    assert len(await messages()) == 1
    assert dict(first.headers).get("location", first.headers.get("hx-redirect")) == dict(again.headers).get(
        "location", again.headers.get("hx-redirect")
    )


# --- written by hand, several services, several people, beside another


async def test_a_time_written_by_hand_is_any_minute_of_the_hours(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new?service=check-up"), name="Väinö Aalto")
    hand = {"hand": "1", "hand_day": "2026-12-04", "hand_clock": "09:07", "hand_who": "pekka", "hand_room": "room-2"}

    page = await desk.post("/desk/new/look", data=form | hand)
    await desk.post("/desk/new", data=fields(page), partial=partial)

    [visit] = await visits()
    clinic = await a_room(desk)
    assert (visit.starts_at, visit.room) == (instant(at("2026-12-04T09:07+02:00")), clinic)


async def a_room(desk: Client) -> int:
    return int((await fetch("SELECT resource FROM room WHERE slug = 'room-2'"))[0][0])


@pytest.mark.parametrize("wall", ["07:30", "12:30", "15:45"])
async def test_outside_the_hours_nothing_is_booked(signs_in: Signs, wall: str) -> None:
    await a_clinic()
    desk = await signs_in()
    hand = {"hand": "1", "hand_day": "2026-12-04", "hand_clock": wall, "hand_who": "pekka"}

    page = await desk.post("/desk/new/look", data=fields(await desk.get("/desk/new"), name="Väinö") | hand)

    assert page.status_code == 422
    assert "is not free for this" in page.text


async def test_several_services_are_one_longer_visit(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new?service=check-up"), name="Väinö Aalto", extra_1="root-canal")

    page = await desk.post("/desk/new/look", data=form)
    await desk.post("/desk/new", data=fields(page))

    assert {code.split("/")[2] for code in codes(page.text)} == {"sanna"}, "who can do both"
    [visit] = await visits()
    assert visit.ends_at - visit.starts_at == timedelta(minutes=120)
    assert len(visit.services) == 2


async def test_people_who_come_together_are_booked_all_or_none(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    form = fields(await desk.get(f"/desk/new?service=check-up&patient={known.public_id}"), also_1="Oona Mäkinen")

    page = await desk.post("/desk/new/look", data=form)
    answer = await desk.post("/desk/new", data=fields(page), partial=partial)
    again = await desk.post("/desk/new", data=fields(page), partial=partial)

    found = await visits()
    assert {(visit.patient_name, visit.starts_at) for visit in found} == {
        ("Aino Mäkinen", found[0].starts_at), ("Oona Mäkinen", found[0].starts_at)
    }  # fmt: skip
    assert len({visit.practitioner for visit in found}) == 2
    assert {visit.party for visit in found} != {None}
    assert answer.status_code == again.status_code == (204 if partial else 303)


async def test_beside_another_visit_only_on_purpose(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in()
    await desk.post("/desk/new", data=fields(await desk.get(f"/desk/new?start={GAP}&who=sanna"), name="Aino Mäkinen"))
    page = await desk.get(f"/desk/new?start={GAP}&who=sanna")

    refused = await desk.post("/desk/new", data=fields(page, name="Väinö Aalto"))
    without = await desk.post("/desk/new/over", data=fields(refused), partial=partial)
    over = await desk.post("/desk/new/over", data=fields(refused, reason="Pain since Sunday"), partial=partial)

    assert (refused.status_code, without.status_code) == (409, 422)
    assert 'id="reason-error"' in without.text
    assert over.status_code == (204 if partial else 303)
    assert [(visit.patient_name, visit.overbooked) for visit in await visits()] == [
        ("Aino Mäkinen", False), ("Väinö Aalto", True)
    ]  # fmt: skip


# --- whose diary


async def test_a_practitioner_sees_and_books_only_their_own_diary(signs_in: Signs) -> None:
    clinic = await a_clinic()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)

    page = await desk.get("/desk/new?service=check-up")
    gap = await desk.get(f"/desk/new?start={GAP}&who=sanna")
    form = fields(page, name="Väinö Aalto", time=f"{GAP}/keskusta/sanna")
    forged = await desk.post("/desk/new", data=form)

    assert {code.split("/")[2] for code in codes(page.text)} == {"pekka"}
    assert gap.status_code == 404
    assert forged.status_code == 422
    assert await visits() == []


async def test_somebody_elses_patient_is_not_there(signs_in: Signs) -> None:
    clinic = await a_clinic()
    known = await aino()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)

    page = await desk.get(f"/desk/new?patient={known.public_id}")

    assert "Aino" not in page.text


async def test_read_only_staff_book_nothing(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("read_only")

    assert (await desk.get("/desk/new")).status_code == 404
    for path in (
        "/desk/new",
        "/desk/new/look",
        "/desk/new/hold",
        "/desk/new/over",
        "/desk/new/series",
        "/desk/walk-in",
    ):
        assert (await desk.post(path, data={"name": "Väinö"})).status_code == 404
    assert await visits() == [] and await holds() == []


@pytest.mark.parametrize(
    "query",
    [
        "start=yesterday&who=sanna",
        "start=20261203T0725Z&who=nobody",
        "at=nowhere",
        "start=20261203T0725Z&who=sanna&room=9",
    ],
)
async def test_what_the_clinic_does_not_have_is_not_there(signs_in: Signs, query: str) -> None:
    await a_clinic()
    desk = await signs_in()

    assert (await desk.get(f"/desk/new?{query}")).status_code == 404


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/desk\\evil", "/a/abc", "/deskevil"])
async def test_nobody_is_led_elsewhere_afterwards(signs_in: Signs, back: str) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await desk.post("/desk/new", data=fields(await desk.get("/desk/new"), name="Väinö Aalto", back=back))

    assert answer.headers["Location"].startswith("/desk?did=")


async def test_hostile_text_stays_text(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    hostile = '"><script>alert(1)</script>'

    page = await desk.post(
        "/desk/new/look",
        data=dict.fromkeys(
            ("q", "name", "phone", "email", "note", "desk_note", "back", "fixed", "time", "from", "parked"), hostile
        ),
    )

    assert page.status_code == 200
    assert "<script>alert" not in page.text


# --- who is recognised, and what it costs


async def test_somebody_written_down_anew_is_recognised_by_name_and_number(signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    page = await desk.get("/desk/new")

    await desk.post("/desk/new", data=fields(page, name="aino mäkinen", phone="040 0000123"), partial=partial)

    assert [visit.patient for visit in await visits()] == [known.id]


@pytest.mark.parametrize(
    "typed",
    [{"name": "Oona Mäkinen"}, {"birth_year": "2015"}, {"phone": "040 0000124"}],
    ids=["name", "year", "number"],
)
async def test_whoever_differs_is_somebody_else(signs_in: Signs, typed: dict[str, str]) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    same = {"name": "Aino Mäkinen", "phone": "040 0000123"}

    await desk.post("/desk/new", data=fields(await desk.get("/desk/new"), **same | typed))

    assert known.id not in [visit.patient for visit in await visits()]


async def test_a_note_for_the_desk_is_kept_when_several_come(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()
    form = fields(await desk.get("/desk/new?service=check-up"), name="Aino Mäkinen", also_1="Oona Mäkinen")

    page = await desk.post("/desk/new/look", data=form | {"desk_note": "Twins"})
    await desk.post("/desk/new", data=fields(page))

    assert [visit.desk_note for visit in await visits()] == ["Twins", ""]


async def test_the_form_costs_the_same_however_full_the_diary_is(signs_in: Signs, statements: list[str]) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()
    counts = []
    for _ in range(2):
        page = await desk.get(f"/desk/new?patient={known.public_id}&service=check-up")
        statements.clear()
        await desk.get(f"/desk/new?patient={known.public_id}&service=check-up")
        counts.append(len(statements))
        await desk.post("/desk/new", data=fields(page))

    assert counts == [4, 4], statements
