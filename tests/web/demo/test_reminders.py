"""A visit's life by the demo's clock: what the pretend phone and mailbox show, and when it arrived."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from tests.web.conftest import Client
from turnet.db.transactions import fetch

ANNA = {"name": "Anna Virtanen", "phone": "+358 40 000 0116", "email": "anna@mail.example"}
THURSDAY = "2026-12-10T09:20:00+02:00"
"""In nine days."""
TOLD = ("mail", "Tue 1 Dec 10:42")
"""Booked."""
MAIL, SMS = ("mail", "Tue 8 Dec 09:20"), ("sms", "Wed 9 Dec 09:20")
"""Reminded."""

pytestmark = [pytest.mark.usefixtures("clinic"), pytest.mark.slow]


async def book(demo: Client, person: dict[str, str] = ANNA, start: str = THURSDAY, **more: Any) -> str:
    """Returns the token of the patient's link."""
    body = {"service": "check-up", "start": start, "patient": person} | more
    answer = await demo.post("/api/v1/bookings", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["manage_url"]).rpartition("/")[2]


async def act(demo: Client, token: str, what: str, **body: Any) -> httpx.Response:
    answer = await demo.post(f"/api/v1/bookings/{token}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer


async def days(demo: Client, steps: str) -> None:
    for step in steps.split():
        answer = await demo.post("/-/demo/clock", data={"advance": step})
        assert answer.status_code == 303


async def arrived(demo: Client, name: str) -> list[tuple[str, str]]:
    """(sms or mail, when) of everything on somebody's pretend phone and in their mailbox, oldest first."""
    page = await on_the_page(demo, name)
    sms = re.findall(r'demo-bubble">.*?</p>\s*<p class="demo-when">(<time.*?</time>)', page, re.DOTALL)
    mail = re.findall(r"<summary><span[^>]*>(?!A mail that has not left).*?</span> <small>(<time.*?</time>)", page)
    found = [("sms", at) for at in sms] + [("mail", at) for at in mail]
    return [(channel, _words(at)) for channel, at in sorted(found, key=lambda one: one[1])]


async def on_the_page(demo: Client, name: str) -> str:
    [(who,)] = await fetch("SELECT id FROM patient WHERE name = {}", name)
    return (await demo.get(f"/-/demo?who={who}")).text


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


async def test_mail_two_days_before_and_sms_the_day_before(demo: Client) -> None:
    await book(demo)
    seen = []
    for step in ("6d", "1d", "1d", "1d", "7d"):
        await days(demo, step)
        seen.append(await arrived(demo, "Anna Virtanen"))

    assert seen == [[TOLD], [TOLD, MAIL], *[[TOLD, MAIL, SMS]] * 3]


async def test_one_long_step_stops_at_the_same_moments(demo: Client) -> None:
    await book(demo)
    await days(demo, "30d")

    assert await arrived(demo, "Anna Virtanen") == [TOLD, MAIL, SMS]


async def test_none_after_a_cancellation(demo: Client) -> None:
    token = await book(demo)
    await days(demo, "6d")
    await act(demo, token, "cancel")
    await days(demo, "1d 1d 1d")

    assert await arrived(demo, "Anna Virtanen") == [TOLD, ("mail", "Mon 7 Dec 10:52")]


async def test_a_cancellation_after_the_mail_stops_the_sms(demo: Client) -> None:
    token = await book(demo)
    await days(demo, "7d")
    await act(demo, token, "cancel")
    await days(demo, "1d 1d 1d")

    assert await arrived(demo, "Anna Virtanen") == [TOLD, MAIL, ("mail", "Tue 8 Dec 10:52")]


async def test_a_cancellation_that_is_undone_changes_nothing(demo: Client) -> None:
    token = await book(demo)
    await days(demo, "6d")
    await act(demo, token, "cancel")
    await days(demo, "1m")
    await act(demo, token, "undo")
    await days(demo, "3d")

    assert await arrived(demo, "Anna Virtanen") == [TOLD, MAIL, SMS]


async def test_once_after_a_move(demo: Client) -> None:
    """Moved after the mail, to Tuesday of the next week."""
    token = await book(demo)
    await days(demo, "7d")
    await act(demo, token, "move", start="2026-12-15T13:00:00+02:00")
    await days(demo, "14d")

    assert await arrived(demo, "Anna Virtanen") == [
        TOLD, MAIL, ("mail", "Tue 8 Dec 10:44"),
        ("mail", "Sat 12 Dec 19:59"),  # two days before is a Sunday
        ("sms", "Mon 14 Dec 13:00"),
    ]  # fmt: skip


async def test_who_books_for_tomorrow_hears_only_that_it_is_booked(demo: Client) -> None:
    await book(demo, start="2026-12-02T09:20:00+02:00")
    await days(demo, "7d")

    assert await arrived(demo, "Anna Virtanen") == [TOLD]


async def test_one_sms_for_a_family(demo: Client) -> None:
    """On the telephone of each of them, because it is the same one."""
    phone = {"phone": ANNA["phone"]}
    for name, start in (("Inka Salo", "10:20"), ("Eetu Salo", "09:20"), ("Noa Salo", "13:00")):
        await book(demo, {"name": name, **phone}, f"2026-12-10T{start}:00+02:00")
    await days(demo, "9d")

    seen = {name: await arrived(demo, name) for name in ("Inka Salo", "Eetu Salo", "Noa Salo")}

    assert set(map(tuple, seen.values())) == {(*[("sms", "Tue 1 Dec 10:42")] * 3, SMS)}
    text = _words(re.findall(r'demo-bubble">(.*?)</p>', await on_the_page(demo, "Noa Salo"))[-1])
    assert re.findall(r"\b(Eetu|Inka|Noa) (\S+)", text) == [("Eetu", "09:20"), ("Inka", "10:20"), ("Noa", "13:00")]
