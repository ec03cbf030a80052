"""What patients said afterwards, as the desk sees it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from tests.db.messaging.acts import KEY, a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import clinic_now, send
from turnet.clinic.queries import clinic as current_clinic
from turnet.db.transactions import fetch
from turnet.feedback.model import DEFAULTS, Survey
from turnet.feedback.queries import survey
from turnet.feedback.service import asked


async def answered(app: Litestar, scores: list[int], words: str = "") -> list[str]:
    clinic, clock, made = await current_clinic() or await a_clinic(), app.state.clock, []
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
    assert '<b dir="ltr">+50</b> <span>NPS, most likely between &lrm;−18 and &lrm;84' in page.text


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


async def test_four_answers_are_counted_and_have_no_score(app: Litestar, signs_in: Signs) -> None:
    await answered(app, [10, 10, 9, 3])

    page = (await (await signs_in("owner")).get("/desk/feedback")).text

    assert ("NPS, most likely" in page, 'class="spread"' in page, "Fewer than five answers" in page) == (
        False,
        False,
        True,
    )
    assert "4 were asked, 4 answered (100\xa0%)." in page


async def test_practitioners_see_what_was_said_about_themselves_only(app: Litestar, signs_in: Signs) -> None:
    [question] = await answered(app, [2], "I waited long.")
    clinic = await clinic_now()
    [(own,)] = await fetch("SELECT p.resource FROM booking b JOIN practitioner p ON p.id = b.practitioner")
    other = next(one for one in clinic.practitioners.values() if one.id != own)
    seen = {}
    for name, one in (("own", clinic.practitioner(own)), ("other", other)):
        desk = await signs_in(
            "practitioner", practitioner=one.row, public_id=name.ljust(22, "_"), email=f"{name}@x.example"
        )
        seen[name] = "I waited long." in (await desk.get("/desk/feedback")).text
    answer = await desk.post(f"/desk/feedback/{question}/state", data={"to": "done", "version": "1"})

    assert seen == {"own": True, "other": False}
    assert (answer.status_code, await fetch("SELECT state FROM feedback")) == (404, [("new",)])


async def test_nobody_asked_says_what_to_do_next_to_whoever_may(app: Litestar, signs_in: Signs) -> None:
    await a_clinic()

    pages = [(await (await signs_in(role)).get("/desk/feedback")).text for role in ("owner", "reception")]

    assert ["Nobody is asked at the moment." in page for page in pages] == [True, True]
    assert ["Switch the question on" in page for page in pages] == [True, False]


async def test_what_patients_tapped_is_counted_by_month(app: Litestar, signs_in: Signs) -> None:
    clinic, clock = await a_clinic(), app.state.clock
    for code in ("ill", "ill", ""):
        await a_booking(clinic, clock, state="cancelled", starts_at=clock.now() + timedelta(days=1),
            cancelled_at=clock.now(), cancelled_by="patient", cancel_code=code, cancelled_late=not code)  # fmt: skip
    desk = await signs_in("owner")

    page, narrowed = [(await desk.get(f"/desk/feedback{query}")).text for query in ("", "?at=keskusta")]

    cells = re.sub("<small.*?</small>|</?(span|b)>", "", page)
    assert '<th scope="row">Ill</th><td>2</td><td>2</td><td>0</td><td>0</td>' in cells
    assert '<th scope="row">Cancelled too late</th><td>1</td>' in cells
    assert "Cancelled too late" not in narrowed


async def test_a_year_costs_as_many_statements_as_an_hour(
    app: Litestar, signs_in: Signs, statements: list[str]
) -> None:
    desk, counts = await signs_in("owner"), []
    await answered(app, [10])
    for _ in range(2):
        statements.clear()
        assert (await desk.get("/desk/feedback?months=12")).status_code == 200
        counts.append(len(statements))
        await answered(app, [9, 3] * 20, "Words.")

    assert counts[0] == counts[1]


WANTED = {"sample": "50", "rest_days": "60", "alarm_at": "4"}


@pytest.mark.parametrize("partial", [False, True])
async def test_the_owner_decides_whom_to_ask(app: Litestar, signs_in: Signs, partial: bool) -> None:
    await a_clinic()
    desk = await signs_in("owner")

    answer = await send(desk, "/admin/survey", WANTED, partial=partial)

    assert (answer.status_code, await survey()) == (204 if partial else 303, Survey(50, 60, 4))
    page = (await desk.get("/admin/survey?saved=1")).text
    assert ('value="60"' in page, "It counts from the next question on." in page) == (True, True)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"sample": "0"}, "Write a number from 1 to 100."),
        ({"rest_days": "٣"}, "Write a number of days from 1 to 365."),
        ({"alarm_at": "10"}, "Write a number from 0 to 9."),
        ({"alarm_at": ""}, "Write a number from 0 to 9."),
    ],
)
async def test_a_number_that_cannot_be_is_said_beside_it_and_nothing_changes(
    app: Litestar, signs_in: Signs, wrong: dict[str, str], sentence: str
) -> None:
    await a_clinic()

    answer = await send(await signs_in("owner"), "/admin/survey", WANTED | wrong, partial=False)

    assert (answer.status_code, sentence in answer.text, await survey()) == (422, True, DEFAULTS)


@pytest.mark.parametrize(
    ("score", "words", "asks"),
    [
        (10, "The child left with a smile, thanks.", False),
        (9, "Kiitos, kaikki sujui hyvin.", False),
        (10, "הילד יצא עם חיוך", False),
        (10, "Good. When do you open on Saturday?", True),
        (9, "Soittaisitteko minulle laskusta", True),
        (10, "מצוין, תתקשרו אליי", True),
        (8, "I waited a little.", True),
        (3, "I waited long.", True),
    ],
)
async def test_praise_that_asks_for_nothing_asks_nothing_of_the_desk(
    app: Litestar, signs_in: Signs, score: int, words: str, asks: bool
) -> None:
    await answered(app, [score], words)

    page = (await (await signs_in("reception")).get("/desk/feedback")).text

    assert (words in page, "Nothing to do" in page, "Called back" in page) == (True, asks, asks)


async def test_low_scores_are_led_to_before_the_charts_while_they_wait(app: Litestar, signs_in: Signs) -> None:
    [question] = await answered(app, [2], "I waited long.")
    desk, led = await signs_in("reception"), []

    for to, version in (("", ""), ("called_back", "1"), ("new", "2")):
        if to:
            await desk.post(f"/desk/feedback/{question}/state", data={"to": to, "version": version})
        page = (await desk.get("/desk/feedback")).text
        led.append("Low scores wait for a call" in page[: page.index('id="h-nps"')])

    assert led == [True, False, True]
