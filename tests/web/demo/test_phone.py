"""Writing an SMS on the pretend phone: it is stored, worked on and answered before the page is back."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from tests.factories import at
from tests.web.conftest import Client
from tests.web.demo.test_demo import RUTI, _act, _words
from turnet.booking.model import Wish
from turnet.booking.service import book
from turnet.clinic.model import Clinic
from turnet.db.transactions import fetch
from turnet.demo.clock import advance
from turnet.demo.switched_on import switch_on


async def _asked(demo: Client, app: Litestar, clinic: Clinic, language: str = "en") -> str:
    """Ruti was asked whether she comes tomorrow. Returns the key of her phone."""
    await switch_on(clinic, app.state.clock.now())
    wish = Wish(service=clinic.services["check-up"].id, start=at("2026-12-03T11:20+02:00"))
    booked = await book(_act(app), clinic, wish, replace(RUTI, language=language), once="once")
    await demo.post("/-/demo/clock", data={"advance": "24h"})
    await demo.post("/-/demo/clock", data={"advance": "1h"})
    [(patient,)] = await fetch("SELECT patient FROM booking WHERE id = {}", booked.visit.id)
    return str(patient)


async def _write(demo: Client, text: str, *, partial: bool = False, **more: str) -> httpx.Response:
    return await demo.post("/-/demo/sms", data={"from": RUTI.phone, "text": text, **more}, partial=partial)


def _phone(html: str) -> list[str]:
    """What stands on it, their own words after an arrow."""
    found = re.findall(r'<li( class="mine")?[^>]*>\s*<p class="demo-bubble"[^>]*>(.*?)</p>', html, re.DOTALL)
    return [("← " if own else "") + _words(text) for own, text in found]


async def test_answer_is_there_at_once_below_what_was_asked(
    demo: Client, demo_app: Litestar, clinic: Clinic, partial: bool
) -> None:
    who = await _asked(demo, demo_app, clinic)

    answer = await _write(demo, "1", partial=partial, who=who)
    page = answer if partial else await demo.get(answer.headers["location"].partition("#")[0])

    assert answer.status_code == (200 if partial else 303)
    assert _phone(page.text)[-3:] == [
        "Tuomi Dental: a reminder, your time is Thu 3 Dec 11:20. Answer 1 = coming, 2 = cannot.",
        "← 1",
        "Thank you, see you Thu 3 Dec 11:20.",
    ]
    assert ("<html" in page.text) is not partial
    assert await fetch("SELECT state FROM booking") == [("confirmed",)]


async def test_open_question_has_buttons_that_answer_it(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    who = await _asked(demo, demo_app, clinic)

    asked = (await demo.get(f"/-/demo?who={who}")).text
    answered = (await _write(demo, "1", partial=True, who=who)).text

    buttons = r'name="text" value="(\w+)"'
    assert (re.findall(buttons, asked), "until Thu 3 Dec 11:20" in _words(asked)) == (["1", "2"], True)
    assert (re.findall(buttons, answered), "They are asked" in answered) == ([], False)


async def test_stranger_gets_a_phone_of_their_own(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    answer = await demo.post("/-/demo/sms", data={"from": "040 000 0199", "text": "Do you take new people?"})
    page = await demo.get(answer.headers["location"].partition("#")[0])

    assert answer.headers["location"] == "/-/demo?who=%2B358400000199#phone"
    assert _phone(page.text)[0] == "← Do you take new people?"
    assert _phone(page.text)[1].startswith("Thank you, the desk will read this.")


async def test_whoever_is_answered_keeps_their_name(
    demo: Client, demo_app: Litestar, clinic: Clinic, partial: bool
) -> None:
    wish = Wish(service=clinic.services["check-up"].id, start=at("2026-12-03T11:20+02:00"))
    await book(_act(demo_app), clinic, wish, RUTI, once="once")
    address = f"/-/demo?who={RUTI.phone}".replace("+", "%2B")

    before = await demo.get(address)
    await _write(demo, "Yes see you", partial=partial, who=RUTI.phone)
    after = await demo.get(address)

    for page in (before, after):
        assert "Phone Ruti Salo" in _words(page.text)
        assert f"<bdi>{RUTI.phone}</bdi>" not in page.text


async def test_what_is_no_sms_is_refused_and_nothing_kept(demo: Client) -> None:
    sent = [{"from": RUTI.phone, "text": " "}, {"from": RUTI.phone, "text": "x" * 1601}, {"from": "me", "text": "1"}]

    answers = [await demo.post("/-/demo/sms", data=data) for data in sent]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert await fetch("SELECT count(*) FROM inbound") == [(0,)]


async def test_nothing_of_it_from_another_site(demo: Client) -> None:
    answer = await demo.post(
        "/-/demo/sms", data={"from": RUTI.phone, "text": "1"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


async def test_nothing_of_it_outside_the_demo(client: Client) -> None:
    answer = await client.post("/-/demo/sms", data={"from": RUTI.phone, "text": "1"})

    assert answer.status_code == 404


async def test_hebrew_runs_from_right_to_left(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    wish = Wish(service=clinic.services["check-up"].id, start=at("2026-12-03T11:20+02:00"))
    await book(_act(demo_app), clinic, wish, replace(RUTI, language="he"), once="once")
    await demo.post("/-/demo/clock", data={"advance": "1m"})
    await _write(demo, "שלום")

    page = (await demo.get(f"/-/demo?who={RUTI.phone}".replace("+", "%2B"), headers={"Accept-Language": "he"})).text

    assert re.findall(r'<html lang="he" dir="rtl">', page) != []
    assert re.findall(r'<span lang="he" dir="rtl">', page) != []
    assert '<p class="demo-bubble"><span dir="auto">שלום</span></p>' in page


@pytest.mark.parametrize(("language", "letters"), [("en", ["A", "B", "C"]), ("he", ["א", "ב", "ג"])])
async def test_buttons_are_the_letters_of_the_question(
    demo: Client, demo_app: Litestar, clinic: Clinic, language: str, letters: list[str]
) -> None:
    who = await _asked(demo, demo_app, clinic, language)

    offered = (await _write(demo, "2", partial=True, who=who)).text
    taken = (await _write(demo, letters[1], partial=True, who=who)).text

    assert re.findall(r'name="text" value="(\w+)"', offered) == letters
    assert re.findall(r'name="text" value="(\w+)"', taken) == []


async def test_clock_stops_where_a_question_ends(demo: Client, demo_app: Litestar, clinic: Clinic) -> None:
    await _asked(demo, demo_app, clinic)
    seen = []

    async def run_due() -> None:
        seen.append(demo_app.state.clock.now())

    [(ends,)] = await fetch("SELECT expires_at FROM prompt WHERE state = 'open'")
    await advance(demo_app.state.clock, timedelta(hours=30), run_due)

    assert (ends in seen, seen[0] < ends < seen[-1]) == (True, True)
