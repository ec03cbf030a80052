"""A patient's own page: what it shows and never shows, moving, cancelling, taking back."""

import re
from datetime import timedelta

import pytest

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.public.conftest import CHECK_UP, booked, everything, read, send, slots, times
from turnet.db.transactions import fetch

FRIDAY = {"to": "20261204T0740Z", "at": "keskusta", "with": ""}


async def state() -> str:
    return str((await fetch("SELECT state FROM booking"))[0][0])


def heading(answer) -> str:  # type: ignore[no-untyped-def]
    return next(e.text for e in read(answer).elements if e.tag == "h1")


async def test_the_page_shows_a_first_name_and_nothing_that_reaches_anybody(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    client.clock.advance(hours=1)

    for url in (path, f"{path}.ics", f"{path}/move", f"{path}/move?to=20261204T0740Z&at=keskusta"):
        text = (await client.get(url)).text.lower()
        for canary in ("mäkelä", "000 0123", "0000123", "canary", "needles"):
            assert (url, canary, canary in text) == (url, canary, False)
    assert "Eeva" in (await client.get(path)).text


async def test_everything_under_the_link_is_private_to_whoever_holds_it(client: Client) -> None:
    await a_clinic()
    path = await booked(client)

    for url in (path, f"{path}.ics", f"{path}/move", f"/a/{'x' * 22}"):
        headers = (await client.get(url)).headers
        assert (url, headers["cache-control"], headers["referrer-policy"]) == (url, "no-store", "no-referrer")
        assert headers["x-robots-tag"].startswith("noindex")


async def test_looking_a_hundred_times_changes_nothing(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    before = await everything()

    for method in ("GET", "HEAD"):
        for url in (path, f"{path}.ics", f"{path}/move", f"{path}/move?to=20261204T0740Z", f"{path}?lang=he"):
            for _ in range(5):
                assert (await client.request(method, url)).status_code == 200
        for act in ("cancel", "undo"):
            assert (await client.request(method, f"{path}/{act}")).status_code == 405

    assert await everything() == before


@pytest.mark.parametrize(
    "token", ["x", "x" * 22, "x" * 10_000, "%00" * 22, "א" * 22, "..%2f..%2fetc", "' OR 1=1 --aaaaaaaaaaa"]
)
async def test_a_link_that_leads_nowhere(client: Client, token: str) -> None:
    await a_clinic()

    for url, method in ((f"/a/{token}", "GET"), (f"/a/{token}.ics", "GET"), (f"/a/{token}/cancel", "POST")):
        assert (await client.request(method, url)).status_code == 404


async def test_cancelled_with_one_press_and_taken_back_with_another(client: Client, partial: bool) -> None:
    await a_clinic()
    path = await booked(client)

    answer = await send(client, f"{path}/cancel", {"version": "1", "why": "ill"}, partial=partial)
    assert answer.status_code == (204 if partial else 303)
    page = await client.get(path)
    assert heading(page) == "Your visit is cancelled"
    assert "10:52" in page.text
    assert await state() == "cancelled"

    await send(client, f"{path}/undo", {}, partial=partial)
    assert await state() == "booked"
    assert heading(await client.get(path)) == "Your time is booked"


async def test_ten_minutes_later_there_is_nothing_to_take_back(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    await send(client, f"{path}/cancel", {"version": "1"})
    client.clock.advance(minutes=10)

    page = await client.get(path)
    answer = await send(client, f"{path}/undo", {})

    assert f"{path}/undo" not in page.text
    assert answer.status_code == 409
    assert await state() == "cancelled"


async def test_moving_shows_the_diary_with_its_own_time_then_asks_then_moves(client: Client, partial: bool) -> None:
    await a_clinic()
    path = await booked(client)

    diary = await client.get(f"{path}/move", partial=partial)
    assert "2026-12-03T09:20:00+02:00" in times(diary)
    assert all(slot.attributes["href"].startswith(f"{path}/move?to=") for slot in slots(diary))

    question = read(await client.get(f"{path}/move?to=20261204T0740Z&at=keskusta"))
    fields = {
        e.attributes["name"]: e.attributes["value"] for e in question.elements if e.attributes.get("type") == "hidden"
    }
    assert fields == {**FRIDAY, "version": "1"}

    answer = await send(client, f"{path}/move", fields, partial=partial)
    assert answer.status_code == (204 if partial else 303)
    page = await client.get(path)
    assert heading(page) == "See you on Fri 4 Dec, Eeva"
    assert "Before: Thu 3 Dec at 09:20" in page.text


async def test_a_cancellation_taken_back_after_a_move_does_not_speak_of_the_move_again(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    await send(client, f"{path}/move", FRIDAY)
    moved = await client.get(path)

    await send(client, f"{path}/cancel", {})
    await send(client, f"{path}/undo", {})

    assert "Your time has moved." in moved.text
    assert "Your time has moved." not in (await client.get(path)).text
    await send(client, f"{path}/move", FRIDAY | {"to": "20261204T0800Z"})
    assert "Your time has moved." in (await client.get(path)).text


async def test_a_move_to_a_time_that_has_gone_keeps_the_visit_and_offers_what_is_near(client: Client) -> None:
    await a_clinic()
    url = "/en/book/root-canal/at/20261203T0600Z?at=keskusta"
    path = await booked(client, url, email="mine@example.com", phone="")
    await booked(client, url.replace("1203", "1204"), email="other@example.com", phone="")

    answer = await send(client, f"{path}/move", {"to": "20261204T0600Z", "at": "keskusta", "version": "1"})

    assert answer.status_code == 409
    assert slots(answer)
    [start] = await fetch("SELECT starts_at FROM booking WHERE email = 'mine@example.com'")
    assert start[0].isoformat() == "2026-12-03T06:00:00+00:00"


async def test_an_old_page_changes_nothing_and_shows_how_it_is_now(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    await send(client, f"{path}/move", {**FRIDAY, "version": "1"})

    answer = await send(client, f"{path}/cancel", {"version": "1"})

    assert answer.status_code == 409
    assert "2026-12-04T09:40:00+02:00" in answer.text
    assert await state() == "booked"


@pytest.mark.parametrize(
    "fields",
    [{}, {"to": "soon"}, {"to": "20261204T0740Z", "at": "nowhere"}, {"to": "20261204T0740Z", "with": "nobody"}],
)
async def test_a_move_to_nowhere_is_not_found(client: Client, fields: dict[str, str]) -> None:
    await a_clinic()
    path = await booked(client)

    assert (await send(client, f"{path}/move", fields)).status_code == 404


@pytest.mark.parametrize("query", ["month=9999-12", "week=9999-12-31", "day=9999-12-31", "month=0000-00"])
async def test_years_nobody_means_are_not_found_when_moving_either(client: Client, query: str) -> None:
    await a_clinic()
    path = await booked(client)

    assert (await client.get(f"{path}/move?{query}")).status_code == 404


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "٣"])
async def test_a_version_that_is_none_is_as_if_none_was_sent(client: Client, version: str) -> None:
    await a_clinic()
    path = await booked(client)

    assert (await send(client, f"{path}/cancel", {"version": version, "why": "<b>" * 999})).status_code == 303


async def test_after_the_visit_the_page_says_so_and_a_month_later_it_is_gone(client: Client) -> None:
    await a_clinic()
    path = await booked(client)

    client.clock.at += timedelta(days=3)
    assert heading(await client.get(path)) == "This visit is over"
    assert (await send(client, f"{path}/cancel", {})).status_code == 409
    client.clock.at += timedelta(days=30)
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("arrived", "Welcome, Eeva"),
        ("done", "Thank you for coming, Eeva"),
        ("no_show", "This visit is over"),
        ("booked", "This visit is over"),
    ],
)
async def test_a_visit_that_is_past_is_not_thanked_for_unless_it_happened(
    client: Client, state: str, said: str
) -> None:
    await a_clinic()
    path = await booked(client)
    await fetch("UPDATE booking SET state = {}", state)
    client.clock.at += timedelta(days=3)

    assert heading(await client.get(path)) == said


async def test_the_page_speaks_the_visits_language_and_any_other_on_demand(client: Client) -> None:
    await a_clinic()
    path = await booked(client, CHECK_UP.replace("/en/", "/fi/"))

    own, other = (await client.get(path)).text, (await client.get(f"{path}?lang=he")).text

    assert '<html lang="fi">' in own
    assert '<html lang="he" dir="rtl">' in other
    assert f'action="{path}/cancel?lang=he"' in other


async def test_a_calendar_file_to_keep(client: Client) -> None:
    await a_clinic()
    path = await booked(client)

    answer = await client.get(f"{path}.ics")

    assert answer.headers["content-type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="visit.ics"'
    assert b"METHOD:PUBLISH" in answer.content and b"ATTENDEE" not in answer.content
    assert path.encode() not in answer.content


async def test_another_site_cannot_press_the_buttons(client: Client) -> None:
    await a_clinic()
    path = await booked(client)

    for act in ("cancel", "undo", "move"):
        answer = await send(client, f"{path}/{act}", FRIDAY, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert await state() == "booked"


async def test_calendar_links_name_no_treatment_and_no_link_back(client: Client) -> None:
    await a_clinic()
    path = await booked(client)

    text = (await client.get(path)).text
    links = re.findall(r'href="(https://(?:calendar\.google|outlook\.live)[^"]+)"', text)

    assert len(links) == 2
    for link in links:
        assert "Check-up" not in link and "/a/" not in link and "%2Fa%2F" not in link


async def code() -> str:
    return str((await fetch("SELECT cancel_code FROM booking"))[0][0])


async def test_why_is_tapped_after_cancelling(client: Client, partial: bool) -> None:
    await a_clinic()
    path = await booked(client)
    await send(client, f"{path}/cancel", {})
    asks = (await client.get(path)).text

    answer = await send(client, f"{path}/why", {"why": "elsewhere"}, partial=partial)

    page = (await client.get(path)).text
    assert (answer.status_code, await code()) == (204 if partial else 303, "elsewhere")
    assert asks.count('name="why"') == 4
    assert ('name="why"' in page, "Thank you for saying why." in page, f"{path}/undo" in page) == (False, True, True)


async def test_why_may_be_said_with_the_cancellation(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    assert (await client.get(path)).text.count('type="radio" name="why"') == 4

    await send(client, f"{path}/cancel", {"why": "time"})

    assert (await state(), await code()) == ("cancelled", "time")


@pytest.mark.parametrize("said", ["", "bored", "<b>", "ill" * 99])
async def test_a_reason_that_is_none_is_none(client: Client, said: str) -> None:
    await a_clinic()
    path = await booked(client)

    await send(client, f"{path}/cancel", {"why": said})
    answer = await send(client, f"{path}/why", {"why": said})

    assert (answer.status_code, await state(), await code()) == (303, "cancelled", "")


async def test_nobody_says_why_of_a_visit_that_is_coming(client: Client, partial: bool) -> None:
    await a_clinic()
    path = await booked(client)

    answer = await send(client, f"{path}/why", {"why": "ill"}, partial=partial)

    assert (answer.status_code, await state(), await code()) == (409, "booked", "")
    assert "That cannot be done any more." in answer.text
