"""Checking in by one's own link: when it is offered, what it says, and that it is one tap."""

import pytest

from tests.db.booking.acts import staff
from tests.factories import a_clinic
from tests.web.conftest import Client
from tests.web.public.conftest import booked, read, send
from turnet.booking import service
from turnet.booking.states import State
from turnet.clinic.service import write_texts
from turnet.db.transactions import fetch

NOON = "/en/book/acute/at/20261201T1120Z?at=keskusta"
"""Today at 13:20 in Helsinki."""


def offered(answer) -> bool:  # type: ignore[no-untyped-def]
    return any(e.attributes.get("action", "").endswith("/checkin") for e in read(answer).elements)


def heading(answer) -> str:  # type: ignore[no-untyped-def]
    return next(e.text for e in read(answer).elements if e.tag == "h1")


async def state() -> tuple[str, str]:
    [found] = await fetch("SELECT state, checked_in_by FROM booking")
    return found  # type: ignore[return-value]


async def to(client: Client, minutes: int) -> None:
    """So many minutes from the start."""
    client.clock.advance(minutes=158 + minutes)


@pytest.mark.parametrize(
    ("minutes", "button", "says"), [(-31, False, True), (-30, True, False), (30, True, False), (31, False, False)]
)
async def test_it_is_offered_when_it_counts(client: Client, minutes: int, button: bool, says: bool) -> None:
    await a_clinic()
    path = await booked(client, NOON)
    await to(client, minutes)

    page = await client.get(path)

    assert (offered(page), "From <b class=num>12:50</b> you can say here" in page.text) == (button, says)


async def test_a_visit_of_another_day_says_nothing_of_it(client: Client) -> None:
    await a_clinic()
    path = await booked(client)
    assert "you can say here" not in (await client.get(path)).text


async def test_one_tap_and_the_page_says_where_to_sit_and_how_late(client: Client, partial: bool) -> None:
    clinic = await a_clinic()
    await write_texts("location", "keskusta", waiting={"en": "Waiting room 2.", "he": "חדר המתנה 2."})
    path = await booked(client, NOON)
    await to(client, -10)
    [(practitioner,)] = await fetch("SELECT p.resource FROM booking b JOIN practitioner p ON p.id = b.practitioner")
    await service.run_late(staff(client.clock), clinic, practitioner, 20)

    answer = await send(client, f"{path}/checkin", {}, partial=partial)
    again = await send(client, f"{path}/checkin", {}, partial=partial)

    assert (answer.status_code, again.status_code, await state()) == (
        *[204 if partial else 303] * 2,
        ("arrived", "link"),
    )
    page = await client.get(path)
    assert (heading(page), offered(page)) == ("Welcome, Eeva", False)
    assert "You are checked in. Waiting room 2. <b>Today we are about 20 minutes late.</b>" in page.text
    assert "חדר המתנה 2." in (await client.get(f"{path}?lang=he")).text
    [(events,)] = await fetch("SELECT count(*) FROM booking_event WHERE act = 'checked_in'")
    assert events == 1


async def test_too_early_it_says_that_they_will_come(client: Client, partial: bool) -> None:
    await a_clinic()
    path = await booked(client, NOON)
    await to(client, -90)

    answer = await send(client, f"{path}/checkin", {}, partial=partial)

    assert (answer.status_code, await state()) == (204 if partial else 303, ("confirmed", ""))
    assert "We know that you are coming." in (await client.get(path)).text


@pytest.mark.parametrize(("now", "minutes"), [(None, 31), (State.NO_SHOW, 0), (State.CANCELLED, 0), (State.DONE, 20)])
async def test_what_the_desk_has_to_look_at_sends_them_there(
    client: Client, partial: bool, now: State | None, minutes: int
) -> None:
    await a_clinic()
    path = await booked(client, NOON)
    await to(client, minutes)
    if now:
        await fetch("UPDATE booking SET state = {}", now.value)
    before = await state()

    answer = await send(client, f"{path}/checkin", {}, partial=partial)

    assert (answer.status_code, await state()) == (409, before)
    assert "Tell the desk that you are here." in answer.text


async def test_looking_at_it_and_other_sites_check_nobody_in(client: Client) -> None:
    await a_clinic()
    path = await booked(client, NOON)
    await to(client, 0)

    looked = [(await client.request(method, f"{path}/checkin")).status_code for method in ("GET", "HEAD")]
    crossed = await send(client, f"{path}/checkin", {}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (looked, crossed.status_code, (await state())[0]) == ([405, 405], 403, "booked")
    assert (await send(client, f"/a/{'x' * 22}/checkin", {})).status_code == 404
