"""A patient's card over HTTP: what it shows and to whom, and every act on it, plain and as htmx."""

import re

import pytest
from litestar import Litestar

from tests.db.booking.acts import a_wish, an_act
from tests.db.patients.people import a_patient, at_the_desk
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.desk.conftest import Signs
from turnet.booking.model import Booked, Person
from turnet.booking.service import book
from turnet.db.transactions import fetch
from turnet.patients import card
from turnet.patients.model import Found
from turnet.patients.service import agree, merge, set_guardian

NUMBER = "+358401234567"


async def online(app: Litestar, person: Person | None = None) -> Booked:
    """Somebody books by themselves."""
    clinic = await a_clinic()
    who = person or Person("Anna Salo", phone=NUMBER, email="anna@mail.example")
    return await book(an_act(app.state.clock), clinic, a_wish(clinic), who, once="one")


async def known(app: Litestar, name: str = "Anna Salo", **more: object) -> Found:
    return await a_patient(app.state.clock, name, **more)


async def public_id(patient: int) -> str:
    return (await card.patient_by_id(patient)).public_id


def where(answer: object) -> str:
    """Where an act leads to, whichever way it was sent."""
    headers = answer.headers  # type: ignore[attr-defined]
    return str(headers.get("location") or headers.get("hx-redirect"))


async def test_the_card_shows_what_the_desk_needs(app: Litestar, signs_in: Signs, partial: bool) -> None:
    booked = await online(app)
    desk = await signs_in("reception")
    shown = await desk.get(f"/desk/patients/{await public_id(booked.visit.patient)}", partial=partial)

    assert shown.status_code == 200
    assert ("<!doctype html>" in shown.text) is not partial
    assert "<title>Anna Salo</title>" in shown.text
    for part in ("040 1234567", "anna@mail.example", "Check-up", "Booked", "Confirmation", "Who is this?", "Reminders"):
        assert part in shown.text
    assert f"/desk/visits/{booked.visit.public_id}" in shown.text
    assert shown.headers["cache-control"] == "no-store"


