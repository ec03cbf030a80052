"""The poster at the door and the tablet: who is here, and that nobody learns anything from asking."""

from typing import Any

import httpx
import pytest

from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.public.conftest import booked, read, send
from turnet.booking.service import unseen
from turnet.checkin import door
from turnet.clinic.model import Clinic
from turnet.clinic.service import renew_door
from turnet.db.transactions import fetch

NOON = "/en/book/acute/at/20261201T1120Z?at=keskusta"
"""Today at 13:20 in Helsinki; Eeva's telephone ends in 0123."""
HERE, NOT_HERE = {"digits": "0123", "time": "13:20"}, {"digits": "0124", "time": "13:20"}


def path_of(client: Client, clinic: Clinic, where: str = "keskusta") -> str:
    return f"/here/{door.door_token(client.app.state.key, clinic.locations[where])}"


async def at_noon(client: Client) -> str:
    """Eeva has a visit at 13:20, and it is 13:00. The poster's path."""
    clinic = await a_clinic()
    await booked(client, NOON)
    client.clock.advance(minutes=138)
    return path_of(client, clinic)


async def states() -> list[tuple[str, str]]:
    return await fetch("SELECT state, checked_in_by FROM booking")


def seen(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, {n: t for n, t in answer.headers.items() if n != "x-request-id"}


async def everything_seen(client: Client, url: str, form: dict[str, str], **more: Any) -> list[Any]:
    """The answer to a form, and the page it leads to."""
    answer = await send(client, url, form, **more)
    then = answer.headers.get("location") or answer.headers["hx-redirect"]
    return [seen(answer), seen(await client.get(then))]


@pytest.mark.parametrize(("tablet", "by"), [("", "door"), ("?tablet=1", "tablet")])
async def test_whoever_is_here_is_here_at_the_desk(client: Client, partial: bool, tablet: str, by: str) -> None:
    path = await at_noon(client)

    answer = await send(client, path + tablet, {"digits": "01 23", "time": "13.20"}, partial=partial)

    assert answer.status_code == (204 if partial else 303)
    thanks = await client.get(answer.headers["hx-redirect" if partial else "location"])
    assert "If that was right, the desk knows that you are here." in thanks.text
    assert await states() == [("arrived", by)]
    [(actor,)] = await fetch("SELECT actor FROM booking_event WHERE act = 'checked_in'")
    assert actor == f"patient:{by}"


ASKED_AGAIN = "SELECT setup_version, version FROM diary WHERE id = 1"
"""By whoever hears of a change, the page or what listens on Postgres, whichever comes first; the change is there each time."""


@pytest.mark.parametrize("tablet", ["", "?tablet=1", "?lang=he"])
async def test_found_or_not_everybody_sees_the_same_for_the_same_work(
    client: Client, statements: list[str], partial: bool, tablet: str
) -> None:
    path = await at_noon(client)
    found = []
    await everything_seen(client, path + tablet, NOT_HERE)  # the first one reads what the booking raised
    for form in (NOT_HERE, HERE, HERE):
        statements.clear()
        answer = await everything_seen(client, path + tablet, form, partial=partial)
        found.append((answer, [said for said in statements if said != ASKED_AGAIN]))

    assert await states() == [("arrived", "tablet" if "tablet" in tablet else "door")]
    assert found[0] == found[1] == found[2]


async def test_control_writing_only_for_whoever_is_here_would_be_noticed(
    client: Client, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await at_noon(client)
    honest = unseen.bump_diary
    looked = unseen._coming

    async def nobody(*args: Any) -> list[int]:
        found = await looked(*args)
        if found:
            await honest()
        return found

    monkeypatch.setattr(unseen, "_coming", nobody)
    counts = []
    for form in (NOT_HERE, NOT_HERE, HERE):
        statements.clear()
        await send(client, path, form)
        counts.append(len(statements))

    assert counts[2] == counts[1] + 1


async def test_the_version_of_the_free_times_moves_for_everybody(client: Client) -> None:
    path = await at_noon(client)
    versions = []
    for form in (NOT_HERE, HERE, NOT_HERE):
        await send(client, path, form)
        answer = await client.get("/api/v1/slots?service=acute&from=2026-12-01&to=2026-12-02")
        versions.append(answer.json()["version"])

    assert len(set(versions)) == 3


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"digits": "123", "time": "13:20"}, ["digits"]),
        ({"digits": "0123", "time": "24:00"}, ["time"]),
        ({"digits": "+358400000123", "time": "soon"}, ["digits", "time"]),
        ({}, ["digits", "time"]),
    ],
)
async def test_what_cannot_be_read_is_asked_for_again(
    client: Client, partial: bool, form: dict[str, str], wrong: list[str]
) -> None:
    path = await at_noon(client)

    answer = await send(client, path, form, partial=partial)

    fields = [e.attributes["name"] for e in read(answer).elements if e.attributes.get("aria-invalid")]
    kept = {e.attributes["name"]: e.attributes["value"] for e in read(answer).elements if e.attributes.get("value")}
    assert (answer.status_code, fields, kept) == (422, wrong, {name: text for name, text in form.items() if text})
    assert await states() == [("booked", "")]


