"""`/f/{token}`: a number in one tap, then why, for whoever has the link."""

from typing import Any

import pytest
from litestar import Litestar

from tests.db.messaging.acts import a_booking
from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.feedback.model import feedback_token
from turnet.feedback.service import asked

PARTIAL = {"HX-Request-Type": "partial"}


async def a_link(app: Litestar, language: str = "en") -> str:
    """To the question about a visit of yesterday."""
    clock = app.state.clock
    visit = await a_booking(await a_clinic(), clock, state="done", language=language)
    made = await asked(visit, contact=visit.phone, channel="sms", key=app.state.key, now=clock.now())
    return f"/f/{feedback_token(app.state.key, made)}"


async def answers() -> list[tuple[Any, ...]]:
    return await fetch("SELECT score, comment, answered_by FROM feedback")


async def test_looking_changes_nothing(app: Litestar, client: Client) -> None:
    link = await a_link(app)

    page = await client.get(link)

    assert (page.status_code, page.text.count('name="score"'), await answers()) == (200, 11, [(None, "", "")])
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "Dana" not in page.text


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(
    ("score", "why"), [("9", "What did we do well when we met you?"), ("4", "What should have been different?")]
)
async def test_a_number_is_followed_by_the_question_that_fits_it(
    app: Litestar, client: Client, score: str, why: str, partial: bool
) -> None:
    link = await a_link(app)

    answer = await client.post(link, data={"score": score}, headers=PARTIAL if partial else {})

    assert answer.status_code == (204 if partial else 303)
    assert why in (await client.get(link)).text
    assert await answers() == [(int(score), "", "link")]


@pytest.mark.parametrize("partial", [False, True])
async def test_words_are_kept_and_thanked_for(app: Litestar, client: Client, partial: bool) -> None:
    link = await a_link(app)
    await client.post(link, data={"score": "10"})

    answer = await client.post(link, data={"words": "  You listened.\n"}, headers=PARTIAL if partial else {})

    where = answer.headers["hx-redirect" if partial else "location"]
    page = (await client.get(where)).text
    assert await answers() == [(10, "You listened.", "link")]
    assert ("We read every answer." in page, "<textarea" in page) == (True, False)


@pytest.mark.parametrize(
    "sent",
    [{}, {"score": ""}, {"score": "11"}, {"score": "-1"}, {"score": "٣"}, {"score": "9" * 5000}, {"words": "Hello"}],
)
async def test_what_is_no_number_is_said_and_changes_nothing(
    app: Litestar, client: Client, sent: dict[str, str]
) -> None:
    link = await a_link(app)

    answer = await client.post(link, data=sent)

    assert (answer.status_code, await answers()) == (422, [(None, "", "")])
    assert "Choose a number from 0 to 10." in answer.text


async def test_too_many_words_are_kept_in_the_form(app: Litestar, client: Client) -> None:
    link = await a_link(app)
    await client.post(link, data={"score": "3"})

    answer = await client.post(link, data={"words": "a" * 1001})

    assert (answer.status_code, "a" * 1001 in answer.text, await answers()) == (422, True, [(3, "", "link")])


async def test_a_number_may_be_changed_for_three_days(app: Litestar, client: Client, clock: FrozenClock) -> None:
    link = await a_link(app)
    await client.post(link, data={"score": "3"})
    clock.advance(days=3)
    await client.post(link, data={"score": "8"})
    clock.advance(minutes=1)

    answer = await client.post(link, data={"score": "0"})

    assert (answer.status_code, await answers()) == (303, [(8, "", "link")])
    page = (await client.get(f"{link}?again=1")).text
    assert ('name="score"' in page, "Change your number" in page) == (False, False)


async def test_the_page_speaks_the_visits_language(app: Litestar, client: Client) -> None:
    link = await a_link(app, "he")

    assert '<html lang="he" dir="rtl"' in (await client.get(link)).text
    assert '<html lang="fi"' in (await client.get(f"{link}?lang=fi")).text


@pytest.mark.parametrize("token", ["x", "a" * 22])
async def test_a_link_that_nobody_was_sent_leads_nowhere(app: Litestar, client: Client, token: str) -> None:
    await a_link(app)

    assert [(await client.get(f"/f/{token}")).status_code, (await client.post(f"/f/{token}")).status_code] == [404, 404]