async def test_opening_it_is_written_down_once(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    anna = await known(app)
    desk = await signs_in("reception")

    for _ in range(3):
        await desk.get(f"/desk/patients/{anna.public_id}")
    await desk.request("HEAD", f"/desk/patients/{anna.public_id}")

    assert await fetch("SELECT count(*) FROM audit_entry WHERE act = 'patient_seen'") == [(1,)]


async def test_a_practitioner_sees_the_own_patients_only(app: Litestar, signs_in: Signs) -> None:
    booked = await online(app)
    clinic_rows = dict(await fetch("SELECT resource, id FROM practitioner"))
    theirs = clinic_rows.pop(booked.visit.practitioner)
    own = await signs_in("practitioner", practitioner=theirs)
    other = await signs_in(
        "practitioner", practitioner=next(iter(clinic_rows.values())), public_id="o" * 22, email="o@x.example"
    )
    path = f"/desk/patients/{await public_id(booked.visit.patient)}"

    assert (await own.get(path)).status_code == 200
    assert "Anna Salo" in (await own.get("/desk/patients?q=anna")).text
    assert (await other.get(path)).status_code == 404
    assert "Anna Salo" not in (await other.get("/desk/patients?q=anna")).text
    assert 'role="option"' not in (await other.get("/desk/patients/suggest?q=anna")).text
    for act, fields in ACTS.items():
        assert (await other.post(f"{path}{act}", data=fields)).status_code == 404
    assert await fetch("SELECT DISTINCT actor FROM audit_entry") == [("staff:1",)]


ACTS: dict[str, dict[str, str]] = {
    "/edit": {"name": "Other", "version": "1"},
    "/contacts": {"contact": "040 999 9999"},
    "/contacts/remove": {"contact": NUMBER},
    "/consents": {"purpose": "reminders", "given": "no"},
    "/guardian": {"guardian": ""},
    "/merge": {"other": "x", "version": "1"},
    "/match": {"into": "x"},
    "/keep": {},
    "/unkeep": {},
    "/apart": {},
}


@pytest.mark.parametrize("act", ACTS)
async def test_whoever_may_only_look_changes_nothing(app: Litestar, signs_in: Signs, act: str) -> None:
    booked = await online(app)
    desk = await signs_in("read_only")
    before = await fetch("SELECT * FROM patient ORDER BY id")

    answer = await desk.post(f"/desk/patients/{await public_id(booked.visit.patient)}{act}", data=ACTS[act])

    assert answer.status_code == 404
    assert await fetch("SELECT * FROM patient ORDER BY id") == before
    assert await fetch("SELECT count(*) FROM audit_entry") == [(0,)]


@pytest.mark.parametrize("act", ACTS)
async def test_nobody_of_that_address_is_not_found(app: Litestar, signs_in: Signs, act: str) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    assert (await desk.post(f"/desk/patients/{'x' * 22}{act}", data=ACTS[act])).status_code == 404
    assert (await desk.get(f"/desk/patients/{'x' * 22}")).status_code == 404


async def test_an_edit_is_saved_and_said(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna = await known(app)
    desk = await signs_in("reception")
    path = f"/desk/patients/{anna.public_id}"
    version = re.search(r'name="version" value="(\d+)"', (await desk.get(f"{path}/edit")).text)
    assert version is not None
    fields = {
        "name": "Anna Lehto",
        "birth_year": "1980",
        "language": "he",
        "desk_note": "Rings.",
        "version": version[1],
    }

    answer = await desk.post(f"{path}/edit", data=fields, partial=partial)

    assert where(answer) == f"{path}?did=saved"
    shown = (await desk.get(where(answer))).text
    for part in ("Anna Lehto is saved.", "1980", "עברית", "Rings."):
        assert part in shown


async def test_an_edit_of_an_old_card_shows_both_and_loses_nothing(
    app: Litestar, signs_in: Signs, partial: bool
) -> None:
    await a_clinic()
    anna = await known(app)
    desk = await signs_in("reception")
    path = f"/desk/patients/{anna.public_id}/edit"
    await desk.post(path, data={"name": "Anna Salmi", "language": "fi", "version": "1"})

    stale = await desk.post(
        path,
        data={"name": "Anna Lehto", "language": "fi", "desk_note": "Kept <typed>", "version": "1"},
        partial=partial,
    )

    assert stale.status_code == 409
    for part in ("Somebody changed this card meanwhile", "Anna Salmi", 'value="Anna Lehto"', "Kept &lt;typed&gt;"):
        assert part in stale.text
    again = dict(re.findall(r'name="(version)" value="(\d+)"', stale.text))
    saved = await desk.post(path, data={"name": "Anna Lehto", "language": "fi", **again}, partial=partial)
    assert "did=saved" in where(saved)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Write the name"),
        ("name", "\u202eanna", "Write the name with letters"),
        ("birth_year", "80", "Write the year of birth in four digits"),
        ("birth_year", "2999", "Write the year of birth in four digits"),
        ("desk_note", "\u202eabc", "The note holds signs"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    app: Litestar, signs_in: Signs, partial: bool, field: str, typed: str, said: str
) -> None:
    await a_clinic()
    anna = await known(app)
    desk = await signs_in("reception")
    fields = {"name": "Anna", "language": "fi", "version": "1"} | {field: typed}

    answer = await desk.post(f"/desk/patients/{anna.public_id}/edit", data=fields, partial=partial)

    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="{field}-error"' in answer.text
    assert (await card.patient_by_id(anna.id)).name == "Anna Salo"


async def test_a_number_comes_and_goes(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna = await known(app)
    await known(app, "Mikko Salo", phone=NUMBER)
    desk = await signs_in("reception")
    path = f"/desk/patients/{anna.public_id}"

    added = await desk.post(f"{path}/contacts", data={"contact": "040 123 4567"}, partial=partial)
    shown = (await desk.get(where(added))).text
    assert "040 1234567" in shown
    assert "Mikko Salo" in shown
    wrong = await desk.post(f"{path}/contacts", data={"contact": "12"}, partial=partial)
    assert (wrong.status_code, 'value="12"' in wrong.text) == (422, True)
    gone = await desk.post(f"{path}/contacts/remove", data={"contact": NUMBER}, partial=partial)
    assert "Mikko Salo" not in (await desk.get(where(gone))).text
    twice = await desk.post(f"{path}/contacts/remove", data={"contact": NUMBER}, partial=partial)
    assert twice.status_code == 404


async def test_an_answer_is_written_down_with_who_and_when(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna = await known(app)
    desk = await signs_in("reception", name="Rea Reception")
    path = f"/desk/patients/{anna.public_id}"

    said = await desk.post(f"{path}/consents", data={"purpose": "reminders", "given": "no"}, partial=partial)

    assert "No, Tue 1 Dec, at the desk, Rea Reception" in (await desk.get(where(said))).text
    odd = await desk.post(f"{path}/consents", data={"purpose": "everything", "given": "no"}, partial=partial)
    assert odd.status_code == 422


async def test_who_answers_for_a_child_is_chosen(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna = await known(app, phone=NUMBER)
    child = await known(app, "Eero Salo", birth_year=2019)
    desk = await signs_in("reception")
    path = f"/desk/patients/{child.public_id}"

    assert "Anna Salo" in (await desk.get(f"{path}/guardian?q=anna", partial=partial)).text
    chosen = await desk.post(f"{path}/guardian", data={"guardian": anna.public_id}, partial=partial)
    assert "Anna Salo" in (await desk.get(where(chosen))).text
    circle = await desk.post(
        f"/desk/patients/{anna.public_id}/guardian", data={"guardian": child.public_id}, partial=partial
    )
    assert (circle.status_code, "in a circle" in circle.text) == (422, True)


async def test_one_tap_matches_and_one_undoes(app: Litestar, signs_in: Signs, partial: bool) -> None:
    booked = await online(app)
    anna = await known(app, phone=NUMBER)
    desk = await signs_in("reception")
    new = await public_id(booked.visit.patient)
    assert "Anna Salo" in (await desk.get("/desk/patients?show=new")).text
    assert f'value="{anna.public_id}"' in (await desk.get("/desk/patients?show=new")).text

    for _tap in range(2):
        tapped = await desk.post(f"/desk/patients/{new}/match", data={"into": anna.public_id}, partial=partial)
        assert where(tapped) == f"/desk/patients/{anna.public_id}?did=joined"
    shown = (await desk.get(where(tapped))).text
    assert "Anna Salo is part of this card now." in shown
    assert f'action="/desk/patients/{new}/apart"' in shown
    assert where(await desk.get(f"/desk/patients/{new}")) == f"/desk/patients/{anna.public_id}"

    for _tap in range(2):
        undone = await desk.post(f"/desk/patients/{new}/apart", partial=partial)
        assert where(undone) == f"/desk/patients/{new}?did=apart"
    assert "They are two people again." in (await desk.get(where(undone))).text


async def test_somebody_new_is_kept_and_that_can_be_taken_back(app: Litestar, signs_in: Signs, partial: bool) -> None:
    booked = await online(app)
    desk = await signs_in("reception")
    path = f"/desk/patients/{await public_id(booked.visit.patient)}"

    kept = await desk.post(f"{path}/keep", partial=partial)
    shown = (await desk.get(where(kept))).text
    assert "Who is this?" not in shown
    assert f'action="{path}/unkeep"' in shown
    back = await desk.post(f"{path}/unkeep", partial=partial)
    assert "Who is this?" in (await desk.get(where(back))).text


async def test_two_cards_are_compared_before_they_are_joined(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna, other = await known(app, phone=NUMBER), await known(app, "Anna-Maria Salo", phone=NUMBER)
    desk = await signs_in("manager")
    path = f"/desk/patients/{anna.public_id}"
    assert "Anna-Maria Salo" in (await desk.get(path)).text
    assert "Anna-Maria Salo" in (await desk.get(f"{path}/merge?q=maria", partial=partial)).text

    side = (await desk.get(f"{path}/merge?with={other.public_id}", partial=partial)).text
    assert "Becomes part of it" in side
    stale = await desk.post(f"{path}/merge", data={"other": other.public_id, "version": "0"}, partial=partial)
    assert (stale.status_code, "Somebody changed this card meanwhile" in stale.text) == (409, True)
    joined = await desk.post(f"{path}/merge", data={"other": other.public_id, "version": "1"}, partial=partial)
    assert where(joined) == f"{path}?did=joined"


async def test_a_child_and_its_parent_stay_two(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    anna, child = await known(app, phone=NUMBER), await known(app, "Eero Salo", birth_year=2019)
    await set_guardian(at_the_desk(app.state.clock), child.id, anna.id)
    desk = await signs_in("reception")
    version = (await card.patient_by_id(anna.id)).version

    refused = await desk.post(
        f"/desk/patients/{anna.public_id}/merge",
        data={"other": child.public_id, "version": str(version)},
        partial=partial,
    )

    assert (refused.status_code, "are two people" in refused.text) == (422, True)


async def test_somebody_new_is_written_down(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in("reception")
    assert 'value="דנה כהן"' in (await desk.get("/desk/patients/new", params={"name": "דנה כהן"})).text
    wrong = await desk.post("/desk/patients/new", data={"name": "דנה כהן", "phone": "1"}, partial=partial)
    assert (wrong.status_code, 'id="phone-error"' in wrong.text) == (422, True)

    made = await desk.post(
        "/desk/patients/new",
        data={"name": "דנה כהן", "phone": "040 123 4567", "language": "he", "desk_note": "By bus."},
        partial=partial,
    )

    shown = (await desk.get(where(made))).text
    for part in ("דנה כהן", "040 1234567", "By bus."):
        assert part in shown
    assert "דנה כהן" in (await desk.get("/desk/patients?q=cohen", partial=partial)).text


async def test_warnings_and_refusals_stand_on_the_card(app: Litestar, signs_in: Signs) -> None:
    booked = await online(app)
    await fetch("UPDATE booking SET state = 'no_show'")
    await agree(at_the_desk(app.state.clock), booked.visit.patient, "offers", given=False)
    desk = await signs_in("reception")

    shown = (await desk.get(f"/desk/patients/{await public_id(booked.visit.patient)}")).text

    assert "Did not come once." in shown
    assert "No, Tue 1 Dec, at the desk" in shown


async def test_an_unnamed_guardian_is_named_after_the_child(app: Litestar, signs_in: Signs) -> None:
    child = Person("Eero Salo", phone=NUMBER, for_whom="child", birth_year=2019)
    booked = await online(app, child)
    desk = await signs_in("reception")
    eero = await card.patient_by_id(booked.visit.patient)
    assert eero.guardian is not None

    assert "No name yet" in (await desk.get(f"/desk/patients/{eero.public_id}")).text
    shown = (await desk.get(f"/desk/patients/{eero.guardian.public_id}")).text
    assert "Whoever answers for" in shown
    assert (await desk.get("/desk/patients?q=0401234567")).text.count("<li><a href=") >= 1


HOSTILE = "Eva <img src=x onerror=alert(1)> {{ 7*7 }} %(name)s"


async def test_hostile_names_notes_and_searches_are_text(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    eva = await known(app, HOSTILE, phone=NUMBER)
    mallory = await known(app, HOSTILE, phone=NUMBER)
    await fetch("UPDATE patient SET desk_note = {}", HOSTILE)
    await merge(at_the_desk(app.state.clock), eva.id, mallory.id)
    third = await known(app, HOSTILE, phone=NUMBER)
    desk = await signs_in("owner")
    path = f"/desk/patients/{eva.public_id}"

    for page in (
        path, f"{path}?did=joined", f"{path}?did=%3Cb%3E", f"{path}/edit", f"{path}/guardian?q=eva", f"{path}/merge?q=eva",
        f"{path}/merge?with={third.public_id}", "/desk/patients?q=eva", "/desk/patients/suggest?q=eva",
        "/desk/patients?q=%3Cimg src=x%3E", "/desk/patients/new?name=%3Cimg src=x%3E", f"{path}?back=https://evil.example",
        f"{path}?back=//evil.example",
    ):  # fmt: skip
        shown = await desk.get(page)
        assert shown.status_code == 200, page
        assert "<img" not in shown.text, page
        assert "evil.example" not in shown.text, page


async def test_the_list_asks_a_bounded_number_of_questions(app: Litestar, client: Client, signs_in: Signs) -> None:
    await a_clinic()
    for n in range(40):
        await known(app, f"Anna Salo {n}")
    desk = await signs_in("reception")

    shown = (await desk.get("/desk/patients?q=anna", partial=True)).text

    assert shown.count("<li><a href=") == 30
    assert "There are more." in shown
