"""What the desk did to a visit, as the patient's own page shows it."""

from datetime import UTC, datetime

from tests.db.booking.acts import ANNA, a_wish, an_act, staff
from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.booking import queries, service
from turnet.booking.model import Wish
from turnet.clock import FrozenClock

TODAY_1300 = "2026-12-01T13:00+02:00"


async def test_a_practitioner_who_runs_late_is_announced_on_the_day_itself(client: Client, clock: FrozenClock) -> None:
    clinic = await a_clinic()
    act = an_act(clock)
    sanna = clinic.practitioners["sanna"].id
    today = await service.book(act, clinic, a_wish(clinic, TODAY_1300, by="sanna"), ANNA, once="")
    later = await service.book(act, clinic, a_wish(clinic, by="sanna"), ANNA, once="")
    other = await service.book(act, clinic, a_wish(clinic, TODAY_1300, by="pekka"), ANNA, once="")
    said = "Today we are about 20 minutes late."

    before = [said in (await client.get(f"/a/{one.token}")).text for one in (today, later, other)]
    await service.run_late(staff(clock), clinic, sanna, 20)
    after = [said in (await client.get(f"/a/{one.token}?lang=en")).text for one in (today, later, other)]
    await service.run_late(staff(clock), clinic, sanna, 0)

    assert (before, after) == ([False] * 3, [True, False, False])
    assert said not in (await client.get(f"/a/{today.token}?lang=en")).text


async def test_a_visit_of_several_services_names_them_and_is_moved_as_a_whole(
    client: Client, clock: FrozenClock
) -> None:
    clinic = await a_clinic()
    check_up, root_canal = (clinic.services[slug].id for slug in ("check-up", "root-canal"))
    start = a_wish(clinic, "2026-12-03T08:00+02:00").start
    wish = Wish(check_up, start, None, clinic.practitioners["sanna"].id, extras=(root_canal,))
    booked = await service.book(staff(clock), clinic, wish, ANNA, once="")

    page = (await client.get(f"/a/{booked.token}?lang=en")).text
    answer = await client.post(f"/a/{booked.token}/move", data={"to": "20261203T1100Z", "version": "1"})

    assert "Check-up, Root canal" in page
    assert answer.status_code == 303
    [moved] = await queries.visits_by_id([booked.visit.id])
    assert (moved.starts_at, moved.ends_at) == (
        datetime(2026, 12, 3, 11, tzinfo=UTC),
        datetime(2026, 12, 3, 13, tzinfo=UTC),
    )
    assert moved.extras == (root_canal,)
