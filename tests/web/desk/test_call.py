"""`/desk/call?from=`: whoever calls is on the screen before the phone is picked up."""

import pytest

from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.new_forms import aino, fields
from turnet.patients.tables import Patient

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize(
    "said",
    [
        "%2B358400000123", "+358400000123", "0400000123", "040%20000%200123", "00358400000123", "tel:%2B358400000123",
        "sip:%2B358400000123%40sip.example;user=phone",
    ],
)  # fmt: skip
async def test_a_number_that_one_person_has_opens_their_card(signs_in: Signs, said: str) -> None:
    await a_clinic()
    known = await aino()
    desk = await signs_in()

    answer = await desk.get(f"/desk/call?from={said}")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/patients/{known.public_id}")


async def test_a_family_is_shown_to_choose_from_the_guardians_children_included(signs_in: Signs) -> None:
    await a_clinic()
    mother = await aino()
    child = Patient(
        public_id="oona".ljust(22, "_"),
        name="Oona Mäkinen",
        language="fi",
        guardian=mother.id,
        created_at=mother.created_at,
    )
    await child.save()
    desk = await signs_in()

    page = await desk.get("/desk/call?from=0400000123")

    assert page.status_code == 200
    for one in (mother, child):
        assert f'href="/desk/patients/{one.public_id}"' in page.text
        assert f'href="/desk/new?patient={one.public_id}"' in page.text


async def test_a_number_that_nobody_has_begins_a_new_visit(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await desk.get("/desk/call?from=%2B358400000777")
    page = await desk.get(answer.headers["Location"])

    assert fields(page)["phone"] == "+358400000777"


@pytest.mark.parametrize("said", ["", "anonymous", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"])
async def test_no_number_at_all_begins_an_empty_visit(signs_in: Signs, said: str) -> None:
    await a_clinic()
    desk = await signs_in()

    answer = await desk.get(f"/desk/call?from={said}")
    page = await desk.get(answer.headers["Location"])

    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_a_practitioner_learns_nothing_of_others_patients(signs_in: Signs) -> None:
    clinic = await a_clinic()
    await aino()
    desk = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)

    answer = await desk.get("/desk/call?from=0400000123")

    assert answer.headers["Location"] == "/desk/new?phone=%2B358400000123"


async def test_read_only_staff_see_that_nobody_is_known(signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("read_only")

    page = await desk.get("/desk/call?from=0400000777")

    assert page.status_code == 200
    assert "/desk/new" not in page.text.partition("<main")[2].partition("</main>")[0]
