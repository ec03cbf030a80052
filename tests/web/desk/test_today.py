"""The first page of the desk: the day as list and columns, week and month, for whoever may see it."""


from tests.db.booking.acts import ANNA, an_act
from tests.factories import a_clinic, at
from tests.web.desk.conftest import Signs
from turnet.booking import service
from turnet.booking.model import Visit, Wish
from turnet.clinic.model import Clinic
from turnet.clock import FrozenClock, instant

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) Mobile Safari/537.36"}
TODAY_1100, TODAY_1300 = "2026-12-01T11:00+02:00", "2026-12-01T13:00+02:00"


async def a_visit(
    clinic: Clinic,
    clock: FrozenClock,
    start: str = TODAY_1100,
    *,
    by: str = "sanna",
    who: object = ANNA,
    once: str = "a",
) -> Visit:
    early = an_act(clock, now=instant(at("2026-11-20T10:00+02:00")))
    wish = Wish(clinic.services["check-up"].id, at(start), clinic.locations["keskusta"].id, clinic.practitioners[by].id)
    return (await service.book(early, clinic, wish, who, once=once)).visit  # type: ignore[arg-type]


async def test_phone_gets_the_running_day_as_a_list(clock: FrozenClock, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, clock)
    desk = await signs_in()
    answer = await desk.get("/desk", headers=PHONE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert f'id="v-{visit.public_id}"' in answer.text
    assert "Anna Virtanen" in answer.text
    assert 'class="now"' in answer.text
    assert "18 min free" in answer.text or "15 min free" in answer.text or "min free" in answer.text
