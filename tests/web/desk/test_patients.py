"""Finding patients at the desk."""

from litestar import Litestar

from tests.db.patients.people import a_patient
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs


async def test_suggestions_are_options_for_a_combobox(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("reception")
    found = await a_patient(app.state.clock, "Eva <b>Möller", phone="+358401234567", birth_year=1980)

    answer = await desk.get("/desk/patients/suggest", params={"q": "moll"}, partial=True)

    assert answer.status_code == 200
    assert answer.text.count('role="option"') == 1
    assert f'data-patient="{found.public_id}"' in answer.text
    assert "Eva &lt;b&gt;Möller" in answer.text
    assert "040 1234567" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_suggestions_need_a_session(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()
    desk = await signs_in("reception")
    desk.cookies.clear()

    assert (await desk.get("/desk/patients/suggest?q=moll")).status_code in (303, 401)
