"""A database that cannot grow any more: what was answered stays, nothing new is taken, reading goes on."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.factories import a_clinic
from tests.web.conftest import Client, Running
from turnet.app import create_app
from turnet.clock import FrozenClock
from turnet.db.engine import LiteEngine, bound
from turnet.db.transactions import fetch
from turnet.settings import Settings

CALL_US = "tel:+35830000116"
PAGE = "/en/book/check-up/at/20261203T0720Z?at=keskusta"
TIMES = "/api/v1/slots?service=check-up&from=2026-12-04&to=2027-01-15"
LONG = "What hurts and since when. " * 35
"""So that every booking needs pages of its own."""


class Clinic(Client):
    """Its own database, and a hand on its size."""

    async def may_grow(self, pages: int) -> None:
        """By so many pages of 4 kB from what there is now."""
        engine = bound()
        assert isinstance(engine, LiteEngine)
        writer = await engine.take(reads_only=False)
        try:
            [(now,)] = await writer.tuples("PRAGMA page_count")
            [(most,)] = await writer.tuples(f"PRAGMA max_page_count = {now + pages}")
        finally:
            await engine.give_back(writer, reads_only=False, clean=True)
        assert most == now + pages

    async def times(self) -> list[str]:
        return [slot["start"] for slot in (await self.get(TIMES)).json()["slots"]]

    async def book(self, start: str, number: int) -> httpx.Response:
        patient = {"name": "Aino Virtanen", "email": f"aino{number}@example.org"}
        body = {"service": "check-up", "start": start, "patient": patient, "note": LONG}
        return await self.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": f"key-{number}"})

    async def book_by_page(self) -> httpx.Response:
        form = {"name": "Eeva Mäkelä", "email": "eeva@example.org", "for": "me", "note": LONG, "once": "o" * 22}
        return await self.post(PAGE, data=form)

    async def fill(self) -> list[str]:
        """Books until nothing more fits; the references of what was answered with 201."""
        await self.may_grow(10)
        made: list[str] = []
        for number, start in enumerate(await self.times()):
            answer = await self.book(start, number)
            if answer.status_code != 201:
                assert answer.status_code == 503
                return made
            made.append(answer.json()["reference"])
        raise AssertionError("the database never became full")


@pytest.fixture
def clinic(sqlite_template: Path, tmp_path: Path, clock: FrozenClock, loop: asyncio.Runner) -> Iterator[Clinic]:
    (tmp_path / "secret.key").write_bytes(b"k" * 32)
    (tmp_path / "turnet.db").write_bytes(sqlite_template.read_bytes())
    settings = replace(Settings(data=tmp_path), limits="off")
    running = Running(create_app(settings, clock=clock, worker=False))
    loop.run(running.start())
    loop.run(a_clinic())
    client = Clinic(running.app)
    yield client
    loop.run(client.aclose())
    loop.run(running.stop())


async def test_what_was_answered_is_there_and_what_was_refused_left_nothing(clinic: Clinic) -> None:
    made = await clinic.fill()

    visits = [reference for (reference,) in await fetch("SELECT reference FROM booking ORDER BY id")]
    [(claims, patients, confirmations)] = await fetch(
        "SELECT (SELECT count(*) FROM claim), (SELECT count(*) FROM patient), "
        "(SELECT count(*) FROM message WHERE kind = 'booking_confirmed')"
    )
    assert len(made) > 0
    assert visits == made
    assert (claims, patients, confirmations) == (len(made),) * 3
    assert await fetch("PRAGMA integrity_check") == [("ok",)]


async def test_the_api_says_unavailable_and_when_to_come_again(clinic: Clinic) -> None:
    await clinic.fill()

    answer = await clinic.book((await clinic.times())[0], 9999)

    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("unavailable", "5")


async def test_the_log_says_why_and_not_for_whom(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    await clinic.fill()
    caplog.clear()

    await clinic.book((await clinic.times())[0], 9999)

    assert [record.getMessage() for record in caplog.records] == ["database unavailable"]
    assert "database or disk is full" in caplog.text
    assert "aino9999" not in caplog.text


async def test_the_page_keeps_what_was_typed_and_says_whom_to_call(clinic: Clinic) -> None:
    await clinic.fill()
    await clinic.get("/en/")

    answer = await clinic.book_by_page()

    assert answer.status_code == 503
    assert "eeva@example.org" in answer.text
    assert LONG.strip() in answer.text
    assert CALL_US in answer.text


async def test_reading_goes_on(clinic: Clinic) -> None:
    await clinic.fill()

    paths = ["/en/", "/en/book/check-up", PAGE, TIMES, "/api/v1/clinic", "/up", "/ready"]
    assert {path: (await clinic.get(path)).status_code for path in paths} == dict.fromkeys(paths, 200)


async def test_a_wrong_link_is_still_just_not_there(clinic: Clinic) -> None:
    await clinic.fill()
    clinic.app.state.settings = replace(clinic.app.state.settings, limits="on")

    assert (await clinic.get(f"/a/{'A' * 22}")).status_code == 404


async def test_it_stops_cleanly(clinic: Clinic) -> None:
    await clinic.fill()

    await bound().close_connection_pool()

    assert await fetch("PRAGMA integrity_check") == [("ok",)]


async def test_a_refused_key_books_once_there_is_room_again(clinic: Clinic) -> None:
    made = await clinic.fill()
    start = (await clinic.times())[0]
    await clinic.book(start, 9999)

    await clinic.may_grow(10_000)
    first, again = await clinic.book(start, 9999), await clinic.book(start, 9999)

    assert (first.status_code, again.content) == (201, first.content)
    assert await fetch("SELECT count(*) FROM booking") == [(len(made) + 1,)]


async def test_control_with_room_both_doors_book(clinic: Clinic) -> None:
    by_api, by_page = await clinic.book((await clinic.times())[0], 1), await clinic.book_by_page()

    assert (by_api.status_code, by_page.status_code) == (201, 303)
