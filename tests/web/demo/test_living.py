"""A week in which made-up people live, and whoever tries the demo is left to answer and to come themselves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar

from tests.db.messaging.acts import a_booking
from tests.db.reports.test_monthly import an_owner
from tests.web.conftest import Client
from turnet.booking.model import Visit
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.demo.living import Fate, fate
from turnet.demo.switched_on import switch_on

pytestmark = pytest.mark.slow


def ids(wanted: Fate) -> Iterator[str]:
    return (id for id in (f"v{number:021}" for number in range(5000)) if fate(id) is wanted)


async def made_up(app: Litestar, clinic: Clinic) -> list[Visit]:
    """Eight whose people come, one they forget, one they cannot come to; the staff came right after them."""
    clock = app.state.clock
    await switch_on(clinic, clock.now())
    come, forget, cannot = ids(Fate.COMES), ids(Fate.FORGETS), ids(Fate.CANNOT)
    chosen = [*(next(come) for _ in range(8)), next(forget), next(cannot)]
    start = (clock.now() + timedelta(days=2)).replace(hour=8, minute=0)
    visits = [
        await a_booking(
            clinic, clock, public_id=id, starts_at=start + timedelta(minutes=30 * n), phone=f"+3584000001{n:02}",
            email="", created_at=clock.now() - timedelta(days=3),
        )
        for n, id in enumerate(chosen)
    ]  # fmt: skip
    await an_owner(clock, "rea", role="reception")
    return visits


async def _state(visit: Visit) -> str:
    [(state,)] = await fetch("SELECT state FROM booking WHERE id = {}", visit.id)
    return str(state)


async def test_they_answer_come_and_say_how_it_was(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    visits = await made_up(demo_app, clinic)

    await demo.post("/-/demo/clock", data={"advance": "4d"})

    assert [await _state(visit) for visit in visits] == ["done"] * 8 + ["no_show"] * 2
    outcomes = {outcome for (outcome,) in await fetch("SELECT DISTINCT outcome FROM inbound")}
    assert outcomes >= {"confirmed", "here", "scored"}
    [(failed,)] = await fetch("SELECT count(*) FROM inbound WHERE state <> 'done'")
    assert failed == 0


async def test_nobody_lives_for_whoever_tries_the_demo(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    """Their own visit, the made-up one on the same telephone, and somebody as whom they have written."""
    shared, played, *_others = await made_up(demo_app, clinic)
    clock = demo_app.state.clock
    own = await a_booking(
        clinic, clock, starts_at=shared.starts_at, phone=shared.phone, email="",
        created_at=clock.now() + timedelta(minutes=1),
    )  # fmt: skip
    await demo.post("/-/demo/sms", data={"from": played.phone, "text": "Where are you?"})

    await demo.post("/-/demo/clock", data={"advance": "4d"})

    lived = {sender for (sender,) in await fetch("SELECT sender FROM inbound WHERE provider_id LIKE 'lived-%'")}
    assert (await _state(own), lived & {shared.phone, played.phone}, len(lived) > 3) == ("booked", set(), True)


async def test_a_clinic_that_was_not_made_up_has_nobody_to_live(
    demo: Client, demo_app: Litestar, clinic: Clinic
) -> None:
    visits = await made_up(demo_app, clinic)
    await fetch("UPDATE booking SET created_at = {}", demo_app.state.clock.now() + timedelta(minutes=1))

    await demo.post("/-/demo/clock", data={"advance": "4d"})

    assert {await _state(visit) for visit in visits} == {"booked"}
    assert await fetch("SELECT id FROM inbound") == []
