"""What patients said afterwards, as the desk sees it."""

from datetime import timedelta
from typing import Any

from litestar import Litestar

from tests.db.messaging.acts import KEY, a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from turnet.db.transactions import fetch
from turnet.feedback.service import asked


async def answered(app: Litestar, scores: list[int], words: str = "") -> list[str]:
    clinic, clock, made = await a_clinic(), app.state.clock, []
    for number, score in enumerate(scores):
        visit = await a_booking(clinic, clock, state="done", starts_at=clock.now() - timedelta(days=1, minutes=number))
        made.append(await asked(visit, contact=f"+35840{number:07}", channel="sms", key=KEY, now=clock.now()))
        await fetch(
            "UPDATE feedback SET score = {}, comment = {}, scored_at = {} WHERE public_id = {}",
            *(score, words, clock.now(), made[-1]),
        )
    return made


async def test_the_score_stands_with_its_range(app: Litestar, signs_in: Signs) -> None:
    await answered(app, [10, 10, 9, 9, 8, 3])
    desk = await signs_in("owner")

    page: Any = await desk.get("/desk/feedback")

    assert page.status_code == 200
    assert '<b dir="ltr">+50</b> <span>NPS, surely between -18 and 84' in page.text


async def test_a_low_score_is_called_back_with_one_tap_and_that_is_taken_back(app: Litestar, signs_in: Signs) -> None:
    [question] = await answered(app, [2], "I waited long.")
    desk = await signs_in("reception")
    assert "I waited long." in (await desk.get("/desk/feedback")).text

    answer = await desk.post(f"/desk/feedback/{question}/state", data={"to": "called_back", "version": "1"})
    page = (await desk.get(answer.headers["location"])).text

    assert await fetch("SELECT state FROM feedback") == [("called_back",)]
    assert "Written down: somebody has called back." in page
    await desk.post(f"/desk/feedback/{question}/state?to=new", data={"version": "2"})
    assert await fetch("SELECT state FROM feedback") == [("new",)]
