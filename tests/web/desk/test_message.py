"""Writing to a visit's contact."""

import json

import pytest
from litestar import Litestar

from tests.db.booking.acts import ANNA
from tests.factories import a_clinic
from tests.web.desk.conftest import Signs
from tests.web.desk.visits import a_visit, form_of, send, went_to, words
from turnet.booking.model import Person
from turnet.db.transactions import fetch

THURSDAY = "2026-12-03T09:20+02:00"


async def written() -> list[tuple[str, str, str]]:
    """(channel, recipient, text) of what staff wrote."""
    rows = await fetch("SELECT channel, recipient, facts FROM message WHERE kind = 'desk_message'")
    return [(channel, recipient, json.loads(facts)["text"]) for channel, recipient, facts in rows]


@pytest.mark.parametrize(("channel", "address"), [("sms", ANNA.phone), ("email", ANNA.email)])
async def test_sent_once_however_often_it_is_pressed(
    app: Litestar, signs_in: Signs, channel: str, address: str, partial: bool
) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/message"
    form = form_of(await desk.get(url), url) | {"channel": channel, "text": "Ottakaa kuvat mukaan."}

    first = await send(desk, url, form, partial=partial)
    await send(desk, url, form, partial=partial)

    assert went_to(first) == f"/desk?did={visit.public_id}"
    assert await written() == [(channel, address, "Ottakaa kuvat mukaan.")]


async def test_a_text_message_is_proposed_where_there_is_a_telephone(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/message"

    page = await desk.get(url)

    assert form_of(page, url)["channel"] == "sms"
    assert "They read Finnish." in words(page)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"channel": "sms", "text": " "}, "Write what they should read."),
        ({"channel": "email", "text": "hello"}, "Choose how to send it."),
        ({"text": "hello"}, "Choose how to send it."),
        ({"channel": "sms", "text": "x" * 600}, "Too long for a text message."),
        ({"channel": "sms", "text": "x" * 3000}, "The note is too long."),
    ],
)
async def test_what_cannot_go_is_said_and_kept(
    app: Litestar, signs_in: Signs, typed: dict[str, str], said: str, partial: bool
) -> None:
    clinic = await a_clinic()
    only_phone = Person("Omar Said", phone="+358407654321", phone_raw="040 765 4321")
    visit = await a_visit(clinic, app.state.clock, THURSDAY, who=only_phone)
    desk = await signs_in()
    url = f"/desk/visits/{visit.public_id}/message"

    answer = await send(desk, url, typed, partial=partial)

    assert (answer.status_code, said in words(answer)) == (422, True)
    assert typed["text"].strip() in answer.text
    assert await written() == []


async def test_another_diary_or_a_reader_writes_to_nobody(app: Litestar, signs_in: Signs) -> None:
    clinic = await a_clinic()
    visit = await a_visit(clinic, app.state.clock, THURSDAY)
    pekka = await signs_in("practitioner", practitioner=clinic.practitioners["pekka"].row)
    reader = await signs_in("read_only")
    url = f"/desk/visits/{visit.public_id}/message"

    for desk in (pekka, reader):
        assert (await desk.get(url)).status_code == 404
        assert (await desk.post(url, data={"channel": "sms", "text": "hello"})).status_code == 404
    assert await written() == []