@pytest.mark.parametrize("text", ["٠١٢٣", "0123"])
async def test_figures_of_any_script_are_figures(client: Client, text: str) -> None:
    path = await at_noon(client)

    assert (await send(client, path, {"digits": text, "time": "1320"})).status_code == 303
    assert await states() == [("arrived", "door")]


async def test_looking_changes_nothing_and_tells_nobody_where_it_came_from(client: Client) -> None:
    path = await at_noon(client)

    for url in (path, f"{path}?tablet=1", f"{path}?thanks=1"):
        for method in ("GET", "HEAD"):
            answer = await client.request(method, url)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
            assert (answer.headers["referrer-policy"], answer.headers["x-robots-tag"]) == (
                "no-referrer", "noindex, nofollow",
            )  # fmt: skip
    assert await states() == [("booked", "")]


async def test_a_form_from_another_site_is_refused(client: Client) -> None:
    path = await at_noon(client)

    answer = await send(client, path, HERE, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, await states()) == (403, [("booked", "")])


async def test_a_poster_that_was_replaced_leads_nowhere(client: Client) -> None:
    clinic = await a_clinic()
    old = path_of(client, clinic)
    await renew_door(clinic.locations["keskusta"].id)

    for path in (old, f"/here/{'x' * 22}", "/here/א"):
        assert ((await client.get(path)).status_code, (await send(client, path, HERE)).status_code) == (404, 404)


async def test_a_tablet_forgets_by_itself(client: Client) -> None:
    path = await at_noon(client)
    tablet = f"{path}?tablet=1"

    form, thanks = await client.get(tablet), await client.get(f"{tablet}&thanks=1")
    wrong = await send(client, f"{tablet}&lang=he", {"digits": "1", "time": ""})

    assert "refresh" not in form.headers
    assert thanks.headers["refresh"] == f"{15}; url={tablet}"
    assert wrong.headers["refresh"] == f"{90}; url={tablet}"
    assert "refresh" not in (await client.get(f"{path}?thanks=1")).headers
    links = [e.attributes["href"] for e in read(form).elements if e.tag == "a"]
    assert [href for href in links if not href.startswith(("#", path))] == []
    [sheet] = [e for e in read(form).elements if e.tag == "form"]
    assert (sheet.attributes["autocomplete"], sheet.attributes["data-forget"]) == ("off", "90")


async def test_a_tablet_speaks_the_clinics_language_a_telephone_its_own(client: Client) -> None:
    path = await at_noon(client)
    languages = {}
    for url in (path, f"{path}?tablet=1", f"{path}?tablet=1&lang=he"):
        page = await client.get(url, headers={"Accept-Language": "fi"})
        languages[url.removeprefix(path)] = next(e.attributes["lang"] for e in read(page).elements if e.tag == "html")

    assert languages == {"": "fi", "?tablet=1": "en", "?tablet=1&lang=he": "he"}


async def test_too_many_tries_are_asked_to_tell_the_desk(client: Client, partial: bool) -> None:
    path = await at_noon(client)
    for _ in range(door.ONE_ADDRESS_AN_HOUR):
        assert (await send(client, path, NOT_HERE)).status_code == 303

    answers = [seen(await send(client, path, form, partial=partial)) for form in (HERE, NOT_HERE)]

    assert answers[0][0] == 429
    assert "Tell the desk that you are here." in answers[0][1].decode()
    assert answers[0][1].replace(b"0123", b"0124") == answers[1][1]
    assert await states() == [("booked", "")]
