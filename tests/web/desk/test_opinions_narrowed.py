"""What is looked at of what patients said: by person, place, kind of visit and time; and what must stay what it is."""

from datetime import datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar

from tests.db.messaging.acts import KEY, a_booking
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.poison import POISON, poisoned
from tests.web.desk.visits import send
from turnet.clinic.queries import clinic as current_clinic
from turnet.db.transactions import fetch
from turnet.feedback.service import asked


async def said(
    app: Litestar,
    words: str,
    *,
    by: str = "",
    days: int = 1,
    score: int = 2,
    asked_at: datetime | None = None,
    **more: Any,
) -> str:
    """Somebody's words about a visit with the practitioner of that slug. Returns the question's public id."""
    clinic, clock = await current_clinic() or await a_clinic(), app.state.clock
    if by:
        more["practitioner"] = clinic.practitioners[by].row
    visit = await a_booking(clinic, clock, state="done", starts_at=clock.now() - timedelta(days=days), **more)
    at = asked_at or clock.now() - timedelta(days=days - 1)
    question = await asked(visit, contact=f"+35840{visit.id:07}", channel="sms", key=KEY, now=at)
    await fetch(
        "UPDATE feedback SET score = {}, comment = {}, scored_at = {} WHERE public_id = {}", score, words, at, question
    )
    return question


async def shown(desk: Any, query: str, *words: str) -> list[bool]:
    page = await desk.get(f"/desk/feedback{query}")
    assert page.status_code == 200
    return [one in page.text for one in words]


async def test_each_menu_narrows_and_all_of_it_is_there_without(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    people, services = list(clinic.practitioners), list(clinic.services)
    words = ("First words.", "Second words.")
    for text, person, service in zip(words, people, services, strict=False):
        await said(app, text, by=person, service=clinic.services[service].id)
    desk = await signs_in("owner")

    assert [
        await shown(desk, query, *words)
        for query in (
            "",
            f"?with={people[0]}",
            f"?with={people[1]}",
            f"?for={services[1]}",
            f"?with={people[0]}&for={services[1]}",
        )
    ] == [[True, True], [True, False], [False, True], [False, True], [False, False]]


async def test_a_month_ends_with_the_clinics_day(app: Litestar, signs_in: Signs) -> None:
    clinic, now = await a_clinic(), app.state.clock.now()
    local = now.astimezone(ZoneInfo(clinic.setup.zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = first.replace(year=first.year - (first.month <= 2), month=(first.month - 3) % 12 + 1)
    await said(app, "On its first day.", asked_at=first, days=70)
    await said(app, "A second before.", asked_at=first - timedelta(seconds=1), days=71)
    desk = await signs_in("owner")

    assert await shown(desk, "", "On its first day.", "A second before.") == [True, False]
    assert await shown(desk, "?months=12", "On its first day.", "A second before.") == [True, True]
    assert await shown(desk, "?months=99", "On its first day.", "A second before.") == [True, False]


@pytest.mark.parametrize("query", ["?with=nobody", "?at=nowhere", "?for=nothing", "?with=%00", "?for=" + "a" * 5000])
async def test_what_is_no_name_of_ours_is_not_found(app: Litestar, signs_in: Signs, query: str) -> None:
    await a_clinic()

    assert (await (await signs_in("owner")).get(f"/desk/feedback{query}")).status_code == 404


async def test_low_scores_that_nobody_dealt_with_stand_first(app: Litestar, signs_in: Signs) -> None:
    for text, score, days in (("Unhappy.", 3, 9), ("Happy.", 10, 1), ("Dealt with.", 0, 5)):
        question = await said(app, text, score=score, days=days)
    desk = await signs_in("owner")
    await desk.post(f"/desk/feedback/{question}/state", data={"to": "done", "version": "1"})

    page = (await desk.get("/desk/feedback")).text

    assert sorted(("Unhappy.", "Happy.", "Dealt with."), key=page.index) == ["Unhappy.", "Happy.", "Dealt with."]


@pytest.mark.parametrize("partial", [False, True])
async def test_whoever_saves_second_overwrites_nothing(app: Litestar, signs_in: Signs, partial: bool) -> None:
    question, desk = await said(app, "Words."), await signs_in("reception")
    path = f"/desk/feedback/{question}/state"
    await send(desk, path, {"to": "called_back", "version": "1"}, partial=partial)

    late = await send(desk, path, {"to": "done", "version": "1"}, partial=partial)

    assert (late.status_code, await fetch("SELECT state, version FROM feedback")) == (
        200 if partial else 303,
        [("called_back", 2)],
    )
    assert not partial or ("Called back" in late.text, "Undo" in late.text) == (True, False)


@pytest.mark.parametrize("partial", [False, True])
async def test_a_state_that_is_none_changes_nothing(app: Litestar, signs_in: Signs, partial: bool) -> None:
    question, desk = await said(app, "Words."), await signs_in("reception")

    answer = await send(desk, f"/desk/feedback/{question}/state", {"to": "<b>", "version": "1"}, partial=partial)

    assert (answer.status_code, await fetch("SELECT state, version FROM feedback")) == (422, [("new", 1)])


async def test_names_and_words_are_text_whatever_they_say(app: Litestar, signs_in: Signs) -> None:
    question = await said(app, POISON)
    desk = await signs_in("owner")
    await poisoned()

    page = (await desk.get(f"/desk/feedback?did={question}&was=%22%3E%3Cimg")).text

    assert ("<img src=x" in page, "49" in page.split("<blockquote", 1)[1].split("</blockquote>")[0]) == (False, False)
    assert page.count(str(escape(POISON, quote=True)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")) >= 3


async def test_the_page_is_six_statements_however_it_is_narrowed(
    app: Litestar, signs_in: Signs, statements: list[str]
) -> None:
    """Session, survey, figures, words, rounds; and why patients cancelled, which is not narrowed."""
    await said(app, "Words.")
    desk, counts = await signs_in("owner"), []
    await desk.get("/desk/feedback")  # the first page writes that the session was seen
    for query in ("", "?months=12", "?at=keskusta&months=12"):
        statements.clear()
        await desk.get(f"/desk/feedback{query}")
        counts.append(len(statements))

    assert counts == [6, 6, 5]
