"""`/u/{token}`: whoever got a message chooses what else they get, and a mail program ends it with one click."""

from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from tests.factories import a_clinic
from tests.web.conftest import Client
from turnet.clock import FrozenClock
from turnet.db.transactions import fetch
from turnet.ids import signed

CONTACT = "dana@example.com"


async def a_link(app: Litestar, kind: str = "feedback", language: str = "en") -> str:
    """Of a message that was sent."""
    await a_clinic()
    at, id = app.state.clock.now(), "00000000-0000-4000-8000-000000000007"
    rows = await fetch(
        "INSERT INTO message (id, dedupe, kind, channel, recipient, language, sequence, facts, state, due_at, not_after, "
        "attempts, created_at) VALUES ({}, 'd', {}, 'email', {}, {}, 0, {}, 'sent', {}, {}, 1, {}) RETURNING id",
        *(id, kind, CONTACT, language, "{}", at, at, at),
    )
    return f"/u/{signed(app.state.key, 'u', UUID(str(rows[0][0])))}"


async def _refused() -> list[tuple[Any, ...]]:
    return await fetch("SELECT purpose, source FROM opt_out WHERE lifted_at IS NULL ORDER BY purpose")


async def test_looking_changes_nothing_and_shows_nobody(app: Litestar, client: Client) -> None:
    link = await a_link(app)

    page = await client.get(link)

    assert (page.status_code, await _refused()) == (200, [])
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert CONTACT not in page.text
    assert page.text.count(" checked") == 3


@pytest.mark.parametrize(("days", "said"), [(None, "in 30 days"), (1, "a day"), (2, "in 2 days"), (365, "in 365 days")])
async def test_it_promises_what_is_set(app: Litestar, client: Client, days: int | None, said: str) -> None:
    link = await a_link(app)
    if days:
        await fetch("INSERT INTO survey (id, sample, rest_days, alarm_at) VALUES (1, 100, {}, 6) RETURNING id", days)

    page = await client.get(link)

    assert f"One question after a visit, at most once {said}." in page.text


@pytest.mark.parametrize("partial", [False, True])
async def test_what_is_left_unticked_is_not_sent_any_more(app: Litestar, client: Client, partial: bool) -> None:
    link = await a_link(app)
    headers = {"HX-Request-Type": "partial"} if partial else {}

    answer = await client.post(link, data={"reminders": "1"}, headers=headers)

    assert answer.status_code == (204 if partial else 303)
    assert await _refused() == [("feedback", "link"), ("offers", "link")]
    page = await client.get(f"{link}?saved=1")
    assert "Noted. You can change it here at any time." in page.text
    assert page.text.count(" checked") == 1


async def test_what_is_ticked_again_is_sent_again(app: Litestar, client: Client) -> None:
    link = await a_link(app)
    await client.post(link, data={})

    await client.post(link, data={"reminders": "1", "feedback": "1", "offers": "1"})

    assert await _refused() == []


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("feedback", [("feedback", "mail")]),
        ("service_offer", [("offers", "mail")]),
        ("reminder", [("reminders", "mail")]),
        ("booking_confirmed", []),
    ],
)
async def test_one_click_in_a_mail_program_ends_what_the_mail_was_about(
    app: Litestar, client: Client, kind: str, refused: list[tuple[str, str]]
) -> None:
    link = await a_link(app, kind)

    answer = await client.post(link, data={"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.text, await _refused()) == (200, "", refused)


async def test_the_page_says_that_messages_of_a_visit_still_come_in_the_messages_language(
    app: Litestar, client: Client
) -> None:
    link = await a_link(app, language="he")

    page = (await client.get(link)).text

    assert '<html lang="he" dir="rtl"' in page
    assert "Messages about a time that you book still come" in (await client.get(f"{link}?lang=en")).text


@pytest.mark.parametrize(("wished", "shown"), [("en", "en"), ("xx", "he"), ("en%0d%0aSet-Cookie:%20a=b", "he")])
async def test_saving_leads_back_to_a_language_that_there_is(
    app: Litestar, client: Client, wished: str, shown: str
) -> None:
    link = await a_link(app, language="he")

    answer = await client.post(f"{link}?lang={wished}", data={})

    assert answer.headers["location"].endswith(f"?lang={shown}&saved=1")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["x", "a" * 39, "é"])
async def test_a_link_that_no_message_carried_leads_nowhere(
    app: Litestar, client: Client, clock: FrozenClock, token: str
) -> None:
    link = await a_link(app)

    assert (await client.get(f"/u/{token}")).status_code == 404
    assert (await client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})).status_code == 404
    assert (await client.post(link[:-1] + ("a" if link[-1] != "a" else "b"), data={})).status_code == 404
    assert await _refused() == []


async def test_guessing_is_stopped(app: Litestar, client: Client) -> None:
    await a_link(app)

    answers = [(await client.get(f"/u/{'a' * 38}{letter}")).status_code for letter in "abcdefghijklmnopqrstuvwxyz"]

    assert answers == [404] * 20 + [429] * 6
